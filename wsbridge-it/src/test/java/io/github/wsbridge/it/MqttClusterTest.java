package io.github.wsbridge.it;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.wsbridge.BridgeException;
import io.github.wsbridge.CloseReason;
import io.github.wsbridge.client.BridgeChannel;
import io.github.wsbridge.client.BridgeClient;
import io.github.wsbridge.client.BridgeDevice;
import io.github.wsbridge.client.IncomingBridge;
import io.github.wsbridge.client.JdkConnector;
import io.github.wsbridge.core.Limits;
import io.github.wsbridge.signal.mqtt.MqttBroker;
import io.github.wsbridge.signal.mqtt.MqttInvitations;
import io.github.wsbridge.signal.mqtt.MqttSignaller;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Three nodes and hundreds of devices that have nothing in common but a broker, which goes away in the middle. */
final class MqttClusterTest {

    private static final int DEVICES = 500;
    private static final int BRIDGES = 5_000;
    private static final int WORKERS = 16;
    private static final Duration ACCEPT_TIMEOUT = Duration.ofSeconds(5);

    /** Beyond the accept timeout, for a busy machine. */
    private static final Duration SLACK = Duration.ofSeconds(5);

    @TempDir
    private Path folder;

    private final ScheduledExecutorService timers = Executors.newScheduledThreadPool(1);
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final AtomicInteger made = new AtomicInteger();
    private final AtomicInteger failed = new AtomicInteger();
    private final AtomicLong longest = new AtomicLong();

    @Test
    @Timeout(300)
    void bridges_brokerRestartedInTheMiddle_eachReachesItsDevice() throws Exception {
        List<BridgeDevice> devices = new ArrayList<>();
        try (EmbeddedBroker embedded = new EmbeddedBroker(folder);
                JdkConnector connector = JdkConnector.create()) {
            MqttBroker broker = MqttBroker.builder(embedded.uri())
                    .backoff(Duration.ofMillis(100), Duration.ofSeconds(1))
                    .scheduler(timers)
                    .build();
            try (Cluster cluster = Cluster.start(
                            3,
                            node -> node.signaller(MqttSignaller.connect(broker))
                                    .limits(Limits.builder()
                                            .acceptTimeout(ACCEPT_TIMEOUT)
                                            .build()));
                    BridgeClient client = BridgeClient.builder(cluster.url())
                            .connector(connector)
                            .build()) {
                for (int i = 0; i < DEVICES; i++) {
                    devices.add(device("device/" + i, cluster.url(), broker, connector));
                }
                for (BridgeDevice device : devices) {
                    device.listening().toCompletableFuture().get(30, TimeUnit.SECONDS);
                }
                long start = System.nanoTime();
                AtomicInteger next = new AtomicInteger();
                List<Future<?>> workers = new ArrayList<>();
                for (int i = 0; i < WORKERS; i++) {
                    workers.add(threads.submit(() -> {
                        for (int number = next.getAndIncrement(); number < BRIDGES; number = next.getAndIncrement()) {
                            bridge(client, number);
                        }
                        return null;
                    }));
                }
                await().atMost(Duration.ofSeconds(120)).until(() -> made.get() > BRIDGES / 2);
                embedded.stop();
                int before = made.get();
                embedded.start();
                for (Future<?> worker : workers) {
                    worker.get(240, TimeUnit.SECONDS);
                }
                System.out.printf(
                        "%d bridges to %d devices over one broker in %.1f s; it was stopped after %d; %d tries failed,"
                                + " the longest took %d ms%n",
                        made.get(),
                        DEVICES,
                        (System.nanoTime() - start) / 1e9,
                        before,
                        failed.get(),
                        TimeUnit.NANOSECONDS.toMillis(longest.get()));
                assertThat(made.get()).isEqualTo(BRIDGES);
                assertThat(before).isLessThan(BRIDGES);
                assertThat(failed.get()).isPositive();
                assertThat(Duration.ofNanos(longest.get())).isLessThan(ACCEPT_TIMEOUT.plus(SLACK));
            } finally {
                devices.forEach(BridgeDevice::close);
            }
        } finally {
            timers.shutdownNow();
            threads.shutdownNow();
        }
    }

    private BridgeDevice device(String id, URI server, MqttBroker broker, JdkConnector connector) {
        return BridgeDevice.builder(id, server, MqttClusterTest::tellNames)
                .listen(false)
                .source(new MqttInvitations(broker, id))
                .connector(connector)
                .scheduler(timers)
                .executor(threads)
                .build()
                .start();
    }

    /** Says who it is and what it was asked for. */
    private static void tellNames(IncomingBridge incoming) throws Exception {
        try (BridgeChannel bridge = incoming.accept().get()) {
            bridge.write(ByteBuffer.wrap((incoming.deviceId() + " " + incoming.requestData()).getBytes(UTF_8)));
        } catch (ExecutionException e) {
            // its requester has given up: the broker went away between
        }
    }

    /** Makes one bridge, in as many tries as it takes. */
    private void bridge(BridgeClient client, int number) {
        await().atMost(Duration.ofSeconds(60))
                .pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(200))
                .until(() -> tried(client, "device/" + number % DEVICES, "request-" + number));
        made.incrementAndGet();
    }

    private boolean tried(BridgeClient client, String deviceId, String requestData) throws Exception {
        long start = System.nanoTime();
        try (BridgeChannel bridge = client.connect(deviceId, requestData).get(60, TimeUnit.SECONDS)) {
            assertThat(new String(bridge.inputStream().readAllBytes(), UTF_8)).isEqualTo(deviceId + " " + requestData);
            return true;
        } catch (ExecutionException e) {
            assertThat(e.getCause()).isInstanceOf(BridgeException.class);
            assertThat(((BridgeException) e.getCause()).closeReason().code())
                    .isIn(CloseReason.UNREACHABLE, CloseReason.TIMED_OUT);
            failed.incrementAndGet();
            return false;
        } finally {
            longest.accumulateAndGet(System.nanoTime() - start, Math::max);
        }
    }
}
