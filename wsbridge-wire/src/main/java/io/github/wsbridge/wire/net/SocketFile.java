package io.github.wsbridge.wire.net;

import java.io.IOException;
import java.net.ConnectException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The file of a listening Unix socket, which outlives its socket unless it is deleted. Thread-safe. */
public final class SocketFile {

    private static final Logger log = LoggerFactory.getLogger(SocketFile.class);
    /** In bytes. Linux allows 107, macOS 103; a few are left for a temporary name in the same directory. */
    private static final int LONGEST = 96;

    static final String TOO_LONG = "the path of a Unix socket is too long: more than " + LONGEST + " bytes";

    private static final int KIND = 0170000; // S_IFMT and S_IFSOCK of inode(7)
    private static final int SOCKET = 0140000;

    private final Path path;
    private final @Nullable Object key;

    private SocketFile(Path path) {
        this.path = path;
        this.key = key(path);
    }

    /** Returns the file that is at a path now. */
    public static SocketFile at(Path path) {
        return new SocketFile(path);
    }

    /** Deletes the file, unless another one has taken its place meanwhile. */
    public void delete() {
        try {
            if (key == null || key.equals(key(path))) {
                Files.deleteIfExists(path);
            }
        } catch (IOException e) {
            log.debug("A socket could not be deleted", e);
        }
    }

    /**
     * Checks the length of a path, which systems limit.
     *
     * @throws IOException if it is too long
     */
    public static void check(UnixDomainSocketAddress address) throws IOException {
        if (tooLong(address.getPath().toString())) {
            throw new IOException(TOO_LONG);
        }
    }

    static boolean tooLong(String path) {
        return path.getBytes(StandardCharsets.UTF_8).length > LONGEST;
    }

    /**
     * Deletes a socket that nobody listens to any longer, such as one left by a process that was killed, so that the
     * path can be bound. Leaves everything else alone: a socket with a listener, any other kind of file, and a socket
     * that cannot be connected to for another reason. Does not block.
     *
     * @throws IOException if the file cannot be deleted
     */
    public static void deleteStale(UnixDomainSocketAddress address) throws IOException {
        Path path = address.getPath();
        Object key = key(path);
        // The key is compared again in case another process has replaced the file meanwhile. What remains is a race
        // with a process that does so in the next instant; file systems offer nothing to rule that out.
        if (key != null && isSocket(path) && refuses(address) && key.equals(key(path))) {
            Files.deleteIfExists(path);
        }
    }

    private static @Nullable Object key(Path path) {
        try {
            return Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
                    .fileKey();
        } catch (IOException e) {
            return null; // most likely there is no such file
        }
    }

    private static boolean isSocket(Path path) {
        try {
            Object mode = Files.getAttribute(path, "unix:mode", LinkOption.NOFOLLOW_LINKS);
            return mode instanceof Integer bits && (bits & KIND) == SOCKET;
        } catch (IOException | UnsupportedOperationException | IllegalArgumentException e) {
            return false; // unknown on this platform
        }
    }

    /** Returns whether a connection is refused. A full backlog is no refusal, nor is a lack of permission. */
    private static boolean refuses(UnixDomainSocketAddress address) {
        try (SocketChannel probe = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            probe.configureBlocking(false);
            probe.connect(address);
            return false;
        } catch (ConnectException e) {
            return true;
        } catch (IOException | UnsupportedOperationException e) {
            return false;
        }
    }
}
