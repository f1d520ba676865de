package io.github.wsbridge.launcher;

import io.github.wsbridge.wire.concurrent.Backoff;
import java.io.IOException;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An end of a channel on a connection to a broker, which is opened in the background, for as long as it takes, and
 * again when it has ended. Its client may reconnect by itself; that is not an end. Thread-safe.
 */
final class KeptOpen<T> implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(KeptOpen.class);

    private static final Duration SHORTEST_PAUSE = Duration.ofSeconds(1);
    private static final Duration LONGEST_PAUSE = Duration.ofMinutes(1);

    /** An end, and the connection that it has to itself. */
    record Link<T>(T end, AutoCloseable connection) {}

    /** Opens connections. */
    @FunctionalInterface
    interface Opening<T> {

        /**
         * Opens a connection. May block, and be interrupted.
         *
         * @param ended to be run when it has ended and does not reconnect
         */
        Link<T> open(Runnable ended) throws Exception;
    }

    /** Hears what becomes of the connection, on its thread. */
    interface Listener<T> {

        default void opened(T end) {}

        default void failed(String why, Duration pause) {}
    }

    private final String place;
    private final Opening<T> opening;
    private final Backoff backoff = new Backoff(SHORTEST_PAUSE, LONGEST_PAUSE, new Random());
    private final Thread thread;
    private volatile @Nullable T end;
    private volatile boolean closed;
    private boolean failing; // used by the thread only

    /**
     * Begins to open it.
     *
     * @param place where, for people, without secrets
     */
    KeptOpen(String place, Opening<T> opening, Listener<T> listener) {
        this.place = place;
        this.opening = opening;
        thread = new Thread(() -> keep(listener), "wsbridge-broker");
        thread.setDaemon(true);
        thread.start();
    }

    /** Returns the end; null while there is no connection. */
    @Nullable
    T end() {
        return end;
    }

    private void keep(Listener<T> listener) {
        try {
            while (!closed) { // a client may have swallowed the interruption
                try {
                    use(listener);
                } catch (InterruptedException e) {
                    throw e;
                } catch (Throwable e) { // nobody restarts the thread
                    if (closed) {
                        return;
                    }
                    Duration pause = backoff.next();
                    failed(listener, Failures.describe(e), pause);
                    Thread.sleep(pause.toMillis());
                }
            }
        } catch (InterruptedException e) {
            // closed
        }
    }

    /** Opens a connection, and fails when that has ended. */
    private void use(Listener<T> listener) throws Exception {
        CountDownLatch ended = new CountDownLatch(1);
        Link<T> link = opening.open(ended::countDown);
        try (AutoCloseable connection = link.connection()) {
            if (failing) {
                log.info("is connected to {} again", place);
                failing = false;
            }
            backoff.reset();
            if (closed) {
                return;
            }
            end = link.end();
            listener.opened(link.end());
            ended.await();
        } finally {
            end = null;
        }
        throw new IOException("the connection has ended");
    }

    private void failed(Listener<T> listener, String why, Duration pause) {
        if (!failing) {
            log.warn("cannot connect to {} and keeps trying: {}", place, why);
            failing = true;
        }
        listener.failed(why, pause);
    }

    @Override
    public void close() {
        closed = true;
        thread.interrupt();
    }
}
