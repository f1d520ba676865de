package io.github.wsbridge.signal.mqtt;

import io.github.wsbridge.wire.concurrent.Backoff;
import java.time.Duration;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A connection to a broker that is opened again, as a new one, whenever it ends. */
final class BrokerLink implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(BrokerLink.class);

    /** No broker has more tries of one client before it, and two devices of one name must not put each other out for long. */
    private static final int MOST_UNANSWERED = 3;

    /** Who uses the link. Called on threads of the MQTT client or the scheduler, without a lock held. */
    interface User {

        /** The connection stands, for the first time or once more. */
        void opened();

        void received(Wire.Received message);

        /**
         * Another connection with the same client id has taken the place of this one.
         *
         * @return whether to open it again all the same
         */
        boolean takenOver();
    }

    private final String name;
    private final @Nullable String topic;
    private final Supplier<Wire> wires;
    private final Backoff pauses;
    private final Duration openTimeout;
    private final ScheduledExecutorService scheduler;
    private final User user;

    // Guarded by this.
    private @Nullable Wire current; // open, or about to be
    private boolean open;
    private @Nullable ScheduledFuture<?> timer; // the next try, or the end of the pauses' growth
    private boolean closed;
    private boolean quiet; // the first failure is worth a warning, later ones are not
    private int unanswered; // tries that the broker may still deal with, each of which may then take over once

    /** A link, called {@code name} in the log, that hears {@code topic}. */
    BrokerLink(
            String name,
            @Nullable String topic,
            Supplier<Wire> wires,
            Backoff pauses,
            Duration openTimeout,
            ScheduledExecutorService scheduler,
            User user) {
        this.name = name;
        this.topic = topic;
        this.wires = wires;
        this.pauses = pauses;
        this.openTimeout = openTimeout;
        this.scheduler = scheduler;
        this.user = user;
    }

    void start() {
        Wire wire = wires.get();
        synchronized (this) {
            if (closed) {
                return;
            }
            current = wire;
        }
        wire.open(topic, message -> received(wire, message), cause -> ended(wire, cause))
                .orTimeout(openTimeout.toNanos(), TimeUnit.NANOSECONDS)
                .whenComplete((opened, failure) -> {
                    if (failure == null) {
                        opened(wire);
                    } else {
                        ended(wire, Loss.unwrap(failure));
                    }
                });
    }

    /** What stands now; null while there is nothing. */
    synchronized @Nullable Wire wire() {
        return open ? current : null;
    }

    private void opened(Wire wire) {
        synchronized (this) {
            if (wire != current) {
                return;
            }
            open = true;
            quiet = false;
            timer = schedule(this::settled, settling());
        }
        log.debug("{} is connected to the broker", name);
        user.opened();
    }

    /** As long as a try may go on after it was given up, and no shorter than the longest pause. */
    private Duration settling() {
        return pauses.longest().compareTo(openTimeout) > 0 ? pauses.longest() : openTimeout;
    }

    private synchronized void settled() {
        pauses.reset();
        unanswered = 0;
    }

    private void received(Wire wire, Wire.Received message) {
        boolean stale;
        synchronized (this) {
            stale = wire != current;
        }
        if (stale) {
            return;
        }
        try {
            user.received(message);
        } catch (RuntimeException e) { // it would end the subscription
            log.warn("{} failed on a message", name, e);
        }
    }

    private void ended(Wire wire, Throwable cause) {
        Loss loss = Loss.of(cause);
        boolean wasOpen;
        boolean first;
        boolean bySelf;
        synchronized (this) {
            if (wire != current) {
                return; // heard of its end before, or closed
            }
            wasOpen = open;
            first = !quiet;
            current = null;
            open = false;
            quiet = true;
            cancelTimer();
            bySelf = loss == Loss.TAKEN_OVER && unanswered > 0;
            if (bySelf) {
                unanswered--;
            } else if (!wasOpen && Loss.unanswered(cause)) {
                unanswered = Math.min(unanswered + 1, MOST_UNANSWERED);
            }
        }
        wire.close();
        String words = Loss.words(cause);
        if (bySelf) {
            // Most likely: the broker has come upon the CONNECT of a try that was given up. If it was somebody else,
            // the
            // newest does not win this once, which is better than a device that has put itself out for good.
            log.debug("{} has lost its place to an earlier try of its own", name);
            retryIn(pauses.next());
        } else if (loss == Loss.TAKEN_OVER) {
            log.warn("{} has lost its place to another connection with the same client id", name);
            if (user.takenOver()) {
                retryIn(pauses.nearLongest());
            }
        } else if (loss == Loss.REFUSED) {
            log.warn("The broker refuses {}: {}", name, words);
            retryIn(pauses.nearLongest());
        } else {
            if (first) {
                log.warn("{} {} the broker and tries on: {}", name, wasOpen ? "has lost" : "cannot reach", words);
            } else {
                log.debug("{} cannot reach the broker: {}", name, words);
            }
            retryIn(pauses.next());
        }
    }

    private synchronized void retryIn(Duration pause) {
        if (!closed) {
            timer = schedule(this::start, pause);
        }
    }

    private @Nullable ScheduledFuture<?> schedule(Runnable task, Duration pause) {
        try {
            return scheduler.schedule(task, pause.toNanos(), TimeUnit.NANOSECONDS);
        } catch (RejectedExecutionException e) {
            return null; // the scheduler's owner is shutting down
        }
    }

    private void cancelTimer() {
        if (timer != null) {
            timer.cancel(false);
            timer = null;
        }
    }

    /** Ends it for good. */
    @Override
    public void close() {
        Wire last;
        synchronized (this) {
            closed = true;
            open = false;
            last = current;
            current = null;
            cancelTimer();
        }
        if (last != null) {
            last.close();
        }
    }
}
