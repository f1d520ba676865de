package io.github.wsbridge.signal.mqtt;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNoException;

import com.hivemq.client.mqtt.MqttClient;
import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.mqtt5.Mqtt5BlockingClient;
import com.hivemq.client.mqtt.mqtt5.message.publish.Mqtt5Publish;
import com.hivemq.client.mqtt.mqtt5.message.publish.Mqtt5PublishBuilder;
import io.github.wsbridge.Invitation;
import io.github.wsbridge.spi.InvitationSource.Answer;
import io.github.wsbridge.wire.message.InvitationJson;
import io.github.wsbridge.wire.message.JsonMessage;
import java.time.Duration;
import java.util.UUID;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class MqttInvitationsTest {

    private final String deviceId = "device-" + UUID.randomUUID();
    private final String topic = "wsbridge/v1/devices/" + deviceId + "/invitations";
    private EmbeddedBroker broker;
    private Mqtt5BlockingClient node;

    @BeforeEach
    void connect() throws Exception {
        broker = EmbeddedBroker.shared();
        node = MqttClient.builder()
                .serverHost("127.0.0.1")
                .serverPort(broker.port())
                .useMqttVersion5()
                .buildBlocking();
        node.connect();
    }

    @AfterEach
    void disconnect() {
        node.disconnect();
    }

    private HeardInvitations listen(MqttBroker.Builder settings) throws Exception {
        return HeardInvitations.listen(settings.build(), deviceId, invitation -> new Answer.Rejected(7, "no"));
    }

    private static byte[] payload(Invitation invitation) {
        return JsonMessage.write(InvitationJson.write(invitation));
    }

    private void publish(byte[] payload, UnaryOperator<Mqtt5PublishBuilder.Complete> more) {
        node.publish(more.apply(Mqtt5Publish.builder()
                        .topic(topic)
                        .qos(MqttQos.AT_LEAST_ONCE)
                        .payload(payload))
                .build());
    }

    @Test
    void invitation_receivedTwice_isOfferedOnce() throws Exception {
        try (HeardInvitations device = listen(broker.client())) {
            Invitation first = Invitations.to(deviceId);
            Invitation second = Invitations.to(deviceId);
            publish(payload(first), message -> message);
            publish(payload(first), message -> message);
            publish(payload(second), message -> message);
            assertThat(device.take()).isEqualTo(first);
            assertThat(device.take()).isEqualTo(second);
        }
    }

    @Test
    void message_notAnInvitation_isDropped() throws Exception {
        try (HeardInvitations device = listen(broker.client())) {
            publish(new byte[0], message -> message);
            publish(new byte[] {(byte) 0xff, 0}, message -> message);
            publish(JsonMessage.write(AnswerJson.accept()), message -> message);
            publish(new byte[JsonMessage.MAX_BYTES + 1], message -> message);
            publish(new byte[JsonMessage.MAX_BYTES * 3], message -> message); // more than the broker may deliver
            Invitation invitation = Invitations.to(deviceId);
            publish(payload(invitation), message -> message);
            assertThat(device.take()).isEqualTo(invitation);
        }
    }

    @Test
    void invitation_fromBeforeListening_isDropped() throws Exception {
        publish(payload(Invitations.to(deviceId)), message -> message.retain(true));
        for (boolean mqtt3 : new boolean[] {true, false}) {
            try (HeardInvitations device = listen(broker.client().mqtt3(mqtt3))) {
                Invitation invitation = Invitations.to(deviceId);
                publish(payload(invitation), message -> message);
                assertThat(device.take()).isEqualTo(invitation);
            }
        }
        publish(new byte[0], message -> message.retain(true));
    }

    @Test
    void reject_invitationWithAnswerTopic_isAnswered() throws Exception {
        node.subscribeWith().topicFilter("wsbridge/v1/nodes/n/answers").send();
        try (HeardInvitations device = listen(broker.client())) {
            publish(
                    payload(Invitations.to(deviceId)),
                    message ->
                            message.responseTopic("wsbridge/v1/nodes/n/answers").correlationData(new byte[] {1}));
            assertThat(device.rejectionsTaken.poll(20, SECONDS)).isTrue();
        }
    }

    /** As while the node reconnects to the broker. */
    @Test
    void reject_answerWithoutSubscriber_isLeftToTheAcceptUrl() throws Exception {
        try (HeardInvitations device = listen(broker.client())) {
            publish(
                    payload(Invitations.to(deviceId)),
                    message ->
                            message.responseTopic("wsbridge/v1/nodes/n/answers").correlationData(new byte[] {1}));
            assertThat(device.rejectionsTaken.poll(20, SECONDS)).isFalse();
        }
    }

    @Test
    void reject_brokerRefusesTheAnswer_isLeftToTheAcceptUrl() throws Exception {
        node.subscribeWith().topicFilter("wsbridge/v1/nodes/n/answers").send();
        try (HeardInvitations device = HeardInvitations.listen(broker.client().build(), deviceId, invitation -> {
            broker.overQuota = true;
            return new Answer.Rejected(7, "no");
        })) {
            publish(
                    payload(Invitations.to(deviceId)),
                    message ->
                            message.responseTopic("wsbridge/v1/nodes/n/answers").correlationData(new byte[] {1}));
            assertThat(device.rejectionsTaken.poll(20, SECONDS)).isFalse();
        } finally {
            broker.overQuota = false;
        }
    }

    @Test
    void reject_otherAnswerTopic_isLeftToTheAcceptUrl() throws Exception {
        try (HeardInvitations device = listen(broker.client())) {
            publish(
                    payload(Invitations.to(deviceId)),
                    message -> message.responseTopic("alarm/off").correlationData(new byte[] {1}));
            assertThat(device.rejectionsTaken.poll(20, SECONDS)).isFalse();
            publish(payload(Invitations.to(deviceId)), message -> message.responseTopic("wsbridge/v1/nodes/n/answers"));
            assertThat(device.rejectionsTaken.poll(20, SECONDS)).isFalse();
            publish(
                    payload(Invitations.to(deviceId)),
                    message -> message.responseTopic("wsbridge/v1/nodes/n/answers")
                            .correlationData(new byte[Correlation.MAX_LENGTH + 1]));
            assertThat(device.rejectionsTaken.poll(20, SECONDS)).isFalse();
        }
    }

    @Test
    void reject_mqtt3_isLeftToTheAcceptUrl() throws Exception {
        try (HeardInvitations device = listen(broker.client().mqtt3(true))) {
            publish(
                    payload(Invitations.to(deviceId)),
                    message ->
                            message.responseTopic("wsbridge/v1/nodes/n/answers").correlationData(new byte[] {1}));
            assertThat(device.rejectionsTaken.poll(20, SECONDS)).isFalse();
        }
    }

    @Test
    void listen_twice_newestWins() throws Exception {
        try (HeardInvitations older = listen(broker.client());
                HeardInvitations newer = listen(broker.client())) {
            assertThat(older.replaced.get(20, SECONDS).retryIn())
                    .isBetween(Duration.ofSeconds(30), Duration.ofMinutes(1));
            assertThat(older.ended).isNotDone();
            Invitation invitation = Invitations.to(deviceId);
            publish(payload(invitation), message -> message);
            assertThat(newer.take()).isEqualTo(invitation);
            assertThat(older.heard).isEmpty();
        }
    }

    @Test
    void close_withoutStart_doesNothing() {
        assertThatNoException()
                .isThrownBy(() -> MqttInvitations.create(broker.client().build(), deviceId)
                        .close());
    }

    @Test
    void new_deviceIdInvalidForATopic_isRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> MqttInvitations.create(broker.client().build(), "\ud800"));
    }
}
