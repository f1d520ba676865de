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

/** A connection to a broker that is replaced with a new one whenever it ends. */
final class BrokerLink implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(BrokerLink.class);

    /**
     * A broker never has more unanswered attempts of one client than this, and two devices with the same id must not
     * keep displacing each other.
     */
    private static final int MOST_UNANSWERED = 3;

    /** For about two minutes. */
    private static final int HOPEFUL_ATTEMPTS = 60;

    private static final Duration HOPEFUL_PAUSE = Duration.ofSeconds(4);

    /** The longest pause after another client has taken over, however short the others are. */
    private static final Duration DISPLACED = Duration.ofMinutes(1);

    /** The user of the link. Called on threads of the MQTT client or the scheduler, without a lock held. */
    interface User {

        /** Called when the connection is established, for the first time or again. */
        void opened();

        void received(Wire.Received message);

        /**
         * Called when there is no connection.
         *
         * @param refused whether the broker refuses the client
         * @param retryIn when the next attempt begins
         */
        default void waits(boolean refused, String why, Duration retryIn) {}

        /**
         * Called when another connection with the same client id has taken over.
         *
         * @param retryIn when the next attempt begins
         */
        default void takenOver(Duration retryIn) {}
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
    private @Nullable ScheduledFuture<?> timer; // the next attempt, or the reset of the backoff
    private boolean closed;
    private boolean quiet; // only the first failure is logged as a warning
    private int hopeful; // how many further attempts follow one another quickly
    private int unanswered; // attempts that the broker may still process, each of which may then take over once

    /** Creates a link, called {@code name} in the log, that subscribes to {@code topic}. */
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
        try {
            connect();
        } catch (Throwable e) { // such as no memory or no thread; nobody else would try again
            log.warn("{} cannot connect to the broker and keeps trying: {}", name, e.toString());
            Wire failed;
            synchronized (this) {
                failed = current;
                current = null;
                open = false;
            }
            if (failed != null) {
                failed.close();
            }
            retryIn(pauses.next());
        }
    }

    private void connect() {
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

    /** Returns the established connection; null if there is none. */
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

    /** How long an abandoned attempt may still take effect, and at least the longest delay. */
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
        } catch (Throwable e) { // even an Error: otherwise the subscription would end
            log.warn("{} failed to process a message", name, e);
        }
    }

    private void ended(Wire wire, Throwable cause) {
        Loss loss = Loss.of(cause);
        boolean wasOpen;
        boolean first;
        boolean bySelf;
        synchronized (this) {
            if (wire != current) {
                return; // already handled, or closed
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
            // Most likely, the broker has processed the CONNECT of an abandoned attempt. If it was another client after
            // all, the newest does not win this time, which is better than a device that has displaced itself.
            log.debug("{} was displaced by its own earlier attempt to connect", name);
            retryIn(pauses.next());
        } else if (loss == Loss.TAKEN_OVER) {
            Duration pause = pauses.nearLongest(DISPLACED);
            log.warn(
                    "{} was displaced by another connection with the same client id. Trying again in {} s",
                    name,
                    pause.toSeconds());
            try {
                user.takenOver(pause);
            } finally {
                retryIn(pause); // whatever the user does: nobody else would try again
            }
        } else if (loss == Loss.REFUSED) {
            log.warn("The broker refuses {}: {}", name, words);
            retryIn(pauses.nearLongest(), true, words);
        } else {
            if (first) {
                log.warn(
                        wasOpen
                                ? "{} has lost the broker and keeps trying: {}"
                                : "{} cannot reach the broker and keeps trying: {}",
                        name,
                        words);
            } else {
                log.debug("{} cannot reach the broker: {}", name, words);
            }
            retryIn(soon(wasOpen), false, words);
        }
    }

    /**
     * Returns the pause before the next attempt. A broker that has just worked is likely to be restarting: until it has
     * had enough time for that, nobody waits long.
     */
    private Duration soon(boolean justLost) {
        Duration pause = pauses.next();
        synchronized (this) {
            hopeful = justLost ? HOPEFUL_ATTEMPTS : Math.max(0, hopeful - 1);
            return hopeful > 0 && pause.compareTo(HOPEFUL_PAUSE) > 0
                    ? Duration.ofNanos(1 + pause.toNanos() % HOPEFUL_PAUSE.toNanos())
                    : pause;
        }
    }

    private void retryIn(Duration pause, boolean refused, String why) {
        try {
            user.waits(refused, why, pause);
        } finally {
            retryIn(pause); // whatever the user does: nobody else would try again
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
            return null; // the scheduler is shutting down
        }
    }

    private void cancelTimer() {
        if (timer != null) {
            timer.cancel(false);
            timer = null;
        }
    }

    /** Ends the link permanently. */
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
