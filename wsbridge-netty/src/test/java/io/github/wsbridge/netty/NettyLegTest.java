package io.github.wsbridge.netty;

import io.github.wsbridge.core.servers.LegPairs;
import io.github.wsbridge.spi.Connector;
import java.net.InetAddress;
import java.net.InetSocketAddress;

class NettyLegTest extends LegPairs {

    private NettyBridgeServer server;

    @Override
    protected int start() throws Exception {
        server = NettyBridgeServer.builder(door)
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
        return NettyConnector.create();
    }
}
