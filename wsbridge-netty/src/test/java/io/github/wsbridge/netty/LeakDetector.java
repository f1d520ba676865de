package io.github.wsbridge.netty;

import io.netty.util.ResourceLeakDetector;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/** Collects Netty's reports of leaked buffers. Netty loads it through a system property. */
public final class LeakDetector<T> extends ResourceLeakDetector<T> {

    static final Queue<String> FOUND = new ConcurrentLinkedQueue<>();

    /** Called by Netty. */
    public LeakDetector(Class<?> type, int samplingInterval) {
        super(type, samplingInterval);
    }

    /** For older versions of Netty, which log an error without it. */
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
