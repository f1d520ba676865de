package io.github.wsbridge.tyrus;

class TomcatLegTest extends LegPairs {

    private final TomcatServer server = new TomcatServer();

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
