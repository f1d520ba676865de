package io.github.wsbridge.tyrus;

import io.github.wsbridge.spi.Connector;
import io.github.wsbridge.testkit.transport.TransportLegContract;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

@Execution(ExecutionMode.CONCURRENT)
class TyrusLegTest extends TransportLegContract {

    private TyrusBridgeServer server;

    @Override
    protected int start() throws Exception {
        server = TyrusBridgeServer.builder()
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
        return new TyrusConnector();
    }
}
