package io.github.wsbridge.jakarta;

import io.github.wsbridge.testkit.transport.BridgeServerContract;
import org.junit.jupiter.api.Tag;

@Tag("system")
class JettyTest extends BridgeServerContract {

    private final Host host = new JettyServer();

    @Override
    protected int start() throws Exception {
        return host.start(door);
    }

    @Override
    protected boolean noticesLeavingWhileWaiting() {
        return false;
    }

    @Override
    protected void stop() throws Exception {
        host.stop();
    }
}
