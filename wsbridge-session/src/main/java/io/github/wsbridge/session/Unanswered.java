package io.github.wsbridge.session;

import io.netty.channel.ChannelHandlerContext;
import io.netty.util.concurrent.ScheduledFuture;
import java.time.Duration;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The streams of a session that wait for an answer, all for the same time at most. One timer serves all. Confined to
 * the session's loop.
 */
final class Unanswered {

    private final long patience; // nanoseconds
    private final Supplier<ChannelHandlerContext> context;
    private final Map<Runnable, Long> deadlines = new LinkedHashMap<>(); // in their order
    private @Nullable ScheduledFuture<?> timer;

    Unanswered(Duration patience, Supplier<ChannelHandlerContext> context) {
        this.patience = patience.toNanos();
        this.context = context;
    }

    /** Calls {@code late} when the time is over, unless it is removed before. */
    void add(Runnable late) {
        deadlines.put(late, System.nanoTime() + patience);
        if (timer == null) {
            schedule(patience);
        }
    }

    void remove(Runnable late) {
        deadlines.remove(late);
    }

    void close() {
        if (timer != null) {
            timer.cancel(false);
        }
        deadlines.clear();
    }

    private void schedule(long nanos) {
        timer = context.get().executor().schedule(this::expire, nanos, TimeUnit.NANOSECONDS);
    }

    private void expire() {
        timer = null;
        long now = System.nanoTime();
        while (!deadlines.isEmpty()) {
            Iterator<Map.Entry<Runnable, Long>> all = deadlines.entrySet().iterator();
            Map.Entry<Runnable, Long> first = all.next();
            long left = first.getValue() - now;
            if (left > 0) {
                schedule(left);
                return;
            }
            Runnable late = first.getKey();
            all.remove();
            late.run();
        }
    }
}
