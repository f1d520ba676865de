package io.github.wsbridge.client;

import io.github.wsbridge.CloseReason;
import io.github.wsbridge.spi.Fragment;
import io.github.wsbridge.spi.Leg;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The events that a leg's receiver has yet to be notified of. Events arrive on any thread. The thread that adds one
 * notifies the receiver, unless another thread is already doing so and will deliver that event as well. So the receiver
 * is called by one thread at a time and never recursively.
 */
final class Delivery {

    private static final Logger log = LoggerFactory.getLogger(Delivery.class);

    private final Runnable readOn;
    private final BooleanSupplier closing;
    private final Runnable onThrow;
    private final AtomicInteger news = new AtomicInteger();
    private final AtomicReference<@Nullable CloseReason> end = new AtomicReference<>();
    private volatile Leg.@Nullable Receiver receiver;
    private volatile @Nullable Fragment held;
    private volatile boolean demanded;
    private volatile boolean ponged;
    private volatile @Nullable Duration announced; // by the pong
    private boolean discarding; // inside tell() only
    private boolean told; // inside tell() only

    /**
     * Creates a delivery without a receiver.
     *
     * @param readOn requests the next fragment; not called while one is held
     * @param closing whether the leg is closing
     * @param onThrow called if the receiver throws
     */
    Delivery(Runnable readOn, BooleanSupplier closing, Runnable onThrow) {
        this.readOn = readOn;
        this.closing = closing;
        this.onThrow = onThrow;
    }

    void open(Leg.Receiver to) {
        receiver = to;
        tell();
    }

    void demand() {
        demanded = true;
        tell();
    }

    /** Takes a fragment, whether or not it was demanded. */
    void hold(Fragment fragment) {
        held = fragment;
        tell();
    }

    boolean holds() {
        return held != null;
    }

    void pong(@Nullable Duration next) {
        announced = next;
        ponged = true;
        tell();
    }

    /** Takes the end; returns false if there already was one. */
    boolean end(CloseReason reason) {
        if (!end.compareAndSet(null, reason)) {
            return false;
        }
        tell();
        return true;
    }

    boolean ended() {
        return end.get() != null;
    }

    void tell() {
        if (news.getAndIncrement() != 0) {
            return;
        }
        int seen = 1;
        do {
            try {
                tellOnce();
            } catch (RuntimeException | Error e) { // otherwise the leg would never be notified again
                log.warn("A receiver threw an exception; its connection is dropped", e);
                onThrow.run();
            }
            seen = news.addAndGet(-seen);
        } while (seen != 0);
    }

    private void tellOnce() {
        Leg.Receiver to = receiver;
        Fragment fragment = held;
        CloseReason reason = end.get();
        if (to != null && ponged && !told) {
            ponged = false;
            Duration next = announced;
            if (next == null) {
                to.onPong();
            } else {
                to.onHeartbeat(next);
            }
        }
        if (fragment != null && reason == null) {
            if (to != null && demanded && !discarding) {
                demanded = false;
                held = null;
                readOn.run();
                to.onFragment(fragment);
            } else if (closing.getAsBoolean()) {
                // A closing leg keeps reading to see the peer's close; data that was not demanded, and all after it, is
                // discarded.
                discarding = true;
                held = null;
                readOn.run();
            }
        }
        if (to != null && reason != null && !told) {
            told = true;
            held = null;
            to.onClosed(reason);
        }
    }
}
