package io.github.wsbridge.wire.files;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Something read from files that may change while it is used, such as a certificate and its key. The files are compared
 * by content. A change is taken once two looks in a row have seen it, so that files that are being written, or replaced
 * one after the other, are not read half. If the new content cannot be used, the old value stays, and a warning is
 * logged once. Thread-safe.
 */
public final class Reloaded<T> implements Supplier<T> {

    private static final Logger log = LoggerFactory.getLogger(Reloaded.class);

    /** Reads the files. */
    @FunctionalInterface
    public interface Source<T> {
        T read() throws IOException, GeneralSecurityException;
    }

    private final String name;
    private final Source<T> source;
    private final List<Path> files;
    private volatile T value;

    // Guarded by this: digests of the files' content.
    private byte[] taken;
    private byte[] seen;
    private byte[] refused = new byte[0];

    /**
     * Reads the files for the first time.
     *
     * @param name what they contain, for the log
     * @param source reads them; a failure's message should name the file
     * @param files what {@code source} reads
     */
    public Reloaded(String name, List<Path> files, Source<T> source) throws IOException, GeneralSecurityException {
        this.name = name;
        this.files = List.copyOf(files);
        this.source = source;
        taken = digest(); // before they are read, so that a change meanwhile is noticed later
        seen = taken;
        value = source.read();
    }

    @Override
    public T get() {
        return value;
    }

    /**
     * Reads the files again if they have changed. Blocks briefly.
     *
     * @param now whether to take a change at once, even if the last look has not seen it
     * @return whether there is a new value
     */
    public synchronized boolean look(boolean now) {
        byte[] digest = digest();
        boolean settled = now || Arrays.equals(digest, seen);
        seen = digest;
        if (Arrays.equals(digest, taken)) {
            refused = new byte[0];
            return false;
        }
        if (!settled || Arrays.equals(digest, refused)) {
            return false;
        }
        try {
            value = source.read();
        } catch (IOException | GeneralSecurityException | RuntimeException e) {
            refused = digest;
            boolean says = e.getClass() == IOException.class || e instanceof IllegalArgumentException;
            String why = says ? e.getMessage() : e.toString();
            log.warn("{}: changed, but unusable, so the old content stays in force: {}", name, why);
            return false;
        }
        taken = digest;
        refused = new byte[0];
        log.info("{}: changed and read again: {}", name, value);
        return true;
    }

    private byte[] digest() {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            for (Path file : files) {
                digest.update(MessageDigest.getInstance("SHA-256").digest(content(file)));
            }
            return digest.digest();
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e); // every Java platform has it
        }
    }

    /** Returns the reason, if the file cannot be read. What is no file, such as a pipe, can be read only once. */
    private static byte[] content(Path file) {
        try {
            return Files.exists(file) && !Files.isRegularFile(file) ? new byte[0] : KeyText.bytes(file);
        } catch (IOException e) {
            return e.toString().getBytes(StandardCharsets.UTF_8);
        }
    }
}
