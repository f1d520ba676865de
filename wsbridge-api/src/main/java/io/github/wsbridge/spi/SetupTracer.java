package io.github.wsbridge.spi;

import io.github.wsbridge.BridgeId;
import io.github.wsbridge.CloseReason;
import io.github.wsbridge.Hop;
import io.github.wsbridge.TraceContext;
import org.jspecify.annotations.Nullable;

/**
 * Records how bridges are set up, in a system for distributed traces. Nodes, requesters and devices tell it of each
 * step and pass on, in header fields and messages, where in the trace the next one continues.
 *
 * <p>Called on any thread, by several at a time. Implementations must not block. Exceptions that they throw are logged
 * and otherwise ignored.
 */
@FunctionalInterface
public interface SetupTracer {

    /** Records nothing. A context that comes from outside is passed on, so that others can continue its trace. */
    SetupTracer NONE = (step, from, related) -> () -> from;

    /**
     * Begins a span.
     *
     * @param step what it is about
     * @param from what it continues; {@link TraceContext#NONE} if nothing is known. It comes from the other end of a
     *     connection: for {@link Kind#CONNECT}, and for {@link Kind#ACCEPT} of a direct hop, from somebody outside
     * @param related what this node knows of the same bridge from elsewhere, which may be another trace, or the same;
     *     {@link TraceContext#NONE} if nothing
     */
    Span start(Step step, TraceContext from, TraceContext related);

    /** The steps of setting up a bridge, in their order. */
    enum Kind {
        /** A requester asks for a bridge, until it stands. */
        REQUEST,
        /** A node takes a request that it has permitted, until the bridge stands. */
        CONNECT,
        /** The node sends the invitation over one secondary channel, until that has answered. */
        SIGNAL,
        /** Another node, where the device listens, passes the invitation on. */
        DELIVER,
        /** A device has an invitation, until its bridge stands or it has answered otherwise. */
        INVITATION,
        /** The device opens the accept URL, to accept or to reject. It may do so several times. */
        OPEN,
        /** A node takes the accept: the owner of the token, or another one, which forwards it. */
        ACCEPT,
        /** The other node dials the owner. */
        FORWARD
    }

    /**
     * What a span is about.
     *
     * @param bridgeId null if it is not known yet, as to a requester
     * @param deviceId empty if it is not known
     * @param hop how an accept has come; null for other kinds
     * @param channel the kind of the secondary channel ({@link Signaller#channel}); empty for other kinds
     * @param peer the other end, host and port: the client for {@link Kind#CONNECT} and {@link Kind#ACCEPT}, the server
     *     for those that open a connection, of several the one that is asked first; empty if it is not known
     */
    record Step(
            Kind kind,
            @Nullable BridgeId bridgeId,
            String deviceId,
            @Nullable Hop hop,
            String channel,
            String peer) {

        /** A step without a hop and a channel. */
        public Step(Kind kind, @Nullable BridgeId bridgeId, String deviceId, String peer) {
            this(kind, bridgeId, deviceId, null, "", peer);
        }
    }

    /** A span that has begun. Thread-safe. */
    @FunctionalInterface
    interface Span {

        /** A span that is not recorded, and belongs to no trace. */
        Span NONE = () -> TraceContext.NONE;

        /** Returns where in the trace the next step continues. The same each time. */
        TraceContext context();

        /** The bridge is now known. Does nothing by default. */
        default void bridge(BridgeId bridgeId) {}

        /**
         * Ends the span. The first call counts. Does nothing by default.
         *
         * @param failure why the step has failed; null if it has not
         */
        default void end(@Nullable CloseReason failure) {}

        /**
         * Makes the span the current one of this thread, so that spans of other libraries become its children, until
         * the scope is closed on the same thread. Does nothing by default.
         */
        default Scope enter() {
            return () -> {};
        }
    }

    /** For how long a span is the current one of a thread. */
    @FunctionalInterface
    interface Scope extends AutoCloseable {

        @Override
        void close();
    }
}
