package io.github.wsbridge.tyrus;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.wsbridge.spi.BridgeServer;
import io.github.wsbridge.spi.Connector;
import io.github.wsbridge.spi.Fragment;
import io.github.wsbridge.testkit.transport.Ear;
import io.github.wsbridge.testkit.transport.RawSocket;
import io.github.wsbridge.testkit.transport.TransportConnectorContract;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicReference;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.Test;

class TyrusConnectorTest extends TransportConnectorContract {

    @Override
    protected BridgeServer bind(SSLContext tls) throws Exception {
        TyrusBridgeServer.Builder builder =
                TyrusBridgeServer.builder().address(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        return (tls == null ? builder : builder.tls(tls)).bind();
    }

    @Override
    protected Connector connector(SSLContext tls, InetSocketAddress proxy) {
        return new TyrusConnector(tls, proxy);
    }

    @Override
    protected String threadNames() {
        return "wsbridge-tyrus-connector";
    }

    @Test
    void frames_areMaskedAndSmall() throws Exception {
        AtomicReference<Ear> ear = new AtomicReference<>();
        try (RawSocket raw = rawServer(ear)) {
            byte[] payload = new byte[100_000];
            Arrays.fill(payload, (byte) 5);
            ear.get().leg.send(Ear.part(Fragment.Kind.BINARY, payload, true));
            assertThat(raw.in.readByte() & 0xFF).isEqualTo(0x02);
            assertThat(raw.in.readByte() & 0xFF).isEqualTo(0x80 | 127);
            assertThat(raw.in.readLong()).isEqualTo(64 * 1024);
        }
    }
}
