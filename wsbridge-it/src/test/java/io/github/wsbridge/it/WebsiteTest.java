package io.github.wsbridge.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import io.github.wsbridge.client.BridgeClient;
import io.github.wsbridge.client.BridgeDevice;
import io.github.wsbridge.client.TunnelTargets;
import io.github.wsbridge.netty.NettyConnector;
import io.github.wsbridge.session.BridgeSessions;
import io.github.wsbridge.session.SessionHandler;
import io.github.wsbridge.website.DeviceList;
import io.github.wsbridge.website.Website;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.zip.CRC32;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Browsers, a website, real nodes, and devices with web servers of the JDK. */
final class WebsiteTest {

    private static final int PIECE = 64 * 1024;
    private static final byte[] PAYLOAD = Payloads.bytes(PIECE, 1);

    private final NettyConnector connector = NettyConnector.create();
    private final HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 50);
    private final Cluster cluster = Cluster.start(3);
    private final BridgeClient client =
            BridgeClient.builder(cluster.url()).connector(connector).build();
    private final AtomicInteger downloads = new AtomicInteger();
    private Website website;

    WebsiteTest() throws IOException {}

    @BeforeEach
    void start() throws IOException {
        server.createContext("/", exchange -> {
            try (exchange) {
                byte[] path = exchange.getRequestURI().getPath().getBytes(StandardCharsets.UTF_8);
                exchange.sendResponseHeaders(200, path.length);
                exchange.getResponseBody().write(path);
            }
        });
        server.createContext("/down", exchange -> {
            downloads.incrementAndGet();
            try (exchange) {
                long size = Long.parseLong(exchange.getRequestURI().getQuery());
                exchange.sendResponseHeaders(200, size);
                OutputStream out = exchange.getResponseBody();
                for (long at = 0; at < size; at += PIECE) {
                    out.write(PAYLOAD, 0, (int) Math.min(PIECE, size - at));
                }
            } finally {
                downloads.decrementAndGet();
            }
        });
        server.createContext("/up", exchange -> {
            try (exchange) {
                CRC32 sum = new CRC32();
                byte[] piece = new byte[PIECE];
                InputStream in = exchange.getRequestBody();
                long size = 0;
                for (int length = in.read(piece); length >= 0; length = in.read(piece)) {
                    sum.update(piece, 0, length);
                    size += length;
                }
                byte[] answer = (size + " " + sum.getValue()).getBytes(StandardCharsets.UTF_8);
                exchange.sendResponseHeaders(200, answer.length);
                exchange.getResponseBody().write(answer);
            }
        });
        server.setExecutor(Executors.newCachedThreadPool());
        server.start();
        website = Website.builder(BridgeSessions.over(client))
                .address(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .devices(DeviceList.of(List.of("device-1")))
                .start();
    }

    @AfterEach
    void stop() {
        website.close();
        client.close();
        cluster.close();
        connector.close();
        server.stop(0);
    }

    private BridgeDevice device(int port) throws Exception {
        BridgeDevice device = BridgeDevice.builder(
                        "device-1",
                        cluster.url(),
                        SessionHandler.over(TunnelTargets.builder()
                                .target("http", "127.0.0.1:" + port)
                                .streams(connector.streams())
                                .build()))
                .connector(connector)
                .build();
        device.start().listening().toCompletableFuture().get(10, TimeUnit.SECONDS);
        return device;
    }

    private int port() {
        return server.getAddress().getPort();
    }

    private Socket browser(String request) throws IOException {
        Socket browser =
                new Socket(InetAddress.getLoopbackAddress(), website.address().getPort());
        browser.setSoTimeout(30_000);
        browser.getOutputStream().write(request.replace("\n", "\r\n").getBytes(StandardCharsets.UTF_8));
        return browser;
    }

    /** Reads a response up to its body. */
    private static String head(InputStream in) throws IOException {
        StringBuilder head = new StringBuilder();
        while (head.indexOf("\r\n\r\n") < 0) {
            int next = in.read();
            assertThat(next).as(head.toString()).isNotNegative();
            head.append((char) next);
        }
        return head.toString();
    }

    private String get(String path) throws IOException {
        try (Socket browser = browser(
                "GET " + path + " HTTP/1.1\nHost: device-1.localhost\nAccept: text/html\nConnection: close\n\n")) {
            return new String(browser.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    @Test
    void device_comesGoesAndReturns() throws Exception {
        assertThat(get("/"))
                .startsWith("HTTP/1.1 503 ")
                .contains("device-1 is off line", "the device is not listening");
        try (BridgeDevice device = device(port())) {
            assertThat(get("/page")).startsWith("HTTP/1.1 200 ").endsWith("/page");
        }
        Awaitility.await().atMost(Duration.ofSeconds(20)).until(() -> get("/").startsWith("HTTP/1.1 503 "));
        try (BridgeDevice device = device(port())) {
            assertThat(get("/again")).endsWith("/again");
        }
    }

    @Test
    void device_webServerDown_isTold() throws Exception {
        try (BridgeDevice device = device(Cluster.freePorts(1).get(0).getPort())) {
            assertThat(get("/")).startsWith("HTTP/1.1 502 ").contains("The web server of device-1 is down");
        }
    }

    @Test
    void manyRequests_atOnce_areAllAnswered() throws Exception {
        try (BridgeDevice device = device(port())) {
            assertThat(IntStream.range(0, 200).parallel().mapToObj(this::number))
                    .allMatch(answer -> answer.startsWith("HTTP/1.1 200 "));
        }
    }

    private String number(int number) {
        try {
            String answer = get("/" + number);
            assertThat(answer).endsWith("/" + number);
            return answer;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void bodies_bothWays_arriveWhole() throws Exception {
        try (BridgeDevice device = device(port())) {
            down(20L * 1024 * 1024 + 1);
            up(20L * 1024 * 1024 + 1);
        }
    }

    @Test
    @Tag("system")
    void bodies_ofAGibibyte_arriveWholeInConstantMemory() throws Exception {
        try (BridgeDevice device = device(port())) {
            down(1L << 30);
            up(1L << 30);
        }
    }

    private void down(long size) throws IOException {
        try (Socket browser = browser("GET /down?" + size + " HTTP/1.1\nHost: device-1.localhost\n\n")) {
            InputStream in = browser.getInputStream();
            assertThat(head(in)).startsWith("HTTP/1.1 200 ");
            for (long at = 0; at < size; at += PIECE) {
                int length = (int) Math.min(PIECE, size - at);
                assertThat(in.readNBytes(length)).isEqualTo(length == PIECE ? PAYLOAD : Arrays.copyOf(PAYLOAD, length));
            }
        }
    }

    private void up(long size) throws IOException {
        CRC32 sum = new CRC32();
        try (Socket browser = browser(
                "POST /up HTTP/1.1\nHost: device-1.localhost\nConnection: close\nContent-Length: " + size + "\n\n")) {
            OutputStream out = browser.getOutputStream();
            for (long at = 0; at < size; at += PIECE) {
                int length = (int) Math.min(PIECE, size - at);
                out.write(PAYLOAD, 0, length);
                sum.update(PAYLOAD, 0, length);
            }
            assertThat(new String(browser.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                    .endsWith(size + " " + sum.getValue());
        }
    }

    @Test
    void download_browserGoes_endsIt() throws Exception {
        try (BridgeDevice device = device(port())) {
            try (Socket browser = browser("GET /down?100000000000 HTTP/1.1\nHost: device-1.localhost\n\n")) {
                browser.getInputStream().readNBytes(1_000_000);
                assertThat(downloads).hasValue(1);
            }
            Awaitility.await().atMost(Duration.ofSeconds(20)).until(() -> downloads.get() == 0);
        }
    }
}
