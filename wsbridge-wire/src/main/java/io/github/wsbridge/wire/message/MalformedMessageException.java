package io.github.wsbridge.wire.message;

/**
 * Thrown for a malformed message. Neither the exception's message nor its cause shows the content, which may be secret.
 */
public final class MalformedMessageException extends IllegalArgumentException {

    private static final long serialVersionUID = 1L;

    public MalformedMessageException(String message) {
        super(message);
    }
}
