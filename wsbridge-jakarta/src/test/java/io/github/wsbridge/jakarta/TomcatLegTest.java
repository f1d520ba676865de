package io.github.wsbridge.jakarta;

import io.github.wsbridge.client.JdkConnector;
import io.github.wsbridge.spi.Connector;
import io.github.wsbridge.testkit.transport.TransportLegContract;

class TomcatLegTest extends TransportLegContract {

    private final TomcatServer server = new TomcatServer();

    @Override
    protected int start() throws Exception {
        return server.start(door);
    }

    @Override
    protected void stop() throws Exception {
        server.stop();
    }

    @Override
    protected boolean sendsEmptyClose() {
        return false;
    }

    @Override
    protected Connector connector() {
        return JdkConnector.create();
    }
}
