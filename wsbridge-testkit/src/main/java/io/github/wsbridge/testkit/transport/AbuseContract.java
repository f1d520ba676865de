package io.github.wsbridge.testkit.transport;

import static io.github.wsbridge.testkit.RawWebSocket.PING;
import static io.github.wsbridge.testkit.RawWebSocket.PONG;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.wsbridge.testkit.RawWebSocket;
import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * What a node behind a transport has to withstand. After each attack it serves a good client without delay, and holds
 * no more bridges, threads and descriptors than before.
 */
@Timeout(60)
public abstract class AbuseContract {

    /** The only valid API key. */
    protected static final String KEY = "the-right-key";

    private static final Duration PATIENCE = Duration.ofSeconds(20);

    /** A node that serves a port, with the usual limits except for those that {@link #start} names. */
    protected interface Target extends AutoCloseable {

        /** Returns the port. */
        int port();

        /** Waits for the next invitation and returns the path and query of its accept URL. */
        String accept() throws Exception;

        /** Returns the number of bridges, pending ones included. */
        int bridges();

        /** Stops the node and the server. */
        @Override
        void close() throws Exception;
    }

    private Target target = new Nothing();
    private int descriptors;
    private int threads;

    private static final class Nothing implements Target {
        @Override
        public int port() {
            throw new IllegalStateException("not started");
        }

        @Override
        public String accept() {
            throw new IllegalStateException("not started");
        }

        @Override
        public int bridges() {
            return 0;
        }

        @Override
        public void close() {}
    }

    /** Creates the suite. */
    protected AbuseContract() {}

    /**
     * Starts a node for which {@link #KEY} is valid, with room for 40 connections whose handshake is not over (where
     * that is in its hands), and for four invalid keys before an address is locked out.
     */
    protected abstract Target start() throws Exception;

    @BeforeEach
    final void startTarget() throws Exception {
        target = start();
        goodClient(); // loads classes, starts threads
        await().atMost(PATIENCE).until(() -> target.bridges() == 0);
        descriptors = descriptors();
        threads = Thread.activeCount();
    }

    @AfterEach
    final void checkTarget() throws Exception {
        try {
            long started = System.nanoTime();
            goodClient();
            assertThat(Duration.ofNanos(System.nanoTime() - started)).isLessThan(Duration.ofSeconds(5));
            await().atMost(PATIENCE).untilAsserted(() -> {
                assertThat(target.bridges()).isZero();
                assertThat(descriptors()).isLessThan(descriptors + 20);
                assertThat(Thread.activeCount()).isLessThan(threads + 20);
            });
        } finally {
            target.close();
        }
    }

    /** Returns the number of open file descriptors; 0 where it is not known. */
    private static int descriptors() {
        String[] open = new File("/proc/self/fd").list();
        return open == null ? 0 : open.length;
    }

    private RawWebSocket open(String path, String key) throws IOException {
        URI url = URI.create("ws://127.0.0.1:" + target.port() + path);
        return RawWebSocket.connect(url, Map.of("X-Api-Key", key), "").timeout(PATIENCE);
    }

    private RawWebSocket requester() throws IOException {
        return open("/bridge/connect?deviceId=d", KEY);
    }

    private void goodClient() throws Exception {
        try (RawWebSocket requester = requester();
                RawWebSocket device = open(target.accept(), "")) {
            exchange(requester, device);
            requester.writeClose(1000, "");
            assertThat(data(device).closeCode()).isEqualTo(1000);
            device.writeClose(1000, "");
        }
    }

    private static void exchange(RawWebSocket requester, RawWebSocket device) throws IOException {
        requester.writeText("hello");
        assertThat(data(device).text()).isEqualTo("hello");
        device.writeText("hi");
        assertThat(data(requester).text()).isEqualTo("hi");
    }

    /** Reads a frame, and skips pings and pongs. */
    private static RawWebSocket.Frame data(RawWebSocket end) throws IOException {
        RawWebSocket.Frame frame = end.read();
        while (frame.opcode() == PONG || frame.opcode() == PING) {
            frame = end.read();
        }
        return frame;
    }

    private static void closeAll(List<RawWebSocket> sockets) throws IOException {
        for (RawWebSocket socket : sockets) {
            socket.close();
        }
    }

    @Test
    void halfOpenConnections_shutNobodyOut() throws Exception {
        List<RawWebSocket> half = new ArrayList<>();
        try {
            for (int i = 0; i < 200; i++) {
                RawWebSocket raw = RawWebSocket.dial(target.port());
                half.add(raw);
                if (i % 2 == 0) {
                    raw.writeRaw("GET /bridge/connect?deviceId=d HTTP/1.1\r\nHost: h\r\nX-Slow: ");
                }
            }
            goodClient();
        } catch (IOException e) {
            throw new AssertionError("a good client was refused", e);
        } finally {
            closeAll(half);
        }
    }

    @Test
    void pingFlood_delaysNobody() throws Exception {
        byte[] ping = RawWebSocket.frame(PING, true, true, new byte[0]);
        byte[] flood = new byte[20_000 * ping.length];
        for (int at = 0; at < flood.length; at += ping.length) {
            System.arraycopy(ping, 0, flood, at, ping.length);
        }
        try (RawWebSocket good = requester();
                RawWebSocket device = open(target.accept(), "")) {
            try (RawWebSocket bad = requester();
                    RawWebSocket other = open(target.accept(), "")) {
                exchange(bad, other);
                try {
                    bad.writeRaw(flood);
                } catch (IOException e) {
                    // The node no longer listens.
                }
                for (int i = 0; i < 20; i++) {
                    exchange(good, device);
                }
                assertThat(data(other).closeCode()).isEqualTo(4000);
            }
        }
    }

    @Test
    void hugeLengths_areRefusedOrStreamed() throws Exception {
        for (String header : List.of("82FF800000000000000000000000", "82FFFFFFFFFFFFFFFFFF00000000")) {
            try (RawWebSocket bad = requester();
                    RawWebSocket device = open(target.accept(), "")) {
                exchange(bad, device);
                bad.writeRaw(HexFormat.of().parseHex(header));
                assertThat(data(bad).closeCode()).isEqualTo(1002);
                assertThat(data(device).closeCode()).isEqualTo(4000);
            }
        }
        try (RawWebSocket bad = requester();
                RawWebSocket device = open(target.accept(), "")) {
            exchange(bad, device);
            bad.writeRaw(HexFormat.of().parseHex("82FF7FFFFFFFFFFFFFFF00000000"));
            bad.writeRaw(new byte[100_000]);
            RawWebSocket.Frame piece = data(device);
            assertThat(piece.last()).isFalse();
            assertThat(piece.payload()).isNotEmpty();
        }
    }

    @Test
    void headerBombs_areRefused() throws Exception {
        for (String bomb :
                List.of("a:\r\n".repeat(4_000), "X-Big: " + "x".repeat(100_000) + "\r\n", "a: b\r\n".repeat(20_000))) {
            try (RawWebSocket bad = RawWebSocket.dial(target.port())) {
                try {
                    bad.writeRaw(RawWebSocket.request("/bridge/connect?deviceId=d", bomb));
                    assertThat(bad.readHead()).matches("(?s)HTTP/1.1 4(00|31) .*");
                } catch (IOException e) {
                    // The server has closed the connection before everything was sent.
                }
            }
        }
    }

    @Test
    void compressionOffers_areIgnored() throws Exception {
        String offers = ("Sec-WebSocket-Extensions: " + "permessage-deflate; client_max_window_bits, ".repeat(50))
                + "permessage-deflate\r\n";
        try (RawWebSocket bad = RawWebSocket.dial(target.port())) {
            bad.writeRaw(RawWebSocket.request("/bridge/connect?deviceId=d", offers + "X-Api-Key: " + KEY + "\r\n"));
            assertThat(bad.readHead()).startsWith("HTTP/1.1 101").doesNotContainIgnoringCase("extensions");
            target.accept();
        }
        try (RawWebSocket bad = requester();
                RawWebSocket device = open(target.accept(), "")) {
            exchange(bad, device);
            bad.writeRaw(HexFormat.of().parseHex("C28100000000AA")); // compressed
            assertThat(data(bad).closeCode()).isEqualTo(1002);
        }
    }

    @Test
    void replayedToken_joinsOneDevice() throws Exception {
        int devices = 6;
        ExecutorService threads = Executors.newFixedThreadPool(devices);
        CyclicBarrier start = new CyclicBarrier(devices);
        List<RawWebSocket> opened = new ArrayList<>();
        try (RawWebSocket requester = requester()) {
            String accept = target.accept();
            List<Callable<RawWebSocket>> replays = new ArrayList<>();
            for (int i = 0; i < devices; i++) {
                replays.add(() -> {
                    start.await(10, TimeUnit.SECONDS);
                    return open(accept, "");
                });
            }
            for (Future<RawWebSocket> each : threads.invokeAll(replays)) {
                opened.add(each.get());
            }
            requester.writeText("for one");
            int joined = 0;
            for (RawWebSocket device : opened) {
                RawWebSocket.Frame frame = data(device);
                if (frame.opcode() == RawWebSocket.TEXT) {
                    assertThat(frame.text()).isEqualTo("for one");
                    joined++;
                } else {
                    assertThat(frame.closeCode()).isEqualTo(4410);
                }
            }
            assertThat(joined).isEqualTo(1);
        } finally {
            threads.shutdownNow();
            closeAll(opened);
        }
    }

    @Test
    void wrongKeys_areSlowedDown_andTheRightOneIsNot() throws Exception {
        List<RawWebSocket> asking = new ArrayList<>();
        try {
            for (int i = 0; i < 7; i++) {
                RawWebSocket raw = RawWebSocket.dial(target.port());
                asking.add(raw);
                raw.writeRaw(RawWebSocket.request("/bridge/connect?deviceId=d", "X-Api-Key: wrong" + i + "\r\n"));
            }
            goodClient();
            Map<String, Integer> answers = new HashMap<>();
            for (RawWebSocket raw : asking) {
                answers.merge(raw.readHead().substring(0, 12), 1, Integer::sum);
            }
            assertThat(answers).containsExactlyInAnyOrderEntriesOf(Map.of("HTTP/1.1 401", 4, "HTTP/1.1 429", 3));
        } finally {
            closeAll(asking);
        }
    }
}
