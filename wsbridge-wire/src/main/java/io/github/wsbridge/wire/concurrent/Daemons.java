package io.github.wsbridge.wire.concurrent;

import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicInteger;

/** Creates daemon threads. */
public final class Daemons {

    private Daemons() {}

    /** Starts a thread. */
    public static void start(String name, Runnable task) {
        daemon(name, task).start();
    }

    /** Returns a factory of threads named with the prefix and a number. */
    public static ThreadFactory named(String prefix) {
        AtomicInteger count = new AtomicInteger();
        return task -> daemon(prefix + count.incrementAndGet(), task);
    }

    /**
     * Creates a single-threaded timer. Cancelled tasks, which are most, leave its queue at once. The thread is started
     * here, so that a lack of threads is noticed now, and not when a deadline matters. The caller shuts it down.
     */
    public static ScheduledThreadPoolExecutor newTimer(String name) {
        ScheduledThreadPoolExecutor timer = new ScheduledThreadPoolExecutor(1, task -> daemon(name, task));
        timer.setRemoveOnCancelPolicy(true);
        timer.prestartCoreThread();
        return timer;
    }

    private static Thread daemon(String name, Runnable task) {
        Thread thread = new Thread(task, name);
        thread.setDaemon(true);
        return thread;
    }
}
