package io.github.wsbridge.it;

import io.github.wsbridge.BridgeRequest;
import io.github.wsbridge.client.BridgeDevice;
import io.github.wsbridge.client.TunnelTargets;
import io.github.wsbridge.core.ExposedPort;
import io.github.wsbridge.netty.NettyConnector;
import java.net.InetSocketAddress;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;

/** The same through a port of one of the nodes, which closes it when it stops. */
@Tag("system")
final class ExposedPortTest extends TunnelTest {

    private final NettyConnector devices = NettyConnector.create();

    @AfterEach
    void end() {
        devices.close();
    }

    @Override
    BridgeDevice.Builder device(TunnelTargets.Builder targets) {
        return super.device(targets.streams(devices.streams())).connector(devices);
    }

    @Override
    int entrance() throws Exception {
        ExposedPort port = ExposedPort.builder(
                        cluster().node(0), cluster().streams(0), new BridgeRequest("device", "target"))
                .start();
        return ((InetSocketAddress) port.address()).getPort();
    }
}
