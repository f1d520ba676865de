package io.github.wsbridge.client;

import static io.github.wsbridge.testkit.RawWebSocket.BINARY;
import static io.github.wsbridge.testkit.RawWebSocket.CLOSE;
import static io.github.wsbridge.testkit.RawWebSocket.CONTINUATION;
import static io.github.wsbridge.testkit.RawWebSocket.PING;
import static io.github.wsbridge.testkit.RawWebSocket.PONG;
import static io.github.wsbridge.testkit.RawWebSocket.TEXT;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.wsbridge.CloseReason;
import io.github.wsbridge.HandshakeException;
import io.github.wsbridge.spi.Connector.Target;
import io.github.wsbridge.spi.Fragment;
import io.github.wsbridge.spi.Leg;
import io.github.wsbridge.testkit.RawWebSocket;
import io.github.wsbridge.testkit.RawWebSocket.Frame;
import io.github.wsbridge.testkit.RecordingReceiver;
import io.github.wsbridge.testkit.TestWebSocketServer;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
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
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests the peculiarities of the JDK's WebSocket; the contract tests cover the common rules. */
@Timeout(60)
class JdkConnectorTest {

    private static final Duration PATIENCE = Duration.ofSeconds(20);

    /** The timeout of an unanswered close. */
    private static final Duration SOON = Duration.ofSeconds(9);

    private final JdkConnector connector = JdkConnector.create();
    private TestWebSocketServer server;
    private RawWebSocket far;
    private RecordingReceiver near;

    @BeforeEach
    void start() throws IOException {
        server = new TestWebSocketServer();
    }

    @AfterEach
    void stop() throws IOException {
        connector.close();
        server.close();
        if (near != null) {
            assertThat(near.violations()).isEmpty();
        }
    }

    private CompletableFuture<Leg> connect(URI uri, Map<String, String> headers, Duration timeout) {
        return connector.connect(new Target(uri, headers, "", timeout)).toCompletableFuture();
    }

    private Leg open() throws Exception {
        Leg leg = connect(server.uri(), Map.of(), PATIENCE).get(20, TimeUnit.SECONDS);
        far = server.takeWebSocket(PATIENCE).timeout(PATIENCE);
        near = new RecordingReceiver(leg).open();
        return leg;
    }

    private Frame read(int opcode) throws IOException {
        Frame frame = far.read();
        while (frame.opcode() != opcode) {
            frame = far.read();
        }
        return frame;
    }

    @ParameterizedTest
    @ValueSource(ints = {407, 421, 511})
    void connect_unusualRefusal_reportsTheStatus(int status) {
        server.refuse(status);
        assertThatThrownBy(() -> connect(server.uri(), Map.of(), PATIENCE).get())
                .cause()
                .isInstanceOfSatisfying(
                        HandshakeException.class, e -> assertThat(e.status()).isEqualTo(status));
    }

    @Test
    void connect_refusalWhoseBodyDoesNotEnd_timesOut() throws Exception {
        try (ServerSocket listener = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            URI uri = URI.create("ws://127.0.0.1:" + listener.getLocalPort());
            CompletableFuture<Leg> leg = connect(uri, Map.of(), Duration.ofMillis(500));
            try (Socket socket = listener.accept()) {
                socket.getOutputStream().write("HTTP/1.1 404 No\r\nContent-Length: 9\r\n\r\nx".getBytes(UTF_8));
                assertThatThrownBy(leg::get).cause().isInstanceOf(HttpTimeoutException.class);
            }
        }
    }

    @Test
    void connect_tlsOnAPortWithout_saysSo() throws Exception {
        try (ServerSocket listener = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
            URI wrong = URI.create("wss://127.0.0.1:" + listener.getLocalPort());
            CompletableFuture<Leg> leg = connect(wrong, Map.of(), PATIENCE);
            try (Socket socket = listener.accept()) {
                socket.getOutputStream().write("HTTP/1.1 400 No\r\n\r\n".getBytes(UTF_8));
                assertThatThrownBy(leg::get)
                        .cause()
                        .hasMessage(
                                "127.0.0.1:" + wrong.getPort() + " does not speak TLS: use ws:// instead of wss://");
            }
        }
    }

    @Test
    void connect_cancelledTooLate_dropsTheSocket() throws Exception {
        CompletableFuture<Leg> leg = connect(server.uri(), Map.of(), PATIENCE);
        leg.cancel(true);
        far = server.takeWebSocket(PATIENCE).timeout(PATIENCE);
        assertThatThrownBy(() -> far.read()).isInstanceOf(EOFException.class);
    }

    @Test
    void connect_headerThatTheJdkRefuses_failsTheStage() {
        assertThatThrownBy(() ->
                        connect(server.uri(), Map.of("Upgrade", "x"), PATIENCE).get())
                .cause()
                .isInstanceOf(IOException.class);
    }

    @Test
    void connect_headerThatTheJdkRefuses_isNotShown() {
        assertThatThrownBy(() -> connect(server.uri(), Map.of("X-Api-Key", "s3cret\n"), PATIENCE)
                        .get())
                .hasStackTraceContaining("cannot connect")
                .satisfies(e -> {
                    for (Throwable t = e; t != null; t = t.getCause()) {
                        assertThat(t.toString()).doesNotContain("s3cret");
                    }
                });
    }

    @Test
    void fragments_keepTheirBoundaries_emptyOnesToo() throws Exception {
        open();
        far.write(BINARY, true);
        far.write(BINARY, false, (byte) 1, (byte) 2);
        far.write(CONTINUATION, false);
        far.write(CONTINUATION, true);
        far.write(TEXT, true);
        near.demandAlways();
        List<String> seen = new ArrayList<>();
        near.awaitFragments(5, PATIENCE).forEach(fragment -> seen.add(fragment.toString()));
        assertThat(seen)
                .containsExactly(
                        "BINARY[0 bytes, last]",
                        "BINARY[2 bytes]",
                        "BINARY[0 bytes]",
                        "BINARY[0 bytes, last]",
                        "TEXT[0 bytes, last]");
    }

    @Test
    void longFrame_comesInShortFragments() throws Exception {
        open();
        far.write(BINARY, true, new byte[100_000]);
        near.demandAlways();
        assertThat(near.awaitMessages(1, PATIENCE).get(0).payload().remaining()).isEqualTo(100_000);
        assertThat(near.fragments()).allMatch(fragment -> fragment.payload().remaining() <= 16 * 1024);
    }

    @Test
    void textSplitInsideCharacters_isSplitNextToThem() throws Exception {
        open();
        byte[] text = "é€\uD83D\uDE80".getBytes(UTF_8);
        for (int i = 0; i < text.length; i++) {
            far.write(i == 0 ? TEXT : CONTINUATION, i == text.length - 1, text[i]);
        }
        near.demandAlways();
        assertThat(near.awaitMessages(1, PATIENCE)).containsExactly(Fragment.text("é€\uD83D\uDE80"));
    }

    @Test
    void send_textThatIsNotUtf8_failsAndCloses() throws Exception {
        Leg leg = open();
        Fragment bad = new Fragment(Fragment.Kind.TEXT, ByteBuffer.wrap(new byte[] {(byte) 0xff}), true);
        assertThatThrownBy(() -> leg.send(bad).toCompletableFuture().get())
                .cause()
                .isInstanceOf(IOException.class);
        assertThat(read(CLOSE).closeCode()).isEqualTo(1008);
    }

    @ParameterizedTest
    @CsvSource({
        "1000,1000", "1001,1001", "1005,1000", "1002,1008", "1003,1008", "1007,1008", "1008,1008", "1009,1008",
        "1010,1008", "1011,1011", "1012,1001", "1013,1001", "1014,1011", "1006,1011", "2999,1011", "3000,3000",
        "4999,4999"
    })
    void close_sendsTheNearestCode(int given, int sent) throws Exception {
        Leg leg = open();
        leg.close(new CloseReason(given, "why \uD83D"));
        Frame close = far.read();
        assertThat(close.closeCode()).isEqualTo(sent);
        assertThat(new String(close.payload(), 2, close.payload().length - 2, UTF_8))
                .isEqualTo("why ?");
        far.writeClose(1000, "ok");
        assertThat(near.awaitClosed(PATIENCE)).isEqualTo(new CloseReason(1000, "ok"));
    }

    @Test
    void close_readsPastDataWithoutDemand() throws Exception {
        Leg leg = open();
        for (int i = 0; i < 100; i++) {
            far.write(BINARY, true, new byte[1000]);
        }
        leg.close(new CloseReason(4403, "no"));
        read(CLOSE);
        far.writeClose(4403, "no");
        assertThat(near.awaitClosed(SOON)).isEqualTo(new CloseReason(4403, "no"));
        assertThat(near.count()).isZero();
    }

    @Test
    void close_peerEndsTcpInstead_reportsTheGivenReason() throws Exception {
        Leg leg = open();
        leg.close(new CloseReason(4403, "no"));
        read(CLOSE);
        far.close();
        assertThat(near.awaitClosed(SOON)).isEqualTo(new CloseReason(4403, "no"));
    }

    @ParameterizedTest
    @CsvSource({"1012,1012", "1013,1013", "4999,4999", "5000,1002", "65535,1002"})
    void peersClose_isReported(int sent, int told) throws Exception {
        open();
        far.writeClose(sent, "");
        assertThat(near.awaitClosed(PATIENCE).code()).isEqualTo(told);
    }

    @Test
    void peerBreaksTheProtocol_isVanished() throws Exception {
        open();
        far.write(3, true);
        assertThat(near.awaitClosed(PATIENCE).code()).isEqualTo(CloseReason.VANISHED);
    }

    /** The JDK reads the end of the TCP stream without demand, and drops it. */
    @Test
    void endOfTcp_whileAFragmentIsHeld_isFound() throws Exception {
        open();
        far.write(BINARY, true, (byte) 1);
        far.write(PING, true);
        far.close();
        near.demand();
        near.awaitFragments(1, PATIENCE);
        assertThat(near.awaitClosed(PATIENCE).code()).isEqualTo(CloseReason.VANISHED);
    }

    @Test
    void silenceAfterAMessage_isProbed_withALimit() throws Exception {
        open();
        far.write(BINARY, true, (byte) 1);
        near.demandAlways();
        far.write(PONG, true, read(PING).payload());
        near.awaitPongs(1, PATIENCE);
        far.timeout(Duration.ofSeconds(3));
        assertThatThrownBy(() -> {
                    for (int i = 0; i < 5; i++) { // asks again if a pong is late
                        Frame ping = far.read();
                        assertThat(ping.opcode()).isEqualTo(PING);
                        far.write(PONG, true, ping.payload());
                    }
                })
                .isInstanceOf(SocketTimeoutException.class);
        assertThat(near.closed()).isNull();
    }

    @Test
    void connectorClosed_endsLegsAndRefusesNewOnes() throws Exception {
        open();
        connector.close();
        assertThat(read(CLOSE).closeCode()).isEqualTo(1001);
        assertThat(connect(server.uri(), Map.of(), PATIENCE))
                .failsWithin(Duration.ofSeconds(1))
                .withThrowableOfType(ExecutionException.class)
                .withCauseInstanceOf(IOException.class);
    }
}
