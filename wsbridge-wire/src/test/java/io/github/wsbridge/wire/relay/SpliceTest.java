package io.github.wsbridge.wire.relay;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.wsbridge.CloseReason;
import io.github.wsbridge.Watch;
import io.github.wsbridge.spi.Fragment;
import io.github.wsbridge.spi.Leg;
import io.github.wsbridge.testkit.FakeLeg;
import io.github.wsbridge.testkit.FakeScheduler;
import io.github.wsbridge.testkit.LogCapture;
import io.github.wsbridge.testkit.Racers;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class SpliceTest {

    private static final CloseReason BYE = new CloseReason(4321, "bye");

    private final FakeLeg left = new FakeLeg();
    private final FakeLeg right = new FakeLeg();

    private static Splice splice(Leg left, Leg right) {
        Gate one = new Gate(left, reason -> {});
        Gate other = new Gate(right, reason -> {});
        one.open();
        other.open();
        return new Splice(one, other);
    }

    private static void ended(Splice splice, CloseReason reason) {
        assertThat(splice.told().toCompletableFuture()).isCompletedWithValue(reason);
        assertThat(splice.gone().toCompletableFuture()).isCompletedWithValue(reason);
    }

    @Test
    void start_demandsOneFragmentFromEachSide() {
        Splice splice = splice(left, right);
        assertThat(left.demands() + right.demands()).isZero();
        splice.start(null, null);
        assertThat(left.demands()).isEqualTo(1);
        assertThat(right.demands()).isEqualTo(1);
    }

    @Test
    void send_notCompleted_demandsNothing() {
        right.holdSends();
        Splice splice = splice(left, right);
        splice.start(null, null);
        left.deliver("first");
        assertThat(left.demands())
                .as("one was in transit, and no further demand follows")
                .isEqualTo(1);
        assertThat(left.demanded()).isFalse();
        assertThat(splice.bytesToRight()).isZero();
        right.deliver("the other way is free");
        assertThat(right.demands()).isEqualTo(2);
        right.completeSend();
        assertThat(left.demands()).isEqualTo(2);
        assertThat(splice.bytesToRight()).isEqualTo(5);
        assertThat(splice.bytesToLeft()).isEqualTo(21);
        assertThat(right.violations()).isEmpty();
    }

    @Test
    void greeting_isSentBeforeAnyDemand() {
        left.holdSends();
        right.holdSends();
        Splice splice = splice(left, right);
        splice.start(Fragment.text("to the left"), Fragment.text("to the right"));
        assertThat(left.sent()).containsExactly(Fragment.text("to the left"));
        assertThat(right.sent()).containsExactly(Fragment.text("to the right"));
        assertThat(left.demands() + right.demands()).isZero();
        right.completeSend();
        assertThat(left.demanded()).isTrue();
        assertThat(right.demanded()).isFalse();
        left.completeSend();
        assertThat(right.demanded()).isTrue();
        assertThat(splice.bytesToLeft() + splice.bytesToRight())
                .as("greetings are not payload")
                .isZero();
    }

    @Test
    @Timeout(60)
    void flow_millionSynchronousFragments_keepsTheStackFlat() {
        Source source = new Source(1_000_000);
        Sink sink = new Sink();
        Splice splice = splice(source, sink);
        splice.start(null, null);
        assertThat(sink.count).isEqualTo(1_000_000);
        assertThat(splice.bytesToRight()).isEqualTo(1_000_000);
        ended(splice, BYE);
    }

    @Test
    @Timeout(60)
    void flow_acrossThreeNodesInOneThread_keepsTheStackFlat() {
        LocalLeg first = LocalLeg.pair("");
        LocalLeg second = LocalLeg.pair("");
        LocalLeg third = LocalLeg.pair("");
        splice(first.other(), second).start(null, null);
        splice(second.other(), third).start(null, null);
        splice(new Source(100_000), first).start(null, null);
        Sink sink = new Sink();
        splice(third.other(), sink).start(null, null);
        assertThat(sink.count).isEqualTo(100_000);
        assertThat(sink.closed).isEqualTo(BYE);
    }

    @Test
    void send_throws_endsBothSides() {
        Leg throwing = new Throwing(right);
        Splice splice = splice(left, throwing);
        splice.start(null, null);
        try (LogCapture log = new LogCapture()) {
            left.deliver("x");
            assertThat(log.loud()).hasSize(1);
        }
        assertThat(right.aborted()).isTrue();
        assertThat(left.closes().get(0).code()).isEqualTo(CloseReason.VANISHED);
        assertThat(splice.gone().toCompletableFuture()).isCompleted();
    }

    @Test
    void greeting_sendThrows_endsBothSides() {
        Splice splice = splice(left, new Throwing(right));
        try (LogCapture log = new LogCapture()) {
            splice.start(null, Fragment.text("hello"));
        }
        assertThat(left.ended()).isNotNull();
        assertThat(splice.gone().toCompletableFuture()).isCompleted();
    }

    @Test
    void send_fails_endsBothSides() {
        right.holdSends();
        Splice splice = splice(left, right);
        splice.start(null, null);
        left.deliver("x");
        right.failSend(new IOException("cut"));
        assertThat(left.closes().get(0).code()).isEqualTo(CloseReason.VANISHED);
        assertThat(left.demands()).isEqualTo(1);
        assertThat(splice.gone().toCompletableFuture()).isCompleted();
    }

    @Test
    void end_beforeStart_reachesTheOtherSide() {
        for (boolean both : new boolean[] {false, true}) {
            FakeLeg one = new FakeLeg();
            FakeLeg other = new FakeLeg();
            Splice splice = splice(one, other);
            one.end(BYE);
            if (both) {
                other.end(new CloseReason(4999, "later"));
            }
            splice.start(Fragment.text("hello"), Fragment.text("hello"));
            ended(splice, BYE);
            assertThat(other.closes()).containsExactly(BYE);
        }
    }

    @Test
    void close_beforeStart_endsBothWithTheReason() {
        Splice splice = splice(left, right);
        splice.close(BYE);
        assertThat(splice.gone().toCompletableFuture()).as("not reported yet").isNotDone();
        splice.start(null, null);
        ended(splice, BYE);
    }

    @Test
    void end_whileASendIsInFlight_waitsForTheOtherLeg() {
        right.holdSends().leaveClosesUnanswered();
        Splice splice = splice(left, right);
        splice.start(null, null);
        left.deliver("last words");
        left.end(BYE);
        assertThat(right.closes()).containsExactly(BYE);
        assertThat(splice.told().toCompletableFuture()).isCompletedWithValue(BYE);
        assertThat(splice.gone().toCompletableFuture()).isNotDone();
        right.completeSend();
        right.end(CloseReason.normal());
        ended(splice, BYE);
        assertThat(splice.bytesToRight()).isEqualTo(10);
    }

    @Test
    @Timeout(600)
    void close_fromAllSidesAtOnce_hasOneReason() {
        Racers racers = new Racers(2);
        try {
            CloseReason stop = new CloseReason(1001, "stop");
            CloseReason other = new CloseReason(4999, "other");
            for (int round = 0; round < 100_000; round++) {
                FakeLeg one = new FakeLeg();
                FakeLeg two = new FakeLeg();
                Splice splice = splice(one, two);
                boolean early = round % 2 == 0;
                if (early) {
                    splice.start(null, null);
                }
                List<Runnable> rivals = List.of(
                        () -> one.end(BYE),
                        () -> two.end(other),
                        early ? () -> splice.close(stop) : () -> splice.start(null, null));
                racers.race(rivals);
                CloseReason told = splice.told().toCompletableFuture().getNow(null);
                CloseReason gone = splice.gone().toCompletableFuture().getNow(null);
                if (gone == null || gone != told || !List.of(BYE, other, stop).contains(gone)) {
                    throw new AssertionError("round " + round + ": told " + told + ", gone " + gone);
                }
                if (gone != BYE && !one.closes().equals(List.of(gone))
                        || gone != other && !two.closes().equals(List.of(gone))) {
                    throw new AssertionError(gone + " but closed with " + one.closes() + " and " + two.closes());
                }
            }
        } finally {
            racers.stop();
        }
    }

    @Test
    void watchedLeg_stalledSend_isDroppedAndEndsTheOtherSide() {
        FakeScheduler scheduler = new FakeScheduler();
        Watch watch = new Watch(Duration.ofSeconds(30), Duration.ofMinutes(15));
        right.holdSends();
        Splice splice = splice(new WatchedLeg(left, watch, scheduler), new WatchedLeg(right, watch, scheduler));
        splice.start(null, null);
        left.deliver("never taken");
        scheduler.advance(Duration.ofSeconds(1)); // then the checks begin
        for (int i = 0; i < 29; i++) {
            scheduler.advance(Duration.ofSeconds(30));
            right.pong();
        }
        assertThat(right.ended()).isNull();
        assertThat(left.pings())
                .as("without demand on the left, silence means nothing")
                .isZero();
        scheduler.advance(Duration.ofSeconds(60));
        assertThat(right.aborted()).isTrue();
        assertThat(left.closes().get(0).code()).isEqualTo(CloseReason.VANISHED);
        assertThat(left.closes().get(0).reason()).contains("read no data");
        assertThat(scheduler.pending()).isZero();
        assertThat(splice.gone().toCompletableFuture()).isCompleted();
    }

    @Test
    void watchedLeg_silentPeer_isDroppedAfterAPing() {
        FakeScheduler scheduler = new FakeScheduler();
        Watch watch = new Watch(Duration.ofSeconds(30), Duration.ofMinutes(15));
        Splice splice = splice(new WatchedLeg(left, watch, scheduler), right);
        splice.start(null, null);
        scheduler.advance(Duration.ofSeconds(31)); // the checks begin after a second
        assertThat(left.pings()).isEqualTo(1);
        left.pong();
        scheduler.advance(Duration.ofSeconds(60));
        assertThat(left.pings()).isEqualTo(2);
        assertThat(left.ended()).isNull();
        scheduler.advance(Duration.ofSeconds(30));
        assertThat(left.aborted()).isTrue();
        assertThat(right.closes()).containsExactly(CloseReason.vanished("no answer to a ping"));
        assertThat(scheduler.pending()).isZero();
    }

    /** Answers each demand at once, until it runs out of fragments and ends. */
    private static final class Source implements Leg {
        private Receiver receiver;
        private int left;

        Source(int fragments) {
            left = fragments;
        }

        @Override
        public String subprotocol() {
            return "";
        }

        @Override
        public void open(Receiver to) {
            receiver = to;
        }

        @Override
        public void demand() {
            if (left-- > 0) {
                receiver.onFragment(Fragment.binary(ByteBuffer.wrap(new byte[1])));
            } else if (left == -1) {
                receiver.onClosed(BYE);
            }
        }

        @Override
        public CompletionStage<Void> send(Fragment fragment) {
            return CompletableFuture.completedFuture(null);
        }

        @Override
        public void ping() {}

        @Override
        public void close(CloseReason reason) {}

        @Override
        public void abort() {}
    }

    /** Completes every send at once. */
    private static final class Sink implements Leg {
        private Receiver receiver;
        private int count;
        private CloseReason closed;

        @Override
        public String subprotocol() {
            return "";
        }

        @Override
        public void open(Receiver to) {
            receiver = to;
        }

        @Override
        public void demand() {}

        @Override
        public CompletionStage<Void> send(Fragment fragment) {
            count++;
            return CompletableFuture.completedFuture(null);
        }

        @Override
        public void ping() {}

        @Override
        public void close(CloseReason reason) {
            if (closed == null) {
                closed = reason;
                receiver.onClosed(reason);
            }
        }

        @Override
        public void abort() {}
    }

    /** Violates the rule that a send does not throw. */
    private record Throwing(Leg leg) implements Leg {
        @Override
        public String subprotocol() {
            return "";
        }

        @Override
        public void open(Receiver receiver) {
            leg.open(receiver);
        }

        @Override
        public void demand() {
            leg.demand();
        }

        @Override
        public CompletionStage<Void> send(Fragment fragment) {
            throw new IllegalStateException("broken");
        }

        @Override
        public void ping() {}

        @Override
        public void close(CloseReason reason) {
            leg.close(reason);
        }

        @Override
        public void abort() {
            leg.abort();
        }
    }
}
