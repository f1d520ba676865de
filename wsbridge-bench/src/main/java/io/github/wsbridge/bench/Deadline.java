package io.github.wsbridge.bench;

import java.io.IOException;
import java.nio.channels.Channel;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** Closes a blocking channel if this object is not closed in time, which ends any wait on the channel. */
record Deadline(ScheduledFuture<?> expiry) implements AutoCloseable {

    private static final int SECONDS = 10;

    private static final ScheduledThreadPoolExecutor TIMER = new ScheduledThreadPoolExecutor(1, task -> {
        Thread thread = new Thread(task, "deadlines");
        thread.setDaemon(true);
        return thread;
    });

    static {
        TIMER.setRemoveOnCancelPolicy(true);
    }

    static Deadline of(Channel channel) {
        return new Deadline(TIMER.schedule(() -> close(channel), SECONDS, TimeUnit.SECONDS));
    }

    private static void close(Channel channel) {
        try {
            channel.close();
        } catch (IOException e) {
            // It is closed either way.
        }
    }

    @Override
    public void close() {
        expiry.cancel(false);
    }
}
