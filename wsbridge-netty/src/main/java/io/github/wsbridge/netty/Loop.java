package io.github.wsbridge.netty;

import io.netty.channel.IoEventLoopGroup;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.SingleThreadIoEventLoop;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;

/** An event loop that measures its load. */
final class Loop extends SingleThreadIoEventLoop {

    /** The load of an idle bridge, in bytes, since it may carry data at any time. */
    private static final int BRIDGE = 1024;

    /** The difference in load that is worth a change of threads, in bytes per tenth of a second. */
    private static final int MUCH = 1024 * 1024;

    private final AtomicInteger bridges = new AtomicInteger();
    private final Busy busy = new Busy();

    Loop(IoEventLoopGroup group, Executor executor, IoHandlerFactory handlers) {
        super(group, executor, handlers);
    }

    /** Records bytes that have been read. Called on the loop. */
    void carried(int bytes) {
        busy.carried(bytes, System.nanoTime());
    }

    /** Returns the less busy of two loops, for a new bridge. Called on any thread. */
    static Loop lessBusy(Loop one, Loop other) {
        long now = System.nanoTime();
        return one.load(now) <= other.load(now) ? one : other;
    }

    /** Returns the calling loop, unless it is much busier than another. Called on {@code here}. */
    static Loop nearer(Loop here, Loop other) {
        long now = System.nanoTime();
        return here.load(now) <= other.load(now) + MUCH ? here : other;
    }

    /**
     * Counts a bridge before it arrives, so that the next choice considers it. Called on any thread, like
     * {@link #leave}.
     */
    void join() {
        bridges.incrementAndGet();
    }

    void leave() {
        bridges.decrementAndGet();
    }

    private double load(long now) {
        int count = bridges.get();
        return count == 0 ? 0 : busy.bytes(now) + (double) BRIDGE * count; // ended bridges no longer count
    }

    /**
     * The number of bytes in the last tenth of a second, weighted by age. Written by one thread and read by any; a read
     * during an update may return a slightly outdated value.
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
