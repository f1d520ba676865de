package io.github.wsbridge.client.tls;

import io.github.wsbridge.BridgeException;
import io.github.wsbridge.BridgeId;
import io.github.wsbridge.CloseReason;
import io.github.wsbridge.client.BridgeLeg;
import io.github.wsbridge.spi.Fragment;
import io.github.wsbridge.wire.net.TlsRules;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A stream of bytes that is encrypted over another leg. Half-close is TLS's close_notify, followed by the half-close of
 * the leg below. An end of that leg which close_notify does not precede is an error, and so is anything that the peer
 * has not sent.
 *
 * <p>What happens is written down by whoever causes it; one thread at a time then acts on it, and calls engine, leg and
 * receiver. So no lock is held, and calls do not nest.
 */
final class TlsLeg implements BridgeLeg {

    private static final Logger log = LoggerFactory.getLogger(TlsLeg.class);
    private static final CompletionStage<Void> SENT = CompletableFuture.completedStage(null);
    private static final CloseReason CUT_OFF =
            CloseReason.vanished("the encrypted stream was cut off: it ended without close_notify");

    private final BridgeLeg below;
    private final TlsRecords records;
    private final Executor tasks;
    private final CompletableFuture<TlsLeg> ready = new CompletableFuture<>();
    private final AtomicInteger news = new AtomicInteger();
    private final ClosePatience patience = new ClosePatience(this::abort);

    // Written down by any thread.
    private final AtomicReference<@Nullable Send> sending = new AtomicReference<>();
    private final AtomicReference<@Nullable CloseReason> closing = new AtomicReference<>();
    private final CompletableFuture<Void> finished = new CompletableFuture<>(); // close_notify was sent
    private final AtomicReference<@Nullable Duration> heartbeat = new AtomicReference<>();
    private volatile @Nullable Receiver receiver;
    private volatile @Nullable ByteBuffer unread;
    private volatile boolean demanded;
    private volatile boolean finishing;
    private volatile boolean aborted;
    private volatile boolean ponged;
    private volatile boolean tasksDone;
    private volatile boolean landed; // the send below has completed
    private volatile @Nullable Fragment arrived;
    private volatile @Nullable CloseReason belowEnd;
    private volatile @Nullable CloseReason failure;
    private boolean filled; // whether the current message has any payload; used by the sender only

    // Used inside act() only.
    private final Deque<Fragment> held = new ArrayDeque<>(); // at most one, and one that was given back
    private @Nullable Receiver told;
    private boolean handshaking = true;
    private boolean tasking;
    private boolean flying; // a send below has not completed
    private boolean demandedBelow;
    private boolean messageEmpty = true; // the one that arrives
    private boolean peerFinished;
    private boolean endWritten;
    private boolean finSent;
    private boolean closedBelow;

    /** What the user sends. */
    private record Send(ByteBuffer payload, CompletableFuture<Void> done) {}

    /**
     * Wraps a leg that is not open yet.
     *
     * @param engine a new engine that speaks TLS 1.3 only
     * @param tasks runs the engine's tasks, which may take long or block
     */
    TlsLeg(BridgeLeg below, SSLEngine engine, Executor tasks) {
        this.below = below;
        this.records = new TlsRecords(engine);
        this.tasks = tasks;
    }

    /**
     * Begins the handshake, for which there is no deadline here.
     *
     * @return completes with this leg, which is then to be opened; fails with a {@link BridgeException}
     */
    CompletableFuture<TlsLeg> handshake() {
        try {
            records.engine().beginHandshake();
        } catch (SSLException e) { // no version or suite is left to offer
            CloseReason reason = TlsFailures.reason(e, true);
            below.close(reason);
            return CompletableFuture.failedFuture(new BridgeException(reason, e));
        }
        below.open(new Below());
        act();
        return ready;
    }

    /** Returns the protocol that ALPN has chosen, after the handshake; an empty string if there is none. */
    String protocol() {
        String chosen = records.engine().getApplicationProtocol();
        return chosen == null ? "" : chosen;
    }

    /** Returns the peer's verified certificate and its chain, after the handshake; empty if it has none. */
    List<X509Certificate> peerCertificates() {
        return TlsRules.peerCertificates(records.engine().getSession());
    }

    @Override
    public BridgeId bridgeId() {
        return below.bridgeId();
    }

    @Override
    public String subprotocol() {
        return "";
    }

    @Override
    public void open(Receiver to) {
        receiver = to;
        act();
    }

    /** Takes the leg from its receiver, which has no unanswered demand, and gives back what it has received too much. */
    void giveBack(ByteBuffer rest) {
        receiver = null;
        unread = rest;
        act();
    }

    @Override
    public void demand() {
        demanded = true;
        act();
    }

    @Override
    public CompletionStage<Void> send(Fragment fragment) {
        if (closing.get() != null || belowEnd != null || failure != null) {
            return CompletableFuture.failedStage(new IOException("the encrypted stream is closed"));
        }
        ByteBuffer payload = fragment.payload();
        boolean empty = !payload.hasRemaining();
        filled |= !empty;
        boolean finish = fragment.last() && !filled && fragment.kind() == Fragment.Kind.BINARY;
        filled &= !fragment.last();
        if (finish) {
            finishing = true;
            act();
            return finished.minimalCompletionStage();
        }
        if (empty || finishing) {
            payload.position(payload.limit());
            return SENT;
        }
        Send send = new Send(payload, new CompletableFuture<>());
        if (!sending.compareAndSet(null, send)) {
            throw new IllegalStateException("a send is already in progress");
        }
        act();
        return send.done();
    }

    @Override
    public void ping() {
        below.ping();
    }

    @Override
    public void heartbeat(Duration next) {
        below.heartbeat(next);
    }

    @Override
    public Duration unacknowledged() {
        return below.unacknowledged();
    }

    @Override
    public void close(CloseReason reason) {
        if (closing.compareAndSet(null, reason)) {
            act();
            patience.start();
        }
    }

    @Override
    public void abort() {
        aborted = true;
        below.abort();
        act();
    }

    /** What the leg below tells. */
    private final class Below implements Receiver {

        @Override
        public void onFragment(Fragment fragment) {
            arrived = fragment;
            act();
        }

        @Override
        public void onPong() {
            ponged = true;
            act();
        }

        @Override
        public void onHeartbeat(Duration next) {
            heartbeat.set(next);
            act();
        }

        @Override
        public void onClosed(CloseReason reason) {
            belowEnd = reason;
            act();
        }
    }

    /** Acts on what has been written down, unless another thread does: then that one goes on. */
    private void act() {
        if (news.getAndIncrement() != 0) {
            return;
        }
        int seen = 1;
        do {
            try {
                actOnce();
            } catch (RuntimeException | Error e) { // otherwise nobody would act again
                log.warn("An encrypted stream has failed; its connection is dropped", e);
                aborted = true;
                below.abort();
            }
            seen = news.addAndGet(-seen);
        } while (seen != 0);
    }

    private void actOnce() {
        CloseReason ended = belowEnd; // before what has arrived before it is read
        noteCompletions();
        pass();
        try {
            while (failure == null && !aborted && (receive() | transmit())) {
                // until there is nothing left to do
            }
        } catch (SSLException e) {
            fail(e);
        }
        closeBelow();
        end(ended);
    }

    private void noteCompletions() {
        if (tasksDone) {
            tasksDone = false;
            tasking = false;
        }
        if (landed) {
            landed = false;
            flying = false;
            patience.progress();
            Send sent = sending.get();
            if (sent != null && !sent.payload().hasRemaining()) {
                sending.set(null);
                sent.done().complete(null);
            }
            if (endWritten) {
                finished.complete(null);
            }
        }
        ByteBuffer rest = unread;
        if (rest != null) {
            unread = null;
            if (rest.hasRemaining()) {
                held.addFirst(Fragment.binary(rest));
            }
        }
    }

    private void pass() {
        Receiver to = receiver;
        if (to == null || told == to) {
            return;
        }
        if (ponged) {
            ponged = false;
            to.onPong();
        }
        Duration next = heartbeat.getAndSet(null);
        if (next != null) {
            to.onHeartbeat(next);
        }
    }

    // Receiving

    private boolean receive() throws SSLException {
        Receiver to = receiver;
        if (!held.isEmpty() && demanded && to != null && told != to && closing.get() == null) {
            demanded = false;
            to.onFragment(held.remove());
            return true;
        }
        if (!held.isEmpty() || tasking || startedTasks() || records.mustWrite() && belowEnd == null) {
            return false;
        }
        if (establish()) {
            return true; // before what follows the handshake is read
        }
        TlsRecords.Found found = peerFinished ? TlsRecords.Found.TOO_LITTLE : records.read();
        switch (found) {
            case DATA -> held.add(Fragment.binary(records.data()));
            case END -> {
                if (handshaking) {
                    fail(CUT_OFF, null);
                    return false;
                }
                peerFinished = true;
                held.add(Fragment.binary(ByteBuffer.allocate(0)));
            }
            case NO_DATA, TOO_LITTLE -> {}
        }
        return found != TlsRecords.Found.TOO_LITTLE || tookMore() || demandMore();
    }

    private boolean startedTasks() {
        if (!records.hasTasks()) {
            return false;
        }
        tasking = true;
        records.runTasks(tasks, () -> {
            tasksDone = true;
            act();
        });
        return true;
    }

    private boolean establish() {
        if (!handshaking || tasking || records.handshaking()) {
            return false;
        }
        handshaking = false;
        ready.complete(this);
        return true;
    }

    /** Moves on to what has arrived meanwhile; what follows the peer's end is dropped. */
    private boolean tookMore() {
        Fragment fragment = arrived;
        if (fragment == null) {
            return false;
        }
        ByteBuffer payload = fragment.payload();
        messageEmpty &= !payload.hasRemaining();
        boolean moved = !peerFinished && records.take(payload);
        if (payload.hasRemaining() && !peerFinished) {
            return moved;
        }
        arrived = null;
        demandedBelow = false;
        boolean end = fragment.last() && messageEmpty && fragment.kind() == Fragment.Kind.BINARY;
        messageEmpty |= fragment.last();
        if (end && !peerFinished) {
            fail(CUT_OFF, null);
            return false;
        }
        return true;
    }

    /** Reads ahead, so that what TLS itself has to say does not hide the end of the leg below. */
    private boolean demandMore() {
        if (!demandedBelow && belowEnd == null && closing.get() == null) {
            demandedBelow = true;
            below.demand();
        }
        return false; // what arrives within the call is seen in the next round
    }

    // Sending

    private boolean transmit() throws SSLException {
        if (flying || tasking || closedBelow || belowEnd != null) {
            return false;
        }
        records.begin();
        records.writeOwn();
        Send send = sending.get();
        if (!handshaking && send != null) {
            records.write(send.payload());
        }
        boolean complete = send == null || !send.payload().hasRemaining();
        if (!handshaking && complete && !endWritten && (finishing || closesWell())) {
            endWritten = records.writeEnd();
        }
        ByteBuffer collected = records.collected();
        if (collected.hasRemaining()) {
            fly(Fragment.binary(collected));
            return true;
        }
        if (finished.isDone() && !finSent) {
            finSent = true;
            fly(Fragment.binary(collected));
            return true;
        }
        return false;
    }

    private void fly(Fragment fragment) {
        flying = true;
        below.send(fragment).whenComplete((done, failed) -> {
            if (failed == null) {
                landed = true;
                act();
            } // otherwise the leg below ends
        });
    }

    // The end

    private boolean closesWell() {
        CloseReason reason = closing.get();
        return reason != null && (good(reason) || finishing && peerFinished && held.isEmpty());
    }

    static boolean good(CloseReason reason) {
        return reason.code() == CloseReason.NORMAL || reason.code() == CloseReason.NO_STATUS;
    }

    /** Closes the leg below: with an error at once, otherwise after close_notify, which it flushes. */
    private void closeBelow() {
        CloseReason reason = closing.get();
        if (closedBelow) {
            return;
        }
        if (finSent && !flying && peerFinished) {
            closedBelow(CloseReason.normal());
        } else if (reason != null && (endWritten || handshaking || !closesWell())) {
            closedBelow(closesWell() && !good(reason) ? CloseReason.normal() : reason);
        }
    }

    private void closedBelow(CloseReason reason) {
        closedBelow = true;
        patience.stop();
        below.close(reason);
    }

    private void fail(SSLException cause) {
        fail(TlsFailures.reason(cause, handshaking), cause);
    }

    private void fail(CloseReason reason, @Nullable SSLException cause) {
        if (failure != null) {
            return;
        }
        log.debug("TLS over bridge {} has failed", bridgeId(), cause);
        failure = reason;
        held.clear();
        if (!flying && !tasking) {
            sayGoodbye();
        }
        closedBelow(reason);
        ready.completeExceptionally(new BridgeException(reason, cause));
    }

    /** Sends the alert that says why. */
    private void sayGoodbye() {
        try {
            records.begin();
            records.writeEnd();
            ByteBuffer alert = records.collected();
            if (alert.hasRemaining()) {
                fly(Fragment.binary(alert));
            }
        } catch (SSLException e) {
            log.debug("No alert can be sent", e);
        }
    }

    private void end(@Nullable CloseReason ended) {
        CloseReason reason = failure == null ? ended : failure;
        if (reason == null) {
            return;
        }
        boolean lost = failure != null || aborted || closing.get() != null;
        boolean data = held.stream().anyMatch(fragment -> fragment.payload().hasRemaining());
        if (!lost && !handshaking && (data || tasking)) {
            return; // the data comes first
        }
        CloseReason why = lost ? reason : verdict(reason);
        patience.stop();
        ready.completeExceptionally(new BridgeException(why));
        Send cut = sending.getAndSet(null);
        IOException closed = new BridgeException(why);
        if (cut != null) {
            cut.done().completeExceptionally(closed);
        }
        finished.completeExceptionally(closed);
        Receiver to = receiver;
        if (to != null && told != to) {
            told = to;
            to.onClosed(why);
        }
    }

    /** Judges the end of the leg below, which anybody between the two ends can cause. */
    private CloseReason verdict(CloseReason reason) {
        if (finished.isDone() && peerFinished) {
            return CloseReason.normal();
        }
        return good(reason) && !peerFinished ? CUT_OFF : reason;
    }

    @Override
    public String toString() {
        return "TlsLeg[" + bridgeId() + "]";
    }
}
