package io.github.wsbridge.spi;

import io.github.wsbridge.CloseReason;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * One half of a bridge: an open WebSocket, or an endpoint inside this process. Transports implement it; nodes and the
 * client library use it.
 *
 * <p><b>Reading is by demand.</b> After {@link #open}, each call to {@link #demand} permits exactly one call to
 * {@link Receiver#onFragment}. Without demand the transport stops reading, and flow control eventually stops the peer.
 * A leg never holds more than one undelivered fragment plus whatever its transport reads at once.
 *
 * <p><b>Writing is one at a time.</b> The caller sends a fragment only after the stage of the previous one has
 * completed. That happens when the transport is ready for more, not when the peer has read the fragment.
 *
 * <p><b>Threads.</b> All methods may be called from any thread and do not block. The one exception: {@code send} may
 * block if the leg knows that the calling thread belongs to a transport of its own kind whose threads are meant to
 * block. The receiver is called by one thread at a time. Each call <i>happens-before</i> the next, and may happen
 * before the {@code demand} that caused it has returned.
 *
 * <p><b>Control frames.</b> A leg answers pings itself, even without demand if its transport can read them. Control
 * frames are never delivered as fragments.
 */
public interface Leg {

    /** Returns the subprotocol negotiated in the handshake, or an empty string if there is none. */
    String subprotocol();

    /**
     * Sets the receiver. Called exactly once, before any other method except {@link #close}. If the leg has already
     * ended, the receiver is told now.
     */
    void open(Receiver receiver);

    /** Requests one more fragment. It is an error to call this while an earlier demand is outstanding. */
    void demand();

    /**
     * Sends a fragment. The payload must not be touched until the stage completes. On success it has been consumed.
     *
     * @return a stage that completes when the next fragment may be sent, or fails with an {@code IOException} if the
     *     leg is closed or closing. A failed leg also calls {@link Receiver#onClosed}.
     */
    CompletionStage<Void> send(Fragment fragment);

    /** Sends a ping with a payload of the leg's choice. Does nothing if the leg is closed. */
    void ping();

    /**
     * Sends an unsolicited pong (RFC 6455, section 5.5.3) that announces the next frame, so that the peer can tell that
     * this end is alive, even while flow control keeps it from reading pings. Does nothing if the leg is closed, or if
     * the pong would be queued after data that the peer does not read. Does nothing by default.
     *
     * @param next the time within which the caller sends another heartbeat or anything else
     */
    default void heartbeat(Duration next) {}

    /**
     * Returns for how long the peer's host has not acknowledged data or a probe, in TCP's terms; zero if it owes no
     * acknowledgment, or if the transport cannot tell. A host that is reachable acknowledges even if its program reads
     * nothing. Must not block.
     */
    default Duration unacknowledged() {
        return Duration.ZERO;
    }

    /**
     * Closes the leg in an orderly way: flushes what was sent before, then sends a close frame with {@code reason}. The
     * frame has no code if the reason is {@link CloseReason#NO_STATUS}. If the transport cannot send the code, it sends
     * the nearest one that it can. The connection is dropped if the peer neither reads anything nor answers for ten
     * seconds, or a shorter time of the transport's choice, and after two minutes in any case. Only the first call has
     * an effect.
     */
    void close(CloseReason reason);

    /** Drops the connection without a close frame, for a peer that no longer responds. */
    void abort();

    /** Returns the transport's own leg: this one, or the one that a wrapper wraps. */
    default Leg transport() {
        return this;
    }

    /**
     * Returns the transport's leg whose threads this one's events mostly run on: {@link #transport}, except for a
     * wrapper that changes the bytes, such as one that encrypts, which is a transport of its own.
     */
    default Leg carrier() {
        return transport();
    }

    /**
     * Moves this leg and {@code other} to the same thread, if both belong to a transport whose threads own connections.
     * Called at most once per pair, after {@link #open}, while neither leg has an unanswered {@link #demand} or a
     * {@link #send} in flight. Does nothing by default.
     *
     * @param other the leg that is about to be joined to this one
     * @return a stage that completes when both legs may be used again; never fails
     */
    default CompletionStage<Void> shareThread(Leg other) {
        return CompletableFuture.completedStage(null);
    }

    /**
     * Returns whether data may be sent to this leg by {@link #transferTo}. It may not while a wrapper has to see what
     * is sent. Once true, the answer stays true.
     */
    default boolean takesTransfers() {
        return true;
    }

    /**
     * Sends everything that arrives from now on directly to {@code target}, without delivering fragments, for as long
     * as both legs are open. The transport takes care of flow control. Called instead of {@link #demand}, so nothing is
     * in flight from this leg to the target. From then on the caller must neither demand from this leg nor send on the
     * target. Receivers learn of the traffic from {@link Receiver#onTransferred}, {@link Receiver#onReading} and
     * {@link Receiver#onWritable}, and of the end from {@link Receiver#onClosed} as usual.
     *
     * @return whether the transport does this. If not, nothing has changed, and the caller continues with fragments.
     *     The default implementation returns false.
     */
    default boolean transferTo(Leg target) {
        return false;
    }

    /** Receives a leg's events. Implemented by the node and the client library. No method may block or throw. */
    interface Receiver {

        /** Called with a fragment that was demanded. */
        void onFragment(Fragment fragment);

        /** Called when a pong arrives that is not a {@linkplain #onHeartbeat heartbeat}. Its payload is ignored. */
        default void onPong() {}

        /**
         * Called when a heartbeat arrives: a pong by which the peer announces its next frame.
         *
         * @param next the time within which it will arrive, unless this end does not read
         */
        default void onHeartbeat(Duration next) {
            onPong();
        }

        /**
         * Called when payload bytes have gone directly from this leg to another.
         *
         * @param bytes the number of bytes; 0 for frames without a payload
         */
        default void onTransferred(long bytes) {}

        /**
         * Called during a transfer from this leg when reading stops or resumes because of flow control. Initially true.
         */
        default void onReading(boolean reading) {}

        /** Called during a transfer to this leg when it becomes writable or stops being so. Initially true. */
        default void onWritable(boolean writable) {}

        /**
         * Called when the leg has ended. This is the last call, made exactly once, after every demanded fragment that
         * was sent before the end. It needs no demand if the transport notices the end by itself.
         *
         * @param reason the peer's code and reason; {@link CloseReason#NO_STATUS} if its close frame was empty;
         *     {@link CloseReason#VANISHED} if there was no close frame; after {@link Leg#close}, the peer's answer or,
         *     failing that, the reason passed to {@code close}
         */
        void onClosed(CloseReason reason);
    }
}
