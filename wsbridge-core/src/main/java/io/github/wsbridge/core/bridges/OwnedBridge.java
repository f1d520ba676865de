package io.github.wsbridge.core.bridges;

import io.github.wsbridge.Bridge;
import io.github.wsbridge.BridgeException;
import io.github.wsbridge.BridgeId;
import io.github.wsbridge.CloseReason;
import io.github.wsbridge.TraceContext;
import io.github.wsbridge.spi.Leg;
import io.github.wsbridge.spi.SetupTracer;
import io.github.wsbridge.wire.relay.EndAwaiter;
import io.github.wsbridge.wire.relay.Gate;
import io.github.wsbridge.wire.relay.Pace;
import io.github.wsbridge.wire.relay.Splice;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A bridge on the node that minted its token: first pending, then claimed by its device or ended.
 *
 * <p>A claim, a rejection, the timeout, the loss of the requester and the stopping of the node may coincide. A single
 * compare-and-set from {@link #PENDING} decides which of them wins. The others have no effect.
 */
public final class OwnedBridge implements Bridge {

    private static final Object PENDING = new Object();

    private final BridgeId id;
    private final String deviceId;
    private final Gate requester;
    private final Consumer<OwnedBridge> decided;
    /** {@link #PENDING}, the splice of a claimed bridge, or the close reason of a bridge that ended unclaimed. */
    private final AtomicReference<Object> state = new AtomicReference<>(PENDING);

    private final CompletableFuture<Bridge> established = new CompletableFuture<>();
    private final CompletableFuture<CloseReason> closed = new CompletableFuture<>();
    private final CompletableFuture<CloseReason> gone = new CompletableFuture<>();
    private final CompletableFuture<Void> abandoned = new CompletableFuture<>();
    private volatile @Nullable Future<?> timeout;
    private volatile @Nullable Pace pace;
    private volatile String principal = "";
    private volatile TraceContext trace = TraceContext.NONE;
    private volatile BridgeBook.@Nullable Entry entry;

    /** Creates a pending bridge. {@code decided} is called once, when the bridge is no longer pending. */
    public OwnedBridge(BridgeId id, String deviceId, Leg requester, Consumer<OwnedBridge> decided) {
        this.id = id;
        this.deviceId = deviceId;
        this.requester = new Gate(requester, this::requesterGone);
        this.decided = decided;
    }

    Leg requester() {
        return requester.leg();
    }

    /** Opens the requester's leg. */
    void open() {
        requester.open();
    }

    /** Limits the bridge's rate. Called while it is pending. */
    void pace(Pace value) {
        pace = value;
    }

    /** Sets who requested the bridge, as its device is told. Called while it is pending. */
    void requestedBy(String value) {
        principal = value;
    }

    String principal() {
        return principal;
    }

    /** Sets the span of the request, which ends when the bridge is established, or cannot be. Called at first. */
    void traced(SetupTracer.Span span) {
        trace = span.context();
        established.whenComplete((done, failure) -> {
            span.end(failure instanceof BridgeException no ? no.closeReason() : null); // it fails with nothing else
        });
    }

    /** Returns where in its trace the request is. */
    TraceContext trace() {
        return trace;
    }

    /** Sets what the node's book has about the bridge. Called before the bridge can be claimed. */
    void entry(BridgeBook.Entry value) {
        entry = value;
    }

    BridgeBook.Entry entry() {
        return Objects.requireNonNull(entry);
    }

    /** Returns whether the bridge still waits for its device. */
    boolean pending() {
        return state.get() == PENDING;
    }

    /** Sets a task to be cancelled when the bridge is no longer pending. */
    void timeout(Future<?> task) {
        timeout = task;
        if (state.get() != PENDING) {
            task.cancel(false);
        }
    }

    /**
     * Joins the device to the requester, if the bridge is still pending.
     *
     * @return the splice, not yet started; null if the bridge is no longer pending
     */
    @Nullable
    Splice claim(Gate device) {
        Splice splice = new Splice(requester, device);
        Pace limit = pace;
        if (limit != null) {
            splice.pace(limit);
        }
        if (!state.compareAndSet(PENDING, splice)) {
            return null;
        }
        settled(false);
        splice.told().thenAccept(closed::complete);
        splice.gone().thenAccept(gone::complete);
        return splice;
    }

    /**
     * Has a waiting requester upgraded. Completes, always normally, with why the requester was not, and with nothing if
     * it is there.
     */
    CompletionStage<Optional<CloseReason>> upgrade() {
        if (!(requester.leg() instanceof WaitingRequester waiting)) {
            return CompletableFuture.completedFuture(Optional.empty());
        }
        return waiting.upgrade().thenApply(missing -> {
            missing.ifPresent(reason -> established.completeExceptionally(new BridgeException(reason)));
            return missing;
        });
    }

    /** Fails {@link #established}, if it has not completed, of a bridge that was claimed and could not be started. */
    void unstarted() {
        established.completeExceptionally(new BridgeException(Accepts.UNSTARTED));
    }

    /** Completes {@link #established}. Called after {@link #claim}, once the splice has started. */
    void announce() {
        established.complete(this);
    }

    @Override
    public void close(CloseReason reason) {
        if (!end(reason, true) && state.get() instanceof Splice splice) {
            splice.close(reason);
        }
    }

    /** Ends the bridge if it is still pending. Returns whether it was. */
    boolean end(CloseReason reason) {
        return end(reason, false);
    }

    private boolean end(CloseReason reason, boolean abandons) {
        if (!state.compareAndSet(PENDING, reason)) {
            return false;
        }
        settled(abandons);
        CompletableFuture<CloseReason> ended = new CompletableFuture<>();
        requester.pass(new EndAwaiter(ended));
        requester.leg().close(reason);
        established.completeExceptionally(new BridgeException(reason));
        closed.complete(reason);
        ended.thenAccept(answer -> gone.complete(reason));
        return true;
    }

    private void requesterGone(CloseReason reason) {
        if (state.compareAndSet(PENDING, reason)) {
            settled(true);
            established.completeExceptionally(new BridgeException(reason));
            closed.complete(reason);
            gone.complete(reason);
        }
    }

    /** Completes if the requester has left before its device came, of which the device does not know yet. */
    CompletionStage<Void> abandoned() {
        return abandoned;
    }

    /** Completes when the bridge is no longer pending. */
    CompletionStage<Void> settled() {
        return abandoned.handle((done, cancelled) -> null);
    }

    private void settled(boolean abandons) {
        decided.accept(this);
        if (abandons) {
            abandoned.complete(null);
        } else {
            abandoned.cancel(false); // so that whoever waits for it is forgotten
        }
        Future<?> task = timeout;
        if (task != null) {
            task.cancel(false);
        }
    }

    /** Completes with the close reason when the bridge no longer holds anything. */
    CompletionStage<CloseReason> gone() {
        return gone;
    }

    @Override
    public BridgeId id() {
        return id;
    }

    @Override
    public String deviceId() {
        return deviceId;
    }

    @Override
    public CompletionStage<Bridge> established() {
        return established.minimalCompletionStage();
    }

    @Override
    public CompletionStage<CloseReason> closed() {
        return closed.minimalCompletionStage();
    }

    @Override
    public long bytesToDevice() {
        return state.get() instanceof Splice splice ? splice.bytesToRight() : 0;
    }

    @Override
    public long bytesToRequester() {
        return state.get() instanceof Splice splice ? splice.bytesToLeft() : 0;
    }

    @Override
    public String toString() {
        return "bridge " + id + " to " + deviceId;
    }
}
