package io.github.wsbridge.jakarta;

import io.github.wsbridge.CloseReason;
import java.io.IOException;
import java.util.concurrent.CompletionStage;

/**
 * What a {@link JakartaLeg} needs and the Jakarta API does not give: sends that do not block their caller, reading by
 * demand, a close that is answered, and a way to drop the connection. Thread-safe; no method blocks, but for {@link #perform}
 * inside a callback.
 */
public interface Wire {

    /** A call of the Jakarta API that may block. */
    @FunctionalInterface
    public interface Step {
        /** Does it. */
        void run() throws IOException;
    }

    /** Tells whether a container is behind it: whose threads may block, and whose buffers are not the leg's to keep. */
    public boolean container();

    /** Names the leg; called once, before anything else. */
    public void attach(JakartaLeg leg);

    /** The leg has been asked for a fragment. */
    public void demanded();

    /**
     * Performs a send. One at a time; the stage completes when the next one may come.
     *
     * @param last whether it ends a message
     */
    public CompletionStage<Void> perform(Step send, boolean last);

    /** Sends a ping. */
    public void ping();

    /** Sends a pong that nobody asked for. */
    public void heartbeat();

    /** Closes after what was sent before. The wire sees to the deadline. Called once. */
    public void close(CloseReason reason);

    /** Drops the connection. */
    public void drop();

    /** The container has reported the end. */
    public void closedByContainer(CloseReason reason);
}
