package io.github.wsbridge.launcher;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/**
 * A file to whose end is written, and which only its owner can read if it is new. It can be opened again, when somebody
 * has renamed it to begin another (log rotation). Thread-safe.
 */
final class AuditFile extends OutputStream {

    private final Path path;
    private OutputStream file; // guarded by this

    AuditFile(Path path) throws IOException {
        this.path = path;
        this.file = open();
    }

    private OutputStream open() throws IOException {
        boolean posix = path.getFileSystem().supportedFileAttributeViews().contains("posix");
        FileAttribute<?>[] owner = posix
                ? new FileAttribute<?>[] {
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"))
                }
                : new FileAttribute<?>[0];
        SeekableByteChannel channel =
                Files.newByteChannel(path, Set.of(StandardOpenOption.CREATE, StandardOpenOption.APPEND), owner);
        return Channels.newOutputStream(channel);
    }

    /** Goes on in a file that now has the path. */
    synchronized void reopen() throws IOException {
        OutputStream next = open();
        file.close();
        file = next;
    }

    @Override
    public void write(int b) throws IOException {
        write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public synchronized void write(byte[] data, int offset, int length) throws IOException {
        file.write(data, offset, length);
    }

    @Override
    public synchronized void close() throws IOException {
        file.close();
    }
}
