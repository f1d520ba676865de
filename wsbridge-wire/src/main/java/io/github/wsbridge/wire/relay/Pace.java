package io.github.wsbridge.wire.relay;

/** Limits how fast a splice relays. Called by both of its directions, from any thread. */
public interface Pace {

    /** Counts bytes that have been relayed. */
    void relayed(long bytes);

    /** Runs a task as soon as more may be read: at once, on the calling thread, or later. It does not block. */
    void next(Runnable read);
}
