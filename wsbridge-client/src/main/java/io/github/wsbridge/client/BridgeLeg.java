package io.github.wsbridge.client;

import io.github.wsbridge.BridgeId;
import io.github.wsbridge.spi.Leg;

/**
 * One end of an established bridge as a leg, for joining it with another leg instead of reading and writing. All data
 * that it receives comes from the other end. The leg is not open yet: its user opens it, demands fragments, and closes
 * it.
 */
public interface BridgeLeg extends Leg {

    /** Returns the id of the bridge, which is the same at both ends and in the nodes' logs. */
    BridgeId bridgeId();
}
