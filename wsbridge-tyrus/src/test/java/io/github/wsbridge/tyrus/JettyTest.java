package io.github.wsbridge.tyrus;

import io.github.wsbridge.core.servers.ServerTests;

class JettyTest extends ServerTests {

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
