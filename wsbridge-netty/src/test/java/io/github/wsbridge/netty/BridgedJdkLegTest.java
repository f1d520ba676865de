package io.github.wsbridge.netty;

import io.github.wsbridge.client.JdkConnector;
import io.github.wsbridge.spi.Connector;

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
