package io.github.wsbridge.netty;

import io.github.wsbridge.spi.Connector;

/** With a device that also uses Netty. */
class BridgedNettyLegTest extends BridgedLegs {

    @Override
    Connector devices() {
        return NettyConnector.create();
    }
}
