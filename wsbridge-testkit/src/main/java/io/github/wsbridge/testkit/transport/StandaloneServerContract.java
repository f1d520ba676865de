package io.github.wsbridge.testkit.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.wsbridge.CloseReason;
import io.github.wsbridge.spi.Admission;
import io.github.wsbridge.spi.BridgeServer;
import io.github.wsbridge.spi.Fragment;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What every standalone server must do beside what {@link BridgeServerContract} ask of any. */
public abstract class StandaloneServerContract extends BridgeServerContract {

    /** What a server is set to; null for its defaults. */
    public record Settings(int port, Integer maxConnections, Duration handshakeTimeout, SSLContext tls) {
        public InetSocketAddress address() {
            return new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
        }
    }

    private static final Settings USUAL = new Settings(0, null, null, null);

    private BridgeServer server;

    /** A server at {@link Settings#address}, not yet serving. */
    protected abstract BridgeServer bind(Settings settings) throws Exception;

    protected final BridgeServer start(Settings settings) throws Exception {
        BridgeServer bound = bind(settings);
        bound.serve(door);
        return bound;
    }

    /** What the names of its threads begin with. */
    protected abstract String threadNames();

    @Override
    protected int start() throws Exception {
        server = start(USUAL);
        return server.address().getPort();
    }

    @Override
    protected void stop() {
        server.close();
    }

    @ParameterizedTest
    @CsvSource({"1005,1005", "1012,1012", "1013,1013", "1014,1014", "1006,1011", "2000,1011"})
    void close_anyCode_goesOutAsNearAsItCan(int code, int onTheWire) throws Exception {
        try (RawSocket raw = RawSocket.open(port, TARGET)) {
            Ear ear = door.ear();
            ear.leg.close(new CloseReason(code, ""));
            assertThat(raw.receive().closeCode()).isEqualTo(onTheWire);
            raw.close(4567, "the answer");
            assertThat(ear.closed()).isEqualTo(new CloseReason(4567, "the answer"));
            assertThat(raw.ended()).isTrue();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1012, 1013, 1014})
    void peerCloses_codesThatSomeRefuse_areReported(int code) throws Exception {
        try (RawSocket raw = RawSocket.open(port, TARGET)) {
            Ear ear = door.ear();
            raw.close(code, "x");
            assertThat(ear.closed()).isEqualTo(new CloseReason(code, "x"));
            assertThat(raw.receive().closeCode()).isEqualTo(code);
            assertThat(raw.ended()).isTrue();
        }
    }

    @Test
    void peerClosesWithoutCode_isAnsweredWithoutCode() throws Exception {
        try (RawSocket raw = RawSocket.open(port, TARGET)) {
            Ear ear = door.ear();
            raw.send(0x88, new byte[0]);
            assertThat(ear.closed()).isEqualTo(new CloseReason(CloseReason.NO_STATUS, ""));
            assertThat(raw.receive().payload()).isEmpty();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "8201,1002", // a plain frame from a client
        "F28001020304,1002", // reserved bits
        "838001020304,1002", // a reserved opcode
        "098001020304,1002", // a fragmented ping
        "808001020304,1002", // a continuation of nothing
        "88810102030405,1002", // half a close code
        "8882010203040101,1002", // an illegal close code
    })
    void protocolErrors_areAnsweredAndEndTheLeg(String bytes, int code) throws Exception {
        try (RawSocket raw = RawSocket.open(port, TARGET)) {
            Ear ear = door.ear();
            ear.leg.demand();
            raw.write(java.util.HexFormat.of().parseHex(bytes));
            assertThat(raw.receive().closeCode()).isEqualTo(code);
            assertThat(ear.closed().code()).isEqualTo(CloseReason.VANISHED);
            assertThat(raw.ended()).isTrue();
        }
    }

    @Test
    void slowHandshake_isCut() throws Exception {
        try (BridgeServer impatient = start(new Settings(0, null, Duration.ofMillis(600), null));
                RawSocket raw = RawSocket.connect(impatient.address().getPort())) {
            CompletableFuture<Void> dripping = CompletableFuture.runAsync(() -> drip(raw));
            assertThat(raw.ended()).isTrue();
            raw.close();
            dripping.exceptionally(broken -> null).get(Ear.SECONDS, TimeUnit.SECONDS);
            assertThat(door.handshakes).isEmpty();
        }
    }

    private static void drip(RawSocket raw) {
        try {
            for (char c : RawSocket.upgrade(TARGET, "X-Filler: " + "x".repeat(5_000) + "\r\n")
                    .toCharArray()) {
                raw.write(new byte[] {(byte) c});
                await().during(Duration.ofMillis(20))
                        .pollInterval(Duration.ofMillis(10))
                        .until(() -> true);
            }
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void doorThatDoesNotAnswer_isRefusedWith503() throws Exception {
        CompletableFuture<Admission> late = new CompletableFuture<>();
        door.answer = handshake -> late;
        try (BridgeServer impatient = start(new Settings(0, null, Duration.ofSeconds(1), null));
                RawSocket raw = RawSocket.connect(impatient.address().getPort())) {
            raw.write(RawSocket.upgrade(TARGET, ""));
            assertThat(raw.readHead()).startsWith("HTTP/1.1 503 ").contains("Retry-After: ");
            late.complete(new Admission.Granted("", door.legs::add));
            raw.readToEnd();
            assertThat(door.legs).isEmpty();
        }
    }

    @Test
    void later_isNotBoundByTheHandshakeTimeout() throws Exception {
        FakeDoor.Waiting waiting = door.keepsWaiting(Duration.ofMinutes(1));
        try (BridgeServer impatient = start(new Settings(0, null, Duration.ofMillis(600), null));
                RawSocket raw = RawSocket.connect(impatient.address().getPort())) {
            raw.write(RawSocket.upgrade(TARGET, "Sec-WebSocket-Protocol: wsbridge.v1\r\n"));
            assertThat(raw.silentFor(Duration.ofMillis(1_500))).isTrue();
            waiting.grant("wsbridge.v1");
            assertThat(raw.readHead()).startsWith("HTTP/1.1 101 ").contains("Sec-WebSocket-Protocol: wsbridge.v1\r\n");
            raw.send(TEXT, "at last");
            assertThat(Ear.text(door.ear().next())).isEqualTo("at last");
            assertThat(waiting.abandoned()).isZero();
        }
    }

    @Test
    void later_serverCloses_isAbandonedOnce() throws Exception {
        FakeDoor.Waiting waiting = door.keepsWaiting(Duration.ofMinutes(1));
        try (RawSocket raw = RawSocket.connect(port)) {
            raw.write(RawSocket.upgrade(TARGET, ""));
            door.handshakes.take();
            server.close();
            await().untilAsserted(() -> assertThat(waiting.abandoned()).isEqualTo(1));
            assertThat(raw.ended()).isTrue();
            waiting.grant("");
            assertThat(waiting.abandoned()).isEqualTo(1);
            assertThat(door.legs).isEmpty();
        }
    }

    @Test
    void hugeHeader_isRefusedWith431() throws Exception {
        try (RawSocket raw = RawSocket.connect(port)) {
            raw.write(RawSocket.upgrade(TARGET, "X-Filler: " + "x".repeat(20_000) + "\r\n"));
            assertThat(raw.readHead()).startsWith("HTTP/1.1 431 ");
            raw.readToEnd();
        }
    }

    @ParameterizedTest(name = "{index}")
    @ValueSource(
            strings = {
                "hello\r\n\r\n",
                "GET /\r\n\r\n",
                "GET / HTTP/2.0\r\n\r\n",
                "GET / HTTP/1.1\r\nno colon\r\n\r\n",
                "GET / HTTP/1.1\r\nspace : x\r\n\r\n",
                "GET / HTTP/1.1\r\n folded\r\n\r\n"
            })
    void garbledRequest_isRefusedWith400(String request) throws Exception {
        try (RawSocket raw = RawSocket.connect(port)) {
            raw.write(request);
            assertThat(raw.readHead()).startsWith("HTTP/1.1 400 ");
            assertThat(door.handshakes).isEmpty();
        }
    }

    @Test
    void missingKey_isRefusedWith400() throws Exception {
        try (RawSocket raw = RawSocket.connect(port)) {
            raw.write(RawSocket.upgrade(TARGET, "").replace("dGhlIHNhbXBsZSBub25jZQ==", "dGhl"));
            assertThat(raw.readHead()).startsWith("HTTP/1.1 400 ");
            assertThat(door.legs).isEmpty();
        }
    }

    @Test
    void absoluteUrl_isRead() throws Exception {
        try (RawSocket raw = RawSocket.connect(port)) {
            raw.write(RawSocket.upgrade("http://example.com:80/bridge/listen?deviceId=d", ""));
            assertThat(raw.readHead()).startsWith("HTTP/1.1 101 ");
            assertThat(door.handshakes.take().path()).isEqualTo("/bridge/listen");
        }
    }

    @Test
    void framesRightBehindTheRequest_areNotLost() throws Exception {
        CompletableFuture<Admission> late = new CompletableFuture<>();
        door.answer = handshake -> late;
        try (RawSocket raw = RawSocket.connect(port)) {
            byte[] frame = RawSocket.frame(TEXT, "early".getBytes(StandardCharsets.UTF_8), RawSocket.KEY);
            raw.write(RawSocket.upgrade(TARGET, "") + new String(frame, StandardCharsets.ISO_8859_1));
            door.handshakes.take();
            late.complete(new Admission.Granted("", door.legs::add));
            raw.readHead();
            assertThat(Ear.text(door.ear().next())).isEqualTo("early");
        }
    }

    @Test
    void manySlowPeers_takeNoThreads() throws Exception {
        List<RawSocket> slow = new ArrayList<>();
        try {
            for (int i = 0; i < 40; i++) {
                RawSocket raw = RawSocket.open(port, TARGET);
                slow.add(raw);
                Ear ear = door.ear();
                raw.send(BINARY, new byte[16_000]); // never asked for
                ear.leg.send(Fragment.binary(ByteBuffer.allocate(20 << 20))); // never read
            }
            try (RawSocket raw = RawSocket.open(port, TARGET)) {
                Ear ear = door.ear();
                raw.send(TEXT, "quick");
                assertThat(Ear.text(ear.next())).isEqualTo("quick");
                ear.send(Fragment.text("too"));
                assertThat(raw.receive().text()).isEqualTo("too");
            }
            assertThat(threads()).isLessThan(40);
        } finally {
            for (RawSocket raw : slow) {
                raw.close();
            }
        }
    }

    @Test
    void moreThanMaxConnections_areDropped() throws Exception {
        try (BridgeServer small = start(new Settings(0, 1, null, null));
                RawSocket first = RawSocket.open(small.address().getPort(), TARGET)) {
            Ear ear = door.ear();
            try (RawSocket second = RawSocket.connect(small.address().getPort())) {
                assertThat(second.ended()).isTrue();
            }
            first.close();
            ear.leg.demand();
            ear.closed();
            await().ignoreExceptions().until(() -> {
                RawSocket.open(small.address().getPort(), TARGET).close();
                return true;
            });
        }
    }

    @Test
    void stopAccepting_leavesOpenConnections() throws Exception {
        try (RawSocket raw = RawSocket.open(port, TARGET)) {
            Ear ear = door.ear();
            server.stopAccepting();
            await().until(() -> {
                try (RawSocket late = RawSocket.connect(port)) {
                    return false;
                } catch (java.net.ConnectException e) {
                    return true;
                }
            });
            raw.send(TEXT, "still");
            assertThat(Ear.text(ear.next())).isEqualTo("still");
        }
    }

    @Test
    void close_endsLegsAndThreadsAndFreesThePort() throws Exception {
        try (RawSocket raw = RawSocket.open(port, TARGET)) {
            Ear ear = door.ear();
            server.close();
            assertThat(ear.closed().code()).isEqualTo(CloseReason.VANISHED);
            assertThat(raw.ended()).isTrue();
            await().until(() -> threads() == 0);
            try (BridgeServer again = start(new Settings(port, null, null, null));
                    RawSocket anew = RawSocket.open(again.address().getPort(), TARGET)) {
                assertThat(door.ear().leg).isNotNull();
            }
        }
    }

    private long threads() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().startsWith(threadNames()))
                .count();
    }

    @Test
    void tls_carriesDataBothWays_withBackpressure() throws Exception {
        TestKeys keys = TestKeys.create();
        try (BridgeServer secure = start(new Settings(0, null, null, keys.context()));
                SSLSocket socket = (SSLSocket) keys.context()
                        .getSocketFactory()
                        .createSocket("localhost", secure.address().getPort());
                RawSocket raw = new RawSocket(socket)) {
            raw.write(RawSocket.upgrade(TARGET, ""));
            assertThat(raw.readHead()).startsWith("HTTP/1.1 101 ");
            assertThat(door.handshakes.take().peer().certificates())
                    .as("the client showed none")
                    .isEmpty();
            Ear ear = door.ear();
            AtomicLong sent = new AtomicLong();
            CompletableFuture<Void> flooding = CompletableFuture.runAsync(() -> flood(raw, sent));
            await().until(() -> stalled(sent));
            for (int i = 0; i < 500; i++) {
                assertThat(ear.next().payload().remaining()).isPositive();
            }
            ear.send(Fragment.text("grüße"));
            assertThat(raw.receive().text()).isEqualTo("grüße");
            ear.leg.close(new CloseReason(4000, "bye"));
            assertThat(raw.receive().closeCode()).isEqualTo(4000);
            ear.leg.abort();
            ear.closed();
            flooding.exceptionally(broken -> null).get(Ear.SECONDS, TimeUnit.SECONDS);
        }
    }
}
