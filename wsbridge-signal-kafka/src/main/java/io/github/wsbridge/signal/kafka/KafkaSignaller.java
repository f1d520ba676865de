package io.github.wsbridge.signal.kafka;

import io.github.wsbridge.Invitation;
import io.github.wsbridge.spi.Signaller;
import io.github.wsbridge.wire.concurrent.Daemons;
import io.github.wsbridge.wire.concurrent.PendingInvitations;
import io.github.wsbridge.wire.message.InvitationJson;
import io.github.wsbridge.wire.message.JsonMessage;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.apache.kafka.clients.producer.BufferExhaustedException;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The node's side: publishes on a topic, with the device's id as the key. An invitation that the brokers have
 * acknowledged counts as delivered, whether or not the device reads the topic; so put this channel last. There are no
 * answers: a device rejects at the accept URL. Thread-safe; no method blocks, except {@link #close} briefly.
 *
 * <p>Its producer is made with the caller's settings, such as {@code bootstrap.servers} and those of TLS and SASL. It
 * never blocks ({@code max.block.ms} is 0), and unless the settings say otherwise, the brokers have ten seconds to
 * acknowledge ({@code delivery.timeout.ms}), and what waits for that takes at most 8 MiB ({@code buffer.memory}). At
 * most 10,000 invitations wait. Whatever is not taken in time counts as unreachable; an invitation that is published
 * late is of no use, and the device's side drops it.
 */
public final class KafkaSignaller implements Signaller {

    private static final Logger log = LoggerFactory.getLogger(KafkaSignaller.class);
    private static final Duration TOPIC_PATIENCE = Duration.ofSeconds(5);
    private static final long FIRST_PAUSE_MILLIS = 10;
    private static final long LONGEST_PAUSE_MILLIS = 1_000;

    private final Producer<String, byte[]> producer;
    private final UnaryOperator<String> topics;
    private final InstantSource clock;
    private final ScheduledExecutorService timer;
    private final PendingInvitations pending;

    /**
     * Creates a signaller that publishes all invitations on the topic {@code wsbridge.v1.invitations}.
     *
     * @param settings of Kafka's producer
     * @throws org.apache.kafka.common.KafkaException if they are invalid
     */
    public static KafkaSignaller create(Map<String, ?> settings) {
        return create(settings, deviceId -> Settings.TOPIC);
    }

    /**
     * Creates a signaller that publishes on several topics, so that the brokers' access rules keep devices apart.
     *
     * @param settings of Kafka's producer
     * @param topics returns the topic for a device id, such as that of its gateway; may throw
     *     {@link IllegalArgumentException} for a device that this channel does not reach
     * @throws org.apache.kafka.common.KafkaException if the settings are invalid
     */
    public static KafkaSignaller create(Map<String, ?> settings, UnaryOperator<String> topics) {
        Producer<String, byte[]> producer =
                new KafkaProducer<>(Settings.ofProducer(settings), new StringSerializer(), new ByteArraySerializer());
        return new KafkaSignaller(producer, topics, InstantSource.system(), Daemons.newTimer("wsbridge-kafka-timer"));
    }

    KafkaSignaller(
            Producer<String, byte[]> producer,
            UnaryOperator<String> topics,
            InstantSource clock,
            ScheduledExecutorService timer) {
        this.producer = producer;
        this.topics = topics;
        this.clock = clock;
        this.timer = timer;
        this.pending = new PendingInvitations("Kafka", clock);
    }

    @Override
    public String channel() {
        return "kafka";
    }

    @Override
    public CompletionStage<Result> signal(Invitation invitation) {
        String topic;
        try {
            topic = topics.apply(invitation.deviceId());
        } catch (IllegalArgumentException e) {
            return CompletableFuture.completedFuture(new Result.Unreachable("there is no Kafka topic for the device"));
        }
        return pending.signal(invitation, (left, result) -> new Attempt(invitation, topic, result).run());
    }

    /** The number of invitations for which state is kept. */
    int kept() {
        return pending.size();
    }

    /** Gives up what the brokers have not acknowledged, and closes the producer. */
    @Override
    public void close() {
        pending.close();
        timer.shutdownNow();
        producer.close(Duration.ZERO);
    }

    /** An invitation on its way to the brokers. */
    private final class Attempt implements Runnable {

        private final Invitation invitation;
        private final String topic;
        private final CompletableFuture<Result> result;
        private final Instant deadline = clock.instant().plus(TOPIC_PATIENCE);
        private long pause = FIRST_PAUSE_MILLIS;

        Attempt(Invitation invitation, String topic, CompletableFuture<Result> result) {
            this.invitation = invitation;
            this.topic = topic;
            this.result = result;
        }

        @Override
        public void run() {
            if (result.isDone()) {
                return;
            }
            try {
                if (knowsTopic()) {
                    byte[] payload = JsonMessage.write(InvitationJson.write(invitation));
                    producer.send(
                            new ProducerRecord<>(topic, invitation.deviceId(), payload),
                            (published, failure) -> result.complete(outcome(failure)));
                } else {
                    timer.schedule(this, pause, TimeUnit.MILLISECONDS);
                    pause = Math.min(2 * pause, LONGEST_PAUSE_MILLIS);
                }
            } catch (RuntimeException e) {
                result.complete(outcome(e));
            }
        }

        /** A producer that must not block does not wait until it has heard of a topic. So this does, by a timer. */
        private boolean knowsTopic() {
            try {
                producer.partitionsFor(topic);
                return true;
            } catch (TimeoutException e) { // it asks for the topic now
                if (clock.instant().isBefore(deadline)) {
                    return false;
                }
                throw e;
            }
        }

        private Result outcome(@Nullable Exception failure) {
            if (failure == null) {
                return new Result.Delivered();
            }
            if (failure instanceof BufferExhaustedException) {
                return new Result.Throttled("too many pending invitations over Kafka");
            }
            if (failure instanceof AuthenticationException || failure instanceof AuthorizationException) {
                log.warn("Kafka refuses {}: {}", invitation, failure.getMessage());
            } else {
                log.debug("{} could not be published: {}", invitation, String.valueOf(failure));
            }
            return new Result.Unreachable("Kafka did not take the invitation");
        }
    }
}
