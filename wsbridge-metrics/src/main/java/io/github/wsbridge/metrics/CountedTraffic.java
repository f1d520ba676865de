package io.github.wsbridge.metrics;

import io.github.wsbridge.spi.Traffic;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/**
 * The bytes of all bridges together, of those that have ended and of those that run. Bridges count their bytes anyway;
 * they are added up only when somebody asks. The sums never decrease, even while bridges end. Thread-safe.
 *
 * @param <K> what identifies a bridge
 */
final class CountedTraffic<K> {

    private final Map<K, Counted> running = new ConcurrentHashMap<>();
    private final LongAdder toDevice = new LongAdder();
    private final LongAdder toRequester = new LongAdder();

    void add(K bridge, Traffic traffic) {
        running.put(bridge, new Counted(traffic));
    }

    /** Counts what is not yet counted of a bridge that has ended. */
    void remove(K bridge) {
        Counted counted = running.remove(bridge);
        if (counted != null) {
            counted.count();
        }
    }

    int running() {
        return running.size();
    }

    long toDevice() {
        running.values().forEach(Counted::count);
        return toDevice.sum();
    }

    long toRequester() {
        running.values().forEach(Counted::count);
        return toRequester.sum();
    }

    /** What is in the sums of one bridge. */
    private final class Counted {
        private final Traffic traffic;
        private long device; // guarded by this
        private long requester; // guarded by this

        Counted(Traffic traffic) {
            this.traffic = traffic;
        }

        synchronized void count() {
            long forDevice = traffic.bytesToDevice();
            long forRequester = traffic.bytesToRequester();
            toDevice.add(forDevice - device);
            toRequester.add(forRequester - requester);
            device = forDevice;
            requester = forRequester;
        }
    }
}
