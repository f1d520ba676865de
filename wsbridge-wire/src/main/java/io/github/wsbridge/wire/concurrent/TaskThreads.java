package io.github.wsbridge.wire.concurrent;

import java.lang.reflect.InvocationTargetException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * Threads for blocking work, one per task: virtual threads if the JDK supports them, otherwise pooled daemon threads.
 */
public final class TaskThreads {

    private static final ExecutorService SHARED = newThreads();

    private TaskThreads() {}

    /** Returns the threads, which are never shut down. */
    public static ExecutorService shared() {
        return SHARED;
    }

    private static ExecutorService newThreads() {
        try {
            return (ExecutorService)
                    Executors.class.getMethod("newVirtualThreadPerTaskExecutor").invoke(null);
        } catch (NoSuchMethodException | IllegalAccessException | InvocationTargetException e) {
            return Executors.newCachedThreadPool(Daemons.named("wsbridge-"));
        }
    }
}
