package io.github.wsbridge.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.wsbridge.CloseReason;
import io.github.wsbridge.HandshakeException;
import io.github.wsbridge.spi.Connector.Target;
import io.github.wsbridge.spi.Fragment;
import io.github.wsbridge.testkit.RawWebSocket.Frame;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The contract of a connector over sockets, tested with a {@link TestWebSocketServer}: the data on the wire, and errors
 * of servers. A connector with its own threads, TLS and proxies also runs {@code TransportConnectorContract}.
 */
public abstract class SocketConnectorContract extends ConnectorContract {

    private @Nullable TestWebSocketServer server;
    private final Socket nobody = new Socket();

    /** Creates the suite. */
    protected SocketConnectorContract() {}

    @Override
    protected final Peer startPeer() throws IOException {
        server = new TestWebSocketServer();
        return server;
    }

    /** A reserved local port on which nothing listens. */
    @Override
    protected URI unreachable() throws IOException {
        nobody.bind(new InetSocketAddress("127.0.0.1", 0));
        return URI.create("ws://127.0.0.1:" + nobody.getLocalPort() + "/path");
    }

    /** Returns whether a handshake refused with this status fails with it; if not, it fails without a status. */
    protected boolean tells(int status) {
        return true;
    }

    /** Returns whether a refused handshake fails with the words and the {@code Retry-After} of the server. */
    protected boolean tellsWords() {
        return true;
    }

    @AfterEach
    void giveUpThePort() throws IOException {
        nobody.close();
    }

    /**
     * Returns whether the connector's legs can send a close frame with this code. If not, they may send any other code.
     */
    protected boolean canSend(int code) {
        return true;
    }

    /**
     * Returns whether the connector's legs answer a protocol error with a close frame before they drop the connection.
     */
    protected boolean answersProtocolErrors() {
        return true;
    }

    /** Returns whether a leg that has closed reports the code of the peer's answer. If not, it reports its own. */
    protected boolean hearsAnswers() {
        return true;
    }

    /** Returns whether the connection is dropped immediately if the server's answer is invalid. */
    protected boolean dropsWrongAnswers() {
        return true;
    }

    /** Returns the code with which a leg ends if its peer violates the protocol. */
    protected int codeOfProtocolErrors() {
        return CloseReason.VANISHED;
    }

    /** The server that the connector connects to. */
    protected final TestWebSocketServer server() {
        TestWebSocketServer running = server;
        if (running == null) {
            throw new IllegalStateException("not started");
        }
        return running;
    }

    @Test
    void connect_handshake_isAWebSocketHandshake() throws Exception {
        connect(target("/path", "wsbridge.v1", patience()));
        SeenHandshake seen = server().takeHandshake(patience());
        assertThat(seen.startLine()).isEqualTo("GET /path HTTP/1.1");
        assertThat(seen.headers().only("Host")).isEqualTo(server().uri().getRawAuthority());
        assertThat(seen.headers().only("Upgrade")).isEqualToIgnoringCase("websocket");
        assertThat(seen.headers().only("Connection")).containsIgnoringCase("upgrade");
        assertThat(seen.headers().only("Sec-WebSocket-Version")).isEqualTo("13");
        assertThat(seen.headers().only("Sec-WebSocket-Protocol")).isEqualTo("wsbridge.v1");
    }

    @Test
    void connect_frames_areMasked() throws Exception {
        RecordingReceiver near = new RecordingReceiver(connect(target("/path", "", patience()))).open();
        near.leg().send(Fragment.text("hello"));
        Frame frame = server().takeWebSocket(patience()).timeout(patience()).read();
        assertThat(frame.masked()).isTrue();
        assertThat(frame.text()).isEqualTo("hello");
        near.leg().abort();
    }

    @Test
    void connect_dataRightAfterTheResponse_isNotLost() throws Exception {
        byte[] hello =
                RawWebSocket.frame(RawWebSocket.TEXT, true, false, "first words".getBytes(StandardCharsets.UTF_8));
        server().upgradeAndSend(hello);
        RecordingReceiver near = new RecordingReceiver(connect(target("/path", "", patience()))).open();
        LegFixture.staysAt(0, near);
        near.demand();
        assertThat(near.awaitMessages(1, patience())).containsExactly(Fragment.text("first words"));
        near.leg().abort();
    }

    @Test
    void connect_closeRightAfterTheResponse_isReportedAtOpen() throws Exception {
        byte[] close =
                RawWebSocket.frame(RawWebSocket.CLOSE, true, false, RawWebSocket.closePayload(4410, "no such token"));
        server().upgradeAndSend(close);
        RecordingReceiver near = new RecordingReceiver(connect(target("/path", "", patience()))).open();
        near.demand();
        assertThat(near.awaitClosed(patience())).isEqualTo(new CloseReason(4410, "no such token"));
    }

    @Test
    void connect_redirect_isNotFollowed() throws Exception {
        server().refuse(302, Map.of("Location", server().uri() + "/elsewhere"));
        failsWithStatus(302);
    }

    @Test
    void connect_challenge_isNotAnsweredWithCredentials() throws Exception {
        server().refuse(401, Map.of("WWW-Authenticate", "Basic realm=\"x\""));
        failsWithStatus(401);
    }

    @Test
    void connect_refusal_carriesTheServersWords() {
        assumeTrue(tellsWords(), "the client's API has only the status");
        server().answerRaw("HTTP/1.1 503 No\r\nContent-Type: text/plain\r\nContent-Length: 32\r\nRetry-After: 7\r\n\r\n"
                + "full: try again\nand more of this");
        assertThatThrownBy(() -> connect(target("/path", "", patience())))
                .hasMessage("4503 handshake refused with HTTP status 503: full: try again")
                .isInstanceOfSatisfying(HandshakeException.class, e -> {
                    assertThat(e.words()).isEqualTo("full: try again");
                    assertThat(e.retryAfter()).contains(Duration.ofSeconds(7));
                });
    }

    @Test
    void connect_refusalWithAPage_hasNoWords() {
        assumeTrue(tellsWords(), "the client's API has only the status");
        server().answerRaw("HTTP/1.1 502 No\r\nContent-Type: text/html\r\nContent-Length: 8\r\n\r\n<p>x</p>");
        assertThatThrownBy(() -> connect(target("/path", "", patience())))
                .isInstanceOfSatisfying(
                        HandshakeException.class, e -> assertThat(e.words()).isEmpty());
    }

    @Test
    void connect_wrongAcceptKey_fails() {
        server().answerRaw("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                + "Sec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n\r\n");
        failsWithoutStatus();
    }

    @ParameterizedTest
    @ValueSource(strings = {"Sec-WebSocket-Protocol: other", "Sec-WebSocket-Extensions: permessage-deflate"})
    void connect_responseWithUnofferedValues_fails(String field) throws Exception {
        server().upgradeWith(field + "\r\n");
        failsWithoutStatus();
        RawWebSocket far = server().takeWebSocket(patience()).timeout(patience());
        assumeTrue(dropsWrongAnswers(), "the transport drops the connection only later");
        assertThat(far.broken()).isTrue();
    }

    @Test
    void connect_headerThatCannotBeSent_failsAndSendsNothing() throws Exception {
        Target forged = new Target(server().uri(), Map.of("X-Api-Key", "a\r\nX-Other: b"), "", patience());
        assertThatThrownBy(() -> connect(forged))
                .isInstanceOf(IOException.class)
                .hasMessageNotContaining("X-Other");
        connect(target("/next", "", patience()));
        assertThat(server().takeHandshake(patience()).path()).isEqualTo("/next");
    }

    @Test
    void connect_unknownHost_fails() {
        Target nowhere = new Target(URI.create("ws://no-such-host.invalid/"), Map.of(), "", patience());
        assertThatThrownBy(() -> connect(nowhere))
                .isInstanceOf(IOException.class)
                .isNotInstanceOf(HandshakeException.class);
    }

    @Test
    void connect_responseIsNotHttp_fails() {
        server().answerRaw("220 mail.example.com ESMTP\r\n\r\n");
        failsWithoutStatus();
    }

    @Test
    void connect_connectionEndsBeforeTheResponse_fails() {
        server().answerRaw("");
        failsWithoutStatus();
    }

    @Test
    void connect_connectionEndsInsideTheResponse_fails() {
        server().answerRaw("HTTP/1.1 101 Switching Proto");
        failsWithoutStatus();
    }

    @Test
    void leg_reset_isSeenAsVanished() throws Exception {
        RecordingReceiver near = new RecordingReceiver(connect(target("/path", "", patience()))).open();
        near.demand();
        server().takeWebSocket(patience()).reset();
        assertThat(near.awaitClosed(patience()).code()).isEqualTo(CloseReason.VANISHED);
    }

    @Test
    void leg_endInsideAFrame_isSeenAsVanished() throws Exception {
        RecordingReceiver near = new RecordingReceiver(connect(target("/path", "", patience()))).open();
        near.demandAlways();
        try (RawWebSocket far = server().takeWebSocket(patience())) {
            far.writeRaw((byte) 0x82, (byte) 100, (byte) 1, (byte) 2);
        }
        assertThat(near.awaitClosed(patience()).code()).isEqualTo(CloseReason.VANISHED);
    }

    @Test
    void leg_pingWithPayload_isAnsweredWithIt() throws Exception {
        RecordingReceiver near = new RecordingReceiver(connect(target("/path", "", patience()))).open();
        near.demand();
        RawWebSocket far = server().takeWebSocket(patience()).timeout(patience());
        far.write(RawWebSocket.PING, true, (byte) 7, (byte) 8);
        Frame pong = far.read();
        assertThat(pong.opcode()).isEqualTo(RawWebSocket.PONG);
        assertThat(pong.payload()).containsExactly(7, 8);
        assertThat(near.count()).isZero();
        near.leg().abort();
    }

    @Test
    void leg_close_isAnsweredWithItsCode() throws Exception {
        RecordingReceiver near = new RecordingReceiver(connect(target("/path", "", patience()))).open();
        near.demand();
        RawWebSocket far = server().takeWebSocket(patience()).timeout(patience());
        far.writeClose(4001, "bye");
        Frame answer = far.read();
        assertThat(answer.opcode()).isEqualTo(RawWebSocket.CLOSE);
        assertThat(answer.closeCode()).isEqualTo(4001);
        assertThat(near.awaitClosed(patience())).isEqualTo(new CloseReason(4001, "bye"));
        far.shutdownOutput();
        assertThat(far.ended()).isTrue();
    }

    @Test
    void leg_unansweredClose_endsByTheDeadline() throws Exception {
        RecordingReceiver near = new RecordingReceiver(connect(target("/path", "", patience()))).open();
        near.demand();
        RawWebSocket far = server().takeWebSocket(patience()).timeout(patience());
        near.leg().close(new CloseReason(4001, "hello?"));
        assertThat(far.read().closeCode()).isEqualTo(4001);
        assertThat(near.awaitClosed(LegFixture.CLOSE_DEADLINE)).isEqualTo(new CloseReason(4001, "hello?"));
    }

    @ParameterizedTest
    @ValueSource(ints = {1000, 1005, 1012, 1013, 4999})
    void leg_closeWithAnyCode_isSentMasked(int code) throws Exception {
        assumeTrue(canSend(code), "the transport cannot send this code");
        RecordingReceiver near = new RecordingReceiver(connect(target("/path", "", patience()))).open();
        near.demand();
        RawWebSocket far = server().takeWebSocket(patience()).timeout(patience());
        near.leg().close(new CloseReason(code, ""));
        Frame close = far.read();
        assertThat(close.masked()).isTrue();
        assertThat(close.closeCode()).isEqualTo(code);
        far.writeClose(4001, "");
        assertThat(near.awaitClosed(patience())).isEqualTo(new CloseReason(hearsAnswers() ? 4001 : code, ""));
    }

    @Test
    void leg_maskedFrame_isAnsweredAsAProtocolError() throws Exception {
        assumeTrue(answersProtocolErrors(), "the transport drops the connection without a close frame");
        RecordingReceiver near = new RecordingReceiver(connect(target("/path", "", patience()))).open();
        near.demand();
        RawWebSocket far = server().takeWebSocket(patience()).timeout(patience());
        far.writeRaw(RawWebSocket.frame(RawWebSocket.BINARY, true, true, (byte) 1));
        assertThat(far.read().closeCode()).isEqualTo(1002);
    }

    @Test
    void leg_maskedFrame_isTheEnd() throws Exception {
        RecordingReceiver near = new RecordingReceiver(connect(target("/path", "", patience()))).open();
        near.demand();
        RawWebSocket far = server().takeWebSocket(patience()).timeout(patience());
        far.writeRaw(RawWebSocket.frame(RawWebSocket.BINARY, true, true, (byte) 1));
        assertThat(near.awaitClosed(patience()).code()).isEqualTo(codeOfProtocolErrors());
        assertThat(near.count()).isZero();
        assertThat(far.broken()).isTrue();
    }

    @Test
    void leg_hugeFrame_streamsThrough() throws Exception {
        RecordingReceiver near = new RecordingReceiver(connect(target("/path", "", patience()))).open();
        RawWebSocket far = server().takeWebSocket(patience());
        byte[] payload = LegFixture.bytes(8 << 20, 1);
        byte[] frame = RawWebSocket.frame(RawWebSocket.BINARY, true, false, payload);
        CompletableFuture<Void> sending = CompletableFuture.runAsync(() -> {
            try {
                far.writeRaw(frame);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
        ByteBuffer got = ByteBuffer.allocate(payload.length);
        Fragment fragment;
        do {
            fragment = near.next();
            assertThat(fragment.payload().remaining()).isLessThanOrEqualTo(256 * 1024);
            got.put(fragment.payload());
        } while (!fragment.last());
        sending.get(patience().toMillis(), TimeUnit.MILLISECONDS);
        assertThat(Arrays.equals(got.array(), payload)).isTrue();
        near.leg().abort();
    }

    private void failsWithStatus(int status) {
        if (tells(status)) {
            assertThatThrownBy(() -> connect(target("/path", "", patience())))
                    .isInstanceOfSatisfying(
                            HandshakeException.class,
                            e -> assertThat(e.status()).isEqualTo(status));
        } else {
            failsWithoutStatus();
        }
    }

    private void failsWithoutStatus() {
        assertThatThrownBy(() -> connect(target("/path", "", patience())))
                .isInstanceOf(IOException.class)
                .isNotInstanceOf(HandshakeException.class);
    }
}
