package io.github.wsbridge.bench;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;

/** A connection that is sent frames as fast as it takes them, by a thread of its own. */
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

    /** Sends no more, and ends soon. */
    void stop() {
        stopped = true;
    }

    /** Waits until it has ended after {@link #stop}; fails where it had ended by itself. */
    void ended() throws IOException, InterruptedException {
        thread.join(TimeUnit.SECONDS.toMillis(STOP_SECONDS));
        wire.close(); // where it is stuck
        if (broken) {
            throw new IOException("the connection broke");
        }
    }
}
