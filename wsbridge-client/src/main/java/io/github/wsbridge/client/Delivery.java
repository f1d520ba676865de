package io.github.wsbridge.client;

import io.github.wsbridge.CloseReason;
import io.github.wsbridge.spi.Fragment;
import io.github.wsbridge.spi.Leg;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a leg's receiver is still to be told. Events come on any thread; whoever brings one tells it, unless somebody is telling
 * already, who then tells that one too. So the receiver is called by one thread at a time, and never from inside its own call.
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
    private boolean discarding; // inside tell() only
    private boolean told; // inside tell() only

    /**
     * A delivery to nobody yet.
     *
     * @param readOn lets the next fragment come; not called while one is held
     * @param closing whether the leg's own close is under way
     * @param onThrow called where the receiver has thrown
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

    /** Takes a fragment, whether it was asked for or not. */
    void hold(Fragment fragment) {
        held = fragment;
        tell();
    }

    boolean holds() {
        return held != null;
    }

    void pong() {
        ponged = true;
        tell();
    }

    /** Takes the end; false where there was one already. */
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
            } catch (RuntimeException | Error e) { // one that escaped would leave the leg deaf for good
                log.warn("A receiver threw, which none may; its connection is dropped", e);
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
            to.onPong();
        }
        if (fragment != null && reason == null) {
            if (to != null && demanded && !discarding) {
                demanded = false;
                held = null;
                readOn.run();
                to.onFragment(fragment);
            } else if (closing.getAsBoolean()) {
                // A closing leg reads on for the peer's answer; what nobody has asked for, and all behind it, is lost.
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
