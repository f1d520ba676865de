package io.github.wsbridge.jakarta.session;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Runs tasks one after another, in order, on the threads of an executor. Thread-safe. */
public final class SerialExecutor implements Executor {

    private static final Logger log = LoggerFactory.getLogger(SerialExecutor.class);

    private final Executor executor;
    private final Runnable failed;
    private final Queue<Runnable> tasks = new ConcurrentLinkedQueue<>();
    private final AtomicInteger waiting = new AtomicInteger();

    /**
     * Creates an executor whose tasks run on {@code executor}. With {@code Runnable::run}, the thread that adds the
     * first task also runs those that others add meanwhile.
     */
    public SerialExecutor(Executor executor) {
        this(executor, () -> {});
    }

    /** Creates an executor that also runs {@code failed} after each task that throws. */
    public SerialExecutor(Executor executor, Runnable failed) {
        this.executor = executor;
        this.failed = failed;
    }

    @Override
    public void execute(Runnable task) {
        if (add(task)) {
            dispatch();
        }
    }

    /**
     * Adds a task without running it, so that callers can add tasks in order while they hold a lock.
     *
     * @return whether the caller must call {@link #dispatch}, after it has released the lock
     */
    public boolean add(Runnable task) {
        tasks.add(task);
        return waiting.getAndIncrement() == 0;
    }

    /** Starts the tasks; called once for each {@link #add} that returns true. */
    public void dispatch() {
        try {
            executor.execute(this::runAll);
        } catch (RejectedExecutionException e) {
            runAll(); // the pool is shut down: tasks still run, since callers wait for their results
        }
    }

    private void runAll() {
        do {
            Runnable task = tasks.poll();
            if (task != null) {
                run(task);
            }
        } while (waiting.decrementAndGet() > 0);
    }

    private void run(Runnable task) {
        try {
            task.run();
        } catch (RuntimeException | Error e) {
            log.error("a task failed", e);
            failed.run();
        }
    }
}
