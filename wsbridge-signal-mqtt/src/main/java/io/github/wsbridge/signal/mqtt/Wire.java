package io.github.wsbridge.signal.mqtt;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A single connection to a broker in one version of MQTT. Thread-safe; no method blocks. Futures complete and consumers
 * are called on threads of the MQTT client.
 */
interface Wire {

    /**
     * Connects and subscribes; to be called once.
     *
     * @param topic the topic to subscribe to; null for none
     * @param receiver receives the messages, one at a time
     * @param lost receives the cause if the connection cannot be opened or has ended; may be called more than once
     * @return completes when both are done
     */
    CompletableFuture<?> open(@Nullable String topic, Consumer<Received> receiver, Consumer<Throwable> lost);

    /**
     * Publishes with QoS 1. With MQTT 5, messages beyond the number that the broker accepts unacknowledged wait here.
     * Fails if the connection is not open or ends before the broker has answered.
     */
    CompletableFuture<Ack> publish(Outgoing message);

    /** Returns whether messages can name a response topic. */
    boolean answers();

    void close();

    /** The outcome of publishing a message. */
    enum Ack {
        /** The broker has accepted it. */
        TAKEN,
        /** There are no subscribers to the topic. */
        NOBODY,
        /** It was not sent, because it had expired when its turn came. */
        UNSENT
    }

    /**
     * A message to publish.
     *
     * @param life returns, when the message's turn has come, how long it is still valid; after that time the broker
     *     drops it, and if the time is not positive, it is not sent. Not in MQTT 3.1.1
     * @param answerTo where to send an answer; null for none. Not in MQTT 3.1.1
     */
    record Outgoing(
            String topic,
            byte[] payload,
            Supplier<Duration> life,
            @Nullable Address answerTo) {

        /** Omits the payload. */
        @Override
        public String toString() {
            return "Outgoing[" + payload.length + " bytes to " + topic + "]";
        }
    }

    /**
     * A received message.
     *
     * @param retained whether the message was published before the subscription
     * @param address where to send an answer, or for an answer, what it answers; null if not given
     */
    record Received(
            byte[] payload, boolean retained, @Nullable Address address) {

        /** Omits the payload. */
        @Override
        public String toString() {
            return "Received[" + payload.length + " bytes]";
        }
    }

    /**
     * Response topic and correlation data.
     *
     * @param topic empty in an answer
     */
    record Address(String topic, Correlation correlation) {}
}
