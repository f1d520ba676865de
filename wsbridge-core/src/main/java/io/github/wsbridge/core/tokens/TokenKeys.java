package io.github.wsbridge.core.tokens;

import com.google.crypto.tink.subtle.Random;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.List;

/**
 * The keys that the nodes of a cluster share: a Tink keyset of authenticated encryption. One key is primary and encrypts;
 * all enabled ones decrypt. Immutable: each change gives a new object.
 *
 * <p>Rotation without a gap: {@link #withNewKey} on every node, then {@link #withPrimary} on every node, then, when the
 * last token of the old key has expired, {@link #without}.
 *
 * <p>New keys are XChaCha20-Poly1305, whose 192-bit random nonce needs no limit on how many tokens one key makes.
 */
public final class TokenKeys {

    private final KeysetEntry primary;
    private final List<KeysetEntry> entries;

    TokenKeys(KeysetEntry primary, List<KeysetEntry> entries) {
        this.primary = primary;
        this.entries = List.copyOf(entries);
    }

    /** A keyset with one new key. */
    public static TokenKeys generate() {
        KeysetEntry key = newKey(List.of());
        return new TokenKeys(key, List.of(key));
    }

    /**
     * Reads a keyset in Tink's JSON format.
     *
     * @throws GeneralSecurityException if it is not such a keyset, or if an enabled key is not for authenticated
     *     encryption or is kept in a key management service
     */
    public static TokenKeys parse(String json) throws GeneralSecurityException {
        return KeysetJson.read(json);
    }

    /** Reads a file that holds a keyset in Tink's JSON format; errors as in {@link #parse}. */
    public static TokenKeys read(Path file) throws IOException, GeneralSecurityException {
        return parse(Files.readString(file, StandardCharsets.UTF_8));
    }

    /** The keyset in Tink's JSON format, keys in clear: a secret. */
    public String toJson() {
        return KeysetJson.write(primary, entries);
    }

    /** Writes the keyset so that a reader sees the old or the new content whole, readable by the owner only. */
    public void write(Path file) throws IOException {
        Path folder = file.toAbsolutePath().getParent();
        boolean posix = Files.getFileStore(folder).supportsFileAttributeView("posix");
        Path fresh = posix
                ? Files.createTempFile(
                        folder,
                        ".keys",
                        ".tmp",
                        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")))
                : Files.createTempFile(folder, ".keys", ".tmp");
        try {
            Files.writeString(fresh, toJson() + "\n");
            Files.move(fresh, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
        } finally {
            Files.deleteIfExists(fresh);
        }
    }

    /** Adds a key that decrypts, but does not encrypt yet. */
    public TokenKeys withNewKey() {
        List<KeysetEntry> more = new ArrayList<>(entries);
        more.add(newKey(entries));
        return new TokenKeys(primary, more);
    }

    /**
     * Lets another key encrypt.
     *
     * @throws IllegalArgumentException if there is no enabled key of that id
     */
    public TokenKeys withPrimary(int keyId) {
        KeysetEntry chosen = entry(keyId);
        if (!chosen.enabled()) {
            throw noSuchKey(keyId);
        }
        return new TokenKeys(chosen, entries);
    }

    /**
     * Takes a key out; what it encrypted cannot be read any more.
     *
     * @throws IllegalArgumentException if there is no key of that id, or it is the primary one
     */
    public TokenKeys without(int keyId) {
        KeysetEntry dropped = entry(keyId);
        if (dropped == primary) {
            throw new IllegalArgumentException("key " + Integer.toUnsignedString(keyId) + " is the primary key");
        }
        return new TokenKeys(
                primary, entries.stream().filter(entry -> entry != dropped).toList());
    }

    private KeysetEntry entry(int keyId) {
        return entries.stream().filter(entry -> entry.id() == keyId).findAny().orElseThrow(() -> noSuchKey(keyId));
    }

    private static IllegalArgumentException noSuchKey(int keyId) {
        return new IllegalArgumentException("no such key: " + Integer.toUnsignedString(keyId));
    }

    /** What is known of each key, in the order of the keyset; nothing secret. */
    public List<Key> keys() {
        return entries.stream()
                .map(entry -> new Key(entry.id(), entry.kind(), entry == primary, entry.status()))
                .toList();
    }

    /** Encrypts with the primary key and authenticates {@code associatedData} with it. */
    public byte[] seal(byte[] plaintext, byte[] associatedData) {
        try {
            return primary.encrypt(plaintext, associatedData);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("cannot encrypt", e);
        }
    }

    /**
     * Decrypts what {@link #seal} has made with any key of this set.
     *
     * @throws GeneralSecurityException if none fits, or either argument has been altered
     */
    public byte[] open(byte[] ciphertext, byte[] associatedData) throws GeneralSecurityException {
        for (KeysetEntry entry : entries) {
            byte[] plaintext = entry.decrypt(ciphertext, associatedData);
            if (plaintext != null) {
                return plaintext;
            }
        }
        throw new GeneralSecurityException("no key decrypts this");
    }

    private static KeysetEntry newKey(List<KeysetEntry> others) {
        int id;
        do {
            id = Random.randInt();
        } while (id == 0 || isTaken(id, others));
        try {
            return KeysetEntry.generate(id);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("cannot generate a key", e);
        }
    }

    private static boolean isTaken(int id, List<KeysetEntry> entries) {
        return entries.stream().anyMatch(entry -> entry.id() == id);
    }

    /** Shows key ids, no key. */
    @Override
    public String toString() {
        return "TokenKeys" + keys();
    }

    /**
     * One key, without its secret.
     *
     * @param id Tink's key id, an unsigned number of 32 bits
     * @param kind the algorithm
     * @param primary whether it encrypts
     * @param status Tink's status, such as {@code ENABLED}
     */
    public record Key(int id, String kind, boolean primary, String status) {

        /** The id as Tink writes it, in files too. */
        public String number() {
            return Integer.toUnsignedString(id);
        }

        @Override
        public String toString() {
            return "Key[" + number() + ", " + kind + ", " + (primary ? "primary, " : "") + status + "]";
        }
    }
}
