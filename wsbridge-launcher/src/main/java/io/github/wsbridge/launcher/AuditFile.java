package io.github.wsbridge.launcher;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A file to whose end is written, and which only its owner can read if it is new. It can be opened again, when somebody
 * has renamed it to begin another (log rotation). What could not be written, such as to a full disk, is logged once
 * until something can be written again. Thread-safe.
 *
 * <p>It may be a pipe with a name (FIFO). That is opened for reading, too: otherwise opening it would wait for a
 * reader, and writing would fail without one. What nobody reads waits in the pipe, and a full one blocks the writer.
 */
final class AuditFile extends OutputStream {

    private static final Logger log = LoggerFactory.getLogger(AuditFile.class);

    private static final int FILE_TYPE = 0170000; // of stat(2)
    private static final int PIPE = 0010000;

    private final Path path;
    private volatile SeekableByteChannel file; // this and the next two are changed by reopen() only
    private volatile boolean pipe;
    private volatile @Nullable Object key; // of the pipe that is open
    private boolean cut; // whether the file ends within a line; guarded by this
    private volatile boolean failing;

    AuditFile(Path path) throws IOException {
        this.path = path;
        this.file = open();
    }

    private SeekableByteChannel open() throws IOException {
        pipe = isPipe();
        if (pipe) {
            SeekableByteChannel found = FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE);
            key = key();
            return found;
        }
        boolean posix = path.getFileSystem().supportedFileAttributeViews().contains("posix");
        FileAttribute<?>[] owner = posix
                ? new FileAttribute<?>[] {
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"))
                }
                : new FileAttribute<?>[0];
        return Files.newByteChannel(path, Set.of(StandardOpenOption.CREATE, StandardOpenOption.APPEND), owner);
    }

    private boolean isPipe() throws IOException {
        return path.getFileSystem().supportedFileAttributeViews().contains("unix")
                && Files.exists(path)
                && Files.getAttribute(path, "unix:mode") instanceof Integer mode
                && (mode & FILE_TYPE) == PIPE;
    }

    private @Nullable Object key() throws IOException {
        return Files.readAttributes(path, BasicFileAttributes.class).fileKey();
    }

    /** Goes on in a file that now has the path. The same pipe has no end at which another would begin. */
    void reopen() throws IOException {
        if (pipe && isPipe() && Objects.equals(key(), key)) {
            return;
        }
        if (pipe) {
            file.close(); // nobody reads it any more, and a write may wait in it while it holds the lock
        }
        begin();
    }

    private synchronized void begin() throws IOException {
        SeekableByteChannel next = open();
        file.close();
        file = next;
        cut = false;
    }

    @Override
    public void write(int b) throws IOException {
        write(new byte[] {(byte) b}, 0, 1);
    }

    /** @param data whole lines */
    @Override
    public void write(byte[] data, int offset, int length) throws IOException {
        try {
            append(ByteBuffer.wrap(data, offset, length));
            failing = false;
        } catch (IOException e) {
            if (!failing && file.isOpen()) { // otherwise it was closed on purpose
                failing = true;
                log.error("cannot write the audit to {}; entries are lost: {}", path, Failures.describe(e));
            }
            throw e;
        }
    }

    private synchronized void append(ByteBuffer lines) throws IOException {
        if (cut) {
            writeAll(ByteBuffer.wrap(new byte[] {'\n'}));
            cut = false;
        }
        int begin = lines.position();
        try {
            writeAll(lines);
        } catch (IOException e) {
            cut = lines.position() > begin;
            throw e;
        }
    }

    private void writeAll(ByteBuffer data) throws IOException {
        while (data.hasRemaining()) {
            file.write(data);
        }
    }

    /** Ends a write that waits, too. */
    @Override
    public void close() throws IOException {
        file.close();
    }
}
