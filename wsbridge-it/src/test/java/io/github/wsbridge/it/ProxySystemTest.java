package io.github.wsbridge.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import io.github.wsbridge.client.BridgeClient;
import io.github.wsbridge.client.BridgeDevice;
import io.github.wsbridge.client.TargetNetworks;
import io.github.wsbridge.client.TcpTunnel;
import io.github.wsbridge.client.TunnelTargets;
import io.github.wsbridge.netty.NettyConnector;
import io.github.wsbridge.proxy.ProxyEntrance;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code curl} and {@code nc} through a tunnel that is a proxy, across three nodes. */
@Tag("system")
@Timeout(value = 6, unit = TimeUnit.MINUTES)
final class ProxySystemTest {

    @TempDir
    private Path folder;

    private final byte[] page = Payloads.bytes(3_000_000, 1);
    private final NettyConnector connector = NettyConnector.create();
    private Programs programs;
    private HttpServer web;
    private Cluster cluster;
    private BridgeDevice device;
    private BridgeClient client;
    private TcpTunnel proxy;

    @BeforeEach
    void start() throws Exception {
        programs = new Programs(folder);
        web = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 50);
        web.createContext("/", exchange -> {
            exchange.sendResponseHeaders(200, page.length);
            try (var out = exchange.getResponseBody()) {
                out.write(page);
            }
        });
        web.start();
        int nobody;
        try (ServerSocket closed = new ServerSocket(0)) {
            nobody = closed.getLocalPort();
        }
        cluster = Cluster.start(3);
        device = BridgeDevice.builder(
                        "device-1",
                        cluster.url(),
                        TunnelTargets.builder()
                                .target("web=127.0.0.1:" + web.getAddress().getPort())
                                .target("down=127.0.0.1:" + nobody)
                                .allowAny(TargetNetworks.of(List.of("127.0.0.0/8", "::1"), List.of("127.6.6.0/24")))
                                .build())
                .build()
                .start();
        device.listening().toCompletableFuture().get(30, TimeUnit.SECONDS);
        client = BridgeClient.builder(cluster.url()).connector(connector).build();
        proxy = TcpTunnel.builder(
                        ProxyEntrance.builder(client).device("device-1").build())
                .streams(connector.streams())
                .start();
    }

    @AfterEach
    void stop() throws Exception {
        proxy.close();
        client.close();
        device.close();
        cluster.close();
        connector.close();
        web.stop(0);
        programs.close();
    }

    private String address() {
        return "127.0.0.1:" + proxy.address().getPort();
    }

    private Programs.Running curl(String... arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of(
                Programs.find("curl", "curl"),
                "--silent",
                "--show-error",
                "--fail",
                "--max-time",
                Long.toString(Programs.DEADLINE.toSeconds())));
        command.addAll(List.of(arguments));
        Programs.Running curl = programs.start(command);
        curl.exitCode();
        return curl;
    }

    private void arrived(Programs.Running curl) throws Exception {
        assertThat(curl.exitCode()).as("%s", curl.complaints()).isZero();
        assertThat(Payloads.sha256(curl.out())).isEqualTo(Payloads.sha256(page));
    }

    @Test
    void curl_socks_reachesTargetsByNameAndByAddress() throws Exception {
        int port = web.getAddress().getPort();
        arrived(curl("--socks5-hostname", address(), "http://web/"));
        arrived(curl("--socks5-hostname", address(), "http://device-1.wsbridge/"));
        arrived(curl("--socks5-hostname", address(), "http://localhost:" + port + "/"));
        arrived(curl("--socks5", address(), "http://127.0.0.1:" + port + "/"));
        assertThat(cluster.crossings.forwarded() + cluster.crossings.direct()).isGreaterThanOrEqualTo(4);
    }

    @Test
    void curl_connect_reachesTargets() throws Exception {
        arrived(curl("--proxytunnel", "--proxy", "http://" + address(), "http://web/"));
        arrived(curl("--proxytunnel", "--proxy", "http://" + address(), "http://device-1.wsbridge/"));
    }

    @Test
    void curl_failures_areToldWithTheirReasons() throws Exception {
        assertThat(curl("--socks5-hostname", address(), "http://down/").complaints())
                .contains("(5)");
        assertThat(curl("--socks5-hostname", address(), "http://missing/").complaints())
                .contains("(4)");
        assertThat(curl("--socks5-hostname", address(), "http://127.6.6.6/").complaints())
                .contains("(2)");
        assertThat(curl("--socks5-hostname", address(), "http://device-2.wsbridge/")
                        .complaints())
                .contains("(4)");
        for (String[] failure : List.of(
                new String[] {"down", "502"}, new String[] {"missing", "404"}, new String[] {"127.6.6.6", "403"})) {
            assertThat(curl("--proxytunnel", "--proxy", "http://" + address(), "http://" + failure[0] + "/")
                            .complaints())
                    .contains(failure[1]);
        }
    }

    @Test
    void nc_throughBothProtocols_carriesBytesAndTheEnd() throws Exception {
        for (String protocol : List.of("5", "connect")) {
            String command = "printf 'GET / HTTP/1.0\\r\\n\\r\\n' | " + Programs.find("nc", "netcat-openbsd") + " -X "
                    + protocol + " -x " + address() + " web 80 | tail -c " + page.length;
            Programs.Running nc = programs.start(List.of("/bin/sh", "-c", command));
            arrived(nc);
        }
    }
}
