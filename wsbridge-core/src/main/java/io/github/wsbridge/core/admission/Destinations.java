package io.github.wsbridge.core.admission;

import io.github.wsbridge.BridgeRequest;
import io.github.wsbridge.BridgeToken;
import io.github.wsbridge.CloseReason;
import io.github.wsbridge.Hop;
import io.github.wsbridge.Rejection;
import io.github.wsbridge.TraceContext;
import io.github.wsbridge.core.bridges.Requester;
import io.github.wsbridge.core.limits.Holder;
import io.github.wsbridge.core.peers.NodeCredentials;
import io.github.wsbridge.spi.Admission;
import io.github.wsbridge.spi.BridgeListener;
import io.github.wsbridge.spi.Leg;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** Receives admitted handshakes. */
public interface Destinations {

    /** Receives a requester that has been upgraded. */
    void request(BridgeRequest request, Requester by, Leg leg);

    /** Receives a connection to an exposed port. */
    void expose(BridgeRequest request, Requester by, Leg leg);

    /**
     * Receives a requester that is upgraded only once its bridge is established.
     *
     * @param subprotocol the subprotocol to negotiate then
     */
    Admission.Later requestAndWait(BridgeRequest request, Requester by, String subprotocol);

    /**
     * Receives a device that accepts or, if there is a rejection, rejects.
     *
     * @param by who that is
     * @param from the trace that it wants to be continued
     */
    void accept(BridgeToken token, @Nullable Rejection rejection, BridgeListener.Client by, TraceContext from, Leg leg);

    /**
     * Receives a device from another node, which waits for the proof that this one could read its request.
     *
     * @param by the other node, as the connection shows it
     * @param from the trace that it continues
     */
    void forwarded(
            NodeCredentials.Forwarded forwarded,
            @Nullable Rejection rejection,
            BridgeListener.Client by,
            TraceContext from,
            Leg leg);

    /**
     * Expects a device that listens. From now on it can be found, although its leg is yet to come.
     *
     * @param subprotocol the subprotocol to negotiate
     * @param by who listens
     * @param holder whose share it takes
     * @param valid whether its access is still permitted
     */
    Admission.Later listen(
            String deviceId, String subprotocol, BridgeListener.Client by, Holder holder, BooleanSupplier valid);

    /**
     * Receives another node.
     *
     * @param challenge what this one must answer
     */
    void peer(String challenge, Leg leg);

    /** Returns why the node should get no more requesters now, even if it may still take some; null if it should. */
    @Nullable
    CloseReason unready();

    /** Returns why the node cannot take another bridge of this requester now, or null if it can. */
    @Nullable
    CloseReason unavailable(Holder requester);

    /** Returns why this node cannot serve a device's accept now, although another node might; null if it can. */
    @Nullable
    CloseReason unavailable(BridgeToken token, Hop hop);

    /**
     * Returns the device that a token is for, empty if it does not say, or null if it is no token of this cluster, or
     * has expired and this node issued it.
     */
    @Nullable
    String deviceOf(BridgeToken token);

    /** Returns why a device cannot listen here now, or null if it can. */
    @Nullable
    CloseReason noRoomToListen(String deviceId, Holder holder);
}
