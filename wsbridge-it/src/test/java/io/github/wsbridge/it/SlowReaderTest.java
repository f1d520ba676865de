package io.github.wsbridge.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.wsbridge.client.BridgeChannel;
import io.github.wsbridge.client.BridgeClient;
import io.github.wsbridge.client.BridgeDevice;
import io.github.wsbridge.client.IncomingBridge;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** One end stops reading while the other floods: no other bridge is affected, and memory does not grow. */
final class SlowReaderTest {

    private static final int STALLED = 8;
    private static final int TRIES = 7;
    private static final double ENOUGH = 0.4;

    /**
     * TCP itself may pause for as long as a stall was, up to two minutes and an eighth, if a receiver had to drop what
     * it could not hold.
     */
    private static final Duration STILL = Duration.ofSeconds(140);

    private static final int PIECE = 64 * 1024;
    private static final byte[] PATTERN = Payloads.bytes(PIECE, 42);

    private final AtomicLong flooded = new AtomicLong();
    private volatile long measured;

    @Test
    @Timeout(180)
    void stalledReaders_affectOnlyTheirOwnBridges() throws Exception {
        run(Duration.ofSeconds(2), 32L << 20);
    }

    @Test
    @Tag("system")
    @Tag("alone") // it compares rates
    @Timeout(480)
    void readersStalledForAMinute_affectOnlyTheirOwnBridges() throws Exception {
        run(Duration.ofSeconds(60), 96L << 20);
    }

    private void run(Duration stall, long size) throws Exception {
        measured = size;
        try (Cluster cluster = Cluster.start(3);
                BridgeDevice device = device(cluster);
                BridgeClient client = BridgeClient.builder(cluster.url()).build();
                Cluster control = Cluster.start(3);
                BridgeDevice controlled = device(control);
                BridgeClient elsewhere = BridgeClient.builder(control.url()).build()) {
            rate(client); // warms up
            rate(elsewhere);
            long heapBefore = usedHeap();

            List<BridgeChannel> stalled = new ArrayList<>();
            for (int i = 0; i < STALLED; i++) {
                stalled.add(client.connect("device", "flood").get(30, TimeUnit.SECONDS));
            }
            AtomicLong last = new AtomicLong(-1);
            await("the senders are held back, and stay so")
                    .pollInterval(Duration.ofMillis(500))
                    .during(stall)
                    .atMost(stall.multipliedBy(2).plusSeconds(60))
                    .until(() -> flooded.get() > 0 && last.getAndSet(flooded.get()) == flooded.get());
            long held = flooded.get();
            long heapGrowth = usedHeap() - heapBefore;
            double share = share(client, elsewhere);
            System.out.printf(
                    "%d bridges stalled for %d s: %d KiB under way each (sockets' buffers and all),"
                            + " heap grew by %d KiB,"
                            + " another bridge at %.2f times the rate of one where none is stalled%n",
                    STALLED, stall.toSeconds(), held / STALLED / 1024, heapGrowth / 1024, share);
            // There are three TCP connections and up to two nodes between the ends, all in this JVM.
            assertThat(heapGrowth).as("heap").isLessThan(STALLED * (1L << 20));
            assertThat(share).as("share of the rate").isGreaterThan(ENOUGH);

            readAll(stalled, 2 * held / STALLED);
        }
    }

    private void serve(IncomingBridge incoming) throws Exception {
        boolean flood = incoming.requestData().equals("flood");
        try (BridgeChannel bridge = incoming.accept().get()) {
            for (long sent = 0; flood || sent < measured; sent += PIECE) {
                bridge.write(ByteBuffer.wrap(PATTERN));
                if (flood) {
                    flooded.addAndGet(PIECE);
                }
            }
            bridge.shutdownOutput();
            bridge.read(ByteBuffer.allocate(1));
        } catch (IOException e) {
            // the reader has closed the bridge
        }
    }

    private BridgeDevice device(Cluster cluster) throws Exception {
        BridgeDevice device = BridgeDevice.builder("device", cluster.url(), this::serve)
                .build()
                .start();
        device.listening().toCompletableFuture().get(30, TimeUnit.SECONDS);
        return device;
    }

    /** Returns the median ratio of two rates, measured alternately since the machine may be busy. */
    private double share(BridgeClient client, BridgeClient control) throws Exception {
        double[] shares = new double[TRIES];
        for (int i = 0; i < TRIES; i++) {
            shares[i] = rate(client) / rate(control);
        }
        Arrays.sort(shares);
        return shares[TRIES / 2];
    }

    private double rate(BridgeClient client) throws Exception {
        try (BridgeChannel bridge = client.connect("device", "measure").get(30, TimeUnit.SECONDS)) {
            long start = System.nanoTime();
            readPattern(bridge, measured);
            return measured * 1e9 / (System.nanoTime() - start);
        }
    }

    /** Reads all at once, so that the pauses of TCP do not add up. */
    private static void readAll(List<BridgeChannel> bridges, long size) throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(bridges.size());
        try {
            List<Future<?>> reads = new ArrayList<>();
            for (BridgeChannel bridge : bridges) {
                reads.add(threads.submit(() -> {
                    readPattern(bridge, size);
                    bridge.close();
                    return null;
                }));
            }
            for (Future<?> read : reads) {
                read.get(2 * STILL.toSeconds(), TimeUnit.SECONDS);
            }
        } finally {
            threads.shutdownNow();
        }
    }

    private static void readPattern(BridgeChannel bridge, long size) throws IOException {
        bridge.readTimeout(STILL);
        ByteBuffer piece = ByteBuffer.allocate(PIECE);
        for (long read = 0; read < size; read += PIECE) {
            piece.clear();
            while (piece.hasRemaining()) {
                assertThat(bridge.read(piece)).isPositive();
            }
            assertThat(piece.array()).isEqualTo(PATTERN);
        }
    }

    private static long usedHeap() {
        Runtime runtime = Runtime.getRuntime();
        long least = Long.MAX_VALUE;
        for (int i = 0; i < 3; i++) {
            System.gc();
            least = Math.min(least, runtime.totalMemory() - runtime.freeMemory());
        }
        return least;
    }
}
