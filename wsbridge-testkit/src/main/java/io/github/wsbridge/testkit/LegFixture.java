package io.github.wsbridge.testkit;

import static java.util.concurrent.TimeUnit.MILLISECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.wsbridge.CloseReason;
import io.github.wsbridge.spi.Fragment;
import io.github.wsbridge.spi.Leg;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeoutException;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** Common to all parts of {@link LegContract}: the transport under test and its properties, and test support. */
abstract class LegFixture {

    /** The limit for prompt events: less than the timeout of an unanswered close. */
    private static final Duration PROMPT = Duration.ofSeconds(9);

    /** The limit for every close: two minutes if the peer keeps reading data, and some slack for a busy machine. */
    static final Duration CLOSE_DEADLINE = Duration.ofSeconds(125);

    /** How long a test watches to see that nothing happens. */
    private static final Duration QUIET = Duration.ofMillis(150);

    /** After how long a pending send is considered to wait for the peer, and not for a busy machine. */
    private static final Duration STALLED = Duration.ofMillis(1300);

    private static final int PIECE = 16 * 1024;

    /**
     * Of the running test, since tests that share an instance may run concurrently. Inheritable for the thread that a
     * timeout may give a test.
     */
    private final ThreadLocal<Used> used = new InheritableThreadLocal<>();

    private record Used(List<Leg> legs, List<RecordingReceiver> receivers) {}

    /**
     * Connects two legs without opening them. The suite opens both, and finally aborts them.
     *
     * @param subprotocol the subprotocol to agree on; empty for none
     */
    protected abstract LegPair connect(String subprotocol) throws Exception;

    /**
     * Connects a leg under test to a peer that reads data but never sends any, not even a close frame. If this returns
     * null, the default, the test that needs it is skipped.
     */
    protected @Nullable Leg connectToSilentPeer() throws Exception {
        return null;
    }

    /** Stops everything that was started to connect legs. Called after each test, when its legs have been aborted. */
    protected void stopTransport() throws Exception {}

    /** Returns whether both legs can send this close code. If not, they may send any other code. */
    protected boolean canSend(int code) {
        return true;
    }

    /** Returns whether both legs can send a close frame without a code. */
    protected boolean sendsEmptyClose() {
        return true;
    }

    /** Returns whether a small fragment arrives as it was sent, neither split nor merged. */
    protected boolean preservesFragmentation() {
        return true;
    }

    /** Returns whether both legs detect an end without demand, if no fragment waits before it. */
    protected boolean noticesEndWithoutDemand() {
        return true;
    }

    /** Returns whether both legs answer a ping without demand, if no fragment waits before it. */
    protected boolean answersPingsWithoutDemand() {
        return true;
    }

    /**
     * Returns how many bytes may be in transit before a sender has to wait; by default, 8 MiB, ample for two kernels'
     * buffers.
     */
    protected int underWay() {
        return 8 * 1024 * 1024;
    }

    /** Returns the time limit for expected events on a slow, busy machine; 20 seconds by default. */
    protected Duration patience() {
        return Duration.ofSeconds(20);
    }

    @BeforeEach
    void begin() {
        used.set(new Used(new CopyOnWriteArrayList<>(), new CopyOnWriteArrayList<>()));
    }

    @AfterEach
    void dropLegsAndCheckRules() throws Exception {
        used.get().legs().forEach(Leg::abort);
        stopTransport();
        for (RecordingReceiver receiver : used.get().receivers()) {
            assertThat(receiver.violations()).as("rules broken").isEmpty();
        }
    }

    /** Connects a pair without receivers. */
    final LegPair unopened(String subprotocol) throws Exception {
        LegPair pair = connect(subprotocol);
        used.get().legs().add(pair.near());
        used.get().legs().add(pair.far());
        return pair;
    }

    /** Connects a pair and opens both legs, without demand. */
    final Ends opened() throws Exception {
        LegPair pair = unopened("");
        return new Ends(listen(pair.near()), listen(pair.far()));
    }

    final RecordingReceiver listen(Leg leg) {
        used.get().legs().add(leg);
        RecordingReceiver receiver = new RecordingReceiver(leg);
        used.get().receivers().add(receiver);
        return receiver.open();
    }

    /** Runs a test in both directions, each on a new pair. */
    final void bothWays(Way way) throws Exception {
        Ends ends = opened();
        way.run(ends.near(), ends.far());
        ends = opened();
        way.run(ends.far(), ends.near());
    }

    /** A test of open legs, as seen from one end. */
    @FunctionalInterface
    interface Way {
        void run(RecordingReceiver from, RecordingReceiver to) throws Exception;
    }

    /** Both ends of an open pair. */
    record Ends(RecordingReceiver near, RecordingReceiver far) {}

    final void send(RecordingReceiver from, Fragment fragment) throws Exception {
        from.leg().send(fragment).toCompletableFuture().get(patience().toMillis(), MILLISECONDS);
    }

    final void send(RecordingReceiver from, List<Fragment> fragments) throws Exception {
        for (Fragment fragment : fragments) {
            send(from, copy(fragment));
        }
    }

    /** Sends until a send has to wait; returns what was sent and the pending send. */
    final Flood flood(RecordingReceiver from) throws Exception {
        List<Fragment> sent = new ArrayList<>();
        while ((long) sent.size() * PIECE < underWay()) {
            Fragment piece = Fragment.binary(ByteBuffer.wrap(bytes(PIECE, sent.size())));
            sent.add(copy(piece));
            CompletableFuture<Void> send = from.leg().send(piece).toCompletableFuture();
            try {
                send.get(STALLED.toMillis(), MILLISECONDS);
            } catch (TimeoutException stalled) {
                return new Flood(sent, send);
            }
        }
        throw new AssertionError("took " + underWay() + " bytes without demand");
    }

    /** The fragments sent before a send had to wait, and finally that one. */
    record Flood(List<Fragment> sent, CompletableFuture<Void> waiting) {}

    final CloseReason awaitClosed(RecordingReceiver end) {
        return end.awaitClosed(patience());
    }

    final CloseReason awaitClosedSoon(RecordingReceiver end) {
        return end.awaitClosed(PROMPT.compareTo(patience()) < 0 ? PROMPT : patience());
    }

    /** Checks that exactly {@code count} fragments have arrived, and that no more arrive for a moment. */
    static void staysAt(int count, RecordingReceiver end) {
        Awaitility.await("no fragment without demand")
                .pollInterval(Duration.ofMillis(10))
                .during(QUIET)
                .atMost(QUIET.multipliedBy(20))
                .until(() -> end.count() == count);
    }

    /** Returns how long a test waits for a close to complete, regardless of the peer. */
    Duration closeDeadline() {
        return CLOSE_DEADLINE;
    }

    static Fragment copy(Fragment fragment) {
        ByteBuffer source = fragment.payload().duplicate();
        return new Fragment(
                fragment.kind(),
                ByteBuffer.allocate(source.remaining()).put(source).flip(),
                fragment.last());
    }

    /** Returns bytes that depend on their position and on {@code seed}. */
    static byte[] bytes(int size, int seed) {
        byte[] bytes = new byte[size];
        for (int i = 0; i < size; i++) {
            bytes[i] = (byte) (i * 31 + (i >> 8) * 7 + seed * 17);
        }
        return bytes;
    }
}
