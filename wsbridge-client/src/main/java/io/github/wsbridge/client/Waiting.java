package io.github.wsbridge.client;

import java.util.concurrent.locks.Condition;

/**
 * How one call of a blocking method waits: for how long, and whether an interrupt ends it. A call that an interrupt
 * does not end leaves the thread's interrupt status as it finds it. Confined to its thread.
 */
final class Waiting {

    private final boolean interruptible;
    private final boolean limited;
    private final long deadline;
    private boolean interrupted;

    /**
     * Begins.
     *
     * @param nanos zero for no limit
     * @param interruptible whether an interrupt ends the wait
     */
    Waiting(long nanos, boolean interruptible) {
        this.interruptible = interruptible;
        limited = nanos != 0;
        deadline = limited ? System.nanoTime() + nanos : 0;
    }

    /**
     * Waits for a signal; it may return without one.
     *
     * @return false if the time is over
     */
    boolean await(Condition condition) throws InterruptedException {
        try {
            if (!limited) {
                condition.await();
                return true;
            }
            long left = deadline - System.nanoTime();
            return left > 0 && condition.awaitNanos(left) > 0;
        } catch (InterruptedException e) {
            if (interruptible) {
                throw e;
            }
            interrupted = true;
            return true;
        }
    }

    /** Ends the call: an interrupt that was not heeded is there again. */
    void end() {
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
