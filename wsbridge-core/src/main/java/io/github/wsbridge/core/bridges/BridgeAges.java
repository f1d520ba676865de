package io.github.wsbridge.core.bridges;

import io.github.wsbridge.CloseReason;
import io.github.wsbridge.wire.concurrent.Lasting;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Ends bridges that carry nothing for too long, or have lasted too long. Looks at all of them at fixed intervals and
 * counts these instead of reading a clock, so a clock that is set, or a machine that sleeps, ends no bridge.
 */
public final class BridgeAges {

    static final CloseReason IDLE = new CloseReason(CloseReason.POLICY_VIOLATION, "the bridge was idle for too long");
    static final CloseReason OLD = new CloseReason(CloseReason.POLICY_VIOLATION, "the bridge was open for too long");

    /** A bridge ends at most this part of its time late. */
    private static final int LOOKS = 10;

    private final long maxIdle; // in looks; 0 for no limit, as below
    private final long maxLifetime;
    private final long intervalMillis;
    private final ScheduledExecutorService scheduler;
    private final Map<OwnedBridge, Age> bridges = new ConcurrentHashMap<>();
    private final AtomicBoolean looking = new AtomicBoolean();

    private static final class Age {
        private long bytes = -1;
        private long idle;
        private long life;
    }

    /** Creates limits; zero for none. */
    public BridgeAges(Duration maxIdle, Duration maxLifetime, ScheduledExecutorService scheduler) {
        Duration shortest =
                maxIdle.isZero() || !maxLifetime.isZero() && maxLifetime.compareTo(maxIdle) < 0 ? maxLifetime : maxIdle;
        this.intervalMillis = Math.max(1, shortest.toMillis() / LOOKS);
        this.maxIdle = looks(maxIdle);
        this.maxLifetime = looks(maxLifetime);
        this.scheduler = scheduler;
    }

    private long looks(Duration time) {
        return (time.toMillis() + intervalMillis - 1) / intervalMillis;
    }

    /** Looks at a bridge from now on, until it has ended. */
    void keep(OwnedBridge bridge) {
        if (maxIdle == 0 && maxLifetime == 0) {
            return;
        }
        bridges.put(bridge, new Age());
        bridge.gone().thenAccept(reason -> bridges.remove(bridge));
        lookLater();
    }

    private void lookLater() {
        if (bridges.isEmpty() || looking.getAndSet(true)) {
            return;
        }
        try {
            scheduler.schedule(new Lasting(this::look), intervalMillis, TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException e) {
            looking.set(false); // the node has stopped
        }
    }

    private void look() {
        try {
            bridges.forEach(this::look);
        } finally {
            looking.set(false);
            lookLater();
        }
    }

    private void look(OwnedBridge bridge, Age age) {
        long bytes = bridge.bytesToDevice() + bridge.bytesToRequester();
        age.idle = bytes == age.bytes ? age.idle + 1 : 0;
        age.bytes = bytes;
        age.life++;
        if (maxLifetime > 0 && age.life >= maxLifetime) {
            bridge.close(OLD);
        } else if (maxIdle > 0 && age.idle >= maxIdle) {
            bridge.close(IDLE);
        }
    }
}
