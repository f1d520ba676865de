package io.github.wsbridge.client;

import io.github.wsbridge.BridgeId;
import io.github.wsbridge.spi.Leg;

/**
 * One end of an established bridge as a leg, for code that joins it with another leg instead of reading and writing. All that
 * comes is the other end's. Nobody listens yet: whoever has it opens it, demands, and closes it.
 */
public interface BridgeLeg extends Leg {

    /** The bridge's name, the same at both ends and in the nodes' logs. */
    BridgeId bridgeId();
}
