package io.github.wsbridge;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** A bridge that could not be made, or ended other than in good order. It always says why. */
public class BridgeException extends IOException {

    private static final long serialVersionUID = 1L;

    private final CloseReason closeReason;

    /** A failure with the reason that the peers are told. */
    public BridgeException(CloseReason closeReason) {
        this(closeReason, null);
    }

    /** The same, with what caused it; the cause is for logs and stays on this side. */
    public BridgeException(CloseReason closeReason, @Nullable Throwable cause) {
        super(closeReason.toString(), cause);
        this.closeReason = closeReason;
    }

    /** Why. */
    public CloseReason closeReason() {
        return closeReason;
    }
}
