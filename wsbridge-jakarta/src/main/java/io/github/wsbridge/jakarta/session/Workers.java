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

    private static final int PARTING_SECONDS = 2;

    private final ExecutorService threads;
    private final ExecutorService droppers;
    private final ScheduledThreadPoolExecutor timer;

    /**
     * Creates workers; no thread is started yet.
     *
     * @param most the maximum number of threads of each kind, unless they are virtual; further tasks wait
     */
    public Workers(String name, int most) {
        threads = threads(name + "-", most);
        droppers = threads(name + "-drop-", most);
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
     * Gives connections that are being dropped a moment, then interrupts all tasks and waits briefly for them to end.
     */
    @Override
    public void close() {
        droppers.shutdown();
        try {
            droppers.awaitTermination(PARTING_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        threads.shutdownNow();
        timer.shutdownNow();
        droppers.shutdownNow().forEach(this::drop);
        try {
            threads.awaitTermination(PARTING_SECONDS, TimeUnit.SECONDS);
            timer.awaitTermination(PARTING_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static ExecutorService threads(String name, int most) {
        try {
            // JDK 21 and later; this module is compiled for 17.
            return (ExecutorService)
                    Executors.class.getMethod("newVirtualThreadPerTaskExecutor").invoke(null);
        } catch (ReflectiveOperationException e) {
            return new ThreadPoolExecutor(
                    0, most, 30, TimeUnit.SECONDS, new Idle(), Daemons.named(name), (task, pool) -> {
                        if (pool.isShutdown()) {
                            throw new RejectedExecutionException("closed");
                        }
                        pool.getQueue().add(task); // all threads are busy
                    });
        }
    }

    /** Takes a task at once only if an idle thread takes it from there, so that the pool starts another one if not. */
    private static final class Idle extends LinkedTransferQueue<Runnable> {
        private static final long serialVersionUID = 1L;

        @Override
        public boolean offer(Runnable task) {
            return tryTransfer(task);
        }
    }
}
