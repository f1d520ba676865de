package io.github.wsbridge.jakarta;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.wsbridge.CloseReason;
import io.github.wsbridge.spi.Admission;
import io.github.wsbridge.spi.Fragment;
import io.github.wsbridge.testkit.RawWebSocket;
import io.github.wsbridge.testkit.RecordingReceiver;
import io.github.wsbridge.testkit.transport.Backpressure;
import io.github.wsbridge.testkit.transport.FakeDoor;
import io.github.wsbridge.testkit.transport.TestKeys;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Tests that a container with few threads serves many bridges and the application's pages. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
abstract class BridgesInContainer {

    private static final String TARGET = "/bridge/connect?deviceId=d";
    private static final int SECONDS = 60;

    /** Creates a container with few threads. */
    abstract Host host();

    @Test
    void manyBridges_onFewThreads_allProgress() throws Exception {
        try (Bridges bridges = new Bridges(host());
                Swarm swarm = new Swarm()) {
            List<Bridges.Pair> pairs = new ArrayList<>();
            for (int i = 0; i < 400; i++) {
                pairs.add(bridges.open(swarm, 16));
            }
            for (Bridges.Pair pair : pairs) {
                pair.requester().done.get(SECONDS, TimeUnit.SECONDS);
                pair.device().done.get(SECONDS, TimeUnit.SECONDS);
            }
        }
    }

    @Test
    void bytes_bothWays_arriveUnchanged() throws Exception {
        long blocks = 4_096; // 64 MiB
        String expected = Swarm.digest(blocks);
        try (Bridges bridges = new Bridges(host());
                Swarm swarm = new Swarm()) {
            Swarm.End requester = swarm.openDigested(bridges.port, "/bridge/connect?deviceId=d", blocks, blocks);
            Swarm.End device = swarm.openDigested(bridges.port, bridges.accept(), blocks, blocks);
            assertThat(requester.done.get(SECONDS, TimeUnit.SECONDS)).isEqualTo(expected);
            assertThat(device.done.get(SECONDS, TimeUnit.SECONDS)).isEqualTo(expected);
        }
    }

    @Test
    void largeFrame_staysInLargeFragments() throws Exception {
        int size = 8 << 20;
        try (Bridges bridges = new Bridges(host());
                RawWebSocket requester = RawWebSocket.open(bridges.port, "/bridge/connect?deviceId=d");
                RawWebSocket device = RawWebSocket.open(bridges.port, bridges.accept())) {
            CompletableFuture<Void> sending = CompletableFuture.runAsync(() -> send(requester, new byte[size]));
            int pieces = 0;
            long total = 0;
            boolean last = false;
            while (!last) {
                RawWebSocket.Frame piece = device.read();
                if (piece.opcode() <= 2) {
                    pieces++;
                    total += piece.payload().length;
                    last = piece.last();
                }
            }
            sending.get(SECONDS, TimeUnit.SECONDS);
            assertThat(total).isEqualTo(size);
            assertThat(pieces).isLessThanOrEqualTo(600);
        }
    }

    @Test
    void probes_areAnsweredByTheNode() throws Exception {
        try (Bridges bridges = new Bridges(host())) {
            assertThat(probe(bridges, "/livez")).isEqualTo(200);
            assertThat(probe(bridges, "/readyz")).isEqualTo(200);
            bridges.node.stop(Duration.ZERO);
            assertThat(probe(bridges, "/livez")).isEqualTo(200);
            assertThat(probe(bridges, "/readyz")).isEqualTo(503);
        }
    }

    private static int probe(Bridges bridges, String path) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + bridges.port + path))
                .build();
        return HttpClient.newHttpClient()
                .send(request, HttpResponse.BodyHandlers.discarding())
                .statusCode();
    }

    @Test
    void requesterRightAfterTheListenersHandshake_findsTheDevice() throws Exception {
        try (Bridges bridges = new Bridges(host())) {
            for (int i = 0; i < 100; i++) {
                try (RawWebSocket device = RawWebSocket.open(bridges.port, "/bridge/listen?deviceId=d" + i);
                        RawWebSocket requester = RawWebSocket.open(bridges.port, "/bridge/connect?deviceId=d" + i)) {
                    assertThat(device.read().text()).contains("\"invitation\"");
                }
            }
            assertThat(bridges.signaller.invitations())
                    .as("sent over the next channel")
                    .isEmpty();
        }
    }

    private static void send(RawWebSocket to, byte[] message) {
        try {
            to.write(RawWebSocket.BINARY, true, message);
        } catch (java.io.IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    @Test
    void stalledBridges_doNotSlowTheApplicationsPages() throws Exception {
        try (Bridges bridges = new Bridges(host());
                Swarm swarm = new Swarm()) {
            HttpClient browser = HttpClient.newHttpClient();
            HttpRequest page = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + bridges.port + "/page"))
                    .build();
            List<Swarm.End> devices = new ArrayList<>();
            for (int i = 0; i < 16; i++) {
                swarm.open(bridges.port, "/bridge/connect?deviceId=d", 4_096, 1);
                devices.add(swarm.openUnread(bridges.port, bridges.accept(), 0, 4_096));
            }
            for (Swarm.End device : devices) {
                device.upgrade.get(SECONDS, TimeUnit.SECONDS);
            }
            List<Long> millis = new ArrayList<>();
            for (int i = 0; i < 300; i++) {
                long started = System.nanoTime();
                HttpResponse<String> response = browser.send(page, HttpResponse.BodyHandlers.ofString());
                millis.add(Duration.ofNanos(System.nanoTime() - started).toMillis());
                assertThat(response.body()).isEqualTo("a page");
            }
            Collections.sort(millis);
            assertThat(millis.get(280)).as("nearly all of %s", millis).isLessThan(100);
            devices.forEach(Swarm.End::startReading);
            for (Swarm.End device : devices) {
                device.done.get(SECONDS, TimeUnit.SECONDS);
            }
        }
    }

    @Test
    void stop_closesBothEndsWith1001() throws Exception {
        Host host = host();
        FakeDoor door = new FakeDoor();
        int port = host.start(door);
        try (RawWebSocket first = RawWebSocket.open(port, TARGET);
                RawWebSocket second = RawWebSocket.open(port, TARGET)) {
            List<RecordingReceiver> receivers = List.of(door.takeEnd(), door.takeEnd());
            CompletableFuture<Void> stopping = stop(host);
            for (RawWebSocket raw : List.of(first, second)) {
                assertThat(raw.read().closeCode()).isEqualTo(CloseReason.GOING_AWAY);
                raw.writeClose(CloseReason.GOING_AWAY, "");
                assertThat(raw.ended()).isTrue();
            }
            stopping.get(SECONDS, TimeUnit.SECONDS);
            for (RecordingReceiver receiver : receivers) {
                assertThat(receiver.awaitClosed().code()).isEqualTo(CloseReason.GOING_AWAY);
            }
        }
    }

    private static CompletableFuture<Void> stop(Host host) {
        return CompletableFuture.runAsync(() -> {
            try {
                host.stop();
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        });
    }

    @Test
    void stop_whileARequestWaits_isAnsweredWith503() throws Exception {
        Host host = host();
        FakeDoor door = new FakeDoor();
        door.answers(handshake -> new CompletableFuture<>());
        int port = host.start(door);
        try (RawWebSocket raw = RawWebSocket.dial(port)) {
            raw.writeRaw(RawWebSocket.request(TARGET, ""));
            door.takeHandshake();
            CompletableFuture<Void> stopping = stop(host);
            assertThat(raw.readHead()).startsWith("HTTP/1.1 503 ");
            stopping.get(SECONDS, TimeUnit.SECONDS);
        }
    }

    @Test
    void noKey_isRefusedWith400() throws Exception {
        Host host = host();
        FakeDoor door = new FakeDoor();
        int port = host.start(door);
        try (RawWebSocket raw = RawWebSocket.dial(port)) {
            raw.writeRaw(RawWebSocket.request(TARGET, "").replaceFirst("Sec-WebSocket-Key: [^\r]*\r\n", ""));
            assertThat(raw.readHead()).startsWith("HTTP/1.1 400 ");
            assertThat(door.legs()).isZero();
        } finally {
            host.stop();
        }
    }

    @Test
    void waitingRequests_holdNoThread() throws Exception {
        Host host = host();
        FakeDoor door = new FakeDoor();
        CompletableFuture<Admission.Decision> decision = new CompletableFuture<>();
        AtomicBoolean abandoned = new AtomicBoolean();
        door.answers(handshake -> CompletableFuture.completedFuture(
                new Admission.Later(decision, Duration.ofSeconds(SECONDS), () -> abandoned.set(true))));
        int port = host.start(door);
        List<RawWebSocket> waiting = new ArrayList<>();
        try {
            for (int i = 0; i < 100; i++) {
                RawWebSocket raw = RawWebSocket.dial(port);
                waiting.add(raw);
                raw.writeRaw(RawWebSocket.request(TARGET, ""));
                assertThat(door.takeHandshake()).isNotNull();
            }
            assertThat(HttpClient.newHttpClient()
                            .send(
                                    HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/page"))
                                            .build(),
                                    HttpResponse.BodyHandlers.ofString())
                            .body())
                    .isEqualTo("a page");
            decision.complete(door.grant("late.v1"));
            for (RawWebSocket raw : waiting) {
                assertThat(raw.readHead()).startsWith("HTTP/1.1 101 ").contains("Sec-WebSocket-Protocol: late.v1\r\n");
                door.takeEnd().send(Fragment.text("here"));
            }
            for (RawWebSocket raw : waiting) {
                assertThat(raw.read().text()).isEqualTo("here");
            }
            assertThat(abandoned).isFalse();
        } finally {
            for (RawWebSocket raw : waiting) {
                raw.close();
            }
            host.stop();
        }
    }

    @Test
    void waitingRequest_refused_getsItsStatus() throws Exception {
        Host host = host();
        FakeDoor door = new FakeDoor();
        CompletableFuture<Admission.Decision> decision = new CompletableFuture<>();
        door.answers(handshake -> CompletableFuture.completedFuture(
                new Admission.Later(decision, Duration.ofSeconds(SECONDS), () -> {})));
        int port = host.start(door);
        try (RawWebSocket raw = RawWebSocket.dial(port)) {
            raw.writeRaw(RawWebSocket.request(TARGET, ""));
            assertThat(door.takeHandshake()).isNotNull();
            decision.complete(new Admission.Refused(404, "no such device"));
            assertThat(raw.readHead()).startsWith("HTTP/1.1 404 ");
        } finally {
            host.stop();
        }
    }

    @Test
    void waitingRequest_clientGone_legEndsOrIsAbandoned() throws Exception {
        Host host = host();
        FakeDoor door = new FakeDoor();
        CompletableFuture<Admission.Decision> decision = new CompletableFuture<>();
        AtomicBoolean abandoned = new AtomicBoolean();
        door.answers(handshake -> CompletableFuture.completedFuture(
                new Admission.Later(decision, Duration.ofSeconds(SECONDS), () -> abandoned.set(true))));
        int port = host.start(door);
        try {
            RawWebSocket raw = RawWebSocket.dial(port);
            raw.writeRaw(RawWebSocket.request(TARGET, ""));
            assertThat(door.takeHandshake()).isNotNull();
            raw.reset();
            decision.complete(door.grant(""));
            await().atMost(Duration.ofSeconds(SECONDS)).until(() -> abandoned.get() || door.legs() > 0);
            if (door.legs() > 0) {
                RecordingReceiver receiver = door.takeEnd();
                receiver.demand();
                assertThat(receiver.awaitClosed().code()).isEqualTo(CloseReason.VANISHED);
            }
        } finally {
            host.stop();
        }
    }

    @Test
    void tls_carriesDataBothWays_withBackpressure() throws Exception {
        Host host = host();
        FakeDoor door = new FakeDoor();
        TestKeys keys = TestKeys.shared();
        int port = host.start(door, keys);
        try (SSLSocket socket = (SSLSocket) keys.context().getSocketFactory().createSocket("127.0.0.1", port);
                RawWebSocket raw = RawWebSocket.client(socket)) {
            raw.writeRaw(RawWebSocket.request(TARGET, ""));
            assertThat(raw.readHead()).startsWith("HTTP/1.1 101 ");
            RecordingReceiver receiver = door.takeEnd();
            AtomicLong sent = new AtomicLong();
            CompletableFuture<Void> flooding = CompletableFuture.runAsync(() -> Backpressure.flood(raw, sent));
            await().atMost(Duration.ofSeconds(SECONDS)).until(() -> Backpressure.stalled(sent));
            long wanted = sent.get() + (4 << 20);
            for (long taken = 0; taken < wanted; ) {
                taken += receiver.next().payload().remaining();
            }
            for (int i = 0; i < 200; i++) {
                receiver.send(Fragment.text("grüße".repeat(1_000)));
            }
            for (int i = 0; i < 200; i++) {
                assertThat(raw.read().text()).isEqualTo("grüße".repeat(1_000));
            }
            receiver.leg().close(new CloseReason(4000, "bye"));
            assertThat(raw.read().closeCode()).isEqualTo(4000);
            receiver.leg().abort();
            receiver.awaitClosed();
            flooding.exceptionally(broken -> null).get(SECONDS, TimeUnit.SECONDS);
        } finally {
            host.stop();
        }
    }
}
