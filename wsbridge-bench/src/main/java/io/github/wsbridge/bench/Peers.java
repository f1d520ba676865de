package io.github.wsbridge.bench;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The proxies that nodes are compared with, each with its configuration in the run's folder. */
final class Peers {

    private static final int CORES = Runtime.getRuntime().availableProcessors();

    private final Processes processes;
    private final Generator devices;

    Peers(Processes processes, Generator devices) {
        this.processes = processes;
        this.devices = devices;
    }

    /** Returns the generators without a proxy in between. */
    Subject direct() {
        return new Subject(Subject.DIRECT, List.of(), what -> "tcp://127.0.0.1:" + devices.port(what));
    }

    /** Starts HAProxy in TCP mode with the given {@code tune.bufsize}. */
    Subject haproxyTcp(String name, int bufferSize) throws IOException, InterruptedException {
        return haproxyTcp(name, bufferSize, devices.port("sink"), devices.port("echo"));
    }

    /** Puts another HAProxy in front of {@code second}; only the CPU time of {@code second} counts. */
    Subject behind(String name, Subject second, int bufferSize) throws IOException, InterruptedException {
        Subject first = haproxyTcp(name, bufferSize, port(second, "sink"), port(second, "echo"));
        return new Subject(name, second.servers(), first.url());
    }

    private static int port(Subject subject, String what) {
        return Target.parse(subject.urlFor(what)).address().getPort();
    }

    private Subject haproxyTcp(String name, int bufferSize, int sinkBehind, int echoBehind)
            throws IOException, InterruptedException {
        int sink = freePort();
        int echo = freePort();
        Child child = haproxy(name, global(bufferSize) + """
                        defaults
                          mode tcp
                          timeout connect 5s
                          timeout client 1h
                          timeout server 1h
                        listen sink
                          bind 127.0.0.1:%d
                          server far 127.0.0.1:%d
                        listen echo
                          bind 127.0.0.1:%d
                          server far 127.0.0.1:%d
                        """.formatted(sink, sinkBehind, echo, echoBehind));
        child.awaitPort(sink);
        return new Subject(name, List.of(child), what -> "tcp://127.0.0.1:" + (what.equals("echo") ? echo : sink));
    }

    /** Starts HAProxy as a WebSocket reverse proxy. */
    Subject haproxyWebSocket(String name, int bufferSize) throws IOException, InterruptedException {
        int port = freePort();
        Child child = haproxy(name, global(bufferSize) + """
                        defaults
                          mode http
                          timeout connect 5s
                          timeout client 1h
                          timeout server 1h
                          timeout tunnel 1h
                        listen web
                          bind 127.0.0.1:%d
                          server far 127.0.0.1:%d
                        """.formatted(port, devices.port("web")));
        child.awaitPort(port);
        return webSocket(name, child, port);
    }

    private static String global(int bufferSize) {
        return """
                global
                  nbthread %d
                  maxconn 4000
                  tune.bufsize %d
                """.formatted(CORES, bufferSize);
    }

    private Child haproxy(String name, String configuration) throws IOException {
        Path file = Files.writeString(processes.folder().resolve(name + ".cfg"), configuration);
        return processes.start(name, List.of(Processes.find("haproxy", "haproxy"), "-db", "-f", file.toString()));
    }

    /**
     * Starts nginx as a WebSocket reverse proxy; {@code directives} may set buffers larger than the default of 4 KiB.
     */
    Subject nginxWebSocket(String name, String directives) throws IOException, InterruptedException {
        int port = freePort();
        Path folder = Files.createDirectory(processes.folder().resolve(name));
        Path file = Files.writeString(
                folder.resolve("nginx.conf"), """
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
                    listen 127.0.0.1:%3$d;
                    tcp_nodelay on;
                    location / {
                      proxy_pass http://127.0.0.1:%4$d;
                      proxy_http_version 1.1;
                      proxy_set_header Upgrade $http_upgrade;
                      proxy_set_header Connection "upgrade";
                      proxy_read_timeout 1h;
                      proxy_send_timeout 1h;
                      %5$s
                    }
                  }
                }
                """.formatted(CORES, folder, port, devices.port("web"), directives));
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
        return webSocket(name, child, port);
    }

    private static Subject webSocket(String name, Child child, int port) {
        return new Subject(name, List.of(child), what -> "ws://127.0.0.1:" + port + "/far?requestData=" + what);
    }

    /** Returns a port that was free a moment ago. */
    static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }
}
