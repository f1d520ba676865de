package io.github.wsbridge.spi;

import io.github.wsbridge.Invitation;
import io.github.wsbridge.Rejection;
import java.util.concurrent.CompletionStage;

/**
 * Carries an invitation to a device over a secondary channel.
 *
 * <p>The node that owns a bridge calls it once per bridge, on a transport thread, by many at a time: thread-safe, and must
 * not block. Whatever it keeps for an invitation it drops at {@link Invitation#expiresAt} at the latest.
 */
public interface Signaller extends AutoCloseable {

    /**
     * Signals the device.
     *
     * @return what became of it. It may stay incomplete where the channel learns nothing; after a share of the accept timeout
     *     the next channel is tried too, and in the end the timeout decides. A failure means that the channel itself is in trouble, and counts as
     *     {@link Result.Unreachable} with the failure logged.
     */
    CompletionStage<Result> signal(Invitation invitation);

    /** Releases connections and threads; called once, on a thread that may block for a moment. Does nothing by default. */
    @Override
    default void close() {}

    /** What became of an invitation. */
    sealed interface Result {

        /** The channel has taken charge of it, or the device has it. Whether it accepts is not known yet. */
        record Delivered() implements Result {}

        /** The device has said no. */
        record Rejected(Rejection rejection) implements Result {

            /** A rejection with the device's own code, 0 to 9999, and its own words. */
            public Rejected(int code, String reason) {
                this(new Rejection(code, reason));
            }
        }

        /**
         * This channel does not know the device or cannot reach it now.
         *
         * @param reason why, for people; sent to the requester, so never a secret
         */
        record Unreachable(String reason) implements Result {}

        /**
         * The channel is over a limit, its own or the device's, and a later try may do better. The next channel is tried; where
         * none does better, the requester is closed with {@link io.github.wsbridge.CloseReason#OVER_LIMIT}.
         *
         * @param reason why, for people; sent to the requester, so never a secret
         */
        record Throttled(String reason) implements Result {}
    }
}
