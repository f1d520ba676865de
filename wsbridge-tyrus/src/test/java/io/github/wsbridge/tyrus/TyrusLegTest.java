package io.github.wsbridge.tyrus;

import java.net.InetAddress;
import java.net.InetSocketAddress;

class TyrusLegTest extends LegPairs {

    private TyrusBridgeServer server;

    @Override
    int start() throws Exception {
        server = TyrusBridgeServer.builder(door)
                .address(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .start();
        return server.address().getPort();
    }

    @Override
    void stop() {
        server.close();
    }
}
