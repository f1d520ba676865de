package io.github.wsbridge.core.tokens;

import io.github.wsbridge.wire.files.Reloaded;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermission;
import java.security.GeneralSecurityException;
import java.util.List;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A keyset file that is read again when its content changes, so that keys can be rotated without a restart. It is
 * checked at most once every five seconds. If its new content cannot be used, a warning is logged and the old keys stay
 * in use. A warning is also logged if the file is world-readable. Thread-safe. A call may read a small local file.
 */
public final class KeyFile implements Supplier<TokenKeys> {

    private static final Logger log = LoggerFactory.getLogger(KeyFile.class);
    private static final long LOOK_NANOS = 5_000_000_000L;

    private final Reloaded<TokenKeys> keys;
    private final LongSupplier nanoTime;
    private volatile long lookedAt;

    /**
     * Loads the file.
     *
     * @throws IOException if it cannot be read
     * @throws GeneralSecurityException if it does not contain a valid keyset
     */
    public static KeyFile read(Path file) throws IOException, GeneralSecurityException {
        return new KeyFile(file);
    }

    private KeyFile(Path file) throws IOException, GeneralSecurityException {
        this(file, System::nanoTime);
    }

    KeyFile(Path file, LongSupplier nanoTime) throws IOException, GeneralSecurityException {
        this.nanoTime = nanoTime;
        this.lookedAt = nanoTime.getAsLong();
        this.keys = new Reloaded<>("cluster keys " + file, List.of(file), () -> TokenKeys.read(file));
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
            lookIfDue();
        }
        return keys.get();
    }

    private synchronized void lookIfDue() {
        if (nanoTime.getAsLong() - lookedAt >= LOOK_NANOS) {
            look();
        }
    }

    /** Reads the file again, if it has changed, without waiting for the five seconds to be over. */
    public void look() {
        lookedAt = nanoTime.getAsLong();
        keys.look(true);
    }
}
