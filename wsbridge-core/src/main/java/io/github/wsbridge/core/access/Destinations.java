package io.github.wsbridge.core.access;

import io.github.wsbridge.BridgeRequest;
import io.github.wsbridge.BridgeToken;
import io.github.wsbridge.CloseReason;
import io.github.wsbridge.Hop;
import io.github.wsbridge.Rejection;
import io.github.wsbridge.spi.Admission;
import io.github.wsbridge.spi.Leg;
import org.jspecify.annotations.Nullable;

/** Where an admitted handshake goes. */
public interface Destinations {

    /** A requester that has been upgraded. */
    void request(BridgeRequest request, String principal, Leg leg);

    /**
     * A requester that is upgraded only when its bridge is established.
     *
     * @param subprotocol what to agree on then
     */
    Admission.Later requestAndWait(BridgeRequest request, String principal, String subprotocol);

    /** A device that accepts, or rejects if there is a rejection. */
    void accept(BridgeToken token, @Nullable Rejection rejection, Leg leg, Hop hop);

    /** A device that listens. */
    void listen(String deviceId, Leg leg);

    /** Another node. */
    void peer(Leg leg);

    /** Why no bridge can be taken on now; null if one can. */
    @Nullable
    CloseReason unavailable();

    /** Why a device cannot listen here now; null if it can. */
    @Nullable
    CloseReason noRoomToListen(String deviceId);
}
