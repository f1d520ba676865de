package io.github.wsbridge.wire.relay;

import io.github.wsbridge.CloseReason;
import io.github.wsbridge.spi.Fragment;
import io.github.wsbridge.spi.Leg;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One direction of a splice. Demands a fragment from the source, sends it to the target, and demands the next only when
 * the send has completed. So at most one fragment is in flight, however slow the target's peer is. If both legs belong
 * to one transport that supports it, the bytes go directly from one to the other instead.
 */
final class Pump implements Leg.Receiver {

    private final Leg source;
    private final Leg target;
    private final Consumer<CloseReason> sourceEnded;
    private final Demands demands = new Demands(this::demand);
    private volatile @Nullable Pace pace;
    private volatile long bytes; // written by one thread at a time

    Pump(Leg source, Leg target, Consumer<CloseReason> sourceEnded) {
        this.source = source;
        this.target = target;
        this.sourceEnded = sourceEnded;
    }

    long bytes() {
        return bytes;
    }

    /** Limits the rate from now on. Called before the first {@link #next}. */
    void pace(Pace value) {
        pace = value;
    }

    /** Demands the next fragment. */
    void next() {
        Pace limit = pace;
        if (limit == null) {
            demands.one();
        } else {
            limit.next(demands::one);
        }
    }

    private void demand() {
        // Legs that are joined directly cannot be slowed down.
        if (pace != null || !(target.takesTransfers() && source.transferTo(target.transport()))) {
            source.demand();
        }
    }

    @Override
    @SuppressWarnings("NonAtomicVolatileUpdate") // by one thread at a time
    public void onTransferred(long more) {
        bytes += more;
    }

    @Override
    @SuppressWarnings("NonAtomicVolatileUpdate") // one fragment is in flight at a time
    public void onFragment(Fragment fragment) {
        int size = fragment.payload().remaining();
        CompletionStage<Void> sent = Sending.send(target, fragment);
        sent.whenComplete((done, failure) -> {
            if (failure == null) {
                bytes += size;
                Pace limit = pace;
                if (limit != null) {
                    limit.relayed(size);
                }
                next();
            } // otherwise the target ends, and with it the splice
        });
    }

    @Override
    public void onClosed(CloseReason reason) {
        sourceEnded.accept(reason);
    }
}
