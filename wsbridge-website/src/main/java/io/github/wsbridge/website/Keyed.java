package io.github.wsbridge.website;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.Base64;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** Texts that follow from others and a random key, and that nobody without the key can make. Thread-safe. */
final class Keyed {

    private static final String MAC = "HmacSHA256";

    private final SecretKeySpec key = new SecretKeySpec(RandomText.bytes(), MAC);

    /** Returns 43 characters: letters, digits, {@code -} and {@code _}. */
    String of(String text) {
        try {
            Mac mac = Mac.getInstance(MAC);
            mac.init(key);
            byte[] proof = mac.doFinal(text.getBytes(StandardCharsets.UTF_8));
            return Base64.getUrlEncoder().withoutPadding().encodeToString(proof);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e); // every Java platform has it
        }
    }
}
