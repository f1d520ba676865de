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

    /** On {@code executor}; with {@code Runnable::run}, whoever comes first runs what others add meanwhile. */
    public SerialExecutor(Executor executor) {
        this(executor, () -> {});
    }

    /** Runs {@code failed} after each task that has thrown. */
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
     * Adds a task, such as under a lock that decides on the order.
     *
     * @return whether the caller is to {@link #dispatch} it, once it holds no lock
     */
    public boolean add(Runnable task) {
        tasks.add(task);
        return waiting.getAndIncrement() == 0;
    }

    /** Lets the tasks run; called once for each {@link #add} that asks for it. */
    public void dispatch() {
        try {
            executor.execute(this::runAll);
        } catch (RejectedExecutionException e) {
            runAll(); // the pool is shutting down: the tasks fail by themselves, and their callers must hear of it
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
