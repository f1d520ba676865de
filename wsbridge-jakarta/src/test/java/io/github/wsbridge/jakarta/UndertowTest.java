package io.github.wsbridge.jakarta;

import io.github.wsbridge.testkit.transport.BridgeServerContract;

class UndertowTest extends BridgeServerContract {

    private final Host host = new UndertowServer();

    @Override
    protected int start() throws Exception {
        return host.start(door);
    }

    @Override
    protected void stop() throws Exception {
        host.stop();
    }
}
