package io.github.wsbridge.tyrus;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.wsbridge.CloseReason;
import io.github.wsbridge.spi.BridgeServer;
import io.github.wsbridge.testkit.RawWebSocket;
import io.github.wsbridge.testkit.RecordingReceiver;
import io.github.wsbridge.testkit.transport.StandaloneServerContract;
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
}
