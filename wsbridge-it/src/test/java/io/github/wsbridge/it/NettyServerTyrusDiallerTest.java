package io.github.wsbridge.it;

import io.github.wsbridge.core.Admission;
import io.github.wsbridge.core.BridgeServer;
import io.github.wsbridge.core.Handshake;
import io.github.wsbridge.netty.NettyBridgeServer;
import io.github.wsbridge.spi.Connector;
import io.github.wsbridge.tyrus.TyrusConnector;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;

/** A Netty server's leg joined with a Tyrus client's. */
class NettyServerTyrusDiallerTest extends MixedLegs {

    @Override
    BridgeServer serve(Function<Handshake, CompletionStage<Admission>> door, InetSocketAddress address)
            throws IOException {
        return NettyBridgeServer.builder(door).address(address).start();
    }

    @Override
    Connector dialler() {
        return new TyrusConnector();
    }
}
