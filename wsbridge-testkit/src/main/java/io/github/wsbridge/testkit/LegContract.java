package io.github.wsbridge.testkit;

import static java.util.concurrent.TimeUnit.MILLISECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.wsbridge.CloseReason;
import io.github.wsbridge.spi.Fragment;
import io.github.wsbridge.spi.Leg;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/**
 * The contract of {@link Leg}. A transport's test extends it, connects pairs of legs, and overrides the properties in
 * which transports may differ. Most tests run in both directions, so a pair of the same kind is tested in both roles.
 *
 * <p>Most of the time, the tests wait. They may run concurrently, if JUnit's parallel execution is enabled.
 */
@Execution(ExecutionMode.CONCURRENT)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class) // the longest first
public abstract class LegContract extends LegFlow {

    /** Creates the suite. */
    protected LegContract() {}

    @Test
    void close_withCodeAndReason_reachesThePeer() throws Exception {
        String longest = "é".repeat(61) + "!"; // 123 bytes
        for (CloseReason reason : List.of(
                CloseReason.normal(),
                new CloseReason(1000, "done"),
                new CloseReason(1001, "going away"),
                new CloseReason(3000, "an application's"),
                new CloseReason(4000, "the bridge's own"),
                new CloseReason(4404, "日本 \uD83D\uDE80"),
                new CloseReason(4999, longest))) {
            bothWays((from, to) -> {
                from.demand();
                to.demand();
                from.leg().close(reason);
                CloseReason seen = awaitClosed(to);
                CloseReason own = awaitClosed(from);
                if (canSend(reason.code())) {
                    assertThat(seen).isEqualTo(reason);
                    assertThat(own.code()).as("the code of the response").isEqualTo(reason.code());
                } else {
                    assertThat(seen.sendable())
                            .as("%s in place of %s", seen, reason)
                            .isTrue();
                }
            });
        }
    }

    @Test
    void close_withoutCode_reachesThePeerWithoutCode() throws Exception {
        bothWays((from, to) -> {
            from.demand();
            to.demand();
            from.leg().close(new CloseReason(CloseReason.NO_STATUS, ""));
            CloseReason seen = awaitClosed(to);
            awaitClosed(from);
            if (sendsEmptyClose()) {
                assertThat(seen).isEqualTo(new CloseReason(CloseReason.NO_STATUS, ""));
            } else {
                assertThat(seen.code())
                        .as("the code that replaces a missing one")
                        .isIn(CloseReason.NO_STATUS, CloseReason.NORMAL);
            }
        });
    }

    @Test
    void close_afterData_comesLast() throws Exception {
        bothWays((from, to) -> {
            List<Fragment> messages = new ArrayList<>();
            for (int i = 0; i < 100; i++) {
                messages.add(Fragment.binary(ByteBuffer.wrap(bytes(1000, i))));
            }
            from.demand();
            to.demandAlways();
            send(from, messages);
            Fragment last = Fragment.text("the last one, not waited for");
            from.leg().send(copy(last));
            messages.add(last);
            from.leg().close(new CloseReason(4001, "that was all"));
            assertThat(awaitClosed(to).code()).isEqualTo(4001);
            assertThat(to.messages().equals(messages))
                    .as("everything arrived before the end")
                    .isTrue();
            awaitClosed(from);
        });
    }

    @Test
    void close_afterDataWithoutDemand_comesLast() throws Exception {
        bothWays((from, to) -> {
            from.leg().send(Fragment.text("one"));
            from.leg().close(new CloseReason(4001, ""));
            staysAt(0, to);
            assertThat(to.closed()).as("an end before the data").isNull();
            to.demandAlways();
            assertThat(awaitClosed(to).code()).isEqualTo(4001);
            assertThat(to.messages()).containsExactly(Fragment.text("one"));
            awaitClosed(from);
        });
    }

    @Test
    void close_endAfterDataWithoutDemand_reportsTheEnd() throws Exception {
        bothWays((from, to) -> {
            from.demand();
            from.leg().send(Fragment.text("unread"));
            from.leg().close(new CloseReason(4001, "bye"));
            staysAt(0, to);
            to.leg().close(new CloseReason(4002, "never mind"));
            assertThat(to.awaitClosed(closeDeadline()).code()).isIn(4001, 4002);
            assertThat(from.awaitClosed(closeDeadline()).code()).isIn(4001, 4002);
        });
    }

    @Test
    void close_whileThePeerHasNoDemand_isNoticed() throws Exception {
        assumeTrue(noticesEndWithoutDemand(), "an end waits for demand");
        bothWays((from, to) -> {
            from.leg().close(new CloseReason(4001, "bye"));
            assertThat(awaitClosedSoon(to)).isEqualTo(new CloseReason(4001, "bye"));
            awaitClosedSoon(from);
        });
    }

    @Test
    void close_twice_countsOnce() throws Exception {
        bothWays((from, to) -> {
            from.demand();
            to.demand();
            from.leg().close(new CloseReason(4001, "first"));
            from.leg().close(new CloseReason(4002, "second"));
            assertThat(awaitClosed(to)).isEqualTo(new CloseReason(4001, "first"));
            awaitClosed(from);
            from.leg().close(new CloseReason(4003, "third"));
            to.leg().close(new CloseReason(4004, "fourth"));
        });
    }

    @Test
    void close_byBothEndsAtOnce_endsBoth() throws Exception {
        for (int round = 0; round < 20; round++) {
            Ends ends = opened();
            ends.near().demand();
            ends.far().demand();
            CyclicBarrier start = new CyclicBarrier(2);
            Thread other = new Thread(() -> {
                try {
                    start.await();
                } catch (Exception e) {
                    throw new IllegalStateException(e);
                }
                ends.far().leg().close(new CloseReason(4002, "far"));
            });
            other.start();
            start.await();
            ends.near().leg().close(new CloseReason(4001, "near"));
            assertThat(awaitClosed(ends.near()).code()).isIn(4001, 4002);
            assertThat(awaitClosed(ends.far()).code()).isIn(4001, 4002);
            other.join(patience().toMillis());
        }
    }

    @Test
    void close_beforeOpen_isReportedAtOpen() throws Exception {
        LegPair pair = unopened("");
        RecordingReceiver far = listen(pair.far());
        far.demand();
        pair.near().close(new CloseReason(4001, "never mind"));
        assertThat(awaitClosed(far)).isEqualTo(new CloseReason(4001, "never mind"));
        RecordingReceiver near = listen(pair.near());
        near.demand();
        assertThat(near.awaitClosed(closeDeadline()).code()).isEqualTo(4001);
    }

    @Test
    @Order(1)
    void close_afterUnreadData_endsByTheDeadline() throws Exception {
        Ends ends = opened();
        Flood flood = flood(ends.near());
        ends.near().leg().close(new CloseReason(4001, "enough"));
        assertThat(ends.near().awaitClosed(closeDeadline()).code()).isEqualTo(4001);
        ends.far().demandAlways();
        awaitClosed(ends.far());
        flood.waiting().handle((done, failure) -> done).get(patience().toMillis(), MILLISECONDS);
    }

    @Test
    @Order(1)
    void close_unanswered_endsByTheDeadlineWithTheReasonGiven() throws Exception {
        Leg silent = connectToSilentPeer();
        assumeTrue(silent != null, "there are no silent peers on this transport");
        Leg leg = Objects.requireNonNull(silent);
        RecordingReceiver near = listen(leg);
        near.demand();
        leg.close(new CloseReason(4001, "hello?"));
        assertThat(near.awaitClosed(closeDeadline())).isEqualTo(new CloseReason(4001, "hello?"));
    }

    @Test
    void send_afterClose_fails() throws Exception {
        bothWays((from, to) -> {
            from.demand();
            to.demand();
            from.leg().close(new CloseReason(4001, ""));
            failsToSend(from);
            awaitClosed(to);
            failsToSend(to);
            awaitClosed(from);
            failsToSend(from);
        });
    }

    @Test
    void abort_isSeenAsVanishedByBothEnds() throws Exception {
        bothWays((from, to) -> {
            from.demand();
            to.demand();
            from.leg().abort();
            assertThat(awaitClosedSoon(from).code()).isEqualTo(CloseReason.VANISHED);
            assertThat(awaitClosedSoon(to).code()).isEqualTo(CloseReason.VANISHED);
            failsToSend(from);
            failsToSend(to);
        });
    }

    @Test
    void abort_withoutDemand_isReported() throws Exception {
        bothWays((from, to) -> {
            from.leg().abort();
            assertThat(awaitClosedSoon(from).code()).isEqualTo(CloseReason.VANISHED);
        });
    }

    @Test
    void abort_whileThePeerHasNoDemand_isNoticed() throws Exception {
        assumeTrue(noticesEndWithoutDemand(), "an end waits for demand");
        bothWays((from, to) -> {
            from.leg().abort();
            assertThat(awaitClosedSoon(to).code()).isEqualTo(CloseReason.VANISHED);
        });
    }

    @Test
    void abort_withDataWithoutDemand_isReported() throws Exception {
        bothWays((from, to) -> {
            from.leg().send(Fragment.text("unread"));
            staysAt(0, to);
            to.leg().abort();
            assertThat(awaitClosedSoon(to).code()).isEqualTo(CloseReason.VANISHED);
            from.demand();
            assertThat(awaitClosedSoon(from).code()).isEqualTo(CloseReason.VANISHED);
        });
    }

    @Test
    void abort_whileASendWaits_isReportedAndFailsTheSend() throws Exception {
        bothWays((from, to) -> {
            Flood flood = flood(from);
            from.leg().abort();
            assertThat(awaitClosedSoon(from).code()).isEqualTo(CloseReason.VANISHED);
            assertThatThrownBy(() -> flood.waiting().get(patience().toMillis(), MILLISECONDS))
                    .isInstanceOf(ExecutionException.class)
                    .hasCauseInstanceOf(IOException.class);
            to.demandAlways();
            assertThat(awaitClosed(to).code()).isEqualTo(CloseReason.VANISHED);
        });
    }

    @Test
    void abort_whileACloseWaits_endsAtOnce() throws Exception {
        Ends ends = opened();
        flood(ends.near());
        ends.near().leg().close(new CloseReason(4001, "waits for the data"));
        ends.near().leg().abort();
        awaitClosedSoon(ends.near());
    }

    @Test
    void open_afterThePeerVanished_reportsIt() throws Exception {
        LegPair pair = unopened("");
        RecordingReceiver far = listen(pair.far());
        pair.far().abort();
        awaitClosedSoon(far);
        RecordingReceiver near = listen(pair.near());
        near.demand();
        assertThat(awaitClosedSoon(near).code()).isEqualTo(CloseReason.VANISHED);
    }

    @Test
    void open_afterThePeersClose_reportsIt() throws Exception {
        LegPair pair = unopened("");
        RecordingReceiver far = listen(pair.far());
        far.demand();
        far.leg().send(Fragment.text("short visit"));
        pair.far().close(new CloseReason(4001, "gone again"));
        RecordingReceiver near = listen(pair.near());
        near.demandAlways();
        assertThat(awaitClosed(near)).isEqualTo(new CloseReason(4001, "gone again"));
        assertThat(near.messages()).containsExactly(Fragment.text("short visit"));
        awaitClosed(far);
    }

    @Test
    void open_afterAbort_reportsIt() throws Exception {
        LegPair pair = unopened("");
        pair.near().close(CloseReason.normal());
        pair.near().abort();
        RecordingReceiver near = listen(pair.near());
        awaitClosedSoon(near);
    }

    @Test
    void receiver_ofDataPongsAndTheEnd_isCalledByOneThreadAtATime() throws Exception {
        bothWays((from, to) -> {
            to.linger(Duration.ofMillis(1));
            from.demandAlways();
            to.demandAlways();
            for (int i = 0; i < 100; i++) {
                send(from, Fragment.text("number " + i));
                to.leg().ping();
            }
            from.leg().close(CloseReason.normal());
            awaitClosed(to);
            assertThat(to.messages()).hasSize(100);
            assertThat(to.violations()).isEmpty();
            awaitClosed(from);
        });
    }

    @Test
    void anyCall_afterTheEnd_isHarmless() throws Exception {
        bothWays((from, to) -> {
            from.demand();
            to.demand();
            from.leg().close(CloseReason.normal());
            awaitClosed(from);
            awaitClosed(to);
            for (RecordingReceiver end : List.of(from, to)) {
                end.leg().ping();
                end.leg().close(CloseReason.normal());
                end.leg().abort();
                end.leg().demand();
            }
        });
    }

    private void failsToSend(RecordingReceiver from) {
        CompletableFuture<Void> send =
                from.leg().send(Fragment.text("too late")).toCompletableFuture();
        assertThatThrownBy(() -> send.get(patience().toMillis(), MILLISECONDS))
                .isInstanceOf(ExecutionException.class)
                .hasCauseInstanceOf(IOException.class);
    }
}
