package io.github.wsbridge.signal.mqtt;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.wsbridge.spi.Signaller.Result;
import io.github.wsbridge.testkit.LogCapture;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Tests with a broker that hangs and recovers later. */
@Timeout(120)
class StalledBrokerTest {

    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final String deviceId = "device-" + UUID.randomUUID();
    private final LogCapture log = new LogCapture();
    private StallingProxy proxy;

    @BeforeEach
    void start() throws Exception {
        proxy = new StallingProxy(EmbeddedBroker.shared().port());
    }

    @AfterEach
    void stop() throws Exception {
        proxy.close();
        log.close();
    }

    private MqttBroker.Builder client() {
        return proxy.client().backoff(Duration.ofMillis(50), Duration.ofMinutes(1));
    }

    private static Result signal(MqttSignaller node, String deviceId) {
        return node.signal(Invitations.to(deviceId, Duration.ofSeconds(5)))
                .toCompletableFuture()
                .completeOnTimeout(new Result.Unreachable("silence"), 10, SECONDS)
                .join();
    }

    private long givenUp() {
        return log.all().stream()
                .filter(message -> message.contains("cannot reach"))
                .count();
    }

    @Test
    void device_attemptsProcessedLate_doNotStopIt() throws Exception {
        proxy.stall();
        MqttBroker hasty = client().connectTimeout(Duration.ofMillis(500)).build();
        try (HeardInvitations device =
                new HeardInvitations(MqttInvitations.create(hasty, deviceId), HeardInvitations.ACCEPT)) {
            await().atMost(PATIENCE).until(() -> givenUp() >= 1);
            CountDownLatch stalled = proxy.passNewcomers();
            device.awaitListening();
            stalled.countDown(); // now the broker receives the first CONNECT, which takes over the second connection
            device.awaitListening();
            assertThat(device.replaced).isNotDone();
        }
    }

    @Test
    void broker_hangsAndRecovers_nothingBlocksAndServiceResumes() throws Exception {
        MqttBroker alert = client().keepAlive(Duration.ofSeconds(1))
                .connectTimeout(Duration.ofSeconds(1))
                .build();
        try (MqttSignaller node = MqttSignaller.create(alert);
                HeardInvitations device = HeardInvitations.listen(alert, deviceId, HeardInvitations.ACCEPT)) {
            node.connected().toCompletableFuture().get(20, SECONDS);
            assertThat(signal(node, deviceId)).isInstanceOf(Result.Delivered.class);
            proxy.stall();
            node.signal(Invitations.to(deviceId, Duration.ofSeconds(1)));
            await().atMost(PATIENCE).until(() -> node.kept() == 0);
            await("both have noticed and try on").atMost(PATIENCE).until(() -> givenUp() >= 2);
            proxy.release();
            await().atMost(PATIENCE).until(() -> signal(node, deviceId) instanceof Result.Delivered);
            assertThat(device.replaced).isNotDone();
        }
    }
}
