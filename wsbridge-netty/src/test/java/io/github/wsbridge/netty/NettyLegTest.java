package io.github.wsbridge.netty;

import java.net.InetAddress;
import java.net.InetSocketAddress;

class NettyLegTest extends LegPairs {

    private NettyBridgeServer server;

    @Override
    int start() throws Exception {
        server = NettyBridgeServer.builder(door)
                .address(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .start();
        return server.address().getPort();
    }

    @Override
    void stop() {
        server.close();
    }
}
