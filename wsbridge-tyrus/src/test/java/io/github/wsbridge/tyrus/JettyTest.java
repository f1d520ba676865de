package io.github.wsbridge.tyrus;

class JettyTest extends ServerTests {

    private final JettyServer server = new JettyServer();

    @Override
    int start() throws Exception {
        return server.start(door);
    }

    @Override
    void stop() throws Exception {
        server.stop();
    }
}
