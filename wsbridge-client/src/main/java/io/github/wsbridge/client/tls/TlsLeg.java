package io.github.wsbridge.client.tls;

import io.github.wsbridge.BridgeException;
import io.github.wsbridge.BridgeId;
import io.github.wsbridge.CloseReason;
import io.github.wsbridge.client.BridgeLeg;
import io.github.wsbridge.spi.Fragment;
import io.github.wsbridge.spi.Leg;
import io.github.wsbridge.wire.net.TlsRules;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.cert.X509Certificate;
import java.time.Duration;
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

    private final BridgeLeg below;
    private final TlsRecords records;
    private final TlsIncoming incoming;
    private final TlsOutgoing outgoing;
    private final Executor tasks;
    private final CompletableFuture<TlsLeg> ready = new CompletableFuture<>();
    private final AtomicInteger news = new AtomicInteger();
    private final ClosePatience patience = new ClosePatience(this::abort);

    // Written down by any thread.
    private final AtomicReference<@Nullable CloseReason> closing = new AtomicReference<>();
    private final AtomicReference<@Nullable Duration> heartbeat = new AtomicReference<>();
    private volatile boolean ponged;
    private volatile boolean aborted;
    private volatile boolean tasksDone;
    private volatile @Nullable CloseReason belowEnd;
    private volatile @Nullable CloseReason failure;

    // Used inside act() only.
    private boolean handshaking = true;
    private boolean tasking;
    private boolean closedBelow;
    private @Nullable Receiver told; // of the end

    /**
     * Wraps a leg that is not open yet.
     *
     * @param engine a new engine that speaks TLS 1.3 only
     * @param tasks runs the engine's tasks, which may take long or block
     */
    TlsLeg(BridgeLeg below, SSLEngine engine, Executor tasks) {
        this.below = below;
        this.tasks = tasks;
        records = new TlsRecords(engine);
        incoming = new TlsIncoming(below, records);
        outgoing = new TlsOutgoing(below, records, this::act);
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
        incoming.open(to);
        act();
    }

    /** Takes the leg from its receiver, which has no unanswered demand, and gives back what is not for that one. */
    void giveBack(ByteBuffer rest) {
        incoming.giveBack(rest);
        act();
    }

    @Override
    public void demand() {
        incoming.demand();
        act();
    }

    @Override
    public CompletionStage<Void> send(Fragment fragment) {
        if (closing.get() != null || belowEnd != null || failure != null) {
            return CompletableFuture.failedStage(new IOException("the encrypted stream is closed"));
        }
        return outgoing.send(fragment);
    }

    /** The leg below, since it calls {@link #act} mostly. Its transport must not be found, or bytes could pass by. */
    @Override
    public Leg carrier() {
        return below.carrier();
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
            incoming.arrived(fragment);
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
        if (tasksDone) {
            tasksDone = false;
            tasking = false;
        }
        if (outgoing.noteLanding()) {
            patience.progress();
        }
        passPongs();
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

    private void passPongs() {
        Receiver to = incoming.receiver();
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

    private boolean receive() throws SSLException {
        boolean open = closing.get() == null;
        if (open && told == null && incoming.deliver()) {
            return true;
        }
        if (incoming.holds() || tasking || startedTasks() || !records.mayRead(handshaking) && belowEnd == null) {
            return false;
        }
        if (established() || incoming.read(handshaking)) {
            return true;
        }
        if (open && belowEnd == null) {
            incoming.demandMore();
        }
        return false; // what arrives within that call is seen in the next round
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

    /** Notices the end of the handshake, before what follows it is read. */
    private boolean established() {
        if (!handshaking || records.handshaking()) {
            return false;
        }
        handshaking = false;
        ready.complete(this);
        return true;
    }

    private boolean transmit() throws SSLException {
        return !tasking && !closedBelow && belowEnd == null && outgoing.transmit(!handshaking, closesWell());
    }

    // The end

    static boolean good(CloseReason reason) {
        return reason.code() == CloseReason.NORMAL || reason.code() == CloseReason.NO_STATUS;
    }

    /** Returns whether the leg is being closed with everything delivered: by its code, or since both ends are done. */
    private boolean closesWell() {
        CloseReason reason = closing.get();
        return reason != null && (good(reason) || outgoing.finishing() && incoming.finished() && !incoming.holds());
    }

    /** Closes the leg below: with an error at once, otherwise after close_notify, which it flushes. */
    private void closeBelow() {
        CloseReason reason = closing.get();
        if (closedBelow) {
            return;
        }
        if (outgoing.complete() && incoming.finished()) {
            closeBelow(CloseReason.normal());
        } else if (reason != null && (outgoing.endWritten() || handshaking || !closesWell())) {
            closeBelow(closesWell() && !good(reason) ? CloseReason.normal() : reason);
        }
    }

    private void closeBelow(CloseReason reason) {
        closedBelow = true;
        patience.stop();
        below.close(reason);
    }

    private void fail(SSLException cause) {
        CloseReason reason = TlsFailures.reason(cause, handshaking);
        log.debug("TLS over bridge {} has failed", bridgeId(), cause);
        failure = reason;
        incoming.drop();
        try {
            if (!tasking) {
                outgoing.alert();
            }
        } catch (SSLException e) {
            log.debug("No alert can be sent", e);
        }
        closeBelow(reason);
        ready.completeExceptionally(new BridgeException(reason, cause));
    }

    private void end(@Nullable CloseReason ended) {
        CloseReason reason = failure == null ? ended : failure;
        if (reason == null) {
            return;
        }
        boolean lost = failure != null || aborted || closing.get() != null;
        if (!lost && !handshaking && (incoming.holdsData() || tasking)) {
            return; // the data comes first
        }
        patience.stop();
        BridgeException why = new BridgeException(lost ? reason : verdict(reason));
        ready.completeExceptionally(why);
        outgoing.fail(why);
        Receiver to = incoming.receiver();
        if (to != null && told != to) {
            told = to;
            to.onClosed(why.closeReason());
        }
    }

    /** Judges the end of the leg below, which anybody between the two ends can cause. */
    private CloseReason verdict(CloseReason reason) {
        if (outgoing.finished() && incoming.finished()) {
            return CloseReason.normal();
        }
        return good(reason) && !incoming.finished() ? TlsFailures.reason(new CutOffException(), handshaking) : reason;
    }

    @Override
    public String toString() {
        return "TlsLeg[" + bridgeId() + "]";
    }
}
