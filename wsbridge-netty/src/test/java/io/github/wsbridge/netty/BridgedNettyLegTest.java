package io.github.wsbridge.netty;

import io.github.wsbridge.spi.Connector;
import org.junit.jupiter.api.Tag;

/** With a device that also uses Netty. */
@Tag("system")
class BridgedNettyLegTest extends BridgedLegs {

    @Override
    Connector devices() {
        return NettyConnector.create();
    }
}
