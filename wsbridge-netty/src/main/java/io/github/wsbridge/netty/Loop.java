package io.github.wsbridge.netty;

import io.netty.channel.IoEventLoopGroup;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.SingleThreadIoEventLoop;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;

/** An event loop that knows how busy it is. */
final class Loop extends SingleThreadIoEventLoop {

    /** As how many bytes a bridge counts, which may carry some at any time. */
    private static final int BRIDGE = 1024;

    private final AtomicInteger bridges = new AtomicInteger();
    private final Busy busy = new Busy();

    Loop(IoEventLoopGroup group, Executor executor, IoHandlerFactory handlers) {
        super(group, executor, handlers);
    }

    /** Bytes have been read; called on the loop. */
    void carried(int bytes) {
        busy.carried(bytes, System.nanoTime());
    }

    /** Of two loops, the one that is to get a bridge. Called on any thread. */
    static Loop lessBusy(Loop one, Loop other) {
        long now = System.nanoTime();
        return one.load(now) <= other.load(now) ? one : other;
    }

    /** A bridge is about to come; it counts at once, for the next to see. Called on any thread, as is {@link #leave}. */
    void join() {
        bridges.incrementAndGet();
    }

    void leave() {
        bridges.decrementAndGet();
    }

    private double load(long now) {
        int count = bridges.get();
        return count == 0 ? 0 : busy.bytes(now) + (double) BRIDGE * count; // what ended bridges have carried is past
    }

    /**
     * Bytes of the last tenth of a second: each counts less the longer it is ago. Written by one thread, read by any; who reads
     * in the midst of a change is told something that is a little old.
     */
    static final class Busy {
        private static final double WINDOW = 1e8; // nanoseconds

        private volatile double bytes;
        private volatile long since;

        void carried(int more, long nanos) {
            bytes = bytes(nanos) + more;
            since = nanos;
        }

        double bytes(long nanos) {
            double left = 1 - (nanos - since) / WINDOW;
            return left <= 0 ? 0 : bytes * Math.min(left, 1);
        }
    }
}
