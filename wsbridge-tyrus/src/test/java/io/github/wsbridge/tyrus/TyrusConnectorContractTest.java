package io.github.wsbridge.tyrus;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.wsbridge.jakarta.session.JakartaLeg;
import io.github.wsbridge.spi.Connector;
import io.github.wsbridge.spi.Fragment;
import io.github.wsbridge.testkit.RawWebSocket;
import io.github.wsbridge.testkit.RecordingReceiver;
import io.github.wsbridge.testkit.SocketConnectorContract;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

class TyrusConnectorContractTest extends SocketConnectorContract {

    @Override
    protected Connector newConnector() {
        return new TyrusConnector();
    }

    @Test
    void longFragment_isSentInPieces() throws Exception {
        RecordingReceiver near = new RecordingReceiver(connect(target("/path", "", patience()))).open();
        near.leg().send(Fragment.binary(ByteBuffer.allocate(100_000)));
        RawWebSocket.Frame first = server().takeWebSocket(patience()).read();
        assertThat(first.last()).isFalse();
        assertThat(first.payload()).hasSize(JakartaLeg.MAX_FRAME);
        near.leg().abort();
    }
}
