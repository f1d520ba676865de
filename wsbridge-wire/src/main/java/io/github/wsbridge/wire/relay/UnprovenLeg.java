package io.github.wsbridge.wire.relay;

import io.github.wsbridge.CloseReason;
import io.github.wsbridge.spi.Fragment;
import io.github.wsbridge.spi.Leg;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A leg that sends little until something has been received from its peer. The JDK's WebSocket client (at least 17 to
 * 25) loses bytes, and then fails, if more than its 16 KiB read buffer arrives together with the answer to its
 * handshake. A device can receive that much at once if its requester has already sent data. A peer that has sent
 * anything or answered a ping is past that point.
 */
public final class UnprovenLeg extends ForwardingLeg {

    /** What may be sent at once: half of that buffer, since the answer to the handshake needs room there, too. */
    static final int ALLOWANCE = 8 * 1024;

    /** How long to wait for an answer to the ping before sending anyway. */
    static final Duration PATIENCE = Duration.ofSeconds(3);

    private static final int HEADER = 10;

    private enum State {
        UNPROVEN,
        /** The held fragment is being sent, and a close waits for that. */
        RELEASING,
        PROVEN
    }

    private record Held(Fragment fragment, CompletableFuture<Void> done) {}

    private final ScheduledExecutorService scheduler;
    private final Object lock = new Object(); // never held while the leg is called
    private State state = State.UNPROVEN; // guarded by lock
    private int sent; // guarded by lock
    private @Nullable Held held; // guarded by lock
    private @Nullable CloseReason closing; // guarded by lock

    public UnprovenLeg(Leg leg, ScheduledExecutorService scheduler) {
        super(leg);
        this.scheduler = scheduler;
    }

    @Override
    public void open(Receiver receiver) {
        leg.open(new UnprovenReceiver(receiver));
    }

    @Override
    public CompletionStage<Void> send(Fragment fragment) {
        Held waiting = null;
        synchronized (lock) {
            if (state == State.UNPROVEN) {
                sent += HEADER + Math.min(fragment.payload().remaining(), ALLOWANCE);
                if (closing != null) {
                    return CompletableFuture.failedFuture(new IOException("the leg is closing"));
                }
                if (sent > ALLOWANCE) {
                    waiting = new Held(fragment, new CompletableFuture<>());
                    held = waiting;
                }
            }
        }
        if (waiting == null) {
            return leg.send(fragment);
        }
        leg.ping();
        try {
            scheduler.schedule(this::proven, PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException e) {
            proven(); // the node is shutting down
        }
        return waiting.done();
    }

    /** False until something has been received from the peer, since this wrapper has to see what is sent until then. */
    @Override
    public boolean takesTransfers() {
        synchronized (lock) {
            if (state != State.PROVEN) {
                return false;
            }
        }
        return leg.takesTransfers();
    }

    @Override
    public void close(CloseReason reason) {
        synchronized (lock) {
            if (held != null && state != State.PROVEN) {
                closing = closing == null ? reason : closing; // after what was sent before
                return;
            }
        }
        leg.close(reason);
    }

    private void proven() {
        Held waiting;
        synchronized (lock) {
            if (state != State.UNPROVEN) {
                return;
            }
            waiting = held;
            state = waiting == null ? State.PROVEN : State.RELEASING;
        }
        if (waiting == null) {
            return;
        }
        CompletionStage<Void> sending = Sending.send(leg, waiting.fragment());
        CloseReason reason;
        synchronized (lock) {
            state = State.PROVEN;
            held = null;
            reason = closing;
        }
        if (reason != null) {
            leg.close(reason);
        }
        sending.whenComplete((done, failure) -> {
            if (failure == null) {
                waiting.done().complete(null);
            } else {
                waiting.done().completeExceptionally(failure);
            }
        });
    }

    private final class UnprovenReceiver extends ForwardingReceiver {

        UnprovenReceiver(Receiver receiver) {
            super(receiver);
        }

        @Override
        public void onFragment(Fragment fragment) {
            proven();
            receiver.onFragment(fragment);
        }

        @Override
        public void onPong() {
            proven();
            receiver.onPong();
        }

        @Override
        public void onHeartbeat(Duration next) {
            proven();
            receiver.onHeartbeat(next);
        }

        @Override
        public void onTransferred(long bytes) {
            if (bytes > 0) {
                proven();
            }
            receiver.onTransferred(bytes);
        }

        @Override
        public void onClosed(CloseReason reason) {
            proven(); // so that a held send fails
            receiver.onClosed(reason);
        }
    }
}
