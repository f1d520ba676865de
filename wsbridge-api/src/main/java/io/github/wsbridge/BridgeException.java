package io.github.wsbridge;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** Thrown when a bridge cannot be established or ends abnormally. Always carries a {@link CloseReason}. */
public class BridgeException extends IOException {

    private static final long serialVersionUID = 1L;

    private final CloseReason closeReason;

    /** Creates an exception with the reason that the peers receive. */
    public BridgeException(CloseReason closeReason) {
        this(closeReason, null);
    }

    /** Creates an exception with the reason that the peers receive and a cause, which is for logs and is not sent. */
    public BridgeException(CloseReason closeReason, @Nullable Throwable cause) {
        super(closeReason.toString(), cause);
        this.closeReason = closeReason;
    }

    /** Returns the reason. */
    public CloseReason closeReason() {
        return closeReason;
    }
}
