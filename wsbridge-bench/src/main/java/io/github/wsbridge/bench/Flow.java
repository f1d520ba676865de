package io.github.wsbridge.bench;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;

/** A connection and a thread that sends frames on it, or receives them, as fast as possible. */
final class Flow {

    private static final long STOP_SECONDS = 10;

    /** What the thread does until the flow is stopped; it ends early only if the connection breaks. */
    private interface Work {
        void run(Flow flow) throws IOException;
    }

    private final Wire wire;
    private final boolean receives;
    private final Thread thread;
    private volatile boolean stopped;
    private volatile boolean broken;

    private Flow(Wire wire, boolean receives, Work work) {
        this.wire = wire;
        this.receives = receives;
        thread = new Thread(() -> run(work), "flow");
        thread.setDaemon(true);
    }

    /** Sends frames until it is stopped. */
    static Flow sending(Target target, int frame) throws IOException {
        ByteBuffer frames = Frames.batch(frame, true);
        return started(new Flow(Wire.open(target), false, flow -> {
            while (!flow.stopped) {
                flow.wire.write(frames.rewind());
            }
            flow.wire.end();
        }));
    }

    /** Counts the frames that the other end sends. */
    static Flow receiving(Target target, Sinks sinks) throws IOException {
        return started(new Flow(Wire.open(target), true, flow -> {
            sinks.serve(flow.wire, 0);
            if (!flow.stopped) {
                throw new IOException("the other end stopped sending");
            }
        }));
    }

    private static Flow started(Flow flow) {
        flow.thread.start();
        return flow;
    }

    private void run(Work work) {
        try {
            work.run(this);
        } catch (IOException e) {
            broken = !stopped;
            wire.close();
        }
    }

    /** Stops sending, after which the connection ends soon; one that receives is cut off. */
    void stop() {
        stopped = true;
        if (receives) {
            wire.close();
        }
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
