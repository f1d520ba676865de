package io.github.wsbridge.tyrus;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.wsbridge.CloseReason;
import io.github.wsbridge.spi.BridgeServer;
import io.github.wsbridge.spi.Fragment;
import io.github.wsbridge.testkit.RawWebSocket;
import io.github.wsbridge.testkit.RecordingReceiver;
import io.github.wsbridge.testkit.transport.StandaloneServerContract;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.HexFormat;
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
            builder.tls(settings.tls()).clientCertificates(settings.clients());
        }
        return builder.bind();
    }

    @Override
    protected String threadNames() {
        return "wsbridge-tyrus-server";
    }

    @Test
    void twoSpacesInTheRequestLine_areRefusedWith400() throws Exception {
        try (RawWebSocket raw = RawWebSocket.dial(port())) {
            raw.writeRaw("GET  / HTTP/1.1\r\n\r\n");
            assertThat(raw.readHead()).startsWith("HTTP/1.1 400 ");
        }
    }

    @Test
    void textThatIsNotUtf8_isAnsweredAndEndsTheLeg() throws Exception {
        try (RawWebSocket raw = RawWebSocket.open(port(), TARGET)) {
            RecordingReceiver end = door.takeEnd();
            end.demand();
            raw.writeRaw(HexFormat.of().parseHex("818100000000FF"));
            assertThat(raw.read().closeCode()).isEqualTo(1007);
            assertThat(end.awaitClosed().code()).isEqualTo(CloseReason.VANISHED);
            assertThat(raw.ended()).isTrue();
        }
    }

    /** More than the sockets hold: the server then keeps the newest ping only (RFC 6455, section 5.5.3). */
    @Test
    void pingFloodWithoutReading_lastOneIsAnswered() throws Exception {
        int pings = 300_000;
        try (RawWebSocket raw = RawWebSocket.open(port(), TARGET)) {
            RecordingReceiver end = door.takeEnd();
            for (int i = 1; i <= pings; i += 500) {
                ByteArrayOutputStream batch = new ByteArrayOutputStream();
                for (int k = i; k < i + 500; k++) {
                    byte[] payload = ByteBuffer.allocate(125).putInt(k).array();
                    batch.writeBytes(RawWebSocket.frame(RawWebSocket.PING, true, true, payload));
                }
                raw.writeRaw(batch.toByteArray());
            }
            int answers = 0;
            int answered = 0;
            while (answered != pings) {
                RawWebSocket.Frame pong = raw.read();
                assertThat(pong.opcode()).isEqualTo(RawWebSocket.PONG);
                assertThat(ByteBuffer.wrap(pong.payload()).getInt()).isGreaterThan(answered);
                answered = ByteBuffer.wrap(pong.payload()).getInt();
                answers++;
            }
            assertThat(answers).isLessThan(pings);
            end.leg().send(Fragment.text("still"));
            assertThat(raw.read().text()).isEqualTo("still");
        }
    }
}
