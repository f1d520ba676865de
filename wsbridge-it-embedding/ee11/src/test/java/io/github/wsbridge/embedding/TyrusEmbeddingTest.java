package io.github.wsbridge.embedding;

import io.github.wsbridge.spi.Door;
import io.github.wsbridge.tyrus.TyrusBridgeServer;
import java.net.InetAddress;
import java.net.InetSocketAddress;

/** A server of its own, with a port of its own, in the same process. */
class TyrusEmbeddingTest extends InProcessContract {

    private TyrusBridgeServer server;

    @Override
    String contextPath() {
        return "";
    }

    @Override
    int start(Door node) throws Exception {
        server = TyrusBridgeServer.builder()
                .address(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .bind();
        server.serve(node);
        return server.address().getPort();
    }

    @Override
    void stop() {
        server.close();
    }
}
