package io.github.wsbridge.netty;

import io.github.wsbridge.spi.Connector;

class BridgedNettyLegTest extends BridgedLegs {

    @Override
    Connector devices() {
        return NettyConnector.create();
    }
}
