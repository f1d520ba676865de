package io.github.wsbridge.bench;

import java.io.EOFException;
import java.io.IOException;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Opens connections, sends a byte, waits for the answer and closes, with a fixed concurrency, for a given time. */
final class Connections {

    private static final int MOST = 1_000_000;
    private static final int MOST_FAILED = 100;
    private static final long PATIENCE = TimeUnit.SECONDS.toNanos(5);

    private final Loop loop;
    private final Target target;
    private final CountDownLatch over = new CountDownLatch(1);
    // Used on the loop.
    private final long[] nanos = new long[MOST];
    private final Set<Connection> open = new HashSet<>();
    private final ByteBuffer greeting = ByteBuffer.allocateDirect(1);
    private int count;
    private int failed;
    private @Nullable IOException failure;
    private long from;
    private long until;

    Connections(Loop loop, Target target) {
        this.loop = loop;
        this.target = target;
    }

    /** Returns the rate, the number of failures, and percentiles of the time of one connection, in nanoseconds. */
    String run(int concurrency, int warmupMillis, int millis) throws IOException, InterruptedException {
        loop.execute(() -> {
            from = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(warmupMillis);
            until = from + TimeUnit.MILLISECONDS.toNanos(millis);
            for (int i = 0; i < concurrency; i++) {
                next();
            }
        });
        long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(warmupMillis + millis) + 6 * PATIENCE;
        while (!over.await(1, TimeUnit.SECONDS)) { // each connection has a deadline
            if (System.nanoTime() - end > 0) {
                throw new IOException("the loop has stopped");
            }
            loop.execute(this::endLate);
        }
        if (count == 0) {
            throw new IOException("no connection was answered", failure);
        }
        long[] seen = Arrays.copyOf(nanos, count);
        Arrays.sort(seen);
        return "count=" + count + " failed=" + failed + " rate=" + count * 1e9 / (until - from) + " p50="
                + seen[count / 2] + " p99=" + seen[(int) (count * 0.99)];
    }

    private void next() {
        if (goesOn(System.nanoTime())) {
            Connection connection = new Connection();
            open.add(connection);
            connection.open();
        } else if (open.isEmpty()) {
            over.countDown();
        }
    }

    private boolean goesOn(long now) {
        return failed < MOST_FAILED && (now < until || count == 0 && now < until + PATIENCE);
    }

    private void answered(long begin, long end) {
        if (end >= until && count == 0) { // on a busy machine, nothing may have run
            until = end + 1;
        }
        if (end >= from && end < until && count < MOST) {
            nanos[count++] = end - begin;
        }
    }

    private void endLate() {
        long now = System.nanoTime();
        for (Connection connection : List.copyOf(open)) {
            if (now - connection.begin > PATIENCE) {
                connection.end(new IOException("no answer in time"));
            }
        }
    }

    private final class Connection implements Loop.Ready {
        private final long begin = System.nanoTime();
        private @Nullable SocketChannel channel;

        void open() {
            try {
                SocketChannel opened = SocketChannel.open();
                channel = opened;
                opened.configureBlocking(false);
                opened.setOption(StandardSocketOptions.TCP_NODELAY, true);
                if (opened.connect(target.address())) {
                    greet(opened);
                    opened.register(loop.selector(), SelectionKey.OP_READ, this);
                } else {
                    opened.register(loop.selector(), SelectionKey.OP_CONNECT, this);
                }
            } catch (IOException e) {
                loop.execute(() -> end(e)); // not at once, so that failures do not pile up on the stack
            }
        }

        private void greet(SocketChannel connected) throws IOException {
            greeting.clear().put((byte) Purpose.ANSWER.ordinal()).flip();
            if (connected.write(greeting) != 1) {
                throw new IOException("no room for a byte");
            }
        }

        @Override
        public void ready(SelectionKey key) {
            SocketChannel connected = (SocketChannel) key.channel();
            try {
                if (key.isValid() && key.isConnectable()) {
                    connected.finishConnect();
                    greet(connected);
                    key.interestOps(SelectionKey.OP_READ);
                } else if (key.isValid() && key.isReadable()) {
                    ByteBuffer answer = loop.buffer();
                    if (connected.read(answer) != 1 || answer.get(0) != Purpose.ANSWER.ordinal()) {
                        throw new EOFException("the connection ended without an answer");
                    }
                    end(null);
                }
            } catch (IOException e) {
                end(e);
            }
        }

        void end(@Nullable IOException why) {
            if (!open.remove(this)) {
                return;
            }
            try {
                SocketChannel opened = channel;
                if (opened != null) {
                    opened.close();
                }
            } catch (IOException e) {
                // Closed it is.
            }
            if (why == null) {
                answered(begin, System.nanoTime());
            } else {
                failure = why;
                failed++;
            }
            next();
        }
    }
}
