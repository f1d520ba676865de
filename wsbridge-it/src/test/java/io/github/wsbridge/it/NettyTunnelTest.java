package io.github.wsbridge.it;

import io.github.wsbridge.client.BridgeClient;
import io.github.wsbridge.client.BridgeDevice;
import io.github.wsbridge.client.TcpTunnel;
import io.github.wsbridge.client.TunnelTargets;
import io.github.wsbridge.netty.NettyConnector;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;

/** The same tests with connections that are legs at both ends, joined on Netty's threads. */
@Tag("system")
final class NettyTunnelTest extends TunnelTest {

    private final NettyConnector requesters = NettyConnector.create();
    private final NettyConnector devices = NettyConnector.create();

    @AfterEach
    void end() {
        requesters.close();
        devices.close();
    }

    @Override
    BridgeDevice.Builder device(TunnelTargets.Builder targets) {
        return super.device(targets.streams(devices.streams())).connector(devices);
    }

    @Override
    BridgeClient.Builder client() {
        return super.client().connector(requesters);
    }

    @Override
    TcpTunnel.Builder tunnel(BridgeClient client) {
        return super.tunnel(client).streams(requesters.streams());
    }
}
