package io.github.wsbridge.it;

import io.github.wsbridge.core.Admission;
import io.github.wsbridge.core.BridgeServer;
import io.github.wsbridge.core.Handshake;
import io.github.wsbridge.netty.NettyConnector;
import io.github.wsbridge.spi.Connector;
import io.github.wsbridge.tyrus.TyrusBridgeServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;

/** A Tyrus server's leg joined with a Netty client's. */
class TyrusServerNettyDiallerTest extends MixedLegs {

    @Override
    BridgeServer serve(Function<Handshake, CompletionStage<Admission>> door, InetSocketAddress address)
            throws IOException {
        return TyrusBridgeServer.builder(door).address(address).start();
    }

    @Override
    Connector dialler() {
        return NettyConnector.create();
    }
}
