package io.github.wsbridge.bench;

import io.github.wsbridge.client.BridgeChannel;
import io.github.wsbridge.client.BridgeClient;
import io.github.wsbridge.client.BridgeDevice;
import io.github.wsbridge.client.IncomingBridge;
import io.github.wsbridge.netty.NettyConnector;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Devices and requesters that open streams at random through the nodes of a cluster. Each stream must carry what was
 * sent, or fail; and it may fail only as planned, or while a node is away.
 */
final class Soak implements AutoCloseable {

    /** How a stream ended, as its requester saw it. */
    enum Outcome {
        COMPLETE,
        FAILED_AS_PLANNED,
        FAILED_WITH_A_NODE,
        WRONG
    }

    private static final int DEVICES = 12;
    private static final int STREAMS = 32;
    private static final long CONNECT_SECONDS = 45;
    private static final long END_SECONDS = 150;

    /** How long after a node is back a stream may still fail because it was away: devices come back after a pause. */
    private static final long AFTERMATH = TimeUnit.SECONDS.toNanos(15);

    private final NettyConnector connector = NettyConnector.create();
    private final ExecutorService threads = Executors.newCachedThreadPool(task -> {
        Thread thread = new Thread(task, "soak");
        thread.setDaemon(true);
        return thread;
    });
    private final List<BridgeClient> clients = new ArrayList<>();
    private final List<BridgeDevice> devices = new ArrayList<>();
    private final Random random;
    private final Semaphore places = new Semaphore(STREAMS);
    private final Map<Outcome, AtomicInteger> outcomes = Collections.synchronizedMap(new EnumMap<>(Outcome.class));
    private final AtomicLong bytes = new AtomicLong();
    private final Queue<String> violations = new ConcurrentLinkedQueue<>();
    private volatile boolean away;
    private volatile long calmFrom = System.nanoTime(); // if no node is away

    Soak(List<URI> nodes, long seed) throws Exception {
        random = new Random(seed);
        for (URI node : nodes) {
            clients.add(BridgeClient.builder(node)
                    .connector(connector)
                    .executor(threads)
                    .build());
        }
        for (int i = 0; i < DEVICES; i++) {
            List<URI> servers = new ArrayList<>(nodes);
            Collections.rotate(servers, i);
            BridgeDevice.Builder device = BridgeDevice.builder("device-" + i, servers.get(0), this::serve)
                    .connector(connector)
                    .executor(threads)
                    .maxBridges(2 * STREAMS);
            servers.subList(1, servers.size()).forEach(device::server);
            devices.add(device.build().start());
        }
        for (BridgeDevice device : devices) {
            device.listening().toCompletableFuture().get(CONNECT_SECONDS, TimeUnit.SECONDS);
        }
    }

    int devices() {
        return devices.size();
    }

    /** Opens streams one after the other, as many at a time as there are places, and waits for the last ones. */
    void run(Duration time) throws InterruptedException, IOException {
        long end = System.nanoTime() + time.toNanos();
        while (System.nanoTime() < end) {
            if (places.tryAcquire(1, TimeUnit.SECONDS)) {
                SoakPlan plan = SoakPlan.random(random);
                BridgeClient client = clients.get(random.nextInt(clients.size()));
                String device = "device-" + random.nextInt(DEVICES);
                threads.execute(() -> {
                    try {
                        request(client, device, plan);
                    } finally {
                        places.release();
                    }
                });
            }
        }
        if (!places.tryAcquire(STREAMS, END_SECONDS, TimeUnit.SECONDS)) {
            throw new IOException(STREAMS - places.availablePermits() + " streams do not end");
        }
        places.release(STREAMS);
    }

    /** Tells that a node is about to be ended. */
    void nodeGoes() {
        away = true;
    }

    /** Tells that all nodes are there again. */
    void nodeIsBack() {
        calmFrom = System.nanoTime() + AFTERMATH;
        away = false;
    }

    /** Waits until nothing may fail any more because a node was away. */
    void awaitCalm() throws InterruptedException {
        Thread.sleep(Math.max(0, TimeUnit.NANOSECONDS.toMillis(calmFrom - System.nanoTime())));
    }

    private void request(BridgeClient client, String device, SoakPlan plan) {
        long begun = System.nanoTime();
        Outcome outcome;
        try {
            if (plan.event() == SoakPlan.Event.REQUESTER_LEAVES) {
                CompletableFuture<BridgeChannel> connecting = client.connect(device, plan.text());
                Thread.sleep(plan.pauseMillis() % 20);
                connecting.thenAccept(channel -> channel.close(SoakEnd.ON_PURPOSE));
                connecting.cancel(false);
                outcome = Outcome.FAILED_AS_PLANNED;
            } else {
                exchange(client.connect(device, plan.text()).get(CONNECT_SECONDS, TimeUnit.SECONDS), plan, true);
                outcome = plan.event().fails() ? Outcome.WRONG : Outcome.COMPLETE;
                if (outcome == Outcome.WRONG) {
                    violations.add(device + " " + plan + ": has not failed");
                }
            }
        } catch (SoakEnd.WrongException e) {
            outcome = Outcome.WRONG;
            violations.add("requester of " + device + " " + plan + ": " + e.getMessage());
        } catch (ExecutionException | TimeoutException | IOException e) {
            outcome = plan.event().fails()
                    ? Outcome.FAILED_AS_PLANNED
                    : away || calmFrom - begun > 0 ? Outcome.FAILED_WITH_A_NODE : Outcome.WRONG;
            if (outcome == Outcome.WRONG) {
                violations.add("requester of " + device + " " + plan + ": " + e);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return;
        }
        outcomes.computeIfAbsent(outcome, any -> new AtomicInteger()).incrementAndGet();
    }

    private void serve(IncomingBridge incoming) throws Exception {
        SoakPlan plan = SoakPlan.parse(incoming.requestData());
        if (plan.event() == SoakPlan.Event.DEVICE_REJECTS) {
            incoming.reject(403, "on purpose");
            return;
        }
        try {
            exchange(incoming.accept().get(CONNECT_SECONDS, TimeUnit.SECONDS), plan, false);
        } catch (SoakEnd.WrongException e) {
            violations.add(incoming.deviceId() + " " + plan + ": " + e.getMessage());
        } catch (ExecutionException | TimeoutException | IOException e) {
            // the requester judges it
        }
    }

    /** Sends and receives at the same time. The device ends its direction last, when it has received all. */
    private void exchange(BridgeChannel channel, SoakPlan plan, boolean requester)
            throws IOException, InterruptedException {
        try (channel) {
            SoakEnd end = new SoakEnd(channel, plan, requester);
            CompletableFuture<Void> sent = new CompletableFuture<>();
            threads.execute(() -> {
                try {
                    end.send();
                    if (requester) {
                        end.finish();
                    }
                    sent.complete(null);
                } catch (IOException | RuntimeException e) {
                    sent.completeExceptionally(e);
                }
            });
            end.receive();
            try {
                sent.get(CONNECT_SECONDS, TimeUnit.SECONDS);
            } catch (ExecutionException | TimeoutException e) {
                throw new IOException("cannot send", e);
            }
            if (!requester) {
                end.finish();
                channel.closed().toCompletableFuture().get(CONNECT_SECONDS, TimeUnit.SECONDS);
            }
            bytes.addAndGet(requester ? plan.up() + plan.down() : 0);
        } catch (ExecutionException | TimeoutException e) {
            throw new IOException("does not end", e);
        }
    }

    /** Returns what should not have happened. */
    List<String> violations() {
        return List.copyOf(violations);
    }

    @Override
    public String toString() {
        return "streams " + outcomes + ", %.1f GB both ways".formatted(bytes.get() / 1e9);
    }

    @Override
    public void close() {
        clients.forEach(BridgeClient::close);
        devices.forEach(BridgeDevice::close);
        connector.close();
        threads.shutdownNow();
    }
}
