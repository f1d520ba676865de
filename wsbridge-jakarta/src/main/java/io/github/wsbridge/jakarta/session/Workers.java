package io.github.wsbridge.jakarta.session;

import io.github.wsbridge.wire.concurrent.Daemons;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedTransferQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * Threads that may block, and a timer. The threads are virtual if the JDK supports them. Otherwise they are daemons,
 * which start as needed, up to a limit, and end after half a minute without work.
 */
public final class Workers implements Executor, AutoCloseable {

    private static final int CLOSE_SECONDS = 2;

    private final ExecutorService threads;
    private final ExecutorService droppers;
    private final ScheduledThreadPoolExecutor timer;

    /**
     * Creates workers; no thread is started yet.
     *
     * @param max the maximum number of threads of each kind, unless they are virtual; further tasks wait
     */
    public Workers(String name, int max) {
        threads = threads(name + "-", max);
        droppers = threads(name + "-drop-", max);
        timer = Daemons.newTimer(name + "-timer");
    }

    @Override
    public void execute(Runnable task) {
        threads.execute(task);
    }

    /**
     * Runs a task that drops a connection. It does not wait for the other workers, all of which may be blocked in
     * sends on connections like that one, and it is not lost if the workers are closed.
     */
    void drop(Runnable task) {
        try {
            droppers.execute(task);
        } catch (RejectedExecutionException e) {
            Daemons.start("wsbridge-drop", task);
        }
    }

    /** Returns the timer, for tasks that do not block. */
    public ScheduledThreadPoolExecutor timer() {
        return timer;
    }

    /**
     * Waits up to 2 seconds for connections that are being dropped, then interrupts all tasks and waits as long for
     * them to end.
     */
    @Override
    public void close() {
        droppers.shutdown();
        try {
            droppers.awaitTermination(CLOSE_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        threads.shutdownNow();
        timer.shutdownNow();
        droppers.shutdownNow().forEach(this::drop);
        try {
            threads.awaitTermination(CLOSE_SECONDS, TimeUnit.SECONDS);
            timer.awaitTermination(CLOSE_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static ExecutorService threads(String name, int max) {
        try {
            // JDK 21 and later; this module is compiled for 17.
            return (ExecutorService)
                    Executors.class.getMethod("newVirtualThreadPerTaskExecutor").invoke(null);
        } catch (ReflectiveOperationException e) {
            return new ThreadPoolExecutor(
                    0, max, 30, TimeUnit.SECONDS, new HandoffQueue(), Daemons.named(name), (task, pool) -> {
                        if (pool.isShutdown()) {
                            throw new RejectedExecutionException("closed");
                        }
                        pool.getQueue().add(task); // all threads are busy
                    });
        }
    }

    /** Accepts a task only if an idle thread takes it at once; otherwise the pool starts another thread. */
    private static final class HandoffQueue extends LinkedTransferQueue<Runnable> {
        private static final long serialVersionUID = 1L;

        @Override
        public boolean offer(Runnable task) {
            return tryTransfer(task);
        }
    }
}
