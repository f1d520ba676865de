package io.github.wsbridge.netty;

import io.netty.util.ResourceLeakDetector;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/** Keeps what Netty finds of buffers that nobody released. Named to Netty by a system property. */
public final class LeakDetector<T> extends ResourceLeakDetector<T> {

    static final Queue<String> FOUND = new ConcurrentLinkedQueue<>();

    /** As Netty calls it. */
    public LeakDetector(Class<?> type, int samplingInterval) {
        super(type, samplingInterval);
    }

    /** As older versions of Netty called it; its absence is complained of. */
    public LeakDetector(Class<?> type, int samplingInterval, long maxActive) {
        super(type, samplingInterval);
    }

    @Override
    protected boolean needReport() {
        return true;
    }

    @Override
    protected void reportTracedLeak(String type, String records) {
        FOUND.add(type + records);
    }

    @Override
    protected void reportUntracedLeak(String type) {
        FOUND.add(type);
    }
}
