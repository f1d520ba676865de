package io.github.wsbridge.jakarta;

import io.github.wsbridge.testkit.transport.BridgeServerContract;

class JettyTest extends BridgeServerContract {

    private final Host host = new JettyServer();

    @Override
    protected int start() throws Exception {
        return host.start(door);
    }

    @Override
    protected void stop() throws Exception {
        host.stop();
    }
}
