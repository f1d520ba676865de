package io.github.wsbridge.testkit;

import io.github.wsbridge.spi.Leg;
import java.time.Duration;
import java.util.Set;

/** Shows that the suite can be passed without a socket. */
class MemoryLegsTest extends LegContract {

    private final MemoryLegs legs = new MemoryLegs(Set.of(), Duration.ofMillis(300));

    @Override
    protected void stopTransport() {
        legs.close();
    }

    @Override
    protected LegPair connect(String subprotocol) {
        return legs.connect(subprotocol);
    }

    @Override
    protected Leg connectToSilentPeer() {
        return legs.connectToSilentPeer();
    }
}
