package io.github.wsbridge.jakarta;

import io.github.wsbridge.client.JdkConnector;
import io.github.wsbridge.spi.Connector;
import io.github.wsbridge.testkit.transport.TransportLegContract;
import org.junit.jupiter.api.Tag;

@Tag("system")
class TomcatLegTest extends TransportLegContract {

    private final Host host = new TomcatServer();

    @Override
    protected int start() throws Exception {
        return host.start(door);
    }

    @Override
    protected void stop() throws Exception {
        host.stop();
    }

    @Override
    protected boolean sendsEmptyClose() {
        return false; // the JDK's client does not
    }

    @Override
    protected Connector connector() {
        return JdkConnector.create();
    }
}
