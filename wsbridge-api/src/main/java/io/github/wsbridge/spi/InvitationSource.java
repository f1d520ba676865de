package io.github.wsbridge.spi;

import io.github.wsbridge.BridgeToken;
import io.github.wsbridge.CloseReason;
import io.github.wsbridge.DeviceState;
import io.github.wsbridge.Invitation;
import io.github.wsbridge.Rejection;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * A secondary channel from which a device receives invitations: the other end of a {@link Signaller}. The listen
 * socket is built in; others are added with {@code BridgeDevice.Builder.source}.
 *
 * <p>The device calls it on any thread; it must not block. A source reconnects on its own.
 */
public interface InvitationSource extends AutoCloseable {

    /** Starts receiving invitations; called once. */
    void start(Sink sink);

    /**
     * Sends a rejection back over the channel.
     *
     * @param invitation an invitation that this source has offered
     * @return completes with whether the channel has accepted the rejection. If it has not, or fails, or does not
     *     complete within five seconds, the device rejects at the accept URL; rejecting twice does no harm. By default,
     *     false.
     */
    default CompletionStage<Boolean> reject(Invitation invitation, Rejection rejection) {
        return CompletableFuture.completedFuture(false);
    }

    /** Closes the channel, which no longer calls the sink. */
    @Override
    void close();

    /** The device, as the receiver of invitations. Thread-safe; no method blocks. */
    interface Sink {

        /** Called when the channel is open, for the first time or again. */
        void listening();

        /** Called when the channel connects, or cannot. Optional; does nothing by default. */
        default void state(DeviceState state) {}

        /**
         * Offers an invitation to the device.
         *
         * @return completes normally with the device's answer, at the latest when the invitation expires
         */
        CompletionStage<Answer> offer(Invitation invitation);

        /**
         * Called if the channel learns that the requester of an invitation has gone, whether or not it is known here.
         * Optional; does nothing by default.
         */
        default void withdrawn(BridgeToken token) {}

        /** Called when the channel has ended permanently. */
        void ended(CloseReason reason);
    }

    /** A device's answer to an invitation. */
    sealed interface Answer {

        /** The device accepts; whether the bridge will be established is not known yet. */
        record Accepted() implements Answer {}

        /** The device rejects. */
        record Rejected(Rejection rejection) implements Answer {

            /** Creates a rejection with a code of the device's choice, 0 to 9999, and a reason. */
            public Rejected(int code, String reason) {
                this(new Rejection(code, reason));
            }
        }

        /** The device did not answer in time, or before the requester had gone. */
        record Expired() implements Answer {}
    }
}
