package io.github.wsbridge.wire.relay;

import io.github.wsbridge.CloseReason;
import io.github.wsbridge.spi.Fragment;
import io.github.wsbridge.spi.Leg;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;

/**
 * Holds an open leg that waits for its counterpart. Nothing is demanded of the leg meanwhile, so only its end can be
 * reported. An end that comes before the gate is {@linkplain #pass passed} goes to {@code whileWaiting}.
 */
public final class Gate implements Leg.Receiver {

    private final Leg leg;
    private final Consumer<CloseReason> whileWaiting;
    /** Null while waiting, then the receiver or the close reason, whichever came first. */
    private final AtomicReference<Object> outcome = new AtomicReference<>();

    public Gate(Leg leg, Consumer<CloseReason> whileWaiting) {
        this.leg = leg;
        this.whileWaiting = whileWaiting;
    }

    public Leg leg() {
        return leg;
    }

    public void open() {
        leg.open(this);
    }

    /**
     * Passes the leg's events to {@code receiver} from now on. If the leg has already ended, the end is reported at
     * once. Called at most once.
     */
    public void pass(Leg.Receiver receiver) {
        if (!outcome.compareAndSet(null, receiver) && outcome.get() instanceof CloseReason ended) {
            receiver.onClosed(ended);
        }
    }

    @Override
    public void onFragment(Fragment fragment) {
        if (outcome.get() instanceof Leg.Receiver receiver) {
            receiver.onFragment(fragment);
        }
    }

    @Override
    public void onPong() {
        if (outcome.get() instanceof Leg.Receiver receiver) {
            receiver.onPong();
        }
    }

    @Override
    public void onHeartbeat(Duration next) {
        if (outcome.get() instanceof Leg.Receiver receiver) {
            receiver.onHeartbeat(next);
        }
    }

    @Override
    public void onTransferred(long bytes) {
        if (outcome.get() instanceof Leg.Receiver receiver) {
            receiver.onTransferred(bytes);
        }
    }

    @Override
    public void onReading(boolean reading) {
        if (outcome.get() instanceof Leg.Receiver receiver) {
            receiver.onReading(reading);
        }
    }

    @Override
    public void onWritable(boolean writable) {
        if (outcome.get() instanceof Leg.Receiver receiver) {
            receiver.onWritable(writable);
        }
    }

    @Override
    public void onClosed(CloseReason reason) {
        if (outcome.compareAndSet(null, reason)) {
            whileWaiting.accept(reason);
        } else if (outcome.get() instanceof Leg.Receiver receiver) {
            receiver.onClosed(reason);
        }
    }
}
