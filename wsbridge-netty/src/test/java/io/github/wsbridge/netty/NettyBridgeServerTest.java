package io.github.wsbridge.netty;

import java.net.InetAddress;
import java.net.InetSocketAddress;

class NettyBridgeServerTest extends ServerTests {

    private NettyBridgeServer server;

    @Override
    int start() throws Exception {
        server = builder().start();
        return server.address().getPort();
    }

    @Override
    void stop() {
        server.close();
    }

    private NettyBridgeServer.Builder builder() {
        return NettyBridgeServer.builder(door).address(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    }
}
