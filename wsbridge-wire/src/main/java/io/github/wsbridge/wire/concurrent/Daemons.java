package io.github.wsbridge.wire.concurrent;

import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicInteger;

/** Threads that keep no program alive. */
public final class Daemons {

    private Daemons() {}

    /** Starts a thread. */
    public static void start(String name, Runnable task) {
        daemon(name, task).start();
    }

    /** Makes threads whose names are the prefix and a number. */
    public static ThreadFactory named(String prefix) {
        AtomicInteger count = new AtomicInteger();
        return task -> daemon(prefix + count.incrementAndGet(), task);
    }

    /** One thread for timers. Cancelled timers, which are most, leave its queue at once. Whoever makes it shuts it down. */
    public static ScheduledThreadPoolExecutor newTimer(String name) {
        ScheduledThreadPoolExecutor timer = new ScheduledThreadPoolExecutor(1, task -> daemon(name, task));
        timer.setRemoveOnCancelPolicy(true);
        return timer;
    }

    private static Thread daemon(String name, Runnable task) {
        Thread thread = new Thread(task, name);
        thread.setDaemon(true);
        return thread;
    }
}
