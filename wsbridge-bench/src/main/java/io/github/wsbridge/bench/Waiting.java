package io.github.wsbridge.bench;

import java.io.IOException;
import java.time.Duration;

/** Waits with deadlines. */
final class Waiting {

    private Waiting() {}

    /** A condition to wait for. */
    interface Condition {
        boolean holds() throws IOException, InterruptedException;
    }

    /** Describes a condition that was not met. */
    interface Complaint {
        String text() throws IOException;
    }

    /** Checks every {@code step} whether a condition holds; fails when the deadline has passed. */
    static void until(Duration deadline, Duration step, Complaint complaint, Condition condition)
            throws IOException, InterruptedException {
        long end = System.nanoTime() + deadline.toNanos();
        while (!condition.holds()) {
            if (System.nanoTime() > end) {
                throw new IOException("after " + deadline.toSeconds() + " s, " + complaint.text());
            }
            Thread.sleep(step.toMillis());
        }
    }
}
