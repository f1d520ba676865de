package io.github.wsbridge.core.tokens;

import com.google.crypto.tink.subtle.Random;
import io.github.wsbridge.wire.files.KeyText;
import io.github.wsbridge.wire.files.SecretFile;
import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.List;

/**
 * The keys shared by the nodes of a cluster: a Tink keyset for authenticated encryption. The primary key encrypts; all
 * enabled keys decrypt. Immutable: each change returns a new object.
 *
 * <p>To rotate keys without interruption, use {@link #withNewKey} on every node, then {@link #withPrimary} on every
 * node, then, when the last token made with the old key has expired, {@link #without}.
 *
 * <p>New keys are XChaCha20-Poly1305 keys. Because of their 192-bit random nonces, the number of tokens per key need
 * not be limited.
 */
public final class TokenKeys {

    private final KeysetEntry primary;
    private final List<KeysetEntry> entries;

    TokenKeys(KeysetEntry primary, List<KeysetEntry> entries) {
        this.primary = primary;
        this.entries = List.copyOf(entries);
    }

    /** Generates a keyset with one new key. */
    public static TokenKeys generate() {
        KeysetEntry key = newKey(List.of());
        return new TokenKeys(key, List.of(key));
    }

    /**
     * Parses a keyset in Tink's JSON format.
     *
     * @throws GeneralSecurityException if it is not such a keyset, or if an enabled key is not an authenticated
     *     encryption key or is kept in a key management service
     */
    public static TokenKeys parse(String json) throws GeneralSecurityException {
        return KeysetJson.read(json);
    }

    /** Reads a file that contains a keyset in Tink's JSON format. Fails in the same cases as {@link #parse}. */
    public static TokenKeys read(Path file) throws IOException, GeneralSecurityException {
        return parse(KeyText.read(file));
    }

    /** Returns the keyset in Tink's JSON format, with the keys in cleartext: a secret. */
    public String toJson() {
        return KeysetJson.write(primary, entries);
    }

    /**
     * Writes the keyset to a file, replacing its content atomically. A new file can be read by its owner only; an
     * existing one keeps its owner, group and permissions, and a symbolic link its target.
     *
     * @throws IOException if the file cannot be written, or its owner or group cannot be kept; then it is unchanged
     */
    public void write(Path file) throws IOException {
        SecretFile.write(file, toJson() + "\n");
    }

    /** Adds a key that decrypts but does not encrypt yet. */
    public TokenKeys withNewKey() {
        List<KeysetEntry> more = new ArrayList<>(entries);
        more.add(newKey(entries));
        return new TokenKeys(primary, more);
    }

    /**
     * Makes another key the primary one, which encrypts.
     *
     * @throws IllegalArgumentException if there is no enabled key with that id
     */
    public TokenKeys withPrimary(int keyId) {
        KeysetEntry chosen = entry(keyId);
        if (!chosen.enabled()) {
            throw noSuchKey(keyId);
        }
        return new TokenKeys(chosen, entries);
    }

    /**
     * Removes a key. Anything encrypted with it can no longer be read.
     *
     * @throws IllegalArgumentException if there is no key with that id, or it is the primary key
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

    /** Describes the keys, in the order of the keyset, without secrets. */
    public List<Key> keys() {
        return entries.stream()
                .map(entry -> new Key(entry.id(), entry.kind(), entry == primary, entry.status()))
                .toList();
    }

    /**
     * Encrypts with the primary key, authenticates {@code associatedData}, and encodes the result for a URL or header.
     */
    public String seal(byte[] plaintext, byte[] associatedData) {
        try {
            return TokenText.text(primary.encrypt(plaintext, associatedData));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("cannot encrypt", e);
        }
    }

    /**
     * Decrypts the result of {@link #seal} with any key of this keyset.
     *
     * @throws GeneralSecurityException if no key fits, or either argument has been altered
     * @throws IllegalArgumentException if {@code sealed} is not the canonical encoding of anything
     */
    public byte[] open(String sealed, byte[] associatedData) throws GeneralSecurityException {
        byte[] ciphertext = TokenText.bytes(sealed);
        for (KeysetEntry entry : entries) {
            byte[] plaintext = entry.decrypt(ciphertext, associatedData);
            if (plaintext != null) {
                return plaintext;
            }
        }
        throw new GeneralSecurityException("no key of the keyset can decrypt this");
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

    /** Shows the ids of keys, not the keys. */
    @Override
    public String toString() {
        return "TokenKeys" + keys();
    }

    /**
     * A description of a key, without the secret.
     *
     * @param id Tink's key id, an unsigned 32-bit number
     * @param kind the algorithm
     * @param primary whether it encrypts
     * @param status Tink's status, such as {@code ENABLED}
     */
    public record Key(int id, String kind, boolean primary, String status) {

        /** Returns the id as Tink writes it, for example in keyset files. */
        public String number() {
            return Integer.toUnsignedString(id);
        }

        @Override
        public String toString() {
            return "Key[" + number() + ", " + kind + ", " + (primary ? "primary, " : "") + status + "]";
        }
    }
}
