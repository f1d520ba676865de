package io.github.wsbridge.signal.mqtt;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One connection to a broker, from its opening to its end, in one version of MQTT. Thread-safe; no method blocks; futures and
 * consumers are called on threads of the MQTT client.
 */
interface Wire {

    /**
     * Connects, and subscribes where there is something to hear; to be called once.
     *
     * @param topic what to hear; null for nothing
     * @param receiver gets what comes, one after another
     * @param lost gets the cause when the connection cannot be opened or has ended; may be called more than once
     * @return completes when both are done
     */
    CompletableFuture<?> open(@Nullable String topic, Consumer<Received> receiver, Consumer<Throwable> lost);

    /**
     * Publishes with QoS 1, with MQTT 5 no more messages at a time than the broker takes unacknowledged: the others wait here.
     * Fails where the connection is not open or ends before the broker has answered.
     */
    CompletableFuture<Ack> publish(Outgoing message);

    /** Whether messages can carry where to answer. */
    boolean answers();

    void close();

    /** What became of a published message. */
    enum Ack {
        /** It has it. */
        TAKEN,
        /** Nobody hears that topic. */
        NOBODY,
        /** Nothing, since it was not sent: its life was over when its turn came. */
        UNSENT
    }

    /**
     * A message to publish.
     *
     * @param life asked when it is its turn: how long it is still good for, after which the broker drops it; if that is nothing
     *     it is not sent. Not in MQTT 3.1.1
     * @param answerTo where an answer goes; null for nowhere; not in MQTT 3.1.1
     */
    record Outgoing(
            String topic,
            byte[] payload,
            Supplier<Duration> life,
            @Nullable Address answerTo) {

        /** Does not show the payload. */
        @Override
        public String toString() {
            return "Outgoing[" + payload.length + " bytes to " + topic + "]";
        }
    }

    /**
     * A message that came.
     *
     * @param retained whether it was said before anybody listened
     * @param address where an answer goes, or for an answer what it answers; null where it does not say
     */
    record Received(
            byte[] payload, boolean retained, @Nullable Address address) {

        /** Does not show the payload. */
        @Override
        public String toString() {
            return "Received[" + payload.length + " bytes]";
        }
    }

    /**
     * Response topic and correlation data.
     *
     * @param topic empty on an answer
     */
    record Address(String topic, Correlation correlation) {}
}
