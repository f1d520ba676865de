package io.github.wsbridge.jakarta;

import io.github.wsbridge.testkit.transport.BridgeServerContract;

class TomcatTest extends BridgeServerContract {

    private final Host host = new TomcatServer();

    @Override
    protected int start() throws Exception {
        return host.start(door);
    }

    @Override
    protected void stop() throws Exception {
        host.stop();
    }
}
