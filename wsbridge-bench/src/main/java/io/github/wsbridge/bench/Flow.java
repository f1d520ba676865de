package io.github.wsbridge.bench;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;

/** A connection and a thread that sends frames on it as fast as it accepts them. */
final class Flow {

    private static final long STOP_SECONDS = 10;

    private final Wire wire;
    private final ByteBuffer frames;
    private final Thread thread;
    private volatile boolean stopped;
    private volatile boolean broken;

    private Flow(Wire wire, int frame) {
        this.wire = wire;
        frames = Frames.batch(frame, true);
        thread = new Thread(this::run, "flow");
        thread.setDaemon(true);
    }

    static Flow start(Target target, int frame) throws IOException {
        Flow flow = new Flow(Wire.open(target), frame);
        flow.thread.start();
        return flow;
    }

    private void run() {
        try {
            while (!stopped) {
                wire.write(frames.rewind());
            }
            wire.end();
        } catch (IOException e) {
            broken = !stopped;
            wire.close();
        }
    }

    /** Stops sending; the connection ends soon afterwards. */
    void stop() {
        stopped = true;
    }

    /** Waits for the end after {@link #stop}; fails if the connection had ended before. */
    void ended() throws IOException, InterruptedException {
        thread.join(TimeUnit.SECONDS.toMillis(STOP_SECONDS));
        wire.close(); // in case it is stuck
        if (broken) {
            throw new IOException("the connection broke");
        }
    }
}
