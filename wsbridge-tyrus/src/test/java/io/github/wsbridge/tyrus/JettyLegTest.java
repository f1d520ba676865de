package io.github.wsbridge.tyrus;

class JettyLegTest extends LegPairs {

    private final JettyServer server = new JettyServer();

    @Override
    int start() throws Exception {
        return server.start(door);
    }

    @Override
    void stop() throws Exception {
        server.stop();
    }

    @Override
    protected boolean sendsEmptyClose() {
        return false;
    }
}
