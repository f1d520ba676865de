package io.github.wsbridge.core.tokens;

import com.google.crypto.tink.Aead;
import com.google.crypto.tink.InsecureSecretKeyAccess;
import com.google.crypto.tink.KeyStatus;
import com.google.crypto.tink.KeysetHandle;
import com.google.crypto.tink.RegistryConfiguration;
import com.google.crypto.tink.TinkJsonProtoKeysetFormat;
import com.google.crypto.tink.aead.AeadConfig;
import com.google.crypto.tink.aead.PredefinedAeadParameters;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

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

    static {
        try {
            AeadConfig.register();
        } catch (GeneralSecurityException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final KeysetHandle handle;
    private final Aead aead;

    private TokenKeys(KeysetHandle handle) throws GeneralSecurityException {
        this.handle = handle;
        this.aead = handle.getPrimitive(RegistryConfiguration.get(), Aead.class);
    }

    /** A keyset with one new key. */
    public static TokenKeys generate() {
        try {
            return new TokenKeys(
                    KeysetHandle.newBuilder().addEntry(newEntry().makePrimary()).build());
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("cannot generate a key", e);
        }
    }

    /**
     * Reads a keyset in Tink's JSON format.
     *
     * @throws GeneralSecurityException if it is no such keyset, or its keys are not for authenticated encryption
     */
    public static TokenKeys parse(String json) throws GeneralSecurityException {
        return new TokenKeys(TinkJsonProtoKeysetFormat.parseKeyset(
                json, RegistryConfiguration.get(), InsecureSecretKeyAccess.get()));
    }

    /** Reads a file that holds a keyset in Tink's JSON format; errors as in {@link #parse}. */
    public static TokenKeys read(Path file) throws IOException, GeneralSecurityException {
        return parse(Files.readString(file, StandardCharsets.UTF_8));
    }

    /** The keyset in Tink's JSON format, keys in clear: a secret. */
    public String toJson() {
        try {
            return TinkJsonProtoKeysetFormat.serializeKeyset(
                    handle, RegistryConfiguration.get(), InsecureSecretKeyAccess.get());
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("cannot serialize the keyset", e);
        }
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
        try {
            return new TokenKeys(
                    KeysetHandle.newBuilder(handle).addEntry(newEntry()).build());
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("cannot add a key", e);
        }
    }

    /**
     * Lets another key encrypt.
     *
     * @throws IllegalArgumentException if there is no enabled key of that id
     */
    public TokenKeys withPrimary(int keyId) {
        return rebuilt(keyId, null);
    }

    /**
     * Takes a key out; what it encrypted cannot be read any more.
     *
     * @throws IllegalArgumentException if there is no key of that id, or it is the primary one
     */
    public TokenKeys without(int keyId) {
        return rebuilt(null, keyId);
    }

    private TokenKeys rebuilt(@Nullable Integer primary, @Nullable Integer dropped) {
        KeysetHandle.Builder builder = KeysetHandle.newBuilder();
        boolean found = false;
        for (int i = 0; i < handle.size(); i++) {
            KeysetHandle.Entry old = handle.getAt(i);
            if (dropped != null && old.getId() == dropped) {
                if (old.isPrimary()) {
                    throw new IllegalArgumentException(
                            "key " + Integer.toUnsignedString(dropped) + " is the primary key");
                }
                found = true;
                continue;
            }
            KeysetHandle.Builder.Entry entry = KeysetHandle.importKey(old.getKey())
                    .setStatus(old.getStatus())
                    .withFixedId(old.getId());
            boolean chosen = primary != null && old.getId() == primary && old.getStatus() == KeyStatus.ENABLED;
            found |= chosen;
            builder.addEntry(chosen || primary == null && old.isPrimary() ? entry.makePrimary() : entry);
        }
        Integer named = primary != null ? primary : dropped;
        if (!found && named != null) {
            throw new IllegalArgumentException("no such key: " + Integer.toUnsignedString(named));
        }
        try {
            return new TokenKeys(builder.build());
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("cannot rebuild the keyset", e);
        }
    }

    /** What is known of each key, in the order of the keyset; nothing secret. */
    public List<Key> keys() {
        List<Key> keys = new ArrayList<>();
        for (int i = 0; i < handle.size(); i++) {
            KeysetHandle.Entry entry = handle.getAt(i);
            keys.add(new Key(
                    entry.getId(),
                    entry.getKey().getParameters().getClass().getSimpleName().replace("Parameters", ""),
                    entry.isPrimary(),
                    entry.getStatus().toString()));
        }
        return keys;
    }

    /** Encrypts with the primary key and authenticates {@code associatedData} with it. */
    public byte[] seal(byte[] plaintext, byte[] associatedData) {
        try {
            return aead.encrypt(plaintext, associatedData);
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
        return aead.decrypt(ciphertext, associatedData);
    }

    private static KeysetHandle.Builder.Entry newEntry() {
        return KeysetHandle.generateEntryFromParameters(PredefinedAeadParameters.XCHACHA20_POLY1305)
                .withRandomId();
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
