package io.github.wsbridge.netty;

import io.github.wsbridge.client.JdkConnector;
import io.github.wsbridge.spi.Connector;
import org.junit.jupiter.api.Tag;

/** With a device on the JDK's client. Both legs of the node are still Netty's, and are joined below fragments. */
@Tag("system")
class BridgedJdkLegTest extends BridgedLegs {

    @Override
    Connector devices() {
        return JdkConnector.create();
    }

    @Override
    protected boolean sendsEmptyClose() {
        return false;
    }
}
