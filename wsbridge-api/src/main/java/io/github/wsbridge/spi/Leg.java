package io.github.wsbridge.spi;

import io.github.wsbridge.CloseReason;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * One half of a bridge: an open WebSocket, or an end inside this process. Implemented by transports, used by the node and
 * the client library.
 *
 * <p><b>Reading is by demand.</b> After {@link #open}, each call of {@link #demand} allows exactly one
 * {@link Receiver#onFragment}; without demand the transport leaves the bytes where they are, in the end in the peer's
 * hands. A leg never holds more than one undelivered fragment and what its transport reads at a time.
 *
 * <p><b>Writing is one at a time.</b> The caller sends the next fragment only after the stage of the previous one has
 * completed, which happens when the transport is ready for more, not when the peer has read it.
 *
 * <p><b>Threads.</b> All methods may be called from any thread and do not block. The one exception: a send may block
 * its caller where the leg knows that the calling thread belongs to a transport of its own kind, whose threads are there
 * to block. The receiver is called by one thread at a time, each call happening-before the next, possibly before the
 * {@code demand} that caused it has returned.
 *
 * <p><b>Control frames.</b> A leg answers pings by itself, also without demand where its transport can read them. Control
 * frames are never fragments.
 */
public interface Leg {

    /** The subprotocol agreed on in the handshake; empty where there is none. */
    String subprotocol();

    /**
     * Names the receiver; called exactly once, before any other method but {@link #close}. An end that came before is
     * reported now.
     */
    void open(Receiver receiver);

    /** Asks for one fragment more. Asking while an earlier demand is still unanswered is a caller's error. */
    void demand();

    /**
     * Sends a fragment. The payload must not be touched until the stage completes; on success it has been consumed.
     *
     * @return completes when the next fragment may be sent; fails with an {@code IOException} where the leg is closed or
     *     closing. A failed leg also reports {@link Receiver#onClosed}.
     */
    CompletionStage<Void> send(Fragment fragment);

    /** Sends a ping with a payload of the leg's choice; dropped where the leg is closed. */
    void ping();

    /**
     * Sends a pong that nobody asked for (RFC 6455, section 5.5.3), so that the peer hears of an end that flow control keeps
     * from reading its pings; dropped where the leg is closed. Does nothing by default, which suits a leg that reads pings
     * however much data waits before them.
     */
    default void heartbeat() {}

    /**
     * Closes in good order: what was sent before goes out first, then a close frame with {@code reason} (without a code
     * where it is {@link CloseReason#NO_STATUS}, with the nearest code that the transport can send where it cannot send
     * this one). The connection is dropped at the transport's close deadline: where the peer has taken nothing more and not
     * answered for ten seconds, or a shorter time, and after two minutes at the latest. Only the first call counts.
     */
    void close(CloseReason reason);

    /** Drops the connection without a close frame, for a peer that no longer answers. */
    void abort();

    /** The leg of the transport itself: this one, or the one that a wrapper wraps. */
    default Leg transport() {
        return this;
    }

    /**
     * Brings this leg and {@code other} onto one thread, where both are of a transport with threads that own connections.
     * Called once at most for both, after {@link #open}, before the first {@link #demand} and {@link #send} of either. Does
     * nothing by default.
     *
     * @param other the leg that is about to be joined with this one
     * @return completes when both legs may be used further; never fails
     */
    default CompletionStage<Void> shareThread(Leg other) {
        return CompletableFuture.completedStage(null);
    }

    /**
     * Whether what arrives at another leg may go straight to this one by {@link #transferTo}: not if a wrapper has to see what
     * is sent. May become true later, and then stays so.
     */
    default boolean takesTransfers() {
        return true;
    }

    /**
     * Lets all that arrives from now on go straight to {@code target}, below fragments, for as long as the legs live; the
     * transport sees to flow control. In place of a {@link #demand}, so nothing is under way from here to the target. From
     * then on the caller neither demands here nor sends there. Receivers hear of the traffic by
     * {@link Receiver#onTransferred}, {@link Receiver#onReading} and {@link Receiver#onWritable}, and of the end as ever.
     *
     * @return whether the transport does that; if not, nothing has changed, and the caller goes on by fragments. By default
     *     it does not.
     */
    default boolean transferTo(Leg target) {
        return false;
    }

    /** What a leg tells. Implemented by the node and the client library; no method may block or throw. */
    interface Receiver {

        /** A fragment that was asked for. */
        void onFragment(Fragment fragment);

        /** A pong arrived; anything in it is ignored. */
        default void onPong() {}

        /**
         * So many payload bytes went from this leg straight to another.
         *
         * @param bytes may be 0, for frames without payload
         */
        default void onTransferred(long bytes) {}

        /** While all goes straight to another leg: whether this one is read, or flow control holds it. True at first. */
        default void onReading(boolean reading) {}

        /** While all comes straight from another leg: whether this one takes more. True at first. */
        default void onWritable(boolean writable) {}

        /**
         * The leg has ended: the last call, exactly once, in order after every fragment that was sent before the end and
         * asked for. It comes without demand where the transport notices the end by itself.
         *
         * @param reason the peer's code and words; {@link CloseReason#NO_STATUS} where its close frame was empty;
         *     {@link CloseReason#VANISHED} where there was no close frame; and after {@link Leg#close} the peer's answer
         *     or, where that is missing, the reason given there
         */
        void onClosed(CloseReason reason);
    }
}
