package io.github.wsbridge.session;

import io.github.wsbridge.BridgeException;
import io.github.wsbridge.CloseReason;

/** A stream was not opened because its session has ended or takes no more; another session, or this one later, may. */
final class StreamsLost extends BridgeException {

    private static final long serialVersionUID = 1L;

    private final boolean refused;

    private StreamsLost(CloseReason reason, boolean refused) {
        super(reason);
        this.refused = refused;
    }

    /** The session has ended, or begins no more streams. */
    static StreamsLost with(CloseReason reason) {
        return new StreamsLost(reason, false);
    }

    /** The device has refused this stream, but not the session. */
    static StreamsLost refused() {
        return new StreamsLost(new CloseReason(CloseReason.OVER_LIMIT, "the device refused another stream"), true);
    }

    /** Returns whether there is no use in trying again at once. */
    boolean needsPause() {
        return refused;
    }
}
