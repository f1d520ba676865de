package io.github.wsbridge.it;

import io.github.wsbridge.netty.NettyBridgeServer;
import io.github.wsbridge.spi.BridgeServer;
import io.github.wsbridge.spi.Connector;
import io.github.wsbridge.tyrus.TyrusConnector;
import java.net.InetSocketAddress;
import org.junit.jupiter.api.Tag;

/** A Netty server's leg joined with a Tyrus client's. */
@Tag("system")
class NettyServerTyrusDiallerTest extends MixedLegs {

    @Override
    BridgeServer bind(InetSocketAddress address) throws Exception {
        return NettyBridgeServer.builder().address(address).bind();
    }

    @Override
    Connector dialler() {
        return new TyrusConnector();
    }
}
