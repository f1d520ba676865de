package io.github.wsbridge.client;

import io.github.wsbridge.CloseReason;
import io.github.wsbridge.spi.Leg;
import io.github.wsbridge.wire.relay.Gate;
import io.github.wsbridge.wire.relay.Splice;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** A plain connection that waits for its bridge, and is then joined with it. Thread-safe; nothing blocks. */
final class Joint {

    private final Gate near;
    private final CompletableFuture<BridgeLeg> coming;
    private final CompletableFuture<Splice> joined = new CompletableFuture<>();
    private final CompletableFuture<CloseReason> over = new CompletableFuture<>();

    /**
     * Of two halves.
     *
     * @param near a connection that nobody listens to yet; it is reset if the bridge does not come about
     * @param coming the bridge, which is given up if the connection ends before
     */
    Joint(Leg near, CompletableFuture<BridgeLeg> coming) {
        this.near = new Gate(near, reason -> coming.cancel(true));
        this.coming = coming;
    }

    /**
     * Joins the two as soon as it can.
     *
     * @return completes when both have ended, with what ended them; fails where the bridge did not come about, with the reason
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
        splice.start(null, null);
        joined.complete(splice);
        splice.gone().thenAccept(over::complete);
    }

    /** Closes the bridge and resets the connection, with a reason other than a good one; or gives the bridge up. */
    void close(CloseReason reason) {
        if (!coming.cancel(true)) {
            joined.thenAccept(splice -> splice.close(reason));
        }
    }
}
