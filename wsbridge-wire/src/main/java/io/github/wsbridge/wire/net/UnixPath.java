package io.github.wsbridge.wire.net;

import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.util.List;

/**
 * The path of a Unix socket, written as {@code unix:/path}.
 *
 * @param path not empty, without control characters; systems limit it to about a hundred bytes, which is checked only
 *     when the socket is opened
 */
public record UnixPath(String path) implements StreamAddress {

    static final String PREFIX = "unix:";

    /** @throws IllegalArgumentException if the path is invalid */
    public UnixPath {
        if (path.isEmpty() || path.chars().anyMatch(Character::isISOControl)) {
            throw new IllegalArgumentException(
                    "the path of a Unix socket must not be empty or contain control" + " characters");
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
