package io.github.wsbridge.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.wsbridge.core.access.ApiKeyPolicy;
import io.github.wsbridge.testkit.RawWebSocket;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Attacks on a node in a process of its own, which is small, so that its heap would not hide anything. */
@Tag("system")
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class AbuseSystemTest {

    private static final int HALF_OPEN = 10_000;
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final Pattern ACCEPT = Pattern.compile("\"acceptUrl\":\"[a-z]+://[^/]*([^\"]*)\"");

    @TempDir
    Path folder;

    private final String requesterKey = ApiKeyPolicy.newKey();
    private final String deviceKey = ApiKeyPolicy.newKey();
    private Process node;
    private int port;
    private RawWebSocket listener;

    private void start(String transport) throws Exception {
        Path keys = folder.resolve("keys");
        Files.writeString(
                keys,
                "r requester " + ApiKeyPolicy.hash(requesterKey) + "\nd device " + ApiKeyPolicy.hash(deviceKey) + "\n");
        node = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx128m",
                        "-cp",
                        System.getProperty("java.class.path"),
                        "io.github.wsbridge.launcher.Main",
                        "node",
                        "--api-keys",
                        keys.toString(),
                        "--listen",
                        "127.0.0.1:0",
                        "--max-address-rate",
                        "100000",
                        "--transport",
                        transport)
                .redirectError(folder.resolve("log").toFile())
                .start();
        BufferedReader out = node.inputReader();
        port = Integer.parseInt(out.readLine().replaceAll(".*listens on [^ ]*:(\\d+).*", "$1"));
        listener = open("/bridge/listen?deviceId=d", deviceKey);
    }

    @AfterEach
    void stop() throws Exception {
        if (node != null) {
            node.destroy();
            node.waitFor(20, TimeUnit.SECONDS);
            node.destroyForcibly();
        }
    }

    private RawWebSocket open(String path, String key) throws IOException {
        return RawWebSocket.connect(URI.create("ws://127.0.0.1:" + port + path), Map.of("X-Api-Key", key), "")
                .timeout(PATIENCE);
    }

    /** A bridge whose device echoes. */
    private final class Good implements AutoCloseable {
        private final RawWebSocket requester;
        private final RawWebSocket device;

        Good() throws IOException {
            requester = open("/bridge/connect?deviceId=d", requesterKey);
            Matcher accept = ACCEPT.matcher("");
            while (!accept.find()) {
                accept = ACCEPT.matcher(data(listener).text());
            }
            device = open(accept.group(1).replace("\\/", "/"), "");
        }

        long nanos() throws IOException {
            long started = System.nanoTime();
            requester.writeText("there");
            data(device);
            device.writeText("and back");
            data(requester);
            return System.nanoTime() - started;
        }

        /** Returns the median of the round trips. */
        long median() throws IOException {
            long[] times = new long[200];
            for (int i = 0; i < times.length; i++) {
                times[i] = nanos();
            }
            Arrays.sort(times);
            return times[times.length / 2];
        }

        @Override
        public void close() throws IOException {
            requester.close();
            device.close();
        }
    }

    private static RawWebSocket.Frame data(RawWebSocket end) throws IOException {
        RawWebSocket.Frame frame = end.read();
        while (frame.opcode() == RawWebSocket.PING || frame.opcode() == RawWebSocket.PONG) {
            if (frame.opcode() == RawWebSocket.PING) {
                end.write(RawWebSocket.PONG, true, frame.payload());
            }
            frame = end.read();
        }
        return frame;
    }

    private long count(String what) throws IOException {
        try (Stream<Path> entries = Files.list(Path.of("/proc", Long.toString(node.pid()), what))) {
            return entries.count();
        }
    }

    /** An attack, which goes on until it is told to stop. */
    private interface Attack {
        void run(AtomicBoolean stop) throws Exception;
    }

    /** Returns the medians of a good bridge's round trips before, during and after the attack. */
    private List<Long> under(Attack attack) throws Exception {
        try (Good good = new Good()) {
            good.median(); // compiles
            good.median();
            long descriptors = count("fd");
            long threads = count("task");
            long before = good.median();
            AtomicBoolean stop = new AtomicBoolean();
            Thread attacker = new Thread(() -> {
                try {
                    attack.run(stop);
                } catch (Exception e) {
                    // The node has closed the connection.
                }
            });
            attacker.start();
            long during = good.median();
            new Good().close(); // a newcomer is served, too
            stop.set(true);
            attacker.join(60_000);
            assertThat(attacker.isAlive()).isFalse();
            await().atMost(PATIENCE).untilAsserted(() -> {
                assertThat(count("fd")).isLessThan(descriptors + 20);
                assertThat(count("task")).isLessThan(threads + 20);
            });
            return List.of(before, during, good.median());
        }
    }

    private static void isNormal(List<Long> medians) {
        long bearable = Math.max(10 * medians.get(0), TimeUnit.MILLISECONDS.toNanos(50)); // two processors for all
        assertThat(medians).describedAs("before, during, after").allMatch(median -> median < bearable);
    }

    @ParameterizedTest
    @ValueSource(strings = {"netty", "tyrus"})
    void halfOpenConnections(String transport) throws Exception {
        start(transport);
        isNormal(under(stop -> {
            List<SocketChannel> half = new ArrayList<>();
            try {
                for (int i = 0; i < HALF_OPEN && !(stop.get() && i > HALF_OPEN / 2); i++) {
                    half.add(SocketChannel.open(new InetSocketAddress(InetAddress.getLoopbackAddress(), port)));
                }
            } finally {
                for (SocketChannel socket : half) {
                    socket.close();
                }
            }
        }));
    }

    @ParameterizedTest
    @ValueSource(strings = {"netty", "tyrus"})
    void pingFloods(String transport) throws Exception {
        start(transport);
        byte[] ping = RawWebSocket.frame(RawWebSocket.PING, true, true, new byte[0]);
        byte[] pings = new byte[10_000 * ping.length];
        for (int at = 0; at < pings.length; at += ping.length) {
            System.arraycopy(ping, 0, pings, at, ping.length);
        }
        isNormal(under(stop -> {
            while (!stop.get()) {
                try (RawWebSocket flooding = open("/bridge/listen?deviceId=other", deviceKey)) {
                    for (int i = 0; i < 25 && !stop.get(); i++) {
                        flooding.writeRaw(pings);
                    }
                } catch (IOException e) {
                    // Again.
                }
            }
        }));
    }

    @ParameterizedTest
    @ValueSource(strings = {"netty", "tyrus"})
    void wrongKeys(String transport) throws Exception {
        start(transport);
        isNormal(under(stop -> {
            for (int i = 0; i < 2_000 && !stop.get(); i++) {
                try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
                    socket.getOutputStream()
                            .write(RawWebSocket.request("/bridge/connect?deviceId=d", "X-Api-Key: wrong" + i + "\r\n")
                                    .getBytes(java.nio.charset.StandardCharsets.ISO_8859_1));
                }
            }
        }));
        await().atMost(PATIENCE)
                .until(() -> Files.readString(folder.resolve("log")).contains("failed credentials"));
        assertThat(Files.readAllLines(folder.resolve("log"))).hasSizeLessThan(20);
    }

    @ParameterizedTest
    @ValueSource(strings = {"netty", "tyrus"})
    void headerBombs(String transport) throws Exception {
        start(transport);
        String bomb = RawWebSocket.request("/bridge/connect?deviceId=d", "a:\r\n".repeat(3_900));
        isNormal(under(stop -> {
            while (!stop.get()) {
                try (RawWebSocket raw = RawWebSocket.dial(port)) {
                    raw.writeRaw(bomb);
                    raw.readHead();
                } catch (IOException e) {
                    // Again.
                }
            }
        }));
    }
}
