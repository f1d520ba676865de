package io.github.wsbridge.it;

import io.github.wsbridge.netty.NettyConnector;
import io.github.wsbridge.spi.BridgeServer;
import io.github.wsbridge.spi.Connector;
import io.github.wsbridge.tyrus.TyrusBridgeServer;
import java.net.InetSocketAddress;
import org.junit.jupiter.api.Tag;

/** A Tyrus server's leg joined with a Netty client's. */
@Tag("system")
class TyrusServerNettyDiallerTest extends MixedLegs {

    @Override
    BridgeServer bind(InetSocketAddress address) throws Exception {
        return TyrusBridgeServer.builder().address(address).bind();
    }

    @Override
    Connector dialler() {
        return NettyConnector.create();
    }
}
