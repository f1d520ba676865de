package io.github.wsbridge.signal.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.wsbridge.Invitation;
import io.github.wsbridge.spi.Signaller.Result;
import io.github.wsbridge.testkit.FakeScheduler;
import io.github.wsbridge.wire.message.InvitationJson;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.clients.producer.BufferExhaustedException;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Test;

/** What the signaller makes of the answers of Kafka's producer. */
final class KafkaSignallerTest {

    private static final Result NOT_TAKEN = new Result.Unreachable("Kafka did not take the invitation");

    private final MockProducer<String, byte[]> producer =
            new MockProducer<>(false, null, new StringSerializer(), new ByteArraySerializer());
    private final FakeScheduler timer = new FakeScheduler();
    private final KafkaSignaller signaller =
            new KafkaSignaller(producer, KafkaSignallerTest::topic, timer.clock(), timer);
    private final Invitation invitation =
            Invitations.of("a/b ä", timer.clock().instant().plusSeconds(30));

    private static String topic(String deviceId) {
        if (deviceId.startsWith("far")) {
            throw new IllegalArgumentException("no gateway");
        }
        return "invitations." + deviceId.length();
    }

    private CompletableFuture<Result> signal() {
        return signaller.signal(invitation).toCompletableFuture();
    }

    @Test
    void acknowledged_isDelivered_underTheDevicesId() {
        CompletableFuture<Result> result = signal();
        assertThat(result).isNotDone();
        assertThat(signaller.kept()).isEqualTo(1);
        assertThat(producer.completeNext()).isTrue();
        assertThat(result).isCompletedWithValue(new Result.Delivered());
        assertThat(signaller.kept()).isZero();
        List<ProducerRecord<String, byte[]>> sent = producer.history();
        assertThat(sent).hasSize(1);
        assertThat(sent.get(0).topic()).isEqualTo("invitations.5");
        assertThat(sent.get(0).key()).isEqualTo("a/b ä");
        assertThat(InvitationJson.parse(new String(sent.get(0).value(), StandardCharsets.UTF_8), "a/b ä"))
                .isEqualTo(invitation);
    }

    @Test
    void notAcknowledgedInTime_isUnreachable() {
        CompletableFuture<Result> result = signal();
        producer.errorNext(new TimeoutException("10 s"));
        assertThat(result).isCompletedWithValue(NOT_TAKEN);
    }

    @Test
    void unknownTopic_isWaitedFor_withoutBlocking() {
        producer.partitionsForException = new TimeoutException("not present in metadata after 0 ms");
        CompletableFuture<Result> result = signal();
        timer.advance(Duration.ofSeconds(1));
        assertThat(producer.history()).isEmpty();
        producer.partitionsForException = null;
        timer.advance(Duration.ofSeconds(1));
        assertThat(producer.completeNext()).isTrue();
        assertThat(result).isCompletedWithValue(new Result.Delivered());
    }

    @Test
    void topicThatStaysUnknown_isUnreachable() {
        producer.partitionsForException = new TimeoutException("not present in metadata after 0 ms");
        CompletableFuture<Result> result = signal();
        timer.advance(Duration.ofSeconds(4));
        assertThat(result).isNotDone();
        timer.advance(Duration.ofSeconds(2));
        assertThat(result).isCompletedWithValue(NOT_TAKEN);
        producer.partitionsForException = null;
        timer.advance(Duration.ofSeconds(10));
        assertThat(producer.history()).isEmpty();
    }

    @Test
    void refusedTopic_isUnreachable() {
        producer.partitionsForException = new TopicAuthorizationException("invitations.5");
        assertThat(signal()).isCompletedWithValue(NOT_TAKEN);
        assertThat(signaller.kept()).isZero();
    }

    @Test
    void fullMemory_isThrottled() {
        producer.sendException = new BufferExhaustedException("8 MiB");
        assertThat(signal().join()).isInstanceOf(Result.Throttled.class);
        assertThat(signaller.kept()).isZero();
    }

    @Test
    void deviceWithoutATopic_isUnreachable() {
        Invitation far = Invitations.of("far-away", timer.clock().instant().plusSeconds(30));
        assertThat(signaller.signal(far).toCompletableFuture())
                .isCompletedWithValue(new Result.Unreachable("there is no Kafka topic for the device"));
    }

    @Test
    void close_givesUp_andClosesTheProducer() {
        CompletableFuture<Result> result = signal();
        signaller.close();
        assertThat(result).isCompletedWithValue(new Result.Unreachable("the node is stopping"));
        assertThat(producer.closed()).isTrue();
    }

    @Test
    void settings_areTheCallers_exceptThatSendingNeverBlocks() {
        Map<String, Object> settings =
                Settings.ofProducer(Map.of("bootstrap.servers", "k:9092", "linger.ms", 7, "max.block.ms", 60_000));
        assertThat(settings)
                .containsEntry("bootstrap.servers", "k:9092")
                .containsEntry("linger.ms", 7)
                .containsEntry("max.block.ms", 0)
                .containsEntry("delivery.timeout.ms", 10_000);
        assertThatThrownBy(() -> KafkaSignaller.create(Map.of("bootstrap.servers", "no port")))
                .isInstanceOf(KafkaException.class);
    }

    @Test
    void brokersWhoseNamesAreUnknown_failNothingButTheInvitation() {
        try (KafkaSignaller offline = KafkaSignaller.create(Map.of("bootstrap.servers", "kafka.invalid:9092"))) {
            assertThat(offline.signal(Invitations.of("device", Duration.ofMillis(100)))
                            .toCompletableFuture())
                    .isNotDone();
        }
    }
}
