package io.github.wsbridge.bench.micro;

import io.github.wsbridge.BridgeId;
import io.github.wsbridge.CloseReason;
import io.github.wsbridge.core.bridges.OwnedBridge;
import io.github.wsbridge.core.bridges.PendingBridges;
import io.github.wsbridge.core.limits.FairShare;
import io.github.wsbridge.core.limits.Holder;
import io.github.wsbridge.spi.Fragment;
import io.github.wsbridge.spi.Leg;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Threads;
import org.openjdk.jmh.annotations.Warmup;

/** Measures the registry of pending bridges: adding, finding and removing one while others are pending. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Threads(2)
public class PendingBridgesBenchmark {

    private static final int DEVICES = 100;

    /** The number of other pending bridges. */
    @Param({"0", "9000"})
    public int waiting;

    private final PendingBridges pending = new PendingBridges(1_000, FairShare::unlimited);

    /** Adds the other bridges. */
    @Setup(Level.Trial)
    public void fill() {
        for (int i = 0; i < waiting; i++) {
            pending.add(bridge(i), "", Holder.NOBODY);
        }
    }

    /** Adds a bridge, claims it for its device, and removes it. */
    @Benchmark
    public Object addFindRemove() {
        OwnedBridge bridge = bridge(ThreadLocalRandom.current().nextInt(DEVICES));
        pending.add(bridge, "", Holder.NOBODY);
        OwnedBridge found = pending.find(bridge.id());
        pending.remove(bridge);
        return found == null ? this : found;
    }

    private static OwnedBridge bridge(int device) {
        ThreadLocalRandom random = ThreadLocalRandom.current();
        return new OwnedBridge(
                new BridgeId(random.nextLong(), random.nextLong()),
                "device-" + device % DEVICES,
                DeafLeg.INSTANCE,
                bridge -> {});
    }

    /** Does nothing. */
    private enum DeafLeg implements Leg {
        INSTANCE;

        @Override
        public String subprotocol() {
            return "";
        }

        @Override
        public void open(Receiver receiver) {}

        @Override
        public void demand() {}

        @Override
        public CompletionStage<Void> send(Fragment fragment) {
            return CompletableFuture.completedFuture(null);
        }

        @Override
        public void ping() {}

        @Override
        public void heartbeat(Duration next) {}

        @Override
        public void close(CloseReason reason) {}

        @Override
        public void abort() {}
    }
}
