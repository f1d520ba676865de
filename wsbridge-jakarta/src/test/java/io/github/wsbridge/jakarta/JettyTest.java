package io.github.wsbridge.jakarta;

import io.github.wsbridge.testkit.transport.BridgeServerContract;

class JettyTest extends BridgeServerContract {

    private final JettyServer server = new JettyServer();

    @Override
    protected int start() throws Exception {
        return server.start(door);
    }

    @Override
    protected void stop() throws Exception {
        server.stop();
    }
}
