package io.github.wsbridge.bench;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;

/** Measures round trips of single messages for a given time. */
final class RoundTrips implements FrameScanner.Listener {

    private static final int MOST = 2_000_000;

    private final Wire wire;
    private final FrameScanner scanner = new FrameScanner(this);
    private final ByteBuffer message = Frames.frame(Frames.BINARY, new byte[Devices.ECHO], true);
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(4096);

    private RoundTrips(Wire wire) {
        this.wire = wire;
    }

    /** Returns the count, and percentiles in nanoseconds. */
    static String measure(Target target, int warmupMillis, int millis) throws IOException {
        try (Wire wire = Wire.open(target)) {
            RoundTrips trips = new RoundTrips(wire);
            trips.during(warmupMillis);
            long[] nanos = trips.during(millis);
            Arrays.sort(nanos);
            wire.end();
            return "count=" + nanos.length + " p50=" + nanos[nanos.length / 2] + " p99="
                    + nanos[(int) (nanos.length * 0.99)];
        }
    }

    private long[] during(int millis) throws IOException {
        long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
        long[] nanos = new long[Math.min(MOST, millis * 200 + 1)];
        int count = 0;
        long begin = System.nanoTime();
        do {
            once();
            long now = System.nanoTime();
            nanos[count++] = now - begin;
            begin = now;
        } while (begin < end && count < nanos.length);
        return Arrays.copyOf(nanos, count);
    }

    private void once() throws IOException {
        long before = scanner.frames();
        wire.write(message.rewind());
        while (scanner.frames() == before) {
            if (wire.read(buffer.clear()) < 0) {
                throw new EOFException("the connection ended");
            }
            scanner.scan(buffer.flip());
        }
    }

    @Override
    public void onText(String text) {}

    @Override
    public void onControl(int opcode, byte[] payload) throws IOException {
        if (opcode == Frames.PING) {
            wire.write(Frames.frame(Frames.PONG, payload, true));
        } else if (opcode == Frames.CLOSE) {
            throw new EOFException("closed");
        }
    }
}
