package io.github.wsbridge.it;

import io.github.wsbridge.BridgeId;
import io.github.wsbridge.CloseReason;
import io.github.wsbridge.client.BridgeChannel;
import io.github.wsbridge.client.BridgeClient;
import io.github.wsbridge.client.BridgeDevice;
import io.github.wsbridge.client.IncomingBridge;
import io.github.wsbridge.netty.NettyConnector;
import io.github.wsbridge.spi.Connector;
import java.io.IOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Steady traffic through a bridge server: devices that echo, streams that are kept open, and new connects at a steady
 * rate. What fails is recorded and replaced.
 */
final class Traffic implements AutoCloseable {

    /** A connect that has ended: when it began, how long it took, and why it failed; empty if it did not. */
    record Attempt(long startedAt, long nanos, String failure) {

        /** Whether it was to replace a stream, and failed. */
        boolean replaces() {
            return failure.contains(REPLACES);
        }
    }

    static final String REPLACES = "a stream is not replaced";

    /** A stream's end that was not wanted. */
    record End(long at, CloseReason reason, BridgeId bridge) {}

    private static final int PER_SECOND = 20;
    private static final long PULSE_MILLIS = 500;

    private final Connector connector = NettyConnector.create();
    private final BridgeClient client;
    private final List<BridgeDevice> devices = new ArrayList<>();
    private final ScheduledExecutorService threads = Executors.newScheduledThreadPool(32);
    private final AtomicInteger next = new AtomicInteger();
    private volatile boolean closing;
    private final Queue<BridgeChannel> streams = new ConcurrentLinkedQueue<>();
    private final Set<BridgeId> released = ConcurrentHashMap.newKeySet();
    final Queue<Attempt> attempts = new ConcurrentLinkedQueue<>();
    final Queue<End> ends = new ConcurrentLinkedQueue<>();

    Traffic(URI url, int devices, int streams) throws Exception {
        client = BridgeClient.builder(url).connector(connector).build();
        for (int i = 0; i < devices; i++) {
            this.devices.add(BridgeDevice.builder("device-" + i, url, Traffic::echo)
                    .connector(connector)
                    .build()
                    .start());
        }
        for (BridgeDevice device : this.devices) {
            device.listening().toCompletableFuture().get(30, TimeUnit.SECONDS);
        }
        for (int i = 0; i < streams; i++) {
            keep(client.connect(device()).get(30, TimeUnit.SECONDS));
        }
    }

    /** Starts the connects. */
    void start() {
        long period = TimeUnit.SECONDS.toNanos(1) / PER_SECOND;
        threads.scheduleAtFixedRate(() -> threads.execute(this::attempt), 0, period, TimeUnit.NANOSECONDS);
    }

    private String device() {
        return "device-" + next.getAndIncrement() % devices.size();
    }

    private static void echo(IncomingBridge incoming) throws Exception {
        try (BridgeChannel bridge = incoming.accept().get()) {
            bridge.inputStream().transferTo(bridge.outputStream());
            bridge.shutdownOutput();
        } catch (IOException e) {
            // the other end sees how it ended
        }
    }

    private void attempt() {
        long from = System.nanoTime();
        String device = device();
        long took;
        String failure = "";
        try (BridgeChannel bridge = client.connect(device).get(60, TimeUnit.SECONDS)) {
            took = System.nanoTime() - from;
            pulse(bridge);
        } catch (ExecutionException e) {
            took = System.nanoTime() - from;
            failure = device + ": " + e.getCause();
        } catch (Exception e) {
            took = System.nanoTime() - from;
            failure = device + ": " + e;
        }
        if (!closing) {
            attempts.add(new Attempt(from, took, failure));
        }
    }

    private static void pulse(BridgeChannel bridge) throws IOException {
        bridge.readTimeout(Duration.ofSeconds(20));
        bridge.write(ByteBuffer.wrap(Payloads.bytes(100, 1)));
        ByteBuffer back = ByteBuffer.allocate(100);
        while (back.hasRemaining()) {
            if (bridge.read(back) < 0) {
                throw new IOException("ended early");
            }
        }
    }

    /** Ends the oldest streams: there is less to do. */
    void release(int count) {
        for (int i = 0; i < count; i++) {
            BridgeChannel stream = streams.remove();
            released.add(stream.bridgeId());
            stream.close();
        }
    }

    /** Returns the streams that are open, the oldest first. */
    List<BridgeId> open() {
        return streams.stream().map(BridgeChannel::bridgeId).toList();
    }

    private void keep(BridgeChannel stream) {
        streams.add(stream);
        stream.closed().thenAccept(reason -> {
            streams.remove(stream);
            if (!closing && !released.contains(stream.bridgeId())) {
                ends.add(new End(System.nanoTime(), reason, stream.bridgeId()));
                threads.execute(this::reopen);
            }
        });
        beat(stream);
    }

    private void beat(BridgeChannel stream) {
        try {
            pulse(stream);
            threads.schedule(() -> beat(stream), PULSE_MILLIS, TimeUnit.MILLISECONDS);
        } catch (IOException e) {
            stream.close(new CloseReason(CloseReason.NORMAL, "broken"));
        }
    }

    private void reopen() {
        try {
            keep(client.connect(device()).get(60, TimeUnit.SECONDS));
        } catch (Exception e) {
            if (!closing) {
                attempts.add(new Attempt(System.nanoTime(), 0, REPLACES + ": " + e));
                threads.schedule(this::reopen, PULSE_MILLIS, TimeUnit.MILLISECONDS);
            }
        }
    }

    @Override
    public void close() throws InterruptedException {
        closing = true;
        threads.shutdownNow();
        threads.awaitTermination(30, TimeUnit.SECONDS);
        client.close();
        devices.forEach(BridgeDevice::close);
        connector.close();
    }
}
