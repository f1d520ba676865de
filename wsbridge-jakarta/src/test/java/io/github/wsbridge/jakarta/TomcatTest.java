package io.github.wsbridge.jakarta;

import io.github.wsbridge.testkit.transport.BridgeServerContract;

class TomcatTest extends BridgeServerContract {

    private final TomcatServer server = new TomcatServer();

    @Override
    protected int start() throws Exception {
        return server.start(door);
    }

    @Override
    protected int closeDeadline() {
        return 30_000;
    }

    @Override
    protected void stop() throws Exception {
        server.stop();
    }
}
