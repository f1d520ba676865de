package io.github.wsbridge.client;

import io.github.wsbridge.CloseReason;
import io.github.wsbridge.Invitation;
import io.github.wsbridge.Rejection;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * Brings invitations to a device over a secondary channel. The device's own is the listen socket; others are added with
 * {@link BridgeDevice.Builder#source}.
 *
 * <p>Called by the device on any thread; must not block. A source keeps itself connected.
 */
public interface InvitationSource extends AutoCloseable {

    /** Begins to bring invitations; called once. */
    void start(Sink sink);

    /**
     * Carries a rejection back over the channel.
     *
     * @param invitation one that this source has brought
     * @return completes with whether the channel has taken charge of it. If it has not, fails, or says nothing within five
     *     seconds, the device rejects by the accept URL, where it does no harm to have rejected before. By default it has not.
     */
    default CompletionStage<Boolean> reject(Invitation invitation, Rejection rejection) {
        return CompletableFuture.completedFuture(false);
    }

    /** Ends the channel. Does not call the sink any more. */
    @Override
    void close();

    /** Where invitations go: the device. Thread-safe; no method blocks. */
    interface Sink {

        /** The channel is open for the first time, or once more. */
        void listening();

        /**
         * Brings an invitation.
         *
         * @return completes, always normally, with the device's answer, at the latest when the invitation expires
         */
        CompletionStage<Answer> offer(Invitation invitation);

        /** The channel has ended for good. */
        void ended(CloseReason reason);
    }

    /** What a device says to an invitation. */
    sealed interface Answer {

        /** It accepts; whether the bridge then comes about is not known yet. */
        record Accepted() implements Answer {}

        /** It rejects. */
        record Rejected(Rejection rejection) implements Answer {

            /** A rejection with the device's own code, 0 to 9999, and its own words. */
            public Rejected(int code, String reason) {
                this(new Rejection(code, reason));
            }
        }

        /** It said nothing in time. */
        record Expired() implements Answer {}
    }
}
