package io.github.wsbridge.bench;

import java.io.EOFException;
import java.io.IOException;
import java.net.Socket;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Opens connections, sends a byte, waits for the answer and closes, with a fixed concurrency, for a given time. */
final class Connections {

    private static final int MOST = 1_000_000;
    private static final int MOST_FAILED = 100;
    private static final int PATIENCE_MILLIS = 5_000;

    private final Target target;
    private final long[] nanos = new long[MOST];
    private int count;
    private int failed;
    private @Nullable IOException failure;
    private long from;
    private long until;

    Connections(Target target) {
        this.target = target;
    }

    /** Returns the rate, the number of failures, and percentiles of the time of one connection, in nanoseconds. */
    String run(int concurrency, int warmupMillis, int millis) throws IOException, InterruptedException {
        from = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(warmupMillis);
        until = from + TimeUnit.MILLISECONDS.toNanos(millis);
        Thread[] threads = new Thread[concurrency];
        for (int i = 0; i < concurrency; i++) {
            threads[i] = new Thread(this::repeat, "connections");
            threads[i].setDaemon(true);
            threads[i].start();
        }
        for (Thread thread : threads) {
            thread.join(); // each wait of theirs has a deadline
        }
        synchronized (this) {
            if (count == 0) {
                throw new IOException("no connection was answered", failure);
            }
            long[] seen = Arrays.copyOf(nanos, count);
            Arrays.sort(seen);
            return "count=" + count + " failed=" + failed + " rate=" + count * 1e9 / (until - from) + " p50="
                    + seen[count / 2] + " p99=" + seen[(int) (count * 0.99)];
        }
    }

    private void repeat() {
        for (long begin = System.nanoTime(); goesOn(begin); begin = System.nanoTime()) {
            try {
                once();
                answered(begin, System.nanoTime());
            } catch (IOException e) {
                if (failed(e)) {
                    return;
                }
            }
        }
    }

    private void once() throws IOException {
        try (Socket socket = new Socket()) {
            socket.setTcpNoDelay(true);
            socket.setSoTimeout(PATIENCE_MILLIS);
            socket.connect(target.address(), PATIENCE_MILLIS);
            socket.getOutputStream().write(Purpose.ANSWER.ordinal());
            if (socket.getInputStream().read() != Purpose.ANSWER.ordinal()) {
                throw new EOFException("the connection ended without an answer");
            }
        }
    }

    private synchronized boolean goesOn(long now) {
        return now < until || count == 0 && now < until + TimeUnit.MILLISECONDS.toNanos(PATIENCE_MILLIS);
    }

    private synchronized void answered(long begin, long end) {
        if (end >= until && count == 0) { // on a busy machine, nothing may have run
            until = end + 1;
        }
        if (end >= from && end < until && count < MOST) {
            nanos[count++] = end - begin;
        }
    }

    /** Returns whether it is enough. */
    private synchronized boolean failed(IOException why) {
        failure = why;
        return ++failed >= MOST_FAILED;
    }
}
