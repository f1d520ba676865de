package io.github.wsbridge.spi;

import io.github.wsbridge.Invitation;
import io.github.wsbridge.Rejection;
import java.util.concurrent.CompletionStage;

/**
 * Carries an invitation to a device over a secondary channel.
 *
 * <p>The node that owns a bridge calls it once per bridge, on a transport thread. Implementations must be thread-safe
 * and must not block. They discard any state of an invitation by {@link Invitation#expiresAt}.
 *
 * <p>A signaller that has to find an invitation again uses its bridge id: the invitation that is withdrawn may have
 * another {@link Invitation#trace}.
 *
 * <p>They carry the invitation as it is. In particular, a device compares {@link Invitation#principal} with the
 * principal that the node names in the first message of the bridge: if a signaller has changed it, the device closes
 * the bridge with 1008.
 */
public interface Signaller extends AutoCloseable {

    /**
     * Signals the device.
     *
     * @return the result. The stage may never complete if the channel learns nothing: after a share of the accept
     *     timeout the next channel is tried too, and finally the timeout decides. A failure means that the channel
     *     itself does not work; it is logged and counts as {@link Result.Unreachable}.
     */
    CompletionStage<Result> signal(Invitation invitation);

    /**
     * Tells the device that the requester has gone before the device came, if the channel can say so; optional. Called
     * at most once for an invitation, after {@link #signal} and perhaps before its stage has completed, also if another
     * channel has carried the invitation. Without it, a device that accepts is closed with 4410. Does nothing by
     * default.
     */
    default void withdraw(Invitation invitation) {}

    /**
     * Returns the kind of channel, for metrics and logs: one lower-case word of a few letters, the same for all
     * signallers of a kind, such as {@code mqtt}. Default: {@code custom}.
     */
    default String channel() {
        return "custom";
    }

    /** Releases connections and threads. Called once, on a thread that may block briefly. Does nothing by default. */
    @Override
    default void close() {}

    /** The result of signalling an invitation. */
    sealed interface Result {

        /**
         * The channel has taken the invitation, or the device has received it. Whether the device accepts is not known
         * yet.
         */
        record Delivered() implements Result {}

        /** The device has rejected the invitation. */
        record Rejected(Rejection rejection) implements Result {

            /** A rejection with the device's own code, from 0 to 9999, and reason. */
            public Rejected(int code, String reason) {
                this(new Rejection(code, reason));
            }
        }

        /**
         * This channel does not know the device or cannot currently reach it.
         *
         * @param reason why, for people; sent to the requester, so never a secret
         */
        record Unreachable(String reason) implements Result {}

        /**
         * The channel is over a limit, its own or the device's, and a later attempt may succeed. The next channel is
         * tried. If none succeeds, the requester is closed with {@link io.github.wsbridge.CloseReason#OVER_LIMIT}.
         *
         * @param reason why, for people; sent to the requester, so never a secret
         */
        record Throttled(String reason) implements Result {}
    }
}
