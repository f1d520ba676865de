package io.github.wsbridge.core.limits;

import io.github.wsbridge.CloseReason;
import io.github.wsbridge.spi.BridgeListener;
import io.github.wsbridge.spi.BridgeListener.Limit;
import java.util.Map;

/** Why a client is refused when there are too many. */
public final class Crowded {

    public static final CloseReason BRIDGES = new CloseReason(CloseReason.UNAVAILABLE, "the node is full");
    public static final CloseReason BRIDGE_SHARE =
            new CloseReason(CloseReason.OVER_LIMIT, "too many bridges of one requester or address");
    public static final CloseReason WAITING =
            new CloseReason(CloseReason.OVER_LIMIT, "too many requesters are waiting for this device");
    public static final CloseReason LISTENERS =
            new CloseReason(CloseReason.UNAVAILABLE, "too many devices are listening");
    public static final CloseReason LISTENER_SHARE =
            new CloseReason(CloseReason.OVER_LIMIT, "too many devices of one key or address are listening");

    private static final Map<CloseReason, Limit> LIMITS = Map.of(
            BRIDGES, Limit.BRIDGES,
            BRIDGE_SHARE, Limit.BRIDGE_SHARE,
            WAITING, Limit.WAITING,
            LISTENERS, Limit.LISTENERS,
            LISTENER_SHARE, Limit.LISTENER_SHARE);

    private Crowded() {}

    /** Tells which limit has been hit, if the reason for a refusal is one of the above. */
    public static void tell(CloseReason refusal, BridgeListener events) {
        Limit limit = LIMITS.get(refusal);
        if (limit != null) {
            events.onLimited(limit);
        }
    }
}
