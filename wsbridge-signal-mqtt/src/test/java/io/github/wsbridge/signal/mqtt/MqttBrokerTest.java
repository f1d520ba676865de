package io.github.wsbridge.signal.mqtt;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.awaitility.Awaitility.await;

import io.github.wsbridge.spi.Signaller.Result;
import io.github.wsbridge.testkit.LogCapture;
import java.net.URI;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests connecting to a broker, and reconnecting. */
@Timeout(120)
class MqttBrokerTest {

    private static final Duration SHORT = Duration.ofMillis(100);

    private final EmbeddedBroker broker;

    MqttBrokerTest() throws Exception {
        broker = EmbeddedBroker.shared();
    }

    /** Returns whether a node can connect. */
    private static void connects(MqttBroker.Builder settings) throws Exception {
        try (MqttSignaller signaller = MqttSignaller.create(settings.build())) {
            signaller.connected().toCompletableFuture().get(20, SECONDS);
        }
    }

    /** Returns whether a node is still refused after more than one attempt. */
    private static void doesNotConnect(MqttBroker.Builder settings) throws Exception {
        try (LogCapture log = new LogCapture();
                MqttSignaller signaller =
                        MqttSignaller.create(settings.backoff(SHORT, SHORT).build())) {
            await().atMost(Duration.ofSeconds(20))
                    .until(() -> log.all().stream()
                                    .filter(message -> message.contains("refuses") || message.contains("cannot reach"))
                                    .count()
                            >= 3);
            assertThat(signaller.connected().toCompletableFuture()).isNotDone();
            assertThat(log.all()).noneMatch(message -> message.contains("password-that"));
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void password_right_connects(boolean mqtt3) throws Exception {
        connects(broker.client().mqtt3(mqtt3).user("node", EmbeddedBroker.PASSWORD));
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void password_wrong_isRefusedAndTriedAgain(boolean mqtt3) throws Exception {
        doesNotConnect(broker.client().mqtt3(mqtt3).user("node", "password-that-is-wrong"));
        doesNotConnect(broker.client().mqtt3(mqtt3).user("node"));
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void tls_trustedBroker_connects(boolean mqtt3) throws Exception {
        connects(MqttBroker.builder(broker.tls("localhost"))
                .mqtt3(mqtt3)
                .trust(broker.keys().trust()));
    }

    @Test
    void tls_wrongAuthorityOrName_doesNotConnect() throws Exception {
        doesNotConnect(MqttBroker.builder(broker.tls("localhost")));
        doesNotConnect(
                MqttBroker.builder(broker.tls("localhost")).trust(broker.keys().distrust()));
        doesNotConnect(
                MqttBroker.builder(broker.tls("127.0.0.1")).trust(broker.keys().trust()));
    }

    @Test
    void mutualTls_connectsOnlyWithTheKey() throws Exception {
        connects(MqttBroker.builder(broker.mutualTls("localhost"))
                .trust(broker.keys().trust())
                .key(broker.keys().clientKey()));
        doesNotConnect(MqttBroker.builder(broker.mutualTls("localhost"))
                .trust(broker.keys().trust()));
    }

    @Test
    void broker_stoppedAndStarted_serviceResumesByItself() throws Exception {
        EmbeddedBroker own = EmbeddedBroker.own();
        MqttBroker.Builder settings = own.client().backoff(SHORT, SHORT.multipliedBy(5));
        MqttBroker mqtt5 = settings.build();
        MqttBroker mqtt3 = settings.mqtt3(true).build();
        try (MqttSignaller node5 = MqttSignaller.create(mqtt5);
                MqttSignaller node3 = MqttSignaller.create(mqtt3);
                HeardInvitations device5 = HeardInvitations.listen(mqtt5, "device-5", HeardInvitations.ACCEPT);
                HeardInvitations device3 = HeardInvitations.listen(mqtt3, "device-3", HeardInvitations.ACCEPT)) {
            node5.connected().toCompletableFuture().get(20, SECONDS);
            node3.connected().toCompletableFuture().get(20, SECONDS);
            assertThat(signal(node5, "device-5")).isInstanceOf(Result.Delivered.class);
            assertThat(signal(node3, "device-3")).isInstanceOf(Result.Delivered.class);
            device3.take();
            own.stop();
            await().until(() -> signal(node5, "device-5") instanceof Result.Unreachable);
            await().until(() -> signal(node3, "device-3") instanceof Result.Unreachable);
            own.start();
            device5.awaitListening();
            device3.awaitListening();
            await().atMost(Duration.ofSeconds(20)).until(() -> signal(node5, "device-5") instanceof Result.Delivered);
            await().atMost(Duration.ofSeconds(20)).until(() -> signal(node3, "device-3") instanceof Result.Delivered);
            device3.take();
            assertThat(node5.kept()).isZero();
            assertThat(node3.kept()).isZero();
        } finally {
            own.end();
        }
    }

    private static Result signal(MqttSignaller signaller, String deviceId) throws Exception {
        CompletableFuture<Result> result = signaller
                .signal(Invitations.to(deviceId, Duration.ofSeconds(5)))
                .toCompletableFuture();
        return result.completeOnTimeout(new Result.Unreachable("no acknowledgement"), 10, SECONDS)
                .get();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "tcp://h",
                "mqtt:h",
                "mqtt:///x",
                "mqtts://h/path",
                "mqtt://user:password@h",
                "mqtt://h?q",
                "mqtt://h#f",
                "h:1883"
            })
    void builder_invalidUri_isRefused(String uri) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> MqttBroker.builder(URI.create(uri)))
                .withMessageNotContaining("password");
    }

    @Test
    void build_invalidSettings_areRefused() throws Exception {
        URI plain = URI.create("mqtt://h");
        assertThatIllegalArgumentException()
                .isThrownBy(
                        () -> MqttBroker.builder(plain).keepAlive(Duration.ZERO).build());
        assertThatIllegalArgumentException()
                .isThrownBy(() ->
                        MqttBroker.builder(plain).keepAlive(Duration.ofDays(1)).build());
        assertThatIllegalArgumentException()
                .isThrownBy(() ->
                        MqttBroker.builder(plain).backoff(Duration.ZERO, SHORT).build());
        assertThatIllegalArgumentException()
                .isThrownBy(() -> MqttBroker.builder(plain)
                        .backoff(SHORT, Duration.ofMillis(1))
                        .build());
        assertThatIllegalArgumentException()
                .isThrownBy(() ->
                        MqttBroker.builder(plain).connectTimeout(Duration.ZERO).build());
        assertThatIllegalArgumentException()
                .isThrownBy(() -> MqttBroker.builder(plain).maxPending(0).build());
        assertThatIllegalArgumentException()
                .isThrownBy(() ->
                        MqttBroker.builder(plain).trust(broker.keys().trust()).build());
    }

    @Test
    void toString_showsNoSecret() {
        assertThat(MqttBroker.builder(URI.create("mqtts://h:1"))
                        .user("u", "secret")
                        .build())
                .hasToString("MqttBroker[mqtts://h:1]");
    }
}
