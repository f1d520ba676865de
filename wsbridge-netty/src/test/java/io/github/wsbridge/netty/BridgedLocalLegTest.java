package io.github.wsbridge.netty;

import io.github.wsbridge.spi.Connector;
import org.junit.jupiter.api.Tag;

/** With a device inside the node's process: the node joins a Netty leg and a local one by fragments. */
@Tag("system")
class BridgedLocalLegTest extends BridgedLegs {

    @Override
    Connector devices() {
        return cluster.nodes.get(0).connector();
    }
}
