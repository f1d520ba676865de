package io.github.wsbridge.signal.mqtt;

import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.atomic.AtomicInteger;

/** Threads that keep no program alive. */
final class Daemons {

    private static final AtomicInteger COUNT = new AtomicInteger();

    /** Runs the event loops of all connections: one executor, so that they share their threads. */
    static final Executor LOOPS = task -> thread(task, "wsbridge-mqtt-").start();

    private Daemons() {}

    /** One thread for timers; whoever makes it shuts it down. */
    static ScheduledExecutorService newScheduler() {
        ScheduledThreadPoolExecutor scheduler =
                new ScheduledThreadPoolExecutor(1, task -> thread(task, "wsbridge-mqtt-timer-"));
        scheduler.setRemoveOnCancelPolicy(true);
        scheduler.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
        return scheduler;
    }

    private static Thread thread(Runnable task, String prefix) {
        Thread thread = new Thread(task, prefix + COUNT.incrementAndGet());
        thread.setDaemon(true);
        return thread;
    }
}
