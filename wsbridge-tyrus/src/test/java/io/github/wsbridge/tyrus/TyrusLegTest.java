package io.github.wsbridge.tyrus;

import io.github.wsbridge.core.servers.LegPairs;
import io.github.wsbridge.spi.Connector;
import java.net.InetAddress;
import java.net.InetSocketAddress;

class TyrusLegTest extends LegPairs {

    private TyrusBridgeServer server;

    @Override
    protected int start() throws Exception {
        server = TyrusBridgeServer.builder(door)
                .address(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .start();
        return server.address().getPort();
    }

    @Override
    protected void stop() {
        server.close();
    }

    @Override
    protected Connector connector() {
        return new TyrusConnector();
    }
}
