package io.github.wsbridge.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** WebSocket reverse proxies. With keys, they use TLS on both sides. */
final class WebProxies {

    static final String NGINX_BIG_BUFFERS = "proxy_buffer_size 64k; proxy_buffers 8 64k; proxy_busy_buffers_size 128k;";

    private final Processes processes;
    private final Generator devices;

    WebProxies(Processes processes, Generator devices) {
        this.processes = processes;
        this.devices = devices;
    }

    /** Starts HAProxy with the given {@code tune.bufsize}. */
    Subject haproxy(String name, int bufferSize, @Nullable TlsFiles keys) throws IOException, InterruptedException {
        int port = Peers.freePort();
        Child child = Peers.haproxy(
                processes,
                name,
                Peers.global(bufferSize)
                        + """
                        defaults
                          mode http
                          timeout connect 5s
                          timeout client 1h
                          timeout server 1h
                          timeout tunnel 1h
                        listen web
                          bind 127.0.0.1:%d%s
                          server far 127.0.0.1:%d%s
                        """.formatted(
                                        port,
                                        keys == null ? "" : keys.haproxyBind(),
                                        farPort(keys),
                                        keys == null ? "" : keys.haproxyServer()));
        child.awaitPort(port);
        return subject(name, child, keys, port);
    }

    /** Starts nginx; {@code directives} may set buffers larger than the default of 4 KiB. */
    Subject nginx(String name, String directives, @Nullable TlsFiles keys) throws IOException, InterruptedException {
        int port = Peers.freePort();
        Path folder = Files.createDirectory(processes.folder().resolve(name));
        Path file = Files.writeString(folder.resolve("nginx.conf"), """
                daemon off;
                worker_processes %d;
                pid %s/nginx.pid;
                error_log stderr warn;
                events { worker_connections 4096; }
                http {
                  access_log off;
                  client_body_temp_path %2$s/nginx-body;
                  proxy_temp_path %2$s/nginx-proxy;
                  fastcgi_temp_path %2$s/nginx-fastcgi;
                  uwsgi_temp_path %2$s/nginx-uwsgi;
                  scgi_temp_path %2$s/nginx-scgi;
                  server {
                    listen 127.0.0.1:%3$d%4$s;
                    tcp_nodelay on;
                    location / {
                      proxy_pass %5$s://127.0.0.1:%6$d;
                      proxy_http_version 1.1;
                      proxy_set_header Upgrade $http_upgrade;
                      proxy_set_header Connection "upgrade";
                      proxy_read_timeout 1h;
                      proxy_send_timeout 1h;
                      %7$s
                    }
                  }
                }
                """.formatted(
                        Peers.CORES,
                        folder,
                        port,
                        keys == null ? "" : " ssl; " + nginxTls(keys),
                        keys == null ? "http" : "https",
                        farPort(keys),
                        directives));
        Child child = processes.start(
                name,
                List.of(
                        Processes.find("nginx", "nginx"),
                        "-p",
                        folder.toString(),
                        "-e",
                        "stderr",
                        "-c",
                        file.toString()));
        child.awaitPort(port);
        return subject(name, child, keys, port);
    }

    private static String nginxTls(TlsFiles keys) {
        return """
                ssl_certificate %s;
                    ssl_certificate_key %s;
                    ssl_protocols TLSv1.3;
                    ssl_conf_command Ciphersuites %3$s;
                    proxy_ssl_protocols TLSv1.3;
                    proxy_ssl_conf_command Ciphersuites %3$s;
                    proxy_ssl_trusted_certificate %1$s;
                    proxy_ssl_name localhost;
                    proxy_ssl_verify on""".formatted(keys.certificate(), keys.key(), TlsFiles.SUITE);
    }

    private int farPort(@Nullable TlsFiles keys) {
        return devices.port(keys == null ? "web" : "tls-web");
    }

    private static Subject subject(String name, Child child, @Nullable TlsFiles keys, int port) {
        String scheme = keys == null ? "ws" : "wss";
        return new Subject(name, List.of(child), what -> scheme + "://127.0.0.1:" + port + "/far?requestData=" + what);
    }
}
