package io.github.wsbridge.wire.files;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.function.UnaryOperator;

/** Writes files with secrets. */
public final class SecretFile {

    private static final int MOST_LINKS = 40;

    private SecretFile() {}

    /**
     * Replaces the content of a file atomically, or creates it, readable by its owner only. An existing file keeps its
     * owner, group and permissions, and a symbolic link its target. Blocks.
     *
     * @throws IOException if the file cannot be written, or its owner or group cannot be kept; then it is unchanged
     */
    public static void write(Path file, String text) throws IOException {
        Path target = target(file.toAbsolutePath());
        Path folder = target.getParent();
        boolean posix = Files.getFileStore(folder).supportsFileAttributeView("posix");
        Path fresh = posix
                ? Files.createTempFile(
                        folder,
                        ".keys",
                        ".tmp",
                        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")))
                : Files.createTempFile(folder, ".keys", ".tmp");
        try {
            try (FileChannel out = FileChannel.open(fresh, StandardOpenOption.WRITE)) {
                ByteBuffer bytes = StandardCharsets.UTF_8.encode(text);
                while (bytes.hasRemaining()) {
                    out.write(bytes);
                }
                out.force(true); // a crash must not leave an empty file
            }
            if (posix && Files.exists(target)) {
                adopt(target, fresh);
            }
            Files.move(fresh, target, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
        } finally {
            Files.deleteIfExists(fresh);
        }
    }

    /**
     * Adds lines to a text file, or creates it, as {@link #update} does.
     *
     * @throws IOException as {@link #update}
     */
    public static void append(Path file, List<String> lines) throws IOException {
        update(file, old -> {
            String gap = old.isEmpty() || old.endsWith("\n") ? "" : "\n";
            return old + gap + String.join("\n", lines) + "\n";
        });
    }

    /**
     * Changes a text file, or creates it, as {@link #write} does: whoever reads it sees the old text or the new one. A
     * lock on an empty file beside it, which stays, keeps others that change it in this way from losing each other's
     * changes. Blocks.
     *
     * @param change makes the new text of the old one, which is empty if there is no file; if it returns the old one,
     *     nothing is written
     * @throws IOException as {@link #write}, or if the file is not a text in UTF-8
     */
    public static synchronized void update(Path file, UnaryOperator<String> change) throws IOException {
        Path target = target(file.toAbsolutePath());
        Path beside = target.resolveSibling("." + target.getFileName() + ".lock"); // the file itself is replaced
        try (FileChannel held = FileChannel.open(beside, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                FileLock lock = held.lock()) {
            String old = Files.exists(target) ? KeyText.read(target) : "";
            String fresh = change.apply(old);
            if (!fresh.equals(old)) {
                write(target, fresh);
            }
        }
    }

    /** Returns what a link leads to, which need not exist, or else the file itself. */
    private static Path target(Path file) throws IOException {
        Path at = file;
        for (int links = 0; Files.isSymbolicLink(at); links++) {
            if (links == MOST_LINKS) {
                throw new FileSystemLoopException(file.toString());
            }
            at = at.resolveSibling(Files.readSymbolicLink(at));
        }
        return at;
    }

    /** Gives a file the permissions, group and owner of another: the owner last, who alone may change the others. */
    private static void adopt(Path from, Path to) throws IOException {
        PosixFileAttributes old = view(from).readAttributes();
        PosixFileAttributes now = view(to).readAttributes();
        try {
            if (!now.group().equals(old.group())) {
                view(to).setGroup(old.group());
            }
            view(to).setPermissions(old.permissions());
            if (!now.owner().equals(old.owner())) {
                view(to).setOwner(old.owner());
            }
        } catch (FileSystemException e) {
            throw new IOException(
                    from + " belongs to " + old.owner().getName() + ":"
                            + old.group().getName()
                            + ", which this user cannot give to the new file; run this as that user or as root",
                    e);
        }
    }

    private static PosixFileAttributeView view(Path file) {
        return Files.getFileAttributeView(file, PosixFileAttributeView.class, LinkOption.NOFOLLOW_LINKS);
    }
}
