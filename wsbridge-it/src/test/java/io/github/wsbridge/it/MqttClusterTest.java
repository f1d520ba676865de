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
import io.github.wsbridge.core.limits.Limits;
import io.github.wsbridge.netty.NettyConnector;
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
import java.util.logging.Level;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Three nodes and hundreds of devices that share only a broker, which is restarted meanwhile. */
@Tag("system") // mostly waits
final class MqttClusterTest {

    private static final int DEVICES = 500;
    private static final int BRIDGES = 5_000;
    private static final int WORKERS = 16;
    private static final Duration ACCEPT_TIMEOUT = Duration.ofSeconds(5);

    /** More than the accept timeout, for a busy machine. */
    private static final Duration SLACK = Duration.ofSeconds(5);

    /** Each device and node logs a warning when the broker stops. The field keeps the logger, and so its level. */
    private static final Logger LOG = Logger.getLogger("io.github.wsbridge.signal.mqtt");

    @TempDir
    private static Path folder;

    private static EmbeddedBroker embedded;

    private final ScheduledExecutorService timers = Executors.newScheduledThreadPool(1);
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final AtomicInteger made = new AtomicInteger();
    private final AtomicInteger failed = new AtomicInteger();
    private final AtomicLong longest = new AtomicLong();

    @BeforeAll
    static void startBroker() throws Exception {
        LOG.setLevel(Level.SEVERE);
        embedded = new EmbeddedBroker(folder);
    }

    @AfterAll
    static void stopBroker() throws Exception {
        embedded.close();
        LOG.setLevel(null);
    }

    @AfterEach
    void stopThreads() {
        timers.shutdownNow();
        threads.shutdownNow();
    }

    private MqttBroker.Builder broker() {
        return MqttBroker.builder(embedded.uri())
                .backoff(Duration.ofMillis(100), Duration.ofSeconds(1))
                .scheduler(timers);
    }

    private static Cluster cluster(MqttBroker broker) throws Exception {
        return Cluster.start(
                3,
                node -> node.signaller(MqttSignaller.create(broker))
                        .limits(Limits.builder().acceptTimeout(ACCEPT_TIMEOUT).build()));
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @Timeout(60)
    void rejection_byAnswerOrByAcceptUrl_reachesTheRequester(boolean mqtt3) throws Exception {
        MqttBroker broker = broker().mqtt3(mqtt3).build();
        try (Cluster cluster = cluster(broker);
                BridgeClient client = BridgeClient.builder(cluster.url()).build();
                BridgeDevice device = BridgeDevice.builder(
                                "refuser", cluster.url(), incoming -> incoming.reject(42, "busy"))
                        .listen(false)
                        .source(MqttInvitations.create(broker, "refuser"))
                        .build()
                        .start()) {
            device.listening().toCompletableFuture().get(30, TimeUnit.SECONDS);
            for (int i = 0; i < 3; i++) { // one for each node
                awaitReason(client, "refuser", new CloseReason(CloseReason.REJECTED, "42 busy"));
            }
            if (!mqtt3) {
                awaitReason(
                        client,
                        "nobody",
                        new CloseReason(CloseReason.UNREACHABLE, "the device is not subscribed on MQTT"));
            }
        }
    }

    /** The nodes may take a moment to reach the broker. */
    private static void awaitReason(BridgeClient client, String deviceId, CloseReason reason) {
        await().atMost(Duration.ofSeconds(20))
                .untilAsserted(() -> assertThat(client.connect(deviceId))
                        .failsWithin(Duration.ofSeconds(20))
                        .withThrowableOfType(ExecutionException.class)
                        .havingCause()
                        .isInstanceOfSatisfying(
                                BridgeException.class,
                                failure -> assertThat(failure.closeReason()).isEqualTo(reason)));
    }

    @Test
    @Timeout(300)
    void bridges_brokerRestartedInTheMiddle_eachReachesItsDevice() throws Exception {
        List<BridgeDevice> devices = new ArrayList<>();
        MqttBroker broker = broker().build();
        try (NettyConnector connector = NettyConnector.create();
                Cluster cluster = cluster(broker);
                BridgeClient client =
                        BridgeClient.builder(cluster.url()).connector(connector).build()) {
            try {
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
        }
    }

    private BridgeDevice device(String id, URI server, MqttBroker broker, NettyConnector connector) {
        return BridgeDevice.builder(id, server, MqttClusterTest::tellNames)
                .listen(false)
                .source(MqttInvitations.create(broker, id))
                .connector(connector)
                .scheduler(timers)
                .executor(threads)
                .build()
                .start();
    }

    /** Sends its own id and the request data. */
    private static void tellNames(IncomingBridge incoming) throws Exception {
        try (BridgeChannel bridge = incoming.accept().get()) {
            bridge.write(ByteBuffer.wrap((incoming.deviceId() + " " + incoming.requestData()).getBytes(UTF_8)));
        } catch (ExecutionException e) {
            // its requester has given up because the broker had stopped
        }
    }

    /** Connects a bridge, repeatedly until it succeeds. */
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
