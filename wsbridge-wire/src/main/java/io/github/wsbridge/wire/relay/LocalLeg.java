package io.github.wsbridge.wire.relay;

import io.github.wsbridge.CloseReason;
import io.github.wsbridge.spi.Fragment;
import io.github.wsbridge.spi.Leg;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One of a pair of legs inside this process: what one sends, the other receives. A send completes when the other leg
 * has delivered the fragment, so nothing is queued. Events run on the thread that caused them.
 */
public final class LocalLeg implements Leg {

    private static final Logger log = LoggerFactory.getLogger(LocalLeg.class);

    private final String subprotocol;
    private LocalLeg other = this; // set once by pair()

    private final AtomicInteger work = new AtomicInteger();
    private final Object lock = new Object();
    // All guarded by lock.
    private @Nullable Receiver receiver;
    private boolean demanded;
    private boolean ponged;
    private @Nullable Fragment arrived;
    private @Nullable CompletableFuture<Void> taken;
    private @Nullable CloseReason end;
    private boolean endTold;

    private LocalLeg(String subprotocol) {
        this.subprotocol = subprotocol;
    }

    /** Creates a pair of legs and returns one. The second is its {@link #other()}. */
    public static LocalLeg pair(String subprotocol) {
        LocalLeg left = new LocalLeg(subprotocol);
        LocalLeg right = new LocalLeg(subprotocol);
        left.other = right;
        right.other = left;
        return left;
    }

    /** Returns the other leg of the pair. */
    public LocalLeg other() {
        return other;
    }

    @Override
    public String subprotocol() {
        return subprotocol;
    }

    @Override
    public void open(Receiver receiver) {
        synchronized (lock) {
            this.receiver = receiver;
        }
        deliver();
    }

    @Override
    public void demand() {
        synchronized (lock) {
            demanded = true;
        }
        deliver();
    }

    @Override
    public CompletionStage<Void> send(Fragment fragment) {
        ByteBuffer copy = ByteBuffer.allocate(fragment.payload().remaining());
        copy.put(fragment.payload()).flip();
        synchronized (lock) {
            if (end != null) {
                return CompletableFuture.failedFuture(new IOException("the leg is closed"));
            }
        }
        return other.arrive(new Fragment(fragment.kind(), copy, fragment.last()));
    }

    private CompletionStage<Void> arrive(Fragment fragment) {
        CompletableFuture<Void> done = new CompletableFuture<>();
        synchronized (lock) {
            if (end != null) {
                return CompletableFuture.failedFuture(new IOException("the other end is closed"));
            }
            if (arrived != null) {
                throw new IllegalStateException("a send is already in progress");
            }
            arrived = fragment;
            taken = done;
        }
        deliver();
        return done;
    }

    @Override
    public void ping() {
        synchronized (lock) {
            ponged = true;
        }
        deliver();
    }

    @Override
    public void close(CloseReason reason) {
        if (finish(reason, true)) {
            other.finish(reason, false);
        }
    }

    @Override
    public void abort() {
        CloseReason reason = CloseReason.vanished("aborted");
        if (finish(reason, true)) {
            other.finish(reason, true);
        }
    }

    /** Ends this leg. An undelivered fragment is either dropped or left for the receiver to demand. */
    private boolean finish(CloseReason reason, boolean drop) {
        CompletableFuture<Void> dropped = null;
        synchronized (lock) {
            if (end != null && !(drop && arrived != null)) {
                return false;
            }
            if (drop && arrived != null) {
                dropped = taken;
                arrived = null;
            }
            if (end == null) {
                end = reason;
            }
        }
        if (dropped != null) {
            dropped.completeExceptionally(new IOException("the other end is closed"));
        }
        deliver();
        return true;
    }

    /** Reports pending events to the receiver, one at a time and on one thread at a time. */
    private void deliver() {
        if (work.getAndIncrement() == 0) {
            int seen;
            do {
                seen = work.get();
                while (deliverSafely()) {
                    // until no event is left
                }
            } while (work.addAndGet(-seen) > 0);
        }
    }

    private boolean deliverSafely() {
        try {
            return deliverOne();
        } catch (RuntimeException | Error e) { // otherwise the leg would never deliver again
            log.warn("a receiver threw an exception, which it must not; dropping its leg", e);
            abort();
            return true;
        }
    }

    private boolean deliverOne() {
        Receiver to;
        Fragment fragment = null;
        CompletableFuture<Void> done = null;
        CloseReason reason = null;
        synchronized (lock) {
            if (receiver == null || endTold) {
                return false;
            }
            to = receiver;
            if (ponged) {
                ponged = false;
            } else if (arrived != null && demanded) {
                fragment = arrived;
                done = taken;
                arrived = null;
                demanded = false;
            } else if (arrived == null && end != null) {
                reason = end;
                endTold = true;
            } else {
                return false;
            }
        }
        if (fragment != null && done != null) {
            try {
                to.onFragment(fragment);
            } finally {
                done.complete(null);
            }
        } else if (reason != null) {
            to.onClosed(reason);
        } else {
            to.onPong();
        }
        return true;
    }
}
