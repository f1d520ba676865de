package io.github.wsbridge.signal.kafka;

import io.github.wsbridge.DeviceState;
import io.github.wsbridge.wire.concurrent.Backoff;
import io.github.wsbridge.wire.concurrent.Daemons;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArraySet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads the invitations of a topic for devices of this process, from its end, on a thread of its own. It belongs to no
 * consumer group and commits nothing. Thread-safe; no method blocks.
 *
 * <p>A reader reads all invitations of its topic, and whoever can read a device's invitations can act as that device.
 * So it is for gateways, which serve many devices with one reader, and for a few devices that trust each other. To keep
 * others apart, give each gateway a topic of its own, and let it read no other.
 */
public final class KafkaReader implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(KafkaReader.class);
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final Duration FIRST_POLL = Duration.ofMillis(500); // shows whether it may read
    private static final Duration POLL = Duration.ofSeconds(5);
    private static final Duration CLOSING = Duration.ofSeconds(2);
    private static final Duration SHORTEST_PAUSE = Duration.ofSeconds(1);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(30);

    private final Consumer<String, byte[]> consumer;
    private final String topic;
    private final InstantSource clock;
    private final Backoff backoff = new Backoff(SHORTEST_PAUSE, LONGEST_PAUSE, new Random());
    private final Map<String, Set<KafkaInvitations>> sources = new ConcurrentHashMap<>();
    private final CountDownLatch closed = new CountDownLatch(1);
    private Set<TopicPartition> followed = Set.of(); // used by the reading thread only
    private volatile boolean reading;

    /**
     * Starts to read the topic {@code wsbridge.v1.invitations}.
     *
     * @param settings of Kafka's consumer, such as {@code bootstrap.servers} and those of TLS and SASL
     * @throws org.apache.kafka.common.KafkaException if they are invalid
     */
    public static KafkaReader start(Map<String, ?> settings) {
        return start(settings, Settings.TOPIC);
    }

    /**
     * Starts to read a topic.
     *
     * @param settings of Kafka's consumer, such as {@code bootstrap.servers} and those of TLS and SASL
     * @throws org.apache.kafka.common.KafkaException if they are invalid
     */
    public static KafkaReader start(Map<String, ?> settings, String topic) {
        KafkaReader reader = new KafkaReader(
                new KafkaConsumer<>(
                        Settings.ofConsumer(settings), new StringDeserializer(), new ByteArrayDeserializer()),
                topic,
                InstantSource.system());
        Daemons.start("wsbridge-kafka-reader", reader::run);
        return reader;
    }

    KafkaReader(Consumer<String, byte[]> consumer, String topic, InstantSource clock) {
        this.consumer = consumer;
        this.topic = topic;
        this.clock = clock;
    }

    Instant now() {
        return clock.instant();
    }

    void add(KafkaInvitations source) {
        sources.compute(source.deviceId(), (id, others) -> {
            Set<KafkaInvitations> all = others == null ? new CopyOnWriteArraySet<>() : others;
            all.add(source);
            return all;
        });
        if (closed.getCount() == 0) {
            source.ended();
        } else if (reading) {
            source.listening();
        }
    }

    void remove(KafkaInvitations source) {
        sources.computeIfPresent(source.deviceId(), (id, all) -> {
            all.remove(source);
            return all.isEmpty() ? null : all;
        });
    }

    private void run() {
        try {
            Duration pause = Duration.ZERO;
            while (!closed.await(pause.toNanos(), TimeUnit.NANOSECONDS)) {
                pause = read();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // by nobody
        } finally {
            consumer.close(CloseOptions.timeout(CLOSING));
        }
    }

    /** Reads once. Returns the pause until the next time, which is zero unless there was a failure. */
    Duration read() {
        try {
            follow();
            ConsumerRecords<String, byte[]> messages = consumer.poll(reading ? POLL : FIRST_POLL);
            if (!reading) {
                reading = true;
                tell(KafkaInvitations::listening);
            }
            messages.forEach(this::received);
            backoff.reset();
            return Duration.ZERO;
        } catch (WakeupException e) {
            return Duration.ZERO; // closed
        } catch (Throwable e) { // nobody restarts the thread
            return failed(e);
        }
    }

    /** Goes to the end of the topic, once, and then to the beginning of each partition that is added to it. */
    private void follow() {
        List<TopicPartition> all = partitions();
        List<TopicPartition> added = new ArrayList<>(all);
        added.removeAll(followed);
        if (added.isEmpty()) {
            return;
        }
        consumer.assign(all);
        if (followed.isEmpty()) {
            consumer.seekToEnd(added);
        } else {
            consumer.seekToBeginning(added);
        }
        added.forEach(partition -> consumer.position(partition, PATIENCE)); // looked up now, not at the next poll
        followed = Set.copyOf(all);
    }

    private List<TopicPartition> partitions() {
        List<PartitionInfo> known = consumer.partitionsFor(topic, PATIENCE);
        if (known == null || known.isEmpty()) {
            followed = Set.of(); // it may be created anew
            throw new UnknownTopicOrPartitionException("there is no topic " + topic);
        }
        return known.stream()
                .map(partition -> new TopicPartition(topic, partition.partition()))
                .toList();
    }

    private void received(ConsumerRecord<String, byte @Nullable []> message) {
        Set<KafkaInvitations> those = message.key() == null ? null : sources.get(message.key());
        byte[] payload = message.value();
        if (those != null && payload != null) {
            those.forEach(source -> source.received(payload));
        }
    }

    private Duration failed(Throwable failure) {
        reading = false;
        String why = String.valueOf(failure.getMessage());
        boolean refused = failure instanceof AuthenticationException || failure instanceof AuthorizationException;
        Duration pause = refused ? backoff.nearLongest() : backoff.next();
        log.warn("The topic {} cannot be read, next attempt in {} s: {}", topic, pause.toSeconds(), why);
        tell(source -> source.state(
                refused
                        ? new DeviceState.Refused("Kafka", why, pause)
                        : new DeviceState.Retrying("Kafka", why, pause)));
        return pause;
    }

    private void tell(java.util.function.Consumer<KafkaInvitations> what) {
        sources.values().stream().flatMap(Collection::stream).forEach(what);
    }

    /** Ends reading, for all devices. */
    @Override
    public void close() {
        if (closed.getCount() == 0) {
            return;
        }
        closed.countDown();
        consumer.wakeup();
        tell(KafkaInvitations::ended);
    }
}
