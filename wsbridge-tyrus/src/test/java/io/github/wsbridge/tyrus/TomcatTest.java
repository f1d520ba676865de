package io.github.wsbridge.tyrus;

class TomcatTest extends ServerTests {

    private final TomcatServer server = new TomcatServer();

    @Override
    int start() throws Exception {
        return server.start(door);
    }

    @Override
    int closeDeadline() {
        return 16_000;
    }

    @Override
    void stop() throws Exception {
        server.stop();
    }
}
