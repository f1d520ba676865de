package io.github.wsbridge.metrics;

import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A value that is taken at most twice a second, so that all metrics of one scrape are of the same moment. Thread-safe.
 */
final class Recent<T> implements Supplier<T> {

    private static final long NANOS = 500_000_000L;

    private final Supplier<T> source;
    // Guarded by this.
    private @Nullable T value;
    private long takenAt;

    Recent(Supplier<T> source) {
        this.source = source;
    }

    @Override
    public synchronized T get() {
        long now = System.nanoTime();
        T last = value;
        if (last == null || now - takenAt > NANOS) {
            last = source.get();
            value = last;
            takenAt = now;
        }
        return last;
    }
}
