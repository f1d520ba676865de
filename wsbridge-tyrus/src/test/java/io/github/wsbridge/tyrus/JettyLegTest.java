package io.github.wsbridge.tyrus;

import io.github.wsbridge.core.servers.LegPairs;
import io.github.wsbridge.spi.Connector;

class JettyLegTest extends LegPairs {

    private final JettyServer server = new JettyServer();

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
        return new TyrusConnector();
    }
}
