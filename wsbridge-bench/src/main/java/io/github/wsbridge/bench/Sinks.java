package io.github.wsbridge.bench;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;

/** The far ends of measured connections. Each counts what arrives or answers each frame, on its own thread. */
final class Sinks {

    private static final int READ = 256 * 1024;

    private final Set<Sink> running = ConcurrentHashMap.newKeySet();
    private final AtomicLong finished = new AtomicLong();
    private final Queue<ByteBuffer> buffers = new ConcurrentLinkedQueue<>();

    /** Returns the total number of bytes of binary data received by all sinks. */
    private long payload() {
        long sum = finished.get();
        for (Sink sink : running) {
            sum += sink.seen.get();
        }
        return sum;
    }

    /** Returns the total and the time, as an agent's answer. */
    String count() {
        return "payload=" + payload() + " nanos=" + System.nanoTime();
    }

    /** Returns the number of open connections. */
    int active() {
        return running.size();
    }

    /**
     * Serves a connection until it ends, on the calling thread; {@code echo} is the size of the answer to each frame,
     * or 0.
     */
    void serve(Wire wire, int echo) {
        Sink sink = new Sink(wire, echo);
        running.add(sink);
        ByteBuffer buffer = buffers.poll();
        try {
            sink.run(buffer == null ? buffer = ByteBuffer.allocateDirect(READ) : buffer);
        } catch (IOException e) {
            // The way it ends does not matter.
        } finally {
            wire.close();
            finished.addAndGet(sink.seen.get());
            running.remove(sink);
            if (buffer != null) {
                buffers.add(buffer);
            }
        }
    }

    private static final class Sink implements FrameScanner.Listener {
        private final Wire wire;
        private final FrameScanner scanner = new FrameScanner(this);
        private final AtomicLong seen = new AtomicLong();
        private final ByteBuffer answer;

        Sink(Wire wire, int echo) {
            this.wire = wire;
            answer = Frames.frame(Frames.BINARY, new byte[echo], wire.masks());
        }

        void run(ByteBuffer buffer) throws IOException {
            boolean answers = answer.limit() > 6;
            long answered = 0;
            while (wire.read(buffer.clear()) >= 0) {
                scanner.scan(buffer.flip());
                seen.lazySet(scanner.payload());
                for (; answers && answered < scanner.frames(); answered++) {
                    wire.write(answer.rewind());
                }
            }
        }

        @Override
        public void onText(String text) {}

        @Override
        public void onControl(int opcode, byte[] payload) throws IOException {
            if (opcode == Frames.PING) {
                wire.write(Frames.frame(Frames.PONG, payload, wire.masks()));
            } else if (opcode == Frames.CLOSE) {
                wire.write(Frames.frame(Frames.CLOSE, payload, wire.masks()));
                if (!wire.masks()) {
                    wire.close(); // a server closes the connection itself
                }
            }
        }
    }
}
