package io.github.wsbridge.jakarta.session;

import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedTransferQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Threads that may block, and a timer. The threads are virtual if the JDK has them, else daemons, started when none is idle up
 * to a limit and ended after half a minute without work.
 */
public final class Workers implements Executor, AutoCloseable {

    private static final int PARTING_SECONDS = 2;

    private final ExecutorService threads;
    private final ScheduledThreadPoolExecutor timer;

    /**
     * Starts nothing yet.
     *
     * @param most how many threads there may be if they are not virtual; further tasks wait
     */
    public Workers(String name, int most) {
        threads = threads(name, most);
        timer = new ScheduledThreadPoolExecutor(1, daemons(name + "-timer"));
        timer.setRemoveOnCancelPolicy(true);
    }

    @Override
    public void execute(Runnable task) {
        threads.execute(task);
    }

    /** For tasks that do not block. */
    public ScheduledThreadPoolExecutor timer() {
        return timer;
    }

    /** Interrupts what still runs, and waits a moment for it to end. */
    @Override
    public void close() {
        threads.shutdownNow();
        timer.shutdownNow();
        try {
            threads.awaitTermination(PARTING_SECONDS, TimeUnit.SECONDS);
            timer.awaitTermination(PARTING_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Makes daemons, numbered. */
    public static ThreadFactory daemons(String name) {
        AtomicInteger count = new AtomicInteger();
        return task -> {
            Thread thread = new Thread(task, name + "-" + count.incrementAndGet());
            thread.setDaemon(true);
            return thread;
        };
    }

    private static ExecutorService threads(String name, int most) {
        try {
            // JDK 21 and later; this module is compiled for 17.
            return (ExecutorService)
                    Executors.class.getMethod("newVirtualThreadPerTaskExecutor").invoke(null);
        } catch (ReflectiveOperationException e) {
            return new ThreadPoolExecutor(0, most, 30, TimeUnit.SECONDS, new Idle(), daemons(name), (task, pool) -> {
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
