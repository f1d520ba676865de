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

/** What the parts of {@link LegContract} share: what a transport gives and says of itself, and the test bench. */
abstract class LegFixture {

    /** The time in which something promised as prompt must be there: before an unanswered close is given up. */
    private static final Duration PROMPT = Duration.ofSeconds(9);

    /** In which a close is over in any case: two minutes, if the peer goes on taking data; and a busy machine's share. */
    static final Duration CLOSE_DEADLINE = Duration.ofSeconds(125);

    /** How long a test looks on to see that nothing happens. */
    private static final Duration QUIET = Duration.ofMillis(150);

    /** How long a send waits that is taken to wait for the peer, and not for a busy machine. */
    private static final Duration STALLED = Duration.ofMillis(1300);

    private static final int PIECE = 16 * 1024;

    private final List<RecordingReceiver> receivers = new CopyOnWriteArrayList<>();
    private final List<Leg> legs = new CopyOnWriteArrayList<>();

    /**
     * Connects two legs. Neither is opened: the suite does that, and aborts both in the end.
     *
     * @param subprotocol the subprotocol that the two agree on; empty for none
     */
    protected abstract LegPair connect(String subprotocol) throws Exception;

    /**
     * Connects a leg under test to a peer that reads what it is sent and never says a word, not even a close frame. Null,
     * the default, leaves out the test that needs it.
     */
    protected @Nullable Leg connectToSilentPeer() throws Exception {
        return null;
    }

    /** Stops whatever was started to connect legs; called after each test, when its legs have been aborted. */
    protected void stopTransport() throws Exception {}

    /** Tells whether both legs can send this close code. Where not, any other code will do. */
    protected boolean canSend(int code) {
        return true;
    }

    /** Tells whether both legs can send a close frame without a code. */
    protected boolean sendsEmptyClose() {
        return true;
    }

    /** Tells whether a small fragment arrives as it was sent, not cut otherwise or joined to its neighbours. */
    protected boolean preservesFragmentation() {
        return true;
    }

    /** Tells whether both legs notice an end with no demand, where no fragment waits before it. */
    protected boolean noticesEndWithoutDemand() {
        return true;
    }

    /** Tells whether both legs answer a ping with no demand, where no fragment waits before it. */
    protected boolean answersPingsWithoutDemand() {
        return true;
    }

    /** How many bytes may be under way before a sender has to wait; 8 MiB, which is plenty for two kernels' buffers. */
    protected int underWay() {
        return 8 * 1024 * 1024;
    }

    /** How long something that has to happen may take on a slow and busy machine; 20 seconds. */
    protected Duration patience() {
        return Duration.ofSeconds(20);
    }

    @AfterEach
    void dropLegsAndCheckRules() throws Exception {
        legs.forEach(Leg::abort);
        stopTransport();
        for (RecordingReceiver receiver : receivers) {
            assertThat(receiver.violations()).as("rules broken").isEmpty();
        }
    }

    /** A pair of which nobody listens yet. */
    final LegPair unopened(String subprotocol) throws Exception {
        LegPair pair = connect(subprotocol);
        legs.add(pair.near());
        legs.add(pair.far());
        return pair;
    }

    /** A pair on which somebody listens, without demand. */
    final Ends opened() throws Exception {
        LegPair pair = unopened("");
        return new Ends(listen(pair.near()), listen(pair.far()));
    }

    final RecordingReceiver listen(Leg leg) {
        legs.add(leg);
        RecordingReceiver receiver = new RecordingReceiver(leg);
        receivers.add(receiver);
        return receiver.open();
    }

    /** Runs a test in both directions, each on a new pair. */
    final void bothWays(Way way) throws Exception {
        Ends ends = opened();
        way.run(ends.near(), ends.far());
        ends = opened();
        way.run(ends.far(), ends.near());
    }

    /** Runs something that takes an open leg from one end's view. */
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

    /** Sends until a send has to wait, and returns what was sent and the last send, which still waits. */
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
        throw new AssertionError("took " + underWay() + " bytes that nobody asked for");
    }

    /** What went out before a send had to wait, with that one at the end. */
    record Flood(List<Fragment> sent, CompletableFuture<Void> waiting) {}

    final CloseReason awaitClosed(RecordingReceiver end) {
        return end.awaitClosed(patience());
    }

    final CloseReason awaitClosedSoon(RecordingReceiver end) {
        return end.awaitClosed(PROMPT.compareTo(patience()) < 0 ? PROMPT : patience());
    }

    /** Looks on for a moment while exactly {@code count} fragments are and stay there. */
    static void staysAt(int count, RecordingReceiver end) {
        Awaitility.await("no fragment that nobody asked for")
                .pollInterval(Duration.ofMillis(10))
                .during(QUIET)
                .atMost(QUIET.multipliedBy(20))
                .until(() -> end.count() == count);
    }

    /** How long a test waits for a close to be over, whatever the peer does. */
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

    /** Bytes that differ with their place and with {@code seed}. */
    static byte[] bytes(int size, int seed) {
        byte[] bytes = new byte[size];
        for (int i = 0; i < size; i++) {
            bytes[i] = (byte) (i * 31 + (i >> 8) * 7 + seed * 17);
        }
        return bytes;
    }
}
