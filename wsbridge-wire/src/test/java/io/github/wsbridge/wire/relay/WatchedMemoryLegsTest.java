package io.github.wsbridge.wire.relay;

import io.github.wsbridge.Watch;
import io.github.wsbridge.spi.Leg;
import io.github.wsbridge.testkit.LegContract;
import io.github.wsbridge.testkit.LegPair;
import io.github.wsbridge.testkit.MemoryLegs;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;

/** Runs the leg contract on watched legs with a short interval: the watch must not be noticeable. */
class WatchedMemoryLegsTest extends LegContract {

    private final MemoryLegs legs = new MemoryLegs(Set.of(), Duration.ofMillis(300));
    private final ScheduledExecutorService scheduler = Executors.newSingleThreadScheduledExecutor();

    @Override
    protected LegPair connect(String subprotocol) {
        LegPair pair = legs.connect(subprotocol);
        return new LegPair(watched(pair.near()), watched(pair.far()));
    }

    private Leg watched(Leg leg) {
        return new WatchedLeg(leg, new Watch(Duration.ofSeconds(2), Duration.ofMinutes(1)), scheduler);
    }

    @Override
    protected void stopTransport() {
        scheduler.shutdownNow();
        legs.close();
    }
}
