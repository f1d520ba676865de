package io.github.wsbridge.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import io.github.wsbridge.client.BridgeClient;
import io.github.wsbridge.client.BridgeDevice;
import io.github.wsbridge.client.TcpTunnel;
import io.github.wsbridge.client.TunnelTargets;
import io.github.wsbridge.core.access.ApiKeyPolicy;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Tests {@code nc} and {@code curl}, through a tunnel across three nodes and directly on a node's port. */
@Tag("system")
@Timeout(value = 6, unit = TimeUnit.MINUTES)
final class NetcatSystemTest {

    private static final String DEVICE = "device-1";

    @TempDir
    private Path folder;

    private final ExecutorService threads = Executors.newCachedThreadPool();
    private Programs programs;

    @BeforeEach
    void start() {
        programs = new Programs(folder);
    }

    @AfterEach
    void stop() throws Exception {
        programs.close();
        threads.shutdownNow();
    }

    @Test
    void nc_serverAnswersAfterTheEnd_answerArrives() throws Exception {
        try (ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
                Tunnelled tunnelled = new Tunnelled(server.getLocalPort())) {
            threads.execute(() -> serve(server, socket -> {
                byte[] all = socket.getInputStream().readAllBytes();
                socket.getOutputStream()
                        .write(("got " + all.length + " bytes " + Payloads.sha256(all))
                                .getBytes(StandardCharsets.UTF_8));
            }));
            for (int i = 0; i < 20; i++) {
                byte[] question = ("question " + i).repeat(1 + i * i * 500).getBytes(StandardCharsets.UTF_8);
                String command = "printf 'question " + i + "%.0s' $(seq " + (1 + i * i * 500) + ") | "
                        + Programs.find("nc", "netcat-openbsd") + " -N 127.0.0.1 " + tunnelled.port();
                assertThat(programs.run(List.of("/bin/sh", "-c", command)))
                        .isEqualTo("got " + question.length + " bytes " + Payloads.sha256(question));
            }
            assertThat(tunnelled.cluster.crossings.forwarded()).isPositive();
        }
    }

    @Test
    void nc_serverEndsFirst_stillReceivesLaterData() throws Exception {
        BlockingQueue<String> heard = new LinkedBlockingQueue<>();
        try (ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
                Tunnelled tunnelled = new Tunnelled(server.getLocalPort())) {
            threads.execute(() -> serve(server, socket -> {
                socket.getOutputStream().write("all I have\n".getBytes(StandardCharsets.UTF_8));
                socket.shutdownOutput();
                heard.add(new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8));
            }));
            for (int i = 0; i < 20; i++) {
                Programs.Running nc = programs.start(
                        List.of(
                                Programs.find("nc", "netcat-openbsd"),
                                "-N",
                                "127.0.0.1",
                                Integer.toString(tunnelled.port())),
                        ProcessBuilder.Redirect.PIPE);
                nc.awaitLine("all I have");
                try (var input = nc.process().getOutputStream()) {
                    input.write(("later " + i).getBytes(StandardCharsets.UTF_8));
                }
                assertThat(nc.succeeded()).isEqualTo("all I have\n");
                assertThat(heard.poll(30, TimeUnit.SECONDS)).isEqualTo("later " + i);
            }
        }
    }

    @Test
    void curl_fiftyDownloadsAtOnce_arriveUnchanged() throws Exception {
        HttpServer web = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 100);
        web.setExecutor(threads);
        web.createContext("/", exchange -> {
            byte[] body =
                    download(Integer.parseInt(exchange.getRequestURI().getPath().substring(1)));
            exchange.sendResponseHeaders(200, body.length);
            try (var out = exchange.getResponseBody()) {
                out.write(body);
            }
        });
        web.start();
        try (Tunnelled tunnelled = new Tunnelled(web.getAddress().getPort())) {
            List<Programs.Running> downloads = new ArrayList<>();
            for (int i = 0; i < 50; i++) {
                downloads.add(programs.start(List.of(
                        Programs.find("curl", "curl"),
                        "--silent",
                        "--show-error",
                        "--fail",
                        "--max-time",
                        Long.toString(Programs.DEADLINE.toSeconds()),
                        "--noproxy",
                        "*",
                        "http://127.0.0.1:" + tunnelled.port() + "/" + i)));
            }
            for (int i = 0; i < downloads.size(); i++) {
                assertThat(downloads.get(i).exitCode())
                        .as("download %d: %s", i, downloads.get(i).complaints())
                        .isZero();
                assertThat(Payloads.sha256(downloads.get(i).out())).isEqualTo(Payloads.sha256(download(i)));
            }
            assertThat(tunnelled.cluster.crossings.forwarded() + tunnelled.cluster.crossings.direct())
                    .isGreaterThanOrEqualTo(50);
        } finally {
            web.stop(0);
        }
    }

    @Test
    void curl_invalidRequests_getTheRightStatus() throws Exception {
        try (Cluster cluster = Cluster.start(1)) {
            assertThat(head(cluster, "/bridge/connect?deviceId=" + DEVICE, false))
                    .startsWith("HTTP/1.1 426 ")
                    .containsIgnoringCase("\nUpgrade: websocket")
                    .containsIgnoringCase("\nSec-WebSocket-Version: 13");
            assertThat(head(cluster, "/", false)).startsWith("HTTP/1.1 404 ");
            assertThat(head(cluster, "/bridge", true)).startsWith("HTTP/1.1 404 ");
            assertThat(head(cluster, "/bridge/connect/more?deviceId=d", true)).startsWith("HTTP/1.1 404 ");
            assertThat(head(cluster, "/bridge/Connect?deviceId=d", true)).startsWith("HTTP/1.1 404 ");
            assertThat(head(cluster, "/bridge/connect", true)).startsWith("HTTP/1.1 400 ");
            assertThat(head(cluster, "/bridge/connect?deviceId=", true)).startsWith("HTTP/1.1 400 ");
            assertThat(head(cluster, "/bridge/connect?deviceId=a&deviceId=b", true))
                    .startsWith("HTTP/1.1 400 ");
            assertThat(head(cluster, "/bridge/connect?deviceId=%zz", true)).startsWith("HTTP/1.1 400 ");
            assertThat(head(cluster, "/bridge/connect?deviceId=" + "d".repeat(257), true))
                    .startsWith("HTTP/1.1 400 ");
            assertThat(head(cluster, "/bridge/accept", true)).startsWith("HTTP/1.1 400 ");
            assertThat(head(cluster, "/bridge/listen", true)).startsWith("HTTP/1.1 400 ");
            assertThat(head(cluster, "/bridge/peer", true)).matches("(?s)HTTP/1\\.1 40[13] .*");
            nothingHeld(cluster);
        }
    }

    @Test
    void curl_apiKeys_onlyTheRightOneIsAccepted() throws Exception {
        String key = ApiKeyPolicy.newKey();
        String deviceKey = ApiKeyPolicy.newKey();
        ApiKeyPolicy policy = ApiKeyPolicy.parse(List.of(
                "alice requester " + ApiKeyPolicy.hash(key), DEVICE + " device " + ApiKeyPolicy.hash(deviceKey)));
        try (Cluster cluster = Cluster.start(1, builder -> builder.accessPolicy(policy))) {
            String connect = "/bridge/connect?deviceId=nobody";
            String listen = "/bridge/listen?deviceId=" + DEVICE;
            for (String path : List.of(connect, listen)) {
                assertThat(head(cluster, path, true))
                        .startsWith("HTTP/1.1 401 ")
                        .doesNotContain(" 101 ");
                assertThat(head(cluster, path, true, "X-Api-Key: " + ApiKeyPolicy.newKey()))
                        .startsWith("HTTP/1.1 401 ");
                assertThat(head(cluster, path, true, "X-Api-Key;")).startsWith("HTTP/1.1 401 ");
                assertThat(head(cluster, path, true, "X-Api-Key: " + key, "X-Api-Key: " + key))
                        .startsWith("HTTP/1.1 401 ");
            }
            assertThat(head(cluster, connect, true, "X-Api-Key: " + deviceKey)).startsWith("HTTP/1.1 403 ");
            assertThat(head(cluster, listen, true, "X-Api-Key: " + key)).startsWith("HTTP/1.1 403 ");
            nothingHeld(cluster);
            // 4404 is 0x1134.
            assertThat(head(cluster, connect, true, "X-Api-Key: " + key))
                    .startsWith("HTTP/1.1 101 ")
                    .containsIgnoringCase("\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
                    .containsPattern("\r\n\r\n\\x{88}.\\x11\\x34");
        }
    }

    private static void nothingHeld(Cluster cluster) {
        Awaitility.await()
                .atMost(Programs.DEADLINE)
                .untilAsserted(() -> assertThat(cluster.node(0).stats())
                        .matches(held -> held.bridges() == 0 && held.listeners() == 0));
    }

    /** Returns a node's response, decoded as ISO-8859-1. */
    private String head(Cluster cluster, String path, boolean upgrade, String... headers) throws Exception {
        List<String> command = new ArrayList<>();
        Collections.addAll(command, Programs.find("curl", "curl"), "--silent", "--include", "--max-time", "60");
        Collections.addAll(command, "--noproxy", "*", "--http1.1", "--output", "-");
        if (upgrade) {
            Collections.addAll(command, "-H", "Connection: Upgrade", "-H", "Upgrade: websocket");
            Collections.addAll(command, "-H", "Sec-WebSocket-Version: 13");
            Collections.addAll(command, "-H", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==");
        }
        for (String header : headers) {
            Collections.addAll(command, "-H", header);
        }
        command.add(cluster.url(0).toString().replace("ws://", "http://") + path);
        Programs.Running curl = programs.start(command);
        assertThat(curl.exitCode()).as("%s", command).isZero();
        return Files.readString(curl.out(), StandardCharsets.ISO_8859_1);
    }

    private static byte[] download(int number) {
        return Payloads.bytes((2 << 20) + number * 128_001, number);
    }

    private interface Talk {
        void with(Socket socket) throws IOException;
    }

    private void serve(ServerSocket server, Talk talk) {
        try {
            while (true) {
                Socket socket = server.accept();
                threads.execute(() -> {
                    try (socket) {
                        talk.with(socket);
                    } catch (IOException e) {
                        // The other end fails, too.
                    }
                });
            }
        } catch (IOException e) {
            // closed
        }
    }

    /** Opens a tunnel to a port behind a device, across three nodes. */
    private static final class Tunnelled implements AutoCloseable {
        final Cluster cluster = Cluster.start(3);
        private final BridgeDevice device;
        private final BridgeClient client;
        private final TcpTunnel tunnel;

        Tunnelled(int target) throws Exception {
            device = BridgeDevice.builder(DEVICE, cluster.url(), TunnelTargets.parse(List.of("it=127.0.0.1:" + target)))
                    .build()
                    .start();
            device.listening().toCompletableFuture().get(30, TimeUnit.SECONDS);
            client = BridgeClient.builder(cluster.url()).build();
            tunnel = TcpTunnel.builder(client, DEVICE, "it").start();
        }

        int port() {
            return tunnel.address().getPort();
        }

        @Override
        public void close() {
            tunnel.close();
            client.close();
            device.close();
            cluster.close();
        }
    }
}
