package io.github.wsbridge.signal.mqtt;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.hivemq.client.mqtt.MqttClient;
import com.hivemq.client.mqtt.MqttClientSslConfig;
import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.mqtt5.exceptions.Mqtt5PubAckException;
import io.github.wsbridge.spi.InvitationSource.Answer;
import io.github.wsbridge.spi.Signaller.Result;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Debian's mosquitto, with TLS and with access rules that allow nodes and devices only what they need. */
@Tag("system")
@Timeout(120)
class MosquittoSystemTest {

    private static final Duration PATIENCE = Duration.ofSeconds(20);

    @TempDir
    private static Path folder;

    private static Mosquitto mosquitto;

    @BeforeAll
    static void start() throws Exception {
        mosquitto = new Mosquitto(folder);
    }

    @AfterAll
    static void stop() throws Exception {
        mosquitto.close();
    }

    private static MqttSignaller node(boolean mqtt3) throws Exception {
        MqttSignaller node = MqttSignaller.create(mosquitto
                .client("node")
                .mqtt3(mqtt3)
                .backoff(Duration.ofMillis(100), Duration.ofMillis(500))
                .build());
        node.connected().toCompletableFuture().get(20, SECONDS);
        return node;
    }

    private static Result signal(MqttSignaller node, String deviceId) throws Exception {
        return node.signal(Invitations.to(deviceId)).toCompletableFuture().get(20, SECONDS);
    }

    @Test
    void device_withPassword_acceptsAndRejects() throws Exception {
        try (MqttSignaller node = node(false)) {
            MqttBroker broker = mosquitto.client("device-1").build();
            try (HeardInvitations device = HeardInvitations.listen(broker, "device-1", HeardInvitations.ACCEPT)) {
                assertThat(signal(node, "device-1")).isEqualTo(new Result.Delivered());
                assertThat(device.heard).hasSize(1);
            }
            try (HeardInvitations device =
                    HeardInvitations.listen(broker, "device-1", invitation -> new Answer.Rejected(42, "busy"))) {
                assertThat(signal(node, "device-1")).isEqualTo(new Result.Rejected(42, "busy"));
                assertThat(device.rejectionsTaken.take()).isTrue();
            }
            await().atMost(PATIENCE).until(() -> signal(node, "device-1") instanceof Result.Unreachable);
        }
    }

    /** The access rules let {@code everything} subscribe to the topic, and no device publish there. */
    @Test
    void device_notAllowedToAnswer_learnsThatItsRejectionFailed() throws Exception {
        String elsewhere = "wsbridge/v1/elsewhere/{nodeId}";
        try (MqttSignaller node = MqttSignaller.create(
                        mosquitto.client("everything").answerTopic(elsewhere).build());
                HeardInvitations device = HeardInvitations.listen(
                        mosquitto.client("device-1").answerTopic(elsewhere).build(),
                        "device-1",
                        invitation -> new Answer.Rejected(42, "busy"))) {
            node.connected().toCompletableFuture().get(20, SECONDS);
            node.signal(Invitations.to("device-1"));
            assertThat(device.rejectionsTaken.poll(20, SECONDS)).isFalse();
        }
    }

    @Test
    void device_withCertificate_accepts() throws Exception {
        try (MqttSignaller node = node(false);
                HeardInvitations device = HeardInvitations.listen(
                        mosquitto.clientWithCertificate().build(), "device-1", HeardInvitations.ACCEPT)) {
            assertThat(signal(node, "device-1")).isEqualTo(new Result.Delivered());
            assertThat(device.heard).hasSize(1);
        }
    }

    @Test
    void device_mqtt3_hears() throws Exception {
        try (MqttSignaller node = node(true);
                HeardInvitations device = HeardInvitations.listen(
                        mosquitto.client("device-1").mqtt3(true).build(), "device-1", HeardInvitations.ACCEPT)) {
            assertThat(signal(node, "device-1")).isEqualTo(new Result.Delivered());
            device.take();
        }
    }

    /** Mosquitto grants the subscription but sends nothing. */
    @Test
    void device_onAnothersTopic_receivesNothing() throws Exception {
        MqttBroker spying = mosquitto.client("device-2").clientId("spy").build();
        try (MqttSignaller node = node(false);
                HeardInvitations spy = HeardInvitations.listen(spying, "device-1", HeardInvitations.ACCEPT);
                HeardInvitations device = HeardInvitations.listen(
                        mosquitto.client("device-1").build(), "device-1", HeardInvitations.ACCEPT);
                HeardInvitations own = HeardInvitations.listen(
                        mosquitto.client("device-2").build(), "device-2", HeardInvitations.ACCEPT)) {
            assertThat(signal(node, "device-1")).isEqualTo(new Result.Delivered());
            assertThat(signal(node, "device-2")).isEqualTo(new Result.Delivered());
            assertThat(device.heard).hasSize(1);
            assertThat(own.heard).hasSize(1);
            assertThat(spy.heard).isEmpty();
        }
    }

    @Test
    void device_invitesAnother_isRefused() throws Exception {
        var client = MqttClient.builder()
                .serverHost("localhost")
                .serverPort(mosquitto.passwordPort())
                .sslConfig(MqttClientSslConfig.builder()
                        .trustManagerFactory(mosquitto.keys().trust())
                        .build())
                .useMqttVersion5()
                .simpleAuth()
                .username("device-2")
                .password(Mosquitto.PASSWORD.getBytes(StandardCharsets.UTF_8))
                .applySimpleAuth()
                .buildBlocking();
        client.connect();
        try {
            assertThatThrownBy(() -> client.publishWith()
                            .topic("wsbridge/v1/devices/device-1/invitations")
                            .qos(MqttQos.AT_LEAST_ONCE)
                            .send())
                    .isInstanceOf(Mqtt5PubAckException.class);
        } finally {
            client.disconnect();
        }
    }

    @Test
    void mosquitto_stoppedAndStarted_serviceResumesByItself() throws Exception {
        try (MqttSignaller node = node(false);
                HeardInvitations device = HeardInvitations.listen(
                        mosquitto
                                .client("device-1")
                                .backoff(Duration.ofMillis(100), Duration.ofMillis(500))
                                .build(),
                        "device-1",
                        HeardInvitations.ACCEPT)) {
            assertThat(signal(node, "device-1")).isEqualTo(new Result.Delivered());
            mosquitto.stop();
            await().atMost(PATIENCE).until(() -> signal(node, "device-1") instanceof Result.Unreachable);
            mosquitto.start();
            device.awaitListening();
            await().atMost(PATIENCE).until(() -> signal(node, "device-1") instanceof Result.Delivered);
        }
    }

    /** With MQTT 5, which supports all features of signallers. */
    @Nested
    class Mqtt5 extends MqttContract {

        @Override
        MqttBroker broker() throws Exception {
            return mosquitto.client("everything").build();
        }
    }

    /** With MQTT 3.1.1 a node learns neither who listens nor what they answer. */
    @Nested
    class Mqtt3 extends MqttContract {

        @Override
        MqttBroker broker() throws Exception {
            return mosquitto.client("everything").mqtt3(true).build();
        }

        @Override
        protected boolean knowsUnreachable() {
            return false;
        }

        @Override
        protected boolean carriesRejections() {
            return false;
        }
    }
}
