package io.github.wsbridge.tyrus;

import io.github.wsbridge.core.servers.ServerTests;

class TomcatTest extends ServerTests {

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
