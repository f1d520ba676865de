package io.github.wsbridge;

/** A server answered a WebSocket handshake with an HTTP status other than 101. */
public final class HandshakeException extends BridgeException {

    private static final long serialVersionUID = 1L;

    private final int status;

    /**
     * A refused handshake; its close code is 4000 plus the status.
     *
     * @param status the HTTP status, 100 to 599
     */
    public HandshakeException(int status) {
        super(new CloseReason(4000 + status, "handshake refused with HTTP status " + status));
        this.status = status;
    }

    /** The HTTP status. */
    public int status() {
        return status;
    }
}
