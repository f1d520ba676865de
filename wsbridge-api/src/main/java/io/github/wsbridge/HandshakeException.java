package io.github.wsbridge;

import java.net.URI;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Thrown when a server answers a WebSocket handshake with an HTTP status other than 101. */
public final class HandshakeException extends BridgeException {

    private static final long serialVersionUID = 1L;

    private final int status;
    private final String words;
    private final @Nullable Duration retryAfter;
    private final @Nullable URI location;

    /**
     * Creates an exception whose close code is 4000 plus the status.
     *
     * @param status the HTTP status, 100 to 599
     */
    public HandshakeException(int status) {
        this(status, "", null, null);
    }

    /**
     * Creates an exception whose close code is 4000 plus the status.
     *
     * @param status the HTTP status, 100 to 599
     * @param words what the server said, one line; empty if it said nothing
     * @param retryAfter when the server wants to be asked again; null if it did not say
     * @param location where the server wants to be asked instead; null if it did not say. Never part of a message,
     *     because its query may be secret
     */
    public HandshakeException(int status, String words, @Nullable Duration retryAfter, @Nullable URI location) {
        super(new CloseReason(
                4000 + status, "handshake refused with HTTP status " + status + (words.isEmpty() ? "" : ": " + words)));
        this.status = status;
        this.words = words;
        this.retryAfter = retryAfter;
        this.location = location;
    }

    /** Returns the HTTP status. */
    public int status() {
        return status;
    }

    /**
     * Returns what the server said: the first line of a plain-text answer, at most 200 characters. Empty if it said
     * nothing, and with connectors that cannot tell, which are those of servlet containers.
     */
    public String words() {
        return words;
    }

    /** Returns when the server wants to be asked again, from its {@code Retry-After}. */
    public Optional<Duration> retryAfter() {
        return Optional.ofNullable(retryAfter);
    }

    /**
     * Returns where the server wants to be asked instead, from the {@code Location} of a redirect. It may be relative,
     * and it may contain secrets of the original URL.
     */
    public Optional<URI> location() {
        return Optional.ofNullable(location);
    }
}
