package io.github.wsbridge.session;

import io.github.wsbridge.BridgeException;
import io.github.wsbridge.CloseReason;

/** A stream was not opened because its session has ended or takes no more; another session may. */
final class StreamsLost extends BridgeException {

    private static final long serialVersionUID = 1L;

    StreamsLost(CloseReason reason) {
        super(reason);
    }
}
