package io.github.wsbridge.signal.mqtt;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.hivemq.client.mqtt.MqttClient;
import com.hivemq.client.mqtt.mqtt5.Mqtt5AsyncClient;
import com.hivemq.client.mqtt.mqtt5.message.publish.Mqtt5Publish;
import io.github.wsbridge.spi.Signaller.Result;
import io.github.wsbridge.testkit.FakeScheduler;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class MqttSignallerTest {

    private static final int SUCCESS = 0;
    private static final int NOT_AUTHORIZED = 0x87;
    private static final int MESSAGE_RATE_TOO_HIGH = 0x96;
    private static final int QUOTA_EXCEEDED = 0x97;

    private final FakeScheduler time = new FakeScheduler();
    private MqttSignaller signaller;

    @AfterEach
    void stop() {
        signaller.close();
    }

    private void connect(MqttBroker.Builder settings) throws Exception {
        signaller = MqttSignaller.create(settings.build());
        signaller.connected().toCompletableFuture().get(20, SECONDS);
    }

    private void connectInFakeTime(MqttBroker.Builder settings) throws Exception {
        connect(settings.scheduler(time).clock(time.clock()));
    }

    private CompletionStage<Result> signalInFakeTime() {
        return signaller.signal(
                Invitations.to("device-1", time.clock().instant().plusSeconds(30)));
    }

    private static Result get(CompletionStage<Result> stage) throws Exception {
        return stage.toCompletableFuture().get(20, SECONDS);
    }

    @Test
    void signal_neverConnected_isUnreachableAtOnce() throws Exception {
        try (FakeBroker gone = new FakeBroker()) {
            gone.close();
            signaller = MqttSignaller.create(gone.client().build());
            assertThat(signaller.signal(Invitations.to("device-1")).toCompletableFuture())
                    .isCompletedWithValue(new Result.Unreachable("the MQTT broker is not connected"));
        }
    }

    @Test
    void signal_connectionEndsBeforeTheAcknowledgement_isUnreachable() throws Exception {
        try (FakeBroker broker = new FakeBroker()) {
            connect(broker.client());
            CompletionStage<Result> result = signaller.signal(Invitations.to("device-1"));
            broker.take();
            broker.drop();
            assertThat(get(result)).isInstanceOf(Result.Unreachable.class);
            assertThat(signaller.kept()).isZero();
        }
    }

    @Test
    void signal_connectionEndsAfterTheAcknowledgement_mayStillBeAccepted() throws Exception {
        try (FakeBroker broker = new FakeBroker()) {
            broker.receiveMaximum = 1; // so the second arrives after the acknowledgement of the first
            connectInFakeTime(broker.client());
            CompletionStage<Result> first = signalInFakeTime();
            CompletionStage<Result> second = signalInFakeTime();
            broker.take().acknowledge(SUCCESS);
            broker.take();
            broker.drop();
            assertThat(get(second)).isInstanceOf(Result.Unreachable.class);
            assertThat(first.toCompletableFuture()).isNotDone();
            time.advance(Duration.ofSeconds(30));
            assertThat(get(first)).isInstanceOf(Result.Delivered.class);
        }
    }

    @Test
    void signal_noAcknowledgements_holdsBoundedMemory() throws Exception {
        try (FakeBroker broker = new FakeBroker()) {
            connectInFakeTime(broker.client().maxPending(2));
            CompletionStage<Result> first = signalInFakeTime();
            CompletionStage<Result> second = signalInFakeTime();
            FakeBroker.Published published = broker.take();
            broker.take();
            assertThat(get(signalInFakeTime()))
                    .isEqualTo(new Result.Throttled("too many pending invitations over MQTT"));
            time.advance(Duration.ofSeconds(30));
            assertThat(signaller.kept()).isZero();
            assertThat(first.toCompletableFuture())
                    .as("the node's timer decides")
                    .isNotDone();
            assertThat(second.toCompletableFuture()).isNotDone();
            assertThat(signaller.room()).isZero(); // the client still holds both
            published.acknowledge(SUCCESS);
            await().until(() -> signaller.room() == 1);
        }
    }

    @Test
    void signal_beyondTheReceiveMaximum_waitAndLoseLifetime() throws Exception {
        try (FakeBroker broker = new FakeBroker()) {
            broker.receiveMaximum = 1;
            connectInFakeTime(broker.client());
            signalInFakeTime();
            FakeBroker.Published first = broker.take();
            assertThat(first.expiry()).isEqualTo(30);
            signaller.signal(Invitations.to("device-1", time.clock().instant().plusSeconds(10)));
            signaller.signal(Invitations.to("device-1", time.clock().instant().plusSeconds(25)));
            time.advance(Duration.ofSeconds(10));
            first.acknowledge(SUCCESS);
            assertThat(broker.take().expiry())
                    .as("the second has expired, the third has 15 seconds left")
                    .isEqualTo(15);
            assertThat(signaller.kept()).isEqualTo(2);
        }
    }

    @Test
    void signal_waitingWhenTheConnectionEnds_isUnreachable() throws Exception {
        try (FakeBroker broker = new FakeBroker()) {
            broker.receiveMaximum = 1;
            connectInFakeTime(broker.client());
            List<CompletionStage<Result>> results =
                    Stream.generate(this::signalInFakeTime).limit(5000).toList();
            broker.take();
            broker.drop();
            for (CompletionStage<Result> result : results) {
                assertThat(get(result)).isInstanceOf(Result.Unreachable.class);
            }
            await().until(() -> signaller.room() == 10_000);
        }
    }

    /** The MQTT client queues and does not block. This holds for its version 1.4.2; others might differ. */
    @Test
    void signal_manyUnacknowledged_areAllPublished() throws Exception {
        try (FakeBroker broker = new FakeBroker()) {
            connectInFakeTime(broker.client());
            for (int i = 0; i < 2000; i++) {
                signalInFakeTime();
            }
            for (int i = 0; i < 2000; i++) {
                broker.take();
            }
            assertThat(signaller.kept()).isEqualTo(2000);
        }
    }

    @Test
    void signal_topicForbidden_isUnreachable() throws Exception {
        try (FakeBroker broker = new FakeBroker()) {
            connectInFakeTime(broker.client());
            CompletionStage<Result> result = signalInFakeTime();
            broker.take().acknowledge(NOT_AUTHORIZED);
            assertThat(get(result)).isInstanceOf(Result.Unreachable.class);
            assertThat(time.pending()).as("the maximum pause").isEqualTo(1);
        }
    }

    @Test
    void signal_quotaExceeded_isThrottled_nextIsPublished() throws Exception {
        try (FakeBroker broker = new FakeBroker()) {
            connectInFakeTime(broker.client());
            CompletionStage<Result> result = signalInFakeTime();
            broker.take().acknowledge(QUOTA_EXCEEDED);
            assertThat(get(result)).isEqualTo(new Result.Throttled("the MQTT broker is over its limit"));
            signalInFakeTime();
            broker.take();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {MESSAGE_RATE_TOO_HIGH, QUOTA_EXCEEDED})
    void signal_connectionEndedOverALimit_isThrottledAndReconnects(int reasonCode) throws Exception {
        try (FakeBroker broker = new FakeBroker()) {
            connectInFakeTime(broker.client());
            CompletionStage<Result> result = signalInFakeTime();
            broker.take().disconnect(reasonCode);
            assertThat(get(result)).isEqualTo(new Result.Throttled("the MQTT broker is over its limit"));
            await().until(() -> {
                time.advance(Duration.ofSeconds(60)); // more than once: the link may notice the loss later
                signalInFakeTime();
                return signaller.kept() > 0;
            });
            broker.take();
        }
    }

    @Test
    void connect_answerTopicForbidden_triesAgainNearTheMaximumPause() throws Exception {
        try (FakeBroker broker = new FakeBroker()) {
            broker.subscribed = NOT_AUTHORIZED;
            signaller = MqttSignaller.create(
                    broker.client().scheduler(time).clock(time.clock()).build());
            await().until(() -> time.pending() == 1);
            time.advance(Duration.ofSeconds(29));
            assertThat(time.pending()).isEqualTo(1);
            broker.subscribed = 1;
            time.advance(Duration.ofSeconds(31));
            signaller.connected().toCompletableFuture().get(20, SECONDS);
        }
    }

    @Test
    void signal_expired_isUnreachable() throws Exception {
        try (FakeBroker broker = new FakeBroker()) {
            connectInFakeTime(broker.client());
            assertThat(signaller
                            .signal(Invitations.to("device-1", time.clock().instant()))
                            .toCompletableFuture())
                    .isCompletedWithValue(new Result.Unreachable("the invitation has expired"));
        }
    }

    @Test
    void close_whileInvitationsWait_endsThem() throws Exception {
        try (FakeBroker broker = new FakeBroker()) {
            connect(broker.client());
            CompletionStage<Result> result = signaller.signal(Invitations.to("device-1"));
            broker.take().acknowledge(SUCCESS);
            signaller.close();
            assertThat(signaller.kept()).isZero();
            assertThat(get(result)).isInstanceOf(Result.Unreachable.class);
            assertThat(get(signaller.signal(Invitations.to("device-1"))))
                    .isEqualTo(new Result.Unreachable("the node is stopping"));
        }
    }

    @Test
    void signal_nobodyListens_isUnreachableLongBeforeItExpires() throws Exception {
        connect(EmbeddedBroker.shared().client());
        assertThat(get(signaller.signal(Invitations.to("nobody", Duration.ofHours(1)))))
                .isEqualTo(new Result.Unreachable("the device is not subscribed on MQTT"));
    }

    @Test
    void signal_message_hasExpiryAndAnswerTopic() throws Exception {
        try (Client device = new Client()) {
            BlockingQueue<Mqtt5Publish> heard = device.hear("wsbridge/v1/devices/a%2Fb/invitations");
            connect(EmbeddedBroker.shared().client());
            signaller.signal(Invitations.to("a/b", Duration.ofSeconds(90)));
            Mqtt5Publish message = heard.poll(20, SECONDS);
            assertThat(message.getMessageExpiryInterval().orElse(0)).isBetween(60L, 90L);
            assertThat(message.isRetain()).isFalse();
            assertThat(message.getResponseTopic().orElseThrow().toString())
                    .matches("wsbridge/v1/nodes/[0-9a-f]{32}/answers");
            assertThat(message.getCorrelationData().orElseThrow().remaining()).isEqualTo(16);
        }
    }

    @Test
    void signal_invalidAnswers_areIgnored() throws Exception {
        try (Client device = new Client()) {
            BlockingQueue<Mqtt5Publish> heard = device.hear("wsbridge/v1/devices/device-1/invitations");
            connect(EmbeddedBroker.shared().client());
            CompletableFuture<Result> result =
                    signaller.signal(Invitations.to("device-1")).toCompletableFuture();
            Mqtt5Publish message = heard.poll(20, SECONDS);
            byte[] correlation = new byte[16];
            message.getCorrelationData().orElseThrow().get(correlation);
            String topic = message.getResponseTopic().orElseThrow().toString();
            device.publish(topic, new byte[] {1}, "{\"type\":\"reject\"}");
            device.publish(topic, null, "{\"type\":\"reject\"}");
            device.publish(topic, correlation, "no JSON");
            device.publish(topic, correlation, "{\"type\":\"reject\",\"code\":10000}");
            assertThat(result).isNotDone();
            device.publish(topic, correlation, "{\"type\":\"reject\",\"code\":7,\"reason\":\"last\"}");
            assertThat(get(result)).isEqualTo(new Result.Rejected(7, "last"));
        }
    }

    /** A device without this project's code. */
    private static final class Client implements AutoCloseable {
        private final Mqtt5AsyncClient client;

        Client() throws Exception {
            client = MqttClient.builder()
                    .serverHost("127.0.0.1")
                    .serverPort(EmbeddedBroker.shared().port())
                    .useMqttVersion5()
                    .buildAsync();
            client.connect().get(20, SECONDS);
        }

        BlockingQueue<Mqtt5Publish> hear(String topic) throws Exception {
            BlockingQueue<Mqtt5Publish> heard = new LinkedBlockingQueue<>();
            client.subscribeWith()
                    .topicFilter(topic)
                    .callback(heard::add)
                    .send()
                    .get(20, SECONDS);
            return heard;
        }

        void publish(String topic, byte[] correlation, String text) throws Exception {
            client.publish(Mqtt5Publish.builder()
                            .topic(topic)
                            .correlationData(correlation)
                            .payload(text.getBytes(StandardCharsets.UTF_8))
                            .build())
                    .get(20, SECONDS);
        }

        @Override
        public void close() throws Exception {
            client.disconnect().get(20, SECONDS);
        }
    }
}
