package io.github.wsbridge.core;

import io.github.wsbridge.testkit.LegContract;
import io.github.wsbridge.testkit.LegPair;

class LocalLegTest extends LegContract {

    @Override
    protected LegPair connect(String subprotocol) {
        LocalLeg near = LocalLeg.pair(subprotocol);
        return new LegPair(near, near.other());
    }
}
