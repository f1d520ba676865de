package io.github.wsbridge.signal.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.wsbridge.CloseReason;
import io.github.wsbridge.DeviceState;
import io.github.wsbridge.Invitation;
import io.github.wsbridge.wire.message.InvitationJson;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.junit.jupiter.api.Test;

/** What the reader makes of the answers of Kafka's consumer; the test is its thread. */
final class KafkaReaderTest {

    private static final String TOPIC = "invitations";

    private final MockConsumer<String, byte[]> consumer = new MockConsumer<>("latest");
    private final KafkaReader reader = new KafkaReader(consumer, TOPIC, InstantSource.system());
    private final HearingSink device = new HearingSink();
    private final KafkaInvitations source = KafkaInvitations.create(reader, "device");
    private long offset = 100;

    private void partitions(int count) {
        List<PartitionInfo> all = new ArrayList<>();
        Map<TopicPartition, Long> beginnings = new HashMap<>();
        Map<TopicPartition, Long> ends = new HashMap<>();
        for (int i = 0; i < count; i++) {
            all.add(new PartitionInfo(TOPIC, i, null, null, null));
            beginnings.put(new TopicPartition(TOPIC, i), 0L);
            ends.put(new TopicPartition(TOPIC, i), 100L);
        }
        consumer.updatePartitions(TOPIC, all);
        consumer.updateBeginningOffsets(beginnings);
        consumer.updateEndOffsets(ends);
    }

    private void arrives(String key, byte[] value) {
        consumer.addRecord(new ConsumerRecord<>(TOPIC, 0, offset++, key, value));
    }

    private static byte[] json(Invitation invitation) {
        return InvitationJson.format(invitation).getBytes(StandardCharsets.UTF_8);
    }

    private void listen() {
        partitions(1);
        source.start(device);
        assertThat(reader.read()).isZero();
        assertThat(device.listening.tryAcquire()).isTrue();
    }

    @Test
    void invitations_areThoseUnderTheDevicesId() {
        listen();
        Invitation mine = Invitations.of("device", Duration.ofMinutes(1));
        arrives("other", json(Invitations.of("other", Duration.ofMinutes(1))));
        arrives(null, json(mine));
        arrives("device", null);
        arrives("device", "no JSON".getBytes(StandardCharsets.UTF_8));
        arrives("device", json(mine));
        assertThat(reader.read()).isZero();
        assertThat(device.heard).containsExactly(mine);
    }

    @Test
    void invitationThatIsVeryLate_isDropped() {
        listen();
        Invitation late = Invitations.of("device", Duration.ofSeconds(-5)); // clocks differ
        arrives("device", json(Invitations.of("device", Duration.ofMinutes(-2))));
        arrives("device", json(late));
        reader.read();
        assertThat(device.heard).containsExactly(late);
    }

    @Test
    void topic_isReadFromItsEnd_andAddedPartitionsFromTheirBeginning() {
        listen();
        assertThat(consumer.position(new TopicPartition(TOPIC, 0))).isEqualTo(100);
        partitions(2);
        assertThat(reader.read()).isZero();
        assertThat(consumer.position(new TopicPartition(TOPIC, 0))).isEqualTo(100);
        assertThat(consumer.position(new TopicPartition(TOPIC, 1))).isZero();
        assertThat(device.listening.availablePermits()).as("it never stopped").isZero();
    }

    @Test
    void missingTopic_isReported_andTriedAgain() {
        source.start(device);
        reader.read();
        assertThat(device.states).singleElement().isInstanceOf(DeviceState.Retrying.class);
        assertThat(device.states.toString()).contains("there is no topic invitations");
        assertThat(device.listening.tryAcquire()).isFalse();
        partitions(1);
        assertThat(reader.read()).isZero();
        assertThat(device.listening.tryAcquire()).isTrue();
    }

    @Test
    void failure_isReported_andNothingIsMissed() {
        listen();
        consumer.setPollException(new KafkaException("the disk is full"));
        reader.read();
        assertThat(device.states).singleElement().isInstanceOf(DeviceState.Retrying.class);
        Invitation mine = Invitations.of("device", Duration.ofMinutes(1));
        arrives("device", json(mine));
        assertThat(reader.read()).isZero();
        assertThat(device.listening.tryAcquire()).isTrue();
        assertThat(device.heard).containsExactly(mine);
    }

    @Test
    void refusal_isReported_andTriedAgainMuchLater() {
        listen();
        consumer.setPollException(new TopicAuthorizationException(TOPIC));
        assertThat(reader.read()).isGreaterThanOrEqualTo(Duration.ofSeconds(15));
        assertThat(device.states).singleElement().isInstanceOf(DeviceState.Refused.class);
    }

    @Test
    void sourceThatJoinsLater_listensAtOnce_andOneThatLeavesHearsNothing() {
        listen();
        HearingSink second = new HearingSink();
        KafkaInvitations.create(reader, "device").start(second);
        assertThat(second.listening.tryAcquire()).isTrue();
        source.close();
        arrives("device", json(Invitations.of("device", Duration.ofMinutes(1))));
        reader.read();
        assertThat(device.heard).isEmpty();
        assertThat(second.heard).hasSize(1);
    }

    @Test
    void close_endsAllSources_alsoThoseThatComeLater() {
        listen();
        reader.close();
        reader.close();
        assertThat(device.ended).singleElement().extracting(CloseReason::code).isEqualTo(CloseReason.GOING_AWAY);
        HearingSink late = new HearingSink();
        KafkaInvitations.create(reader, "late").start(late);
        assertThat(late.ended).hasSize(1);
    }

    @Test
    void settings_areTheCallers_exceptThatThereIsNoGroup_andNothingIsCommitted() {
        assertThat(Settings.ofConsumer(
                        Map.of("bootstrap.servers", "k:9092", "group.id", "g", "enable.auto.commit", true)))
                .doesNotContainKey("group.id")
                .containsEntry("bootstrap.servers", "k:9092")
                .containsEntry("enable.auto.commit", false)
                .containsEntry("fetch.max.bytes", 1024 * 1024);
    }
}
