package io.github.wsbridge.bench;

import java.io.IOException;
import java.time.Duration;

/** Waits with deadlines. */
final class Waiting {

    private Waiting() {}

    /** Something that may come to be. */
    interface Condition {
        boolean holds() throws IOException, InterruptedException;
    }

    /** Tells what has not come to be. */
    interface Complaint {
        String text() throws IOException;
    }

    /** Looks every {@code step} whether a condition holds; fails when the deadline is over. */
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
