package io.github.wsbridge.client;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;

/**
 * Detects ends of connections that the JDK misses. The JDK's WebSocket (at least 17 to 25) ignores the end of the TCP
 * stream if it arrives without a close frame while no message is requested, and there is such a moment after every
 * message. So if nothing follows a message for a second, this class sends pings: a live peer answers, and if the peer
 * is gone, the second ping fails. A peer that does neither is left to {@link io.github.wsbridge.wire.relay.WatchedLeg}.
 */
final class EndProbe {

    private static final int MAX_PINGS = 5; // with pauses of 1, 2, 4, 8 and 16 seconds

    private final BooleanSupplier reading;
    private final Runnable ping;
    private final AtomicBoolean armed = new AtomicBoolean();
    private volatile boolean doubt;
    private volatile boolean heard;
    private volatile boolean stopped;

    /**
     * Creates a probe, initially inactive.
     *
     * @param reading whether a pong would be read now
     * @param ping sends a ping; a failure to send shows that the peer is gone
     */
    EndProbe(BooleanSupplier reading, Runnable ping) {
        this.reading = reading;
        this.ping = ping;
    }

    /** A message has arrived, after which the end may be missed. */
    void onMessage() {
        heard = true;
        doubt = true;
        arm();
    }

    /** The peer has answered. */
    void onPong() {
        doubt = false;
    }

    void stop() {
        stopped = true;
    }

    private void arm() {
        if (!armed.get() && armed.compareAndSet(false, true)) {
            later(0);
        }
    }

    private void later(int pings) {
        Executor timer =
                CompletableFuture.delayedExecutor(1L << Math.max(0, pings - 1), TimeUnit.SECONDS, Runnable::run);
        timer.execute(() -> look(pings));
    }

    private void look(int pings) {
        if (stopped) {
            return;
        }
        if (doubt && (heard || !reading.getAsBoolean())) {
            heard = false;
            later(0);
        } else if (doubt && pings < MAX_PINGS) {
            ping.run();
            later(pings + 1);
        } else {
            boolean unanswered = doubt;
            armed.set(false);
            if (!unanswered && doubt) {
                arm(); // a message arrived between the two lines above
            }
        }
    }
}
