package io.github.wsbridge.bench.micro;

import io.github.wsbridge.wire.websocket.FrameTranslator;
import io.github.wsbridge.wire.websocket.Frames;
import java.nio.ByteBuffer;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** Measures a 64 KiB read full of frames: from a client to a device, and from node to node. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class FrameTranslatorBenchmark {

    private static final int READ = 64 * 1024;

    /** The payload size of each frame, in bytes. */
    @Param({"128", "1024", "16384"})
    public int payload;

    private final ByteBuffer original = ByteBuffer.allocateDirect(FrameTranslator.HEADROOM + READ);
    private final ByteBuffer read = ByteBuffer.allocateDirect(FrameTranslator.HEADROOM + READ);
    private final FrameTranslator translator = new FrameTranslator(true, new NoControls());
    private int end;

    /** Fills the read with as many complete frames as fit. */
    @Setup(Level.Trial)
    public void fill() {
        Random random = new Random(payload);
        byte[] content = new byte[payload];
        original.position(FrameTranslator.HEADROOM);
        while (original.remaining() >= payload + FrameTranslator.HEADROOM) {
            random.nextBytes(content);
            Frames.write(original, 0x80 | Frames.BINARY, ByteBuffer.wrap(content), true, random.nextInt());
        }
        end = original.position();
        refill();
    }

    private void refill() {
        read.put(0, original, 0, end);
    }

    /** For comparison: the copy that {@link #unmask} needs, because it modifies its input. */
    @Benchmark
    public Object copy() {
        refill();
        return read;
    }

    /** Translates masked frames to unmasked ones; includes {@link #copy}. */
    @Benchmark
    public long unmask() {
        refill();
        return translator.translate(read, FrameTranslator.HEADROOM, end, true);
    }

    /** Passes masked frames on unchanged. */
    @Benchmark
    public long verbatim() {
        return translator.translate(read, FrameTranslator.HEADROOM, end, false);
    }

    private static final class NoControls implements FrameTranslator.Controls {
        @Override
        public void onPing(byte[] payload) {}

        @Override
        public void onPong(byte[] payload) {}
    }
}
