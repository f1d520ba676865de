package io.github.wsbridge.core.tokens;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermission;
import java.security.GeneralSecurityException;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A keyset file that is reloaded when it changes, so that keys can be rotated without a restart. It is checked at most
 * once every five seconds. If it cannot be reloaded, a warning is logged and the old keys stay in use. A warning is
 * also logged if the file is world-readable. Thread-safe. A call may read a small local file.
 */
public final class KeyFile implements Supplier<TokenKeys> {

    private static final Logger log = LoggerFactory.getLogger(KeyFile.class);
    private static final long LOOK_NANOS = 5_000_000_000L;

    private final Path file;
    private volatile TokenKeys keys;
    private final LongSupplier nanoTime;
    private volatile long lookedAt;
    private FileTime seen; // guarded by this

    /**
     * Loads the file.
     *
     * @throws IOException if it cannot be read
     * @throws GeneralSecurityException if it does not contain a valid keyset
     */
    public KeyFile(Path file) throws IOException, GeneralSecurityException {
        this(file, System::nanoTime);
    }

    KeyFile(Path file, LongSupplier nanoTime) throws IOException, GeneralSecurityException {
        this.file = file;
        this.nanoTime = nanoTime;
        this.lookedAt = nanoTime.getAsLong();
        this.seen = Files.getLastModifiedTime(file);
        this.keys = TokenKeys.read(file);
        if (openToOthers(file)) {
            log.warn("the key file {} is world-readable; restrict it with 'chmod o= {}'", file, file);
        }
    }

    private static boolean openToOthers(Path file) throws IOException {
        PosixFileAttributeView posix = Files.getFileAttributeView(file, PosixFileAttributeView.class);
        return posix != null && posix.readAttributes().permissions().contains(PosixFilePermission.OTHERS_READ);
    }

    @Override
    public TokenKeys get() {
        if (nanoTime.getAsLong() - lookedAt >= LOOK_NANOS) {
            look();
        }
        return keys;
    }

    private synchronized void look() {
        if (nanoTime.getAsLong() - lookedAt < LOOK_NANOS) {
            return;
        }
        lookedAt = nanoTime.getAsLong();
        try {
            FileTime now = Files.getLastModifiedTime(file);
            if (!now.equals(seen)) {
                keys = TokenKeys.read(file);
                seen = now;
                log.info("reloaded the key file: {}", keys);
            }
        } catch (IOException | GeneralSecurityException | RuntimeException e) {
            log.warn("failed to reload the key file {}, keeping the old keys: {}", file, e.toString());
        }
    }
}
