package io.github.wsbridge;

/** Thrown when a server answers a WebSocket handshake with an HTTP status other than 101. */
public final class HandshakeException extends BridgeException {

    private static final long serialVersionUID = 1L;

    private final int status;

    /**
     * Creates an exception whose close code is 4000 plus the status.
     *
     * @param status the HTTP status, 100 to 599
     */
    public HandshakeException(int status) {
        super(new CloseReason(4000 + status, "handshake refused with HTTP status " + status));
        this.status = status;
    }

    /** Returns the HTTP status. */
    public int status() {
        return status;
    }
}
