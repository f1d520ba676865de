package io.github.wsbridge.client;

import static io.github.wsbridge.client.WireServer.BINARY;
import static io.github.wsbridge.client.WireServer.CLOSE;
import static io.github.wsbridge.client.WireServer.CONTINUATION;
import static io.github.wsbridge.client.WireServer.PING;
import static io.github.wsbridge.client.WireServer.PONG;
import static io.github.wsbridge.client.WireServer.TEXT;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.github.wsbridge.CloseReason;
import io.github.wsbridge.HandshakeException;
import io.github.wsbridge.client.WireServer.Frame;
import io.github.wsbridge.client.WireServer.Wire;
import io.github.wsbridge.spi.Connector.Target;
import io.github.wsbridge.spi.Fragment;
import io.github.wsbridge.spi.Leg;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpTimeoutException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class JdkConnectorTest {

    private final JdkConnector connector = JdkConnector.create();
    private final RecordingReceiver receiver = new RecordingReceiver();
    private WireServer server;
    private Wire wire;

    @BeforeEach
    void start() throws IOException {
        server = new WireServer();
    }

    @AfterEach
    void stop() throws IOException {
        connector.close();
        server.close();
        assertThat(receiver.violations).hasValue(0);
    }

    private CompletableFuture<Leg> connect(String subprotocol, Duration timeout) {
        Target target = new Target(server.uri("/a?b=c%20d"), Map.of("X-Api-Key", "k"), subprotocol, timeout);
        return connector.connect(target).toCompletableFuture();
    }

    private Leg connect() throws Exception {
        CompletableFuture<Leg> leg = connect("", Duration.ofSeconds(10));
        wire = server.accept().upgrade();
        return leg.get(10, TimeUnit.SECONDS);
    }

    private Leg open() throws Exception {
        Leg leg = connect();
        leg.open(receiver);
        return leg;
    }

    private static byte[] bytes(int length) {
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++) {
            bytes[i] = (byte) (i * 31);
        }
        return bytes;
    }

    @Test
    void connect_sendsHeadersAndQueryAndAgreesOnSubprotocol() throws Exception {
        CompletableFuture<Leg> leg = connect("wsbridge.v1", Duration.ofSeconds(10));
        wire = server.accept().upgrade();
        assertThat(leg.get().subprotocol()).isEqualTo("wsbridge.v1");
        assertThat(wire.requestLine).isEqualTo("GET /a?b=c%20d HTTP/1.1");
        assertThat(wire.headers).containsEntry("X-Api-Key", "k").containsEntry("Sec-WebSocket-Protocol", "wsbridge.v1");
    }

    @Test
    void connect_withoutSubprotocolOfServer_isEmpty() throws Exception {
        CompletableFuture<Leg> leg = connect("wsbridge.v1", Duration.ofSeconds(10));
        server.accept().upgrade("");
        assertThat(leg.get().subprotocol()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(ints = {302, 400, 401, 403, 404, 407, 426, 429, 503})
    void connect_refused_tellsStatus(int status) throws Exception {
        CompletableFuture<Leg> leg = connect("", Duration.ofSeconds(10));
        server.accept().refuse(status);
        assertThatThrownBy(leg::get)
                .cause()
                .isInstanceOfSatisfying(
                        HandshakeException.class, e -> assertThat(e.status()).isEqualTo(status));
    }

    @Test
    void connect_badAcceptKey_failsWithoutUrl() throws Exception {
        CompletableFuture<Leg> leg = connect("", Duration.ofSeconds(10));
        server.accept()
                .raw("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                        + "Sec-WebSocket-Accept: no\r\n\r\n");
        assertThatThrownBy(leg::get)
                .cause()
                .isInstanceOf(IOException.class)
                .isNotInstanceOf(HandshakeException.class)
                .hasMessageNotContaining("127.0.0.1");
    }

    @Test
    void connect_nobodyListens_fails() throws Exception {
        int port;
        try (ServerSocket free = new ServerSocket(0)) {
            port = free.getLocalPort();
        }
        Target target = new Target(URI.create("ws://127.0.0.1:" + port), Map.of(), "", Duration.ofSeconds(10));
        assertThatThrownBy(() -> connector.connect(target).toCompletableFuture().get())
                .cause()
                .isInstanceOf(IOException.class);
    }

    @Test
    void connect_noAnswer_timesOut() throws Exception {
        CompletableFuture<Leg> leg = connect("", Duration.ofMillis(200));
        wire = server.accept();
        assertThatThrownBy(leg::get).cause().isInstanceOf(HttpTimeoutException.class);
    }

    @Test
    void connect_endlessRefusalBody_timesOut() throws Exception {
        CompletableFuture<Leg> leg = connect("", Duration.ofMillis(300));
        wire = server.accept();
        wire.raw("HTTP/1.1 404 No\r\nContent-Length: 1000\r\n\r\nx");
        assertThatThrownBy(leg::get).cause().isInstanceOf(HttpTimeoutException.class);
    }

    @Test
    void connect_timeout_boundsTheHandshakeOnly() throws Exception {
        CompletableFuture<Leg> future = connect("", Duration.ofSeconds(1));
        wire = server.accept().upgrade();
        Leg leg = future.get();
        leg.open(receiver);
        CompletableFuture<Void> later = new CompletableFuture<>();
        CompletableFuture.delayedExecutor(1200, TimeUnit.MILLISECONDS).execute(() -> later.complete(null));
        later.get();
        leg.demand();
        wire.binary(bytes(3));
        assertThat(receiver.fragment().payload().remaining()).isEqualTo(3);
    }

    @Test
    void connect_cancelled_dropsTheSocket() throws Exception {
        CompletableFuture<Leg> leg = connect("", Duration.ofSeconds(10));
        wire = server.accept();
        leg.cancel(true);
        wire.upgrade();
        assertThat(wire.ended()).isTrue();
    }

    @Test
    void connect_badHeader_failsTheStage() {
        Target target = new Target(server.uri(), Map.of("Upgrade", "x"), "", Duration.ofSeconds(1));
        assertThatThrownBy(() -> connector.connect(target).toCompletableFuture().get())
                .cause()
                .isInstanceOf(IOException.class);
    }

    @Test
    void demand_oneFragmentEach() throws Exception {
        Leg leg = open();
        for (int i = 1; i <= 5; i++) {
            wire.binary(bytes(i));
        }
        wire.frame(true, PING, bytes(0));
        assertThat(receiver.fragments).isEmpty();
        for (int i = 1; i <= 5; i++) {
            leg.demand();
            assertThat(RecordingReceiver.bytes(receiver.fragment())).isEqualTo(bytes(i));
            assertThat(receiver.fragments).isEmpty();
        }
        assertThat(wire.read().opcode()).isEqualTo(PONG);
    }

    @Test
    void noDemand_floodIsHeldBack() throws Exception {
        Leg leg = open();
        wire.socket.setSendBufferSize(64 * 1024);
        AtomicInteger written = new AtomicInteger();
        int frames = 2000;
        Thread flood = new Thread(() -> {
            try {
                for (int i = 0; i < frames; i++) {
                    wire.binary(bytes(16_000));
                    written.incrementAndGet();
                }
            } catch (IOException e) {
                // the count tells
            }
        });
        flood.setDaemon(true);
        flood.start();
        AtomicInteger last = new AtomicInteger(-1);
        await().pollInterval(Duration.ofMillis(300)).until(() -> last.getAndSet(written.get()) == written.get());
        assertThat(written.get()).isLessThan(frames);
        assertThat(receiver.fragments).isEmpty();

        long total = 0;
        while (total < frames * 16_000L) {
            leg.demand();
            total += receiver.fragment().payload().remaining();
        }
        assertThat(total).isEqualTo(frames * 16_000L);
    }

    @Test
    void demandInsideTheCall_doesNotOverflowTheStack() throws Exception {
        AtomicReference<Leg> self = new AtomicReference<>();
        RecordingReceiver hungry = new RecordingReceiver(() -> self.get().demand());
        Leg leg = connect();
        self.set(leg);
        leg.open(hungry);
        leg.demand();
        for (int i = 0; i < 20_000; i++) {
            wire.put(true, BINARY, bytes(1));
        }
        wire.close(1000, "done");
        assertThat(hungry.closed()).isEqualTo(new CloseReason(1000, "done"));
        assertThat(hungry.fragments).hasSize(20_000);
        assertThat(hungry.violations).hasValue(0);
    }

    @Test
    void fragments_keepKindAndBoundaries_emptyOnesToo() throws Exception {
        Leg leg = open();
        wire.put(true, BINARY, bytes(0)).put(false, BINARY, bytes(2)).put(false, CONTINUATION, bytes(0));
        wire.put(true, CONTINUATION, bytes(0)).frame(true, TEXT, bytes(0));
        List<String> seen = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            leg.demand();
            seen.add(receiver.fragment().toString());
        }
        assertThat(seen)
                .containsExactly(
                        "BINARY[0 bytes, last]",
                        "BINARY[2 bytes]",
                        "BINARY[0 bytes]",
                        "BINARY[0 bytes, last]",
                        "TEXT[0 bytes, last]");
    }

    @Test
    void text_splitInsideCharacters_arrivesWhole() throws Exception {
        Leg leg = open();
        byte[] text = "é€😀".getBytes(UTF_8);
        for (int i = 0; i < text.length; i++) {
            wire.put(i == text.length - 1, i == 0 ? TEXT : CONTINUATION, new byte[] {text[i]});
        }
        wire.frame(true, TEXT, "x".getBytes(UTF_8));
        List<Fragment> fragments = new ArrayList<>();
        do {
            leg.demand();
            fragments.add(receiver.fragment());
        } while (!fragments.get(fragments.size() - 1).last());
        assertThat(RecordingReceiver.text(fragments)).isEqualTo("é€😀");
    }

    @Test
    void send_textSplitInsideCharacters_isValidText() throws Exception {
        Leg leg = open();
        byte[] text = "aé€😀".getBytes(UTF_8);
        for (int i = 0; i < text.length; i++) {
            Fragment piece =
                    new Fragment(Fragment.Kind.TEXT, ByteBuffer.wrap(text, i, 1).slice(), i == text.length - 1);
            leg.send(piece).toCompletableFuture().get(5, TimeUnit.SECONDS);
        }
        StringBuilder got = new StringBuilder();
        Frame frame = wire.read();
        assertThat(frame.opcode()).isEqualTo(TEXT);
        while (true) {
            got.append(frame.text());
            if (frame.fin()) {
                break;
            }
            frame = wire.read();
            assertThat(frame.opcode()).isEqualTo(CONTINUATION);
        }
        assertThat(got).hasToString("aé€😀");
    }

    @Test
    void send_textThatIsNotUtf8_failsAndCloses() throws Exception {
        Leg leg = open();
        Fragment bad = new Fragment(Fragment.Kind.TEXT, ByteBuffer.wrap(new byte[] {(byte) 0xff}), true);
        assertThatThrownBy(() -> leg.send(bad).toCompletableFuture().get())
                .cause()
                .isInstanceOf(IOException.class);
        assertThat(wire.read(CLOSE).closeCode()).isEqualTo(1008);
    }

    @Test
    void send_fragmentsOfOneMessage() throws Exception {
        Leg leg = open();
        leg.send(new Fragment(Fragment.Kind.BINARY, ByteBuffer.wrap(bytes(3)), false))
                .toCompletableFuture()
                .get();
        ByteBuffer second = ByteBuffer.allocateDirect(20_000).put(bytes(20_000)).flip();
        leg.send(new Fragment(Fragment.Kind.BINARY, second, true))
                .toCompletableFuture()
                .get();
        leg.send(Fragment.binary(ByteBuffer.allocate(0))).toCompletableFuture().get();
        assertThat(second.hasRemaining()).isFalse();
        assertThat(wire.read()).satisfies(f -> assertThat(f.fin()).isFalse());
        assertThat(wire.read())
                .satisfies(f -> assertThat(f.payload()).isEqualTo(bytes(20_000)))
                .satisfies(f -> assertThat(f.fin()).isTrue());
        assertThat(wire.read().payload()).isEmpty();
    }

    @Test
    void send_toAPeerThatDoesNotRead_waits() throws Exception {
        Leg leg = open();
        CompletableFuture<Void> sent = CompletableFuture.completedFuture(null);
        int sends = 0;
        while (sent.isDone() && sends < 10_000) {
            sent = leg.send(Fragment.binary(ByteBuffer.wrap(bytes(16_000)))).toCompletableFuture();
            sends++;
        }
        assertThat(sends).isLessThan(10_000);
        for (int i = 0; i < sends; i++) {
            assertThat(wire.read().payload()).hasSize(16_000);
        }
        sent.get(5, TimeUnit.SECONDS);
    }

    @Test
    void ping_isSentAndPongTold_withoutDemand() throws Exception {
        Leg leg = open();
        leg.ping();
        Frame ping = wire.read();
        assertThat(ping.opcode()).isEqualTo(PING);
        wire.frame(true, PONG, ping.payload());
        await().untilAtomic(receiver.pongs, org.hamcrest.Matchers.is(1));
        wire.frame(true, PING, bytes(5));
        assertThat(wire.read().payload()).isEqualTo(bytes(5));
    }

    @ParameterizedTest
    @CsvSource({"1000,bye", "1001,''", "1011,oops", "4403,403 no", "4000,é", "3000,x", "1012,restart"})
    void peerCloses_withoutDemand_isTold(int code, String reason) throws Exception {
        open();
        wire.close(code, reason);
        assertThat(receiver.closed()).isEqualTo(new CloseReason(code, reason));
        assertThat(wire.read(CLOSE).closeCode()).isEqualTo(code);
        assertThat(wire.ended()).isTrue();
    }

    @Test
    void peerClosesWithoutCode_isNoStatus() throws Exception {
        open();
        wire.frame(true, CLOSE, bytes(0));
        assertThat(receiver.closed()).isEqualTo(new CloseReason(CloseReason.NO_STATUS, ""));
    }

    @Test
    void peerClosesWithMeaninglessCode_isProtocolError() throws Exception {
        open();
        wire.close(5000, "x");
        assertThat(receiver.closed().code()).isEqualTo(1002);
    }

    @Test
    void peerCloses_beforeOpen_isToldAtOpen() throws Exception {
        Leg leg = connect();
        wire.close(4408, "late");
        assertThat(wire.read(CLOSE).closeCode()).isEqualTo(4408);
        leg.open(receiver);
        assertThat(receiver.closed()).isEqualTo(new CloseReason(4408, "late"));
    }

    @Test
    void peerCloses_behindFragments_isToldAfterThem() throws Exception {
        Leg leg = open();
        wire.put(true, BINARY, bytes(1)).put(true, BINARY, bytes(2)).close(1000, "");
        leg.demand();
        receiver.fragment();
        assertThat(receiver.closed).isNotDone();
        leg.demand();
        assertThat(receiver.fragment().payload().remaining()).isEqualTo(2);
        assertThat(receiver.closed()).isEqualTo(CloseReason.normal());
    }

    @Test
    void peerBreaksTheProtocol_isVanished() throws Exception {
        open();
        wire.frame(true, 3, bytes(0));
        assertThat(receiver.closed().code()).isEqualTo(CloseReason.VANISHED);
    }

    @Test
    void peerEndsTcp_isVanished() throws Exception {
        open();
        wire.close();
        assertThat(receiver.closed().code()).isEqualTo(CloseReason.VANISHED);
    }

    @Test
    void peerResetsTcp_isVanished() throws Exception {
        open();
        wire.reset();
        assertThat(receiver.closed().code()).isEqualTo(CloseReason.VANISHED);
    }

    @Test
    void peerEndsTcp_whileAFragmentIsHeld_isVanishedAfterIt() throws Exception {
        Leg leg = open();
        wire.frame(true, PING, bytes(0)).binary(bytes(1));
        wire.read(PONG);
        leg.demand();
        receiver.fragment();
        wire.binary(bytes(2));
        wire.close();
        leg.demand();
        assertThat(receiver.fragment().payload().remaining()).isEqualTo(2);
        assertThat(receiver.closed().code()).isEqualTo(CloseReason.VANISHED);
    }

    @ParameterizedTest
    @CsvSource({
        "1000,1000", "1001,1001", "1005,1000", "1002,1008", "1003,1008", "1007,1008", "1008,1008", "1009,1008",
        "1010,1008", "1011,1011", "1012,1001", "1013,1001", "1014,1011", "1006,1011", "3000,3000", "4403,4403",
        "4999,4999"
    })
    void close_sendsTheNearestCode_andTellsThePeersAnswer(int given, int sent) throws Exception {
        Leg leg = open();
        leg.close(new CloseReason(given, "why"));
        leg.close(new CloseReason(4999, "second"));
        Frame close = wire.read();
        assertThat(close.opcode()).isEqualTo(CLOSE);
        assertThat(close.closeCode()).isEqualTo(sent);
        assertThat(close.closeText()).isEqualTo("why");
        wire.close(1000, "ok");
        assertThat(receiver.closed()).isEqualTo(new CloseReason(1000, "ok"));
        assertThat(wire.ended()).isTrue();
    }

    @Test
    void close_comesAfterWhatWasSent() throws Exception {
        Leg leg = open();
        leg.send(Fragment.binary(ByteBuffer.wrap(bytes(10))));
        leg.close(CloseReason.normal());
        assertThat(wire.read().payload()).hasSize(10);
        assertThat(wire.read().closeCode()).isEqualTo(1000);
        assertThat(leg.send(Fragment.binary(ByteBuffer.allocate(1))).toCompletableFuture())
                .failsWithin(Duration.ofSeconds(1))
                .withThrowableOfType(ExecutionException.class)
                .withCauseInstanceOf(IOException.class);
    }

    @Test
    void close_readsPastWhatNobodyAskedFor() throws Exception {
        Leg leg = open();
        for (int i = 0; i < 100; i++) {
            wire.put(true, BINARY, bytes(1000));
        }
        wire.frame(true, PING, bytes(0));
        leg.close(new CloseReason(4403, "no"));
        wire.read(CLOSE);
        wire.close(4403, "no");
        assertThat(receiver.closed()).isEqualTo(new CloseReason(4403, "no"));
        assertThat(receiver.fragments).isEmpty();
    }

    @Test
    void close_peerEndsTcpInstead_tellsTheGivenReason() throws Exception {
        Leg leg = open();
        leg.close(new CloseReason(4403, "no"));
        wire.read(CLOSE);
        wire.close();
        assertThat(receiver.closed()).isEqualTo(new CloseReason(4403, "no"));
    }

    @Test
    void close_unanswered_endsWithinTheDeadline() throws Exception {
        Leg leg = open();
        long start = System.nanoTime();
        leg.close(new CloseReason(4403, "no"));
        assertThat(receiver.closed()).isEqualTo(new CloseReason(4403, "no"));
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(12));
        wire.read(CLOSE);
        assertThat(wire.ended()).isTrue();
    }

    @Test
    void abort_endsAtOnce() throws Exception {
        Leg leg = open();
        leg.abort();
        assertThat(receiver.closed().code()).isEqualTo(CloseReason.VANISHED);
        assertThatThrownBy(() -> {
                    if (wire.ended()) {
                        throw new IOException("ended");
                    }
                })
                .isInstanceOf(IOException.class);
        leg.ping();
        leg.close(CloseReason.normal());
    }

    @Test
    void abort_failsAStalledSend() throws Exception {
        Leg leg = open();
        CompletableFuture<Void> sent = CompletableFuture.completedFuture(null);
        while (sent.isDone()) {
            sent = leg.send(Fragment.binary(ByteBuffer.wrap(bytes(16_000)))).toCompletableFuture();
        }
        leg.abort();
        assertThat(sent).failsWithin(Duration.ofSeconds(5)).withThrowableOfType(ExecutionException.class);
        assertThat(receiver.closed().code()).isEqualTo(CloseReason.VANISHED);
    }

    @Test
    void connectorClosed_endsLegsAndRefusesNewOnes() throws Exception {
        open();
        connector.close();
        assertThat(wire.read(CLOSE).closeCode()).isEqualTo(1001);
        assertThat(connect("", Duration.ofSeconds(1)))
                .failsWithin(Duration.ofSeconds(1))
                .withThrowableOfType(ExecutionException.class)
                .withCauseInstanceOf(IOException.class);
    }
}
