package io.github.wsbridge.signal.mqtt;

import static org.assertj.core.api.Assertions.assertThat;

import com.hivemq.client.mqtt.exceptions.ConnectionFailedException;
import com.hivemq.client.mqtt.mqtt5.exceptions.Mqtt5DisconnectException;
import com.hivemq.client.mqtt.mqtt5.message.disconnect.Mqtt5Disconnect;
import com.hivemq.client.mqtt.mqtt5.message.disconnect.Mqtt5DisconnectReasonCode;
import io.github.wsbridge.testkit.FakeScheduler;
import io.github.wsbridge.testkit.LogCapture;
import io.github.wsbridge.wire.concurrent.Backoff;
import java.io.IOException;
import java.net.ConnectException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Tests how a link reacts when its connections end, with fake connections and a fake clock. */
class BrokerLinkTest {

    private static final Duration LONGEST = Duration.ofMinutes(1);

    private final FakeScheduler time = new FakeScheduler();
    private final List<FakeWire> wires = new ArrayList<>();
    private int takenOver;
    private boolean starved;
    private boolean broken;
    private BrokerLink link;
    private LogCapture log;

    @BeforeEach
    void start() {
        log = new LogCapture();
        start(() -> Long.MAX_VALUE);
    }

    @AfterEach
    void stop() {
        link.close();
        log.close();
    }

    /** Starts a device's link. */
    private void start(RandomGenerator random) {
        Backoff pauses = new Backoff(Duration.ofSeconds(1), LONGEST, random);
        link = new BrokerLink("A device", "topic", this::wire, pauses, Duration.ofSeconds(20), time, new Device());
        link.start();
    }

    private Wire wire() {
        if (starved) {
            starved = false;
            throw new OutOfMemoryError("unable to create native thread");
        }
        FakeWire wire = new FakeWire();
        wires.add(wire);
        return wire;
    }

    private FakeWire newest() {
        return wires.get(wires.size() - 1);
    }

    /** Advances past the pause, and returns whether there is another attempt. */
    private boolean triesAgain() {
        int before = wires.size();
        time.advance(LONGEST);
        return wires.size() == before + 1;
    }

    private boolean triesAgainSlowly() {
        int before = wires.size();
        time.advance(LONGEST.dividedBy(2).minusSeconds(1));
        return wires.size() == before && triesAgain();
    }

    @Test
    void lost_brokerMayBeRestarting_triesOftenForTwoMinutes() {
        newest().opened();
        newest().lost.accept(new IOException("closed"));
        for (int i = 0; i < 30; i++) {
            int before = wires.size();
            time.advance(Duration.ofSeconds(4));
            assertThat(wires).hasSizeGreaterThan(before);
            newest().failed(new ConnectionFailedException(new ConnectException("refused")));
        }
        for (int i = 0; i < 60; i++) { // from now on rarely, as if it had never worked
            time.advance(Duration.ofSeconds(4));
            newest().failed(new ConnectionFailedException(new ConnectException("refused")));
        }
        int before = wires.size();
        time.advance(Duration.ofSeconds(30));
        assertThat(wires).hasSize(before);
    }

    @Test
    void failed_userThrows_triesAgain() {
        broken = true;
        newest().failed(new ConnectionFailedException(new ConnectException("refused")));
        assertThat(triesAgain()).isTrue();
    }

    private static Throwable takeover() {
        return disconnect(Mqtt5DisconnectReasonCode.SESSION_TAKEN_OVER);
    }

    private static Throwable disconnect(Mqtt5DisconnectReasonCode code) {
        return new Mqtt5DisconnectException(
                Mqtt5Disconnect.builder().reasonCode(code).build(), "because");
    }

    @Test
    void takenOver_connectionOpenForLong_triesAgainSlowly() {
        newest().opened();
        newest().lost.accept(takeover());
        assertThat(takenOver).isEqualTo(1);
        assertThat(triesAgainSlowly()).isTrue();
    }

    @Test
    void takenOver_afterAnUnansweredAttempt_isExcused() {
        isExcusedAfter(new TimeoutException());
    }

    @Test
    void connect_withoutAThread_isTriedAgain() {
        newest().opened();
        newest().lost.accept(new IOException("lost"));
        starved = true;
        time.advance(LONGEST); // enough for a failed attempt and another
        assertThat(starved).isFalse();
        assertThat(wires).hasSize(2);
        newest().opened();
        assertThat(link.wire()).isNotNull();
    }

    /** The MQTT client's exception for a CONNACK that does not arrive in time. */
    @Test
    void takenOver_afterAnAttemptEndedByTheClient_isExcused() {
        isExcusedAfter(disconnect(Mqtt5DisconnectReasonCode.PROTOCOL_ERROR));
    }

    private void isExcusedAfter(Throwable failure) {
        newest().failed(failure);
        assertThat(triesAgain()).isTrue();
        newest().opened();
        newest().lost.accept(takeover());
        assertThat(takenOver).isZero();
        assertThat(triesAgain()).isTrue();
        newest().opened();
        assertThat(link.wire()).isNotNull();
    }

    @Test
    void takenOver_afterALossInBetween_isStillExcused() {
        newest().failed(new IOException("closed"));
        assertThat(triesAgain()).isTrue();
        newest().opened();
        newest().lost.accept(new IOException("closed"));
        assertThat(triesAgain()).isTrue();
        newest().opened();
        newest().lost.accept(takeover());
        assertThat(takenOver).isZero();
        assertThat(triesAgain()).isTrue();
    }

    @Test
    void takenOver_moreOftenThanUnansweredAttempts_triesAgainSlowly() {
        newest().failed(new TimeoutException());
        assertThat(triesAgain()).isTrue();
        newest().opened();
        newest().lost.accept(takeover());
        assertThat(triesAgain()).isTrue();
        newest().opened();
        newest().lost.accept(takeover());
        assertThat(takenOver).isEqualTo(1);
        assertThat(triesAgainSlowly()).isTrue();
    }

    @Test
    void takenOver_longAfterAnUnansweredAttempt_triesAgainSlowly() {
        newest().failed(new TimeoutException());
        assertThat(triesAgain()).isTrue();
        newest().opened();
        time.advance(LONGEST);
        newest().lost.accept(takeover());
        assertThat(takenOver).isEqualTo(1);
        assertThat(triesAgainSlowly()).isTrue();
    }

    @Test
    void takenOver_afterAttemptsThatSentNothing_triesAgainSlowly() {
        newest().failed(new ConnectionFailedException(new ConnectException("refused")));
        assertThat(triesAgain()).isTrue();
        newest().opened();
        newest().lost.accept(takeover());
        assertThat(takenOver).isEqualTo(1);
        assertThat(triesAgainSlowly()).isTrue();
    }

    @Test
    void takenOver_node_reconnectsAfterHalfToAllOfTheMaximumPause() {
        for (RandomGenerator random : List.<RandomGenerator>of(() -> 0, () -> Long.MAX_VALUE)) {
            Backoff pauses = new Backoff(Duration.ofSeconds(1), LONGEST, random);
            assertThat(pauses.nearLongest()).isBetween(LONGEST.dividedBy(2), LONGEST);
        }
        assertThat(new Backoff(LONGEST, LONGEST, RandomGenerator.of("L64X128MixRandom")).nearLongest())
                .isNotEqualTo(LONGEST);
    }

    private final class Device implements BrokerLink.User {

        @Override
        public void waits(boolean refused, String why, Duration retryIn) {
            if (broken) {
                throw new AssertionError("on purpose");
            }
        }

        @Override
        public void opened() {}

        @Override
        public void received(Wire.Received message) {}

        @Override
        public void takenOver(Duration retryIn) {
            takenOver++;
            if (broken) {
                throw new AssertionError("on purpose");
            }
        }
    }

    private static final class FakeWire implements Wire {
        private final CompletableFuture<Object> opening = new CompletableFuture<>();
        private Consumer<Throwable> lost = cause -> {};

        void opened() {
            opening.complete(this);
        }

        void failed(Throwable cause) {
            opening.completeExceptionally(cause);
        }

        @Override
        public CompletableFuture<?> open(
                @Nullable String topic, Consumer<Received> receiver, Consumer<Throwable> loser) {
            lost = loser;
            return opening;
        }

        @Override
        public CompletableFuture<Ack> publish(Outgoing message) {
            return CompletableFuture.failedFuture(new IllegalStateException("not expected"));
        }

        @Override
        public boolean answers() {
            return true;
        }

        @Override
        public void close() {}
    }
}
