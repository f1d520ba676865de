package io.github.wsbridge.core.tokens;

import com.google.crypto.tink.AccessesPartialKey;
import com.google.crypto.tink.Aead;
import com.google.crypto.tink.InsecureSecretKeyAccess;
import com.google.crypto.tink.aead.XAesGcmKey;
import com.google.crypto.tink.aead.XAesGcmParameters;
import com.google.crypto.tink.aead.internal.XAesGcm;
import com.google.crypto.tink.aead.subtle.AesGcmSiv;
import com.google.crypto.tink.subtle.AesEaxJce;
import com.google.crypto.tink.subtle.AesGcmJce;
import com.google.crypto.tink.subtle.ChaCha20Poly1305;
import com.google.crypto.tink.subtle.EncryptThenAuthenticate;
import com.google.crypto.tink.subtle.Random;
import com.google.crypto.tink.subtle.XChaCha20Poly1305;
import com.google.crypto.tink.util.SecretBytes;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A key of a keyset: the fields of Tink's format and, if the key is enabled, Tink's cipher.
 *
 * <p>Tink's {@code KeysetHandle} is not used because it needs a protobuf-java at least as new as the one that Tink was
 * built with (docs/decisions/0010-tink-without-protobuf.md). The ciphers do not.
 */
final class KeysetEntry {

    private static final String ENABLED = "ENABLED";

    private static final String TYPES = "type.googleapis.com/google.crypto.tink.";

    private final int id;
    private final String typeUrl;
    private final byte[] value;
    private final String status;
    private final String prefixType;
    private final byte[] prefix;
    private final @Nullable Aead cipher;

    /**
     * Creates an entry from the fields in a keyset.
     *
     * @throws GeneralSecurityException if the status or the prefix type is unknown, or if the key is enabled but
     *     is not a valid key of a supported type
     */
    KeysetEntry(int id, String typeUrl, byte[] value, String status, String prefixType)
            throws GeneralSecurityException {
        this.id = id;
        this.typeUrl = typeUrl;
        this.value = value;
        this.status = status;
        this.prefixType = prefixType;
        this.prefix = prefix(prefixType, id);
        this.cipher = switch (status) {
            case ENABLED -> cipher(typeUrl, version0(new KeyMessage(value)));
            case "DISABLED", "DESTROYED" -> null;
            default -> throw new GeneralSecurityException("unknown status");
        };
    }

    /** Generates a new key. */
    static KeysetEntry generate(int id) throws GeneralSecurityException {
        byte[] key = Random.randBytes(32);
        // Field 3, bytes.
        byte[] value = ByteBuffer.allocate(2 + key.length)
                .put((byte) (3 << 3 | 2))
                .put((byte) key.length)
                .put(key)
                .array();
        return new KeysetEntry(id, TYPES + "XChaCha20Poly1305Key", value, ENABLED, "TINK");
    }

    /** Returns the prefix that Tink puts before a ciphertext to identify its key. */
    private static byte[] prefix(String type, int id) throws GeneralSecurityException {
        return switch (type) {
            case "TINK" -> ByteBuffer.allocate(5).put((byte) 1).putInt(id).array();
            case "CRUNCHY", "LEGACY" ->
                ByteBuffer.allocate(5).put((byte) 0).putInt(id).array();
            case "RAW" -> new byte[0];
            default -> throw new GeneralSecurityException("unknown output prefix type");
        };
    }

    private static Aead cipher(String typeUrl, KeyMessage key) throws GeneralSecurityException {
        return switch (typeUrl) {
            case TYPES + "XChaCha20Poly1305Key" -> new XChaCha20Poly1305(key.bytes(3));
            case TYPES + "ChaCha20Poly1305Key" -> new ChaCha20Poly1305(key.bytes(2));
            case TYPES + "AesGcmKey" -> new AesGcmJce(key.bytes(3));
            case TYPES + "AesGcmSivKey" -> new AesGcmSiv(key.bytes(3));
            case TYPES + "AesEaxKey" ->
                new AesEaxJce(key.bytes(3), key.message(2).number(1));
            case TYPES + "XAesGcmKey" -> xAesGcm(key.bytes(3), key.message(2).number(1));
            case TYPES + "AesCtrHmacAeadKey" -> aesCtrHmac(version0(key.message(2)), version0(key.message(3)));
            default -> throw new GeneralSecurityException("keys of type " + typeUrl + " are not supported");
        };
    }

    @AccessesPartialKey
    private static Aead xAesGcm(byte[] key, int saltSize) throws GeneralSecurityException {
        return XAesGcm.create(XAesGcmKey.create(
                XAesGcmParameters.create(XAesGcmParameters.Variant.NO_PREFIX, saltSize),
                SecretBytes.copyFrom(key, InsecureSecretKeyAccess.get()),
                null));
    }

    private static Aead aesCtrHmac(KeyMessage aes, KeyMessage hmac) throws GeneralSecurityException {
        KeyMessage parameters = hmac.message(2);
        String hash = switch (parameters.number(1)) {
            case 1 -> "SHA1";
            case 2 -> "SHA384";
            case 3 -> "SHA256";
            case 4 -> "SHA512";
            case 5 -> "SHA224";
            default -> throw new GeneralSecurityException("unknown hash");
        };
        return EncryptThenAuthenticate.newAesCtrHmac(
                aes.bytes(3), aes.message(2).number(1), "HMAC" + hash, hmac.bytes(3), parameters.number(2));
    }

    private static KeyMessage version0(KeyMessage key) throws GeneralSecurityException {
        if (key.number(1) != 0) {
            throw new GeneralSecurityException("unknown version of a key");
        }
        return key;
    }

    int id() {
        return id;
    }

    String typeUrl() {
        return typeUrl;
    }

    /** Returns the key material, as Tink encodes it: a secret. */
    byte[] value() {
        return value;
    }

    String status() {
        return status;
    }

    String prefixType() {
        return prefixType;
    }

    boolean enabled() {
        return cipher != null;
    }

    /** Returns the name of the algorithm. */
    String kind() {
        String type = typeUrl.substring(typeUrl.lastIndexOf('.') + 1);
        return type.endsWith("Key") ? type.substring(0, type.length() - 3) : type;
    }

    /** @throws GeneralSecurityException if encryption fails or the key is not enabled */
    byte[] encrypt(byte[] plaintext, byte[] associatedData) throws GeneralSecurityException {
        if (cipher == null) {
            throw new GeneralSecurityException("the key is not enabled");
        }
        byte[] sealed = cipher.encrypt(plaintext, associatedData);
        return ByteBuffer.allocate(prefix.length + sealed.length)
                .put(prefix)
                .put(sealed)
                .array();
    }

    /** Returns the plaintext, or null if it was not encrypted with this key or the key is not enabled. */
    byte @Nullable [] decrypt(byte[] ciphertext, byte[] associatedData) {
        int length = prefix.length;
        if (cipher == null || ciphertext.length < length || !Arrays.equals(ciphertext, 0, length, prefix, 0, length)) {
            return null;
        }
        try {
            return cipher.decrypt(Arrays.copyOfRange(ciphertext, length, ciphertext.length), associatedData);
        } catch (GeneralSecurityException e) {
            return null;
        }
    }
}
