package io.github.wsbridge.launcher;

import io.github.wsbridge.wire.concurrent.Daemons;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Queue;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;

/**
 * An output that never blocks its writers: a thread of its own writes what they have written. If it cannot keep
 * up, because nobody reads the other end of a pipe, what does not fit into the queue is dropped and counted.
 * Thread-safe.
 *
 * <p>The thread exists only while there is something to write, and five seconds longer.
 */
final class QueuedOutput extends OutputStream {

    /** The most that waits, in bytes. */
    static final int MOST = 1 << 20;

    private static final long IDLE_NANOS = 5_000_000_000L;
    private static final int BATCH = 64 * 1024;

    private final String name;
    private final OutputStream to;
    private final @Nullable LongFunction<String> notice;

    // Guarded by this.
    private final Queue<byte[]> waiting = new ArrayDeque<>();
    private int bytes; // of what waits or is being written
    private int beingWritten; // how many pieces
    private long dropped;
    private boolean running;

    /**
     * Creates an output.
     *
     * @param name the thread's
     * @param to where the thread writes to; may block
     * @param tells whether to write a line about what was dropped
     */
    QueuedOutput(String name, OutputStream to, boolean tells) {
        this(
                name,
                to,
                tells
                        ? count -> "wsbridge: " + count + " log entries could not be written and were dropped"
                                + System.lineSeparator()
                        : null);
    }

    /** @param notice returns a line about how many were dropped; null for none */
    QueuedOutput(String name, OutputStream to, @Nullable LongFunction<String> notice) {
        this.name = name;
        this.to = to;
        this.notice = notice;
    }

    @Override
    public void write(int b) {
        write(new byte[] {(byte) b}, 0, 1);
    }

    /** Writes all or, if there is no room, nothing. */
    @Override
    public synchronized void write(byte[] data, int offset, int length) {
        if (length > MOST - bytes) {
            dropped++;
            return;
        }
        waiting.add(Arrays.copyOfRange(data, offset, offset + length));
        bytes += length;
        if (running) {
            notifyAll();
        } else {
            start();
        }
    }

    private void start() {
        running = true;
        try {
            Daemons.start(name, this::run);
        } catch (Throwable e) { // no thread can be created now; the next write tries again
            running = false;
        }
    }

    private void run() {
        try {
            writeAll();
        } catch (Throwable e) { // such as for lack of memory
            stopped();
        }
    }

    private synchronized void stopped() {
        running = false;
        if (!waiting.isEmpty()) {
            start();
        }
    }

    private void writeAll() {
        for (byte[] batch = next(); batch.length > 0; batch = next()) {
            boolean done = false;
            try {
                to.write(batch);
                to.flush();
                done = true;
            } catch (IOException e) {
                // Counted as dropped. Later ones may succeed, such as when a file system has room again.
            } finally {
                written(batch.length, done);
            }
        }
    }

    /** Waits for something to write. Returns nothing, and the thread ends, if nothing comes for a while. */
    private synchronized byte[] next() {
        long deadline = System.nanoTime() + IDLE_NANOS;
        try {
            while (waiting.isEmpty()) {
                long left = deadline - System.nanoTime();
                if (left <= 0) {
                    running = false;
                    return new byte[0];
                }
                wait(left / 1_000_000 + 1);
            }
        } catch (InterruptedException e) {
            running = false;
            return new byte[0];
        }
        return batch();
    }

    private byte[] batch() {
        int count = 0;
        int size = 0;
        for (byte[] piece : waiting) {
            if (count > 0 && size + piece.length > BATCH) {
                break;
            }
            size += piece.length;
            count++;
        }
        beingWritten = count;
        byte[] batch = new byte[size];
        for (int at = 0; count > 0; count--) {
            byte[] piece = waiting.remove();
            System.arraycopy(piece, 0, batch, at, piece.length);
            at += piece.length;
        }
        return batch;
    }

    private synchronized void written(int length, boolean done) {
        bytes -= length;
        if (!done) {
            dropped += beingWritten;
        } else if (notice != null && dropped > 0 && waiting.isEmpty()) {
            byte[] line = notice.apply(dropped).getBytes(StandardCharsets.UTF_8);
            dropped = 0;
            waiting.add(line);
            bytes += line.length;
        }
        notifyAll();
    }

    /** Returns how many entries wait, without those that are being written. */
    synchronized int waiting() {
        return waiting.size();
    }

    /** Waits until all is written, or the time is over. */
    synchronized void drain(Duration most) throws InterruptedException {
        long deadline = System.nanoTime() + most.toNanos();
        while (bytes > 0) {
            long left = deadline - System.nanoTime();
            if (left <= 0) {
                return;
            }
            wait(left / 1_000_000 + 1);
        }
    }
}
