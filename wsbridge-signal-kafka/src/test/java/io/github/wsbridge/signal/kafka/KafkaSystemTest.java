package io.github.wsbridge.signal.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.wsbridge.Invitation;
import io.github.wsbridge.spi.Signaller.Result;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewPartitions;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A broker that is late, frozen, restarted or changed. */
@Tag("system")
@Timeout(300)
final class KafkaSystemTest {

    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @TempDir
    private static Path folder;

    private static KafkaBroker broker;

    @BeforeAll
    static void startBroker() throws Exception {
        broker = new KafkaBroker(folder);
    }

    @AfterAll
    static void stopBroker() {
        if (broker != null) {
            broker.close();
        }
    }

    private static CompletableFuture<Result> signal(KafkaSignaller signaller, Invitation invitation) {
        return signaller.signal(invitation).toCompletableFuture();
    }

    @Test
    void reader_ofATopicThatIsCreatedLater_hearsWhatFollows() throws Exception {
        HearingSink device = new HearingSink();
        try (KafkaReader reader = KafkaReader.start(broker.settings(), "late");
                KafkaSignaller signaller = KafkaSignaller.create(broker.settings(), id -> "late")) {
            KafkaInvitations.create(reader, "device").start(device);
            assertThat(device.nextState()).contains("no topic late");
            broker.create("late", 1);
            device.awaitListening();
            Invitation invitation = Invitations.of("device", Duration.ofMinutes(1));
            assertThat(signal(signaller, invitation).get(60, TimeUnit.SECONDS)).isEqualTo(new Result.Delivered());
            assertThat(device.next()).isEqualTo(invitation);
        }
    }

    @Test
    void topicThatDoesNotExist_isUnreachable() throws Exception {
        try (KafkaSignaller signaller = KafkaSignaller.create(broker.settings(), id -> "missing")) {
            assertThat(signal(signaller, Invitations.of("device", Duration.ofMinutes(1)))
                            .get(60, TimeUnit.SECONDS))
                    .isEqualTo(new Result.Unreachable("Kafka did not take the invitation"));
            assertThat(signaller.kept()).isZero();
        }
    }

    @Test
    void partitionThatIsAdded_isRead() throws Exception {
        broker.create("growing", 1);
        HearingSink device = new HearingSink();
        try (KafkaReader reader = KafkaReader.start(broker.settings(), "growing");
                Admin admin = Admin.create(broker.settings())) {
            KafkaInvitations.create(reader, "device").start(device);
            device.awaitListening();
            admin.createPartitions(Map.of("growing", NewPartitions.increaseTo(4)))
                    .all()
                    .get();
            try (KafkaSignaller signaller = KafkaSignaller.create(broker.settings(), id -> "growing")) {
                // The key decides on the partition: these go to three of the four.
                for (String id : new String[] {"device", "a", "b", "c", "d", "e", "f"}) {
                    HearingSink other = new HearingSink();
                    KafkaInvitations.create(reader, id).start(other);
                    Invitation invitation = Invitations.of(id, Duration.ofMinutes(1));
                    assertThat(signal(signaller, invitation).get(60, TimeUnit.SECONDS))
                            .isEqualTo(new Result.Delivered());
                    assertThat(other.next()).isEqualTo(invitation);
                }
            }
        }
    }

    @Test
    void frozenBroker_blocksNobody_andIsUsedAgain() throws Exception {
        broker.create("frozen", 1);
        HearingSink device = new HearingSink();
        try (KafkaReader reader = KafkaReader.start(broker.settings(), "frozen");
                KafkaSignaller signaller = KafkaSignaller.create(broker.settings(), id -> "frozen");
                KafkaSignaller fresh = KafkaSignaller.create(broker.settings(), id -> "frozen")) {
            KafkaInvitations.create(reader, "device").start(device);
            device.awaitListening();
            Invitation first = Invitations.of("device", Duration.ofMinutes(1));
            assertThat(signal(signaller, first).get(60, TimeUnit.SECONDS)).isEqualTo(new Result.Delivered());
            assertThat(device.next()).isEqualTo(first);
            broker.signal("STOP");
            try {
                long start = System.nanoTime();
                CompletableFuture<Result> known = signal(signaller, Invitations.of("device", Duration.ofMinutes(1)));
                CompletableFuture<Result> unknown = signal(fresh, Invitations.of("device", Duration.ofMinutes(1)));
                assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(2));
                Result unreachable = new Result.Unreachable("Kafka did not take the invitation");
                assertThat(known.get(60, TimeUnit.SECONDS)).isEqualTo(unreachable);
                assertThat(unknown.get(60, TimeUnit.SECONDS)).isEqualTo(unreachable);
            } finally {
                broker.signal("CONT");
            }
            Invitation last = Invitations.of("device", Duration.ofMinutes(2));
            await().atMost(PATIENCE)
                    .until(() -> signal(signaller, last).get(60, TimeUnit.SECONDS) instanceof Result.Delivered);
            await().atMost(PATIENCE).until(() -> device.next().equals(last)); // the first may have come late
        }
    }

    @Test
    void brokerThatRestarts_isUsedAgain_byBoth() throws Exception {
        broker.create("restarted", 1);
        HearingSink device = new HearingSink();
        try (KafkaReader reader = KafkaReader.start(broker.settings(), "restarted");
                KafkaSignaller signaller = KafkaSignaller.create(broker.settings(), id -> "restarted")) {
            KafkaInvitations.create(reader, "device").start(device);
            device.awaitListening();
            broker.kill();
            assertThat(signal(signaller, Invitations.of("device", Duration.ofMinutes(1)))
                            .get(60, TimeUnit.SECONDS))
                    .isInstanceOf(Result.Unreachable.class);
            broker.start();
            Invitation invitation = Invitations.of("device", Duration.ofMinutes(2));
            await().atMost(PATIENCE)
                    .until(() -> signal(signaller, invitation).get(60, TimeUnit.SECONDS) instanceof Result.Delivered);
            assertThat(device.next()).isEqualTo(invitation);
        }
    }
}
