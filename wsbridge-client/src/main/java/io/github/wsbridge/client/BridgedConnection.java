package io.github.wsbridge.client;

import io.github.wsbridge.CloseReason;
import io.github.wsbridge.spi.Leg;
import io.github.wsbridge.wire.relay.Gate;
import io.github.wsbridge.wire.relay.Splice;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Joins a plain connection and its bridge once the bridge is established. Thread-safe; no method blocks. */
final class BridgedConnection {

    private final Gate near;
    private final CompletableFuture<BridgeLeg> coming;
    private final CompletableFuture<Splice> joined = new CompletableFuture<>();
    private final CompletableFuture<CloseReason> over = new CompletableFuture<>();

    /**
     * Creates a pair that is not joined yet.
     *
     * @param near a connection that is not open yet; reset if there will be no bridge
     * @param coming the future bridge; cancelled if the connection ends first
     */
    BridgedConnection(Leg near, CompletableFuture<BridgeLeg> coming) {
        this.near = new Gate(near, reason -> coming.cancel(true));
        this.coming = coming;
    }

    /**
     * Starts.
     *
     * @return completes with the reason when both have ended; fails as {@code coming} does
     */
    CompletionStage<CloseReason> run() {
        near.open();
        coming.whenComplete((bridge, failure) -> {
            if (failure == null) {
                join(bridge);
            } else {
                near.leg().abort();
                over.completeExceptionally(failure);
            }
        });
        return over;
    }

    private void join(BridgeLeg bridge) {
        Gate far = new Gate(bridge, reason -> {});
        far.open();
        Splice splice = new Splice(far, near);
        try {
            splice.start(null, null);
        } catch (Throwable e) { // such as no memory; nobody else would end them
            near.leg().abort();
            bridge.abort();
            over.completeExceptionally(e);
            return;
        }
        joined.complete(splice);
        splice.gone().thenAccept(over::complete);
    }

    /** Closes both with a reason that resets the connection, or cancels the pending bridge. */
    void close(CloseReason reason) {
        if (!coming.cancel(true)) {
            joined.thenAccept(splice -> splice.close(reason));
        }
    }
}
