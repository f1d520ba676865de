package io.github.wsbridge.tyrus;

import java.io.IOException;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.glassfish.grizzly.Connection;
import org.glassfish.grizzly.Context;
import org.glassfish.grizzly.IOEvent;
import org.glassfish.grizzly.IOEventLifeCycleListener;
import org.glassfish.grizzly.IOStrategy;
import org.glassfish.grizzly.Transport;
import org.glassfish.grizzly.nio.NIOConnection;
import org.glassfish.grizzly.strategies.WorkerThreadIOStrategy;
import org.glassfish.grizzly.threadpool.ThreadPoolConfig;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Grizzly's strategy, with a pause after a connection could not be accepted, most likely because no file descriptors
 * are left. Grizzly would try again at once, and for ever.
 */
@SuppressWarnings("rawtypes") // Grizzly's
final class PatientAccepts implements IOStrategy {

    private static final Logger log = LoggerFactory.getLogger(PatientAccepts.class);
    private static final int PAUSE_MILLIS = 100;

    private final WorkerThreadIOStrategy others = WorkerThreadIOStrategy.getInstance();
    private final ScheduledExecutorService timer;
    private volatile boolean told;

    PatientAccepts(ScheduledExecutorService timer) {
        this.timer = timer;
    }

    @Override
    public boolean executeIoEvent(Connection connection, IOEvent event) throws IOException {
        return executeIoEvent(connection, event, true);
    }

    @Override
    public boolean executeIoEvent(Connection connection, IOEvent event, boolean enabled) throws IOException {
        if (event != IOEvent.SERVER_ACCEPT) {
            return others.executeIoEvent(connection, event, enabled);
        }
        Outcome outcome = new Outcome();
        try {
            connection.getTransport().fireIOEvent(event, connection, outcome);
        } catch (RuntimeException | Error e) { // such as a class that cannot be loaded without a file descriptor
            outcome.failure = e;
        }
        Object failure = outcome.failure;
        if (failure == null) {
            told = false;
        } else if (connection.isOpen()) {
            pause((NIOConnection) connection, failure);
        }
        return true;
    }

    private void pause(NIOConnection server, Object failure) throws IOException {
        server.disableIOEvent(IOEvent.SERVER_ACCEPT);
        if (!told) {
            told = true;
            log.warn(
                    "The server at {} cannot accept connections and keeps trying: {}",
                    server.getLocalAddress(),
                    String.valueOf(failure));
        }
        try {
            timer.schedule(() -> resume(server), PAUSE_MILLIS, TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException e) {
            // the server is closing
        }
    }

    private static void resume(NIOConnection server) {
        try {
            server.enableIOEvent(IOEvent.SERVER_ACCEPT);
        } catch (IOException e) {
            log.debug("the server has been closed", e);
        }
    }

    @Override
    public Executor getThreadPoolFor(Connection connection, IOEvent event) {
        return others.getThreadPoolFor(connection, event);
    }

    @Override
    public ThreadPoolConfig createDefaultWorkerPoolConfig(Transport transport) {
        return others.createDefaultWorkerPoolConfig(transport);
    }

    /** Whether an accept has failed. */
    private static final class Outcome extends IOEventLifeCycleListener.Adapter {
        private volatile @Nullable Object failure;

        @Override
        public void onError(Context context, @Nullable Object description) {
            failure = description == null ? "failed" : description;
        }
    }
}
