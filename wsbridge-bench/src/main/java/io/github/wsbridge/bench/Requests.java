package io.github.wsbridge.bench;

import java.io.EOFException;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Makes a number of short HTTP requests, each on a connection of its own, a few at a time. */
final class Requests {

    private static final int PATIENCE_MILLIS = 30_000;
    private static final byte[] REQUEST =
            "GET / HTTP/1.1\r\nHost: device\r\nConnection: close\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

    private final Target target;
    private final long[] nanos;
    private int begun;
    private int ended;
    private @Nullable IOException failure;

    Requests(Target target, int count) {
        this.target = target;
        this.nanos = new long[count];
    }

    /** Returns how long all took, in seconds, their rate, and percentiles of the time of one, in nanoseconds. */
    String run(int concurrency) throws IOException, InterruptedException {
        long begin = System.nanoTime();
        Thread[] threads = new Thread[concurrency];
        for (int i = 0; i < concurrency; i++) {
            threads[i] = new Thread(this::repeat, "requests");
            threads[i].setDaemon(true);
            threads[i].start();
        }
        for (Thread thread : threads) {
            thread.join(); // each wait of theirs has a deadline
        }
        double seconds = (System.nanoTime() - begin) / (double) TimeUnit.SECONDS.toNanos(1);
        synchronized (this) {
            if (failure != null) {
                throw failure;
            }
            Arrays.sort(nanos);
            return "seconds=" + seconds + " rate=" + nanos.length / seconds + " p50=" + nanos[nanos.length / 2]
                    + " p99=" + nanos[(int) (nanos.length * 0.99)];
        }
    }

    private void repeat() {
        while (next()) {
            long begin = System.nanoTime();
            try {
                once();
                answered(System.nanoTime() - begin);
            } catch (IOException e) {
                failed(e);
            }
        }
    }

    private void once() throws IOException {
        try (Socket socket = new Socket()) {
            socket.setTcpNoDelay(true);
            socket.setSoTimeout(PATIENCE_MILLIS);
            socket.connect(target.address(), PATIENCE_MILLIS);
            byte[] all = new byte[1 + REQUEST.length];
            all[0] = (byte) Purpose.PAGE.ordinal();
            System.arraycopy(REQUEST, 0, all, 1, REQUEST.length);
            socket.getOutputStream().write(all);
            if (!Arrays.equals(socket.getInputStream().readAllBytes(), FarEnd.page())) {
                throw new EOFException("not the page");
            }
        }
    }

    private synchronized boolean next() {
        return failure == null && begun++ < nanos.length;
    }

    private synchronized void answered(long took) {
        nanos[ended++] = took;
    }

    private synchronized void failed(IOException why) {
        failure = why;
    }
}
