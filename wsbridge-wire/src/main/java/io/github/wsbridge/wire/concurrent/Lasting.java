package io.github.wsbridge.wire.concurrent;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A periodic task that goes on after a failure, even an {@link Error}, such as that there is no memory or no thread. By
 * itself, a scheduler ends a task that fails, and nobody notices.
 *
 * @param task the task
 */
public record Lasting(Runnable task) implements Runnable {

    private static final Logger log = LoggerFactory.getLogger(Lasting.class);

    @Override
    public void run() {
        try {
            task.run();
        } catch (Throwable e) {
            report(e);
        }
    }

    private static void report(Throwable failure) {
        try {
            log.warn("a periodic task failed and goes on", failure);
        } catch (Throwable e) {
            // there may be no memory even for this
        }
    }
}
