package io.github.wsbridge.examples.transport;

import io.github.wsbridge.spi.Leg;
import java.io.IOException;
import java.net.Socket;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;

/** The connections of a server or a connector, and the threads that serve them, one or two per connection. */
final class Connections implements AutoCloseable {

    private static final int CLOSE_SECONDS = 5;

    private final Set<Socket> open = ConcurrentHashMap.newKeySet();
    private final ExecutorService threads;
    private final ScheduledExecutorService timer;

    Connections(String name) {
        ThreadFactory daemons = task -> {
            Thread thread = new Thread(task, name);
            thread.setDaemon(true);
            return thread;
        };
        threads = Executors.newCachedThreadPool(daemons);
        timer = Executors.newSingleThreadScheduledExecutor(daemons);
    }

    int count() {
        return open.size();
    }

    /**
     * Runs a task that may block.
     *
     * @throws RejectedExecutionException after {@link #close}
     */
    void run(Runnable task) {
        threads.execute(task);
    }

    /** Schedules a task that does not block. */
    Future<?> after(Duration delay, Runnable task) {
        return timer.schedule(task, delay.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** Registers a socket until it is {@linkplain #drop dropped}. */
    Socket take(Socket socket) {
        open.add(socket);
        if (threads.isShutdown()) {
            drop(socket); // close() may have missed it
        }
        return socket;
    }

    void drop(Socket socket) {
        open.remove(socket);
        try {
            socket.close();
        } catch (IOException e) {
            // it is closed either way
        }
    }

    FrameSocket frames(Socket socket) throws IOException {
        return new FrameSocket(socket, () -> drop(socket));
    }

    Leg leg(FrameSocket frames, String subprotocol) {
        return new FrameLeg(frames, subprotocol, threads, timer);
    }

    /** Drops all connections and stops the threads. */
    @Override
    public void close() {
        threads.shutdown();
        open.forEach(this::drop);
        timer.shutdownNow();
        threads.shutdownNow(); // interrupts those that wait for demand
        try {
            threads.awaitTermination(CLOSE_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
