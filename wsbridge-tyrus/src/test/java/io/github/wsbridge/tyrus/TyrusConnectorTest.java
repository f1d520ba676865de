package io.github.wsbridge.tyrus;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.wsbridge.core.BridgeServer;
import io.github.wsbridge.core.servers.ConnectorTests;
import io.github.wsbridge.core.servers.Ear;
import io.github.wsbridge.core.servers.RawSocket;
import io.github.wsbridge.spi.Connector;
import io.github.wsbridge.spi.Fragment;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicReference;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.Test;

class TyrusConnectorTest extends ConnectorTests {

    @Override
    protected BridgeServer start(SSLContext tls) throws Exception {
        TyrusBridgeServer.Builder builder =
                TyrusBridgeServer.builder(door).address(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        return (tls == null ? builder : builder.tls(tls)).start();
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
            byte[] payload = new byte[50_000];
            Arrays.fill(payload, (byte) 5);
            ear.get().leg.send(Ear.part(Fragment.Kind.BINARY, payload, true));
            assertThat(raw.in.readByte() & 0xFF).isEqualTo(0x02);
            assertThat(raw.in.readByte() & 0xFF).isEqualTo(0x80 | 126);
            assertThat(raw.in.readUnsignedShort()).isEqualTo(JakartaLeg.MAX_FRAME);
        }
    }
}
