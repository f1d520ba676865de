package io.github.wsbridge.wire.net;

import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.util.List;

/**
 * The path of a Unix socket, written as {@code unix:/path}.
 *
 * @param path not empty, without control characters, and at most 96 bytes
 */
public record UnixPath(String path) implements StreamAddress {

    static final String PREFIX = "unix:";

    /** @throws IllegalArgumentException if the path is invalid */
    public UnixPath {
        if (path.isEmpty() || path.chars().anyMatch(Character::isISOControl)) {
            throw new IllegalArgumentException(
                    "the path of a Unix socket must not be empty or contain control characters");
        }
        if (SocketFile.tooLong(path)) {
            throw new IllegalArgumentException(SocketFile.TOO_LONG);
        }
    }

    @Override
    public List<SocketAddress> resolve() {
        return List.of(UnixDomainSocketAddress.of(path));
    }

    /** Returns the form that {@link StreamAddress#parse} reads. */
    @Override
    public String toString() {
        return PREFIX + path;
    }
}
