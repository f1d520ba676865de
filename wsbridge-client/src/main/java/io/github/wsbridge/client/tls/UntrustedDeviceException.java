package io.github.wsbridge.client.tls;

import io.github.wsbridge.BridgeException;
import io.github.wsbridge.CloseReason;

/** Thrown if a device could not prove that it is the one that was asked for. Nothing was sent to it. */
public final class UntrustedDeviceException extends BridgeException {

    private static final long serialVersionUID = 1L;

    private final String words;

    UntrustedDeviceException(CloseReason reason, UntrustedException cause) {
        super(reason, cause);
        words = String.valueOf(cause.getMessage());
    }

    /** Returns what the user should know and do. */
    @Override
    public String getMessage() {
        return words;
    }
}
