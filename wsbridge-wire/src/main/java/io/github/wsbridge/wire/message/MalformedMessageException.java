package io.github.wsbridge.wire.message;

/** A message that is not what it should be. Neither its text nor a cause shows the content, which may hold secrets. */
public final class MalformedMessageException extends IllegalArgumentException {

    private static final long serialVersionUID = 1L;

    public MalformedMessageException(String message) {
        super(message);
    }
}
