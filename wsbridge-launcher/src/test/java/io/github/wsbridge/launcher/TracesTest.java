package io.github.wsbridge.launcher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What node, device and tunnel send to a collector. */
@Timeout(120)
class TracesTest {

    /** A collector, which keeps what it gets: Protocol Buffers, in which texts and ids are as they are. */
    private static final class Collector implements AutoCloseable {
        private final List<String> requests = new CopyOnWriteArrayList<>();
        private final HttpServer server;

        Collector() throws IOException {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
            server.createContext("/v1/traces", exchange -> {
                requests.add(new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.ISO_8859_1));
                exchange.sendResponseHeaders(200, -1);
                exchange.close();
            });
            server.start();
        }

        String url() {
            return "http://127.0.0.1:" + server.getAddress().getPort();
        }

        /** Returns the requests of a service. */
        String of(String service) {
            return String.join(
                    "", requests.stream().filter(body -> body.contains(service)).toList());
        }

        /** Returns the ids of traces that a service has sent: fields 1 of 16 bytes, 2 of 8, and 4 or 5 of spans. */
        TreeSet<String> traces(String service) {
            TreeSet<String> ids = new TreeSet<>();
            Matcher id = Pattern.compile("\n\u0010(.{16})\u0012\b.{8}[\"*]", Pattern.DOTALL)
                    .matcher(of(service));
            while (id.find()) {
                ids.add(HexFormat.of().formatHex(id.group(1).getBytes(StandardCharsets.ISO_8859_1)));
            }
            return ids;
        }

        @Override
        public void close() {
            server.stop(0);
        }
    }

    @Test
    void bridgeOfATunnel_isOneTraceAtTheCollector() throws Exception {
        try (Collector collector = new Collector();
                EchoPort echo = new EchoPort()) {
            String traces = "--traces=" + collector.url();
            try (Run node = Run.of("node", "--insecure", "--listen=127.0.0.1:0", traces);
                    Run device = Run.of(
                            "device",
                            "--server=ws://127.0.0.1:" + node.port(),
                            "--id=d",
                            "--target=echo=127.0.0.1:" + echo.number(),
                            traces)) {
                device.ready();
                try (Run tunnel =
                        Run.of("tunnel", "--server=ws://127.0.0.1:" + node.port(), "--forward=0=d/echo", traces)) {
                    try (Socket socket = new Socket("127.0.0.1", tunnel.port())) {
                        socket.getOutputStream().write('x');
                        assertThat(socket.getInputStream().read()).isEqualTo('x');
                    }
                }
            }
            // A command waits for two seconds at most; its spans may come after that, and in several requests.
            await().atMost(Run.PATIENCE).untilAsserted(() -> {
                assertThat(collector.of("wsbridge-node")).contains("bridge connect", "bridge signal", "bridge accept");
                assertThat(collector.of("wsbridge-device")).contains("bridge invitation", "bridge accept");
                assertThat(collector.traces("wsbridge-tunnel")).hasSize(1);
            });
            assertThat(collector.traces("wsbridge-node")).isEqualTo(collector.traces("wsbridge-tunnel"));
            assertThat(collector.traces("wsbridge-device")).isEqualTo(collector.traces("wsbridge-tunnel"));
        }
    }

    @Test
    void wrongValues_areUsageErrors() throws Exception {
        for (Map.Entry<String, String> wrong : Map.of(
                        "--traces=ftp://127.0.0.1", "--traces must be",
                        "--traces=http://me:secret@127.0.0.1:4318", "--traces must be",
                        "--traces-percent=101", "--traces-percent must be")
                .entrySet()) {
            try (Run run = Run.of("node", "--insecure", "--check", wrong.getKey())) {
                assertThat(run.code()).isEqualTo(2);
                assertThat(run.err()).contains(wrong.getValue()).doesNotContain("secret");
            }
        }
    }
}
