package io.github.wsbridge.tyrus;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.wsbridge.CloseReason;
import io.github.wsbridge.spi.Admission;
import io.github.wsbridge.spi.BridgeServer;
import io.github.wsbridge.spi.Fragment;
import io.github.wsbridge.testkit.transport.Ear;
import io.github.wsbridge.testkit.transport.RawSocket;
import io.github.wsbridge.testkit.transport.StandaloneServerContract;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HexFormat;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class TyrusBridgeServerTest extends StandaloneServerContract {

    @Override
    protected BridgeServer bind(Settings settings) throws Exception {
        TyrusBridgeServer.Builder builder = TyrusBridgeServer.builder().address(settings.address());
        if (settings.maxConnections() != null) {
            builder.maxConnections(settings.maxConnections());
        }
        if (settings.handshakeTimeout() != null) {
            builder.handshakeTimeout(settings.handshakeTimeout());
        }
        if (settings.tls() != null) {
            builder.tls(settings.tls());
        }
        return builder.bind();
    }

    @Override
    protected String threadNames() {
        return "wsbridge-tyrus-server";
    }

    @Test
    void twoSpacesInTheRequestLine_areRefusedWith400() throws Exception {
        try (RawSocket raw = RawSocket.connect(port)) {
            raw.write("GET  / HTTP/1.1\r\n\r\n");
            assertThat(raw.readHead()).startsWith("HTTP/1.1 400 ");
        }
    }

    @Test
    void textThatIsNotUtf8_isAnsweredAndEndsTheLeg() throws Exception {
        try (RawSocket raw = RawSocket.open(port, TARGET)) {
            Ear ear = door.ear();
            ear.leg.demand();
            raw.write(HexFormat.of().parseHex("818100000000FF"));
            assertThat(raw.receive().closeCode()).isEqualTo(1007);
            assertThat(ear.closed().code()).isEqualTo(CloseReason.VANISHED);
            assertThat(raw.ended()).isTrue();
        }
    }

    @Test
    void clientThatIsKeptWaiting_leaves_isNoticed() throws Exception {
        CompletableFuture<Void> abandoned = new CompletableFuture<>();
        door.answer = handshake -> CompletableFuture.completedFuture(
                new Admission.Later(new CompletableFuture<>(), Duration.ofMinutes(1), () -> abandoned.complete(null)));
        try (RawSocket raw = RawSocket.connect(port)) {
            raw.write(RawSocket.upgrade(TARGET, ""));
            door.handshakes.take();
        }
        abandoned.get(Ear.SECONDS, TimeUnit.SECONDS);
        assertThat(door.legs).isEmpty();
    }

    @Test
    void clientThatIsKeptWaiting_getsTheDecision() throws Exception {
        CompletableFuture<Admission.Decision> decision = new CompletableFuture<>();
        door.answer = handshake ->
                CompletableFuture.completedFuture(new Admission.Later(decision, Duration.ofMinutes(1), () -> {}));
        try (RawSocket raw = RawSocket.connect(port)) {
            byte[] frame = RawSocket.frame(TEXT, "early".getBytes(StandardCharsets.UTF_8), RawSocket.KEY);
            raw.write(RawSocket.upgrade(TARGET, "Sec-WebSocket-Protocol: wsbridge.v1\r\n"));
            door.handshakes.take();
            raw.write(frame); // no client should, but it is not lost
            decision.complete(new Admission.Granted("wsbridge.v1", door.legs::add));
            assertThat(raw.readHead()).startsWith("HTTP/1.1 101 ").contains("Sec-WebSocket-Protocol: wsbridge.v1\r\n");
            assertThat(Ear.text(door.ear().next())).isEqualTo("early");
        }
    }

    /** More than the sockets hold: the server then keeps the newest ping only (RFC 6455, section 5.5.3). */
    @Test
    void pingFloodWithoutReading_lastOneIsAnswered() throws Exception {
        int pings = 300_000;
        try (RawSocket raw = RawSocket.open(port, TARGET)) {
            Ear ear = door.ear();
            for (int i = 1; i <= pings; i += 500) {
                ByteArrayOutputStream batch = new ByteArrayOutputStream();
                for (int k = i; k < i + 500; k++) {
                    byte[] payload = ByteBuffer.allocate(125).putInt(k).array();
                    batch.writeBytes(RawSocket.frame(0x89, payload, RawSocket.KEY));
                }
                raw.write(batch.toByteArray());
            }
            int answers = 0;
            int answered = 0;
            while (answered != pings) {
                RawSocket.Received pong = raw.receive();
                assertThat(pong.opcode()).isEqualTo(0xA);
                assertThat(ByteBuffer.wrap(pong.payload()).getInt()).isGreaterThan(answered);
                answered = ByteBuffer.wrap(pong.payload()).getInt();
                answers++;
            }
            assertThat(answers).isLessThan(pings);
            ear.send(Fragment.text("still"));
            assertThat(raw.receive().text()).isEqualTo("still");
        }
    }
}
