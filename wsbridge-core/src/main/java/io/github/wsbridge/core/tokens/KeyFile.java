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
 * A keyset file that is read again when it has changed, so that keys rotate without a restart. It looks at most once every
 * five seconds. A file that everybody may read gets a warning. A file that cannot be read leaves the keys as they were, with a warning. Thread-safe; a call may read a
 * small local file.
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
     * Reads the file for the first time.
     *
     * @throws IOException if it cannot be read
     * @throws GeneralSecurityException if it holds no keyset
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
            log.warn(
                    "the key file {} can be read by others than its owner and group: make that 'chmod o= {}'",
                    file,
                    file);
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
                log.info("keys read again: {}", keys);
            }
        } catch (IOException | GeneralSecurityException | RuntimeException e) {
            log.warn("cannot read the changed key file {}, the old keys stay: {}", file, e.toString());
        }
    }
}
