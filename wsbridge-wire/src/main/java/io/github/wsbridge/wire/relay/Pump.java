package io.github.wsbridge.wire.relay;

import io.github.wsbridge.CloseReason;
import io.github.wsbridge.spi.Fragment;
import io.github.wsbridge.spi.Leg;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

/**
 * One direction of a splice: ask the source for a fragment, send it to the target, and only when that is done ask again.
 * So one fragment is under way at the most, however slow the target's peer is. Where both legs are of one transport that
 * can, it has the bytes go straight from one to the other instead.
 */
final class Pump implements Leg.Receiver {

    private final Leg source;
    private final Leg target;
    private final Consumer<CloseReason> sourceEnded;
    private final Demands demands = new Demands(this::demand);
    private volatile long bytes; // written by one thread at a time

    Pump(Leg source, Leg target, Consumer<CloseReason> sourceEnded) {
        this.source = source;
        this.target = target;
        this.sourceEnded = sourceEnded;
    }

    long bytes() {
        return bytes;
    }

    /** Asks for the next fragment. */
    void next() {
        demands.one();
    }

    private void demand() {
        if (!(target.takesTransfers() && source.transferTo(target.transport()))) {
            source.demand();
        }
    }

    @Override
    @SuppressWarnings("NonAtomicVolatileUpdate") // by one thread at a time
    public void onTransferred(long more) {
        bytes += more;
    }

    @Override
    @SuppressWarnings("NonAtomicVolatileUpdate") // one fragment is under way at a time
    public void onFragment(Fragment fragment) {
        int size = fragment.payload().remaining();
        CompletionStage<Void> sent = Sending.send(target, fragment);
        sent.whenComplete((done, failure) -> {
            if (failure == null) {
                bytes += size;
                next();
            } // else the target ends, and the splice with it
        });
    }

    @Override
    public void onClosed(CloseReason reason) {
        sourceEnded.accept(reason);
    }
}
