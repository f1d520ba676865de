package io.github.wsbridge.jakarta.session;

import io.github.wsbridge.CloseReason;
import java.io.IOException;
import java.util.concurrent.CompletionStage;

/**
 * What a {@link JakartaLeg} needs and the Jakarta API lacks: flow control, sends that do not block their caller, a
 * close that waits for its answer, and a way to drop the connection. Thread-safe; no method except
 * {@link #arrived} blocks.
 */
public interface SessionIo {

    /** A call of the Jakarta API that may block. */
    @FunctionalInterface
    interface Step {
        /** Does it. */
        void run() throws IOException;
    }

    /** Names the leg; called once, before any other method. */
    void attach(JakartaLeg leg);

    /**
     * A fragment has come; called by the thread that brought it, which may be held here until it has been delivered.
     */
    void arrived();

    /** All fragments that have come are delivered. */
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

    /** Sends a pong that nobody asked for. */
    void heartbeat();

    /** Closes after what was sent before, with a deadline. Called once at most. */
    void close(CloseReason reason);

    /** Drops the connection. */
    void drop();

    /** The container has closed the session. */
    void closedByContainer(CloseReason reason);
}
