package io.github.wsbridge.wire.files;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.KeyFactory;
import java.security.NoSuchAlgorithmException;
import java.security.PrivateKey;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.HexFormat;
import java.util.List;
import javax.crypto.Cipher;
import javax.crypto.EncryptedPrivateKeyInfo;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * Private keys in PEM: PKCS #8, also encrypted, PKCS #1 and SEC 1. The JDK reads the first form only, and the others
 * are the content of the first, so they are wrapped.
 */
final class PrivateKeys {

    private static final int SEQUENCE = 0x30;
    private static final int OCTET_STRING = 0x04;
    private static final int CURVE = 0xa0;
    private static final byte[] VERSION_0 = {2, 1, 0};
    private static final byte[] RSA = HexFormat.of().parseHex("300d06092a864886f70d0101010500");
    private static final byte[] EC = HexFormat.of().parseHex("06072a8648ce3d0201");

    private PrivateKeys() {}

    /**
     * Reads the first private key in a file.
     *
     * @param passwordFile contains the password of an encrypted key; null if there is none
     * @throws IOException if there is no key that can be read; the message names the file and what helps
     */
    static PrivateKey read(Path file, @Nullable Path passwordFile) throws IOException {
        for (Pem.Block block : Pem.blocks(file)) {
            if (block.label().endsWith("PRIVATE KEY")) {
                try {
                    return key(file, block, passwordFile);
                } catch (IllegalArgumentException | java.nio.BufferUnderflowException e) {
                    throw new IOException(file + " contains a damaged private key", e);
                }
            }
        }
        throw new IOException(file + " contains no PEM private key");
    }

    private static PrivateKey key(Path file, Pem.Block block, @Nullable Path passwordFile) throws IOException {
        if (block.headers().contains("ENCRYPTED")) {
            throw new IOException(file + " contains a key in OpenSSL's old encrypted form; convert it with"
                    + " 'openssl pkcs8 -topk8 -v2 aes-256-cbc'");
        }
        return switch (block.label()) {
            case "PRIVATE KEY" -> parse(file, block.data());
            case "RSA PRIVATE KEY" -> parse(file, wrap(RSA, block.data()));
            case "EC PRIVATE KEY" -> parse(file, wrap(der(SEQUENCE, EC, curve(file, block.data())), block.data()));
            case "ENCRYPTED PRIVATE KEY" -> parse(file, decrypt(file, block.data(), passwordFile));
            default -> throw new IOException(file + " contains a key of an unknown form: " + block.label());
        };
    }

    private static PrivateKey parse(Path file, byte[] pkcs8) throws IOException {
        for (String algorithm : List.of("RSA", "EC", "Ed25519", "RSASSA-PSS")) {
            try {
                return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(pkcs8));
            } catch (InvalidKeySpecException e) {
                // PEM does not name the algorithm: try the next one
            } catch (NoSuchAlgorithmException e) {
                throw new IllegalStateException(e); // every JDK has them
            }
        }
        throw new IOException(file + " contains a private key that is damaged, or not RSA, EC or Ed25519");
    }

    private static byte[] decrypt(Path file, byte[] encrypted, @Nullable Path passwordFile) throws IOException {
        if (passwordFile == null) {
            throw new IOException(file + " contains an encrypted private key, which needs a password file");
        }
        char[] password = KeyText.read(passwordFile).strip().toCharArray();
        try {
            EncryptedPrivateKeyInfo info = new EncryptedPrivateKeyInfo(encrypted);
            // For PBES2 the JDK names the algorithm in the parameters only.
            String algorithm = info.getAlgParameters() == null
                    ? info.getAlgName()
                    : info.getAlgParameters().toString();
            Key key = SecretKeyFactory.getInstance(algorithm).generateSecret(new PBEKeySpec(password));
            Cipher cipher = Cipher.getInstance(algorithm);
            cipher.init(Cipher.DECRYPT_MODE, key, info.getAlgParameters());
            return info.getKeySpec(cipher).getEncoded();
        } catch (NoSuchAlgorithmException | IOException e) {
            throw new IOException(
                    file + " is encrypted in a way that Java does not support; convert it with"
                            + " 'openssl pkcs8 -topk8 -v2 aes-256-cbc'",
                    e);
        } catch (GeneralSecurityException e) {
            throw new IOException(file + " cannot be decrypted with the password in " + passwordFile, e);
        }
    }

    /** Returns the parameters in an EC key: an optional part there, but required in PKCS #8. */
    private static byte[] curve(Path file, byte[] ecPrivateKey) throws IOException {
        ByteBuffer parts = content(ByteBuffer.wrap(ecPrivateKey), SEQUENCE);
        content(parts, 2); // version
        content(parts, OCTET_STRING); // the number itself
        if (!parts.hasRemaining() || (parts.get(parts.position()) & 0xff) != CURVE) {
            throw new IOException(file + " does not name the key's curve; convert it with 'openssl pkcs8 -topk8'");
        }
        ByteBuffer parameters = content(parts, CURVE);
        byte[] curve = new byte[parameters.remaining()];
        parameters.get(curve);
        return curve;
    }

    /** Returns a PKCS #8 key with the given algorithm and content. */
    private static byte[] wrap(byte[] algorithm, byte[] key) {
        return der(SEQUENCE, VERSION_0, algorithm, der(OCTET_STRING, key));
    }

    private static byte[] der(int tag, byte[]... parts) {
        ByteArrayOutputStream content = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            content.writeBytes(part);
        }
        ByteArrayOutputStream element = new ByteArrayOutputStream();
        element.write(tag);
        int length = content.size();
        if (length >= 0x100) {
            element.write(0x82);
            element.write(length >> 8);
        } else if (length >= 0x80) {
            element.write(0x81);
        }
        element.write(length);
        element.writeBytes(content.toByteArray());
        return element.toByteArray();
    }

    /** Returns the content of the element at the buffer's position, and moves behind it. */
    private static ByteBuffer content(ByteBuffer in, int tag) {
        if ((in.get() & 0xff) != tag) {
            throw new IllegalArgumentException("unexpected element");
        }
        int length = in.get() & 0xff;
        if (length >= 0x80) {
            int bytes = length & 0x7f;
            length = 0;
            for (int i = 0; i < bytes; i++) {
                length = Math.addExact(Math.multiplyExact(length, 256), in.get() & 0xff);
            }
        }
        if (length > in.remaining()) {
            throw new IllegalArgumentException("truncated");
        }
        ByteBuffer content = in.slice(in.position(), length);
        in.position(in.position() + length);
        return content;
    }
}
