package io.github.wsbridge.it;

import io.github.wsbridge.client.BridgeClient;
import io.github.wsbridge.client.BridgeDevice;
import io.github.wsbridge.client.TcpTunnel;
import io.github.wsbridge.client.TunnelTargets;
import io.github.wsbridge.client.tls.DeviceTrust;
import io.github.wsbridge.client.tls.EndToEndDialer;
import io.github.wsbridge.client.tls.EndToEndHandler;
import io.github.wsbridge.netty.NettyConnector;
import io.github.wsbridge.testkit.transport.TestAuthority;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;

/** The same tests, encrypted from end to end, on Netty's threads. */
@Tag("system")
final class EncryptedTunnelTest extends TunnelTest {

    private final NettyConnector requesters = NettyConnector.create();
    private final NettyConnector devices = NettyConnector.create();

    @AfterEach
    void end() {
        requesters.close();
        devices.close();
    }

    @Override
    BridgeDevice.Builder device(TunnelTargets.Builder targets) {
        try {
            TestAuthority.Issued identity = TestAuthority.shared("fleet").issue("CN=any", "dns:device");
            EndToEndHandler handler = EndToEndHandler.builder(
                            targets.streams(devices.streams()).build(), identity.key(), identity.chain())
                    .only(true)
                    .build();
            return BridgeDevice.builder("device", cluster().url(), handler).connector(devices);
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    BridgeClient.Builder client() {
        return super.client().connector(requesters);
    }

    @Override
    TcpTunnel.Builder tunnel(BridgeClient client) {
        try {
            DeviceTrust trust = DeviceTrust.authorities(
                    List.of(TestAuthority.shared("fleet").certificate()));
            EndToEndDialer dialer = EndToEndDialer.builder(client, trust).build();
            return TcpTunnel.builder(dialer, "device", "target").streams(requesters.streams());
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }
}
