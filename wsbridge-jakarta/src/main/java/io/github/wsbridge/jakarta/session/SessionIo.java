package io.github.wsbridge.jakarta.session;

import io.github.wsbridge.CloseReason;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletionStage;

/**
 * Adds to the Jakarta API what a {@link JakartaLeg} needs: flow control, sends that do not block the caller, a close
 * that waits for the peer's close frame, and a way to drop the connection. Thread-safe; no method except
 * {@link #arrived} blocks.
 */
public interface SessionIo {

    /** A call of the Jakarta API that may block. */
    @FunctionalInterface
    interface Step {
        /** Performs the call. */
        void run() throws IOException;
    }

    /** Sets the leg; called once, before any other method. */
    void attach(JakartaLeg leg);

    /** Called when a fragment has arrived, on the container's thread; may block until the fragment is delivered. */
    void arrived();

    /** Called when all fragments that have arrived are delivered. */
    void delivered();

    /**
     * Performs a send, one at a time.
     *
     * @param last whether it ends a message
     * @return completes when the next send may follow
     */
    CompletionStage<Void> perform(Step send, boolean last);

    /** Sends a ping. */
    void ping();

    /** Sends an unsolicited pong that announces the next frame within this time. */
    void heartbeat(Duration next);

    /** Closes the session after all previous sends, with a deadline. Called at most once. */
    void close(CloseReason reason);

    /** Drops the connection. */
    void drop();

    /** Called when the container has closed the session. */
    void closedByContainer(CloseReason reason);
}
