package io.github.wsbridge.netty;

import io.github.wsbridge.spi.Connector;
import io.github.wsbridge.testkit.transport.TransportLegContract;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

@Execution(ExecutionMode.CONCURRENT)
class NettyLegTest extends TransportLegContract {

    private NettyBridgeServer server;

    @Override
    protected int start() throws Exception {
        server = NettyBridgeServer.builder()
                .address(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .bind();
        server.serve(door);
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
