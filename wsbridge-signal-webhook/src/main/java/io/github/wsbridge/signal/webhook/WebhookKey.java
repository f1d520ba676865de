package io.github.wsbridge.signal.webhook;

import java.nio.charset.StandardCharsets;
import java.security.InvalidKeyException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** A secret shared by the node and the receiver of a webhook. Immutable; its string form reveals nothing. */
public final class WebhookKey {

    /** The minimum length of a key, in bytes. */
    public static final int MIN_BYTES = 32;

    private static final String ALGORITHM = "HmacSHA256";
    private static final String VERSION = "v1=";

    private final SecretKeySpec key;

    private WebhookKey(byte[] bytes) {
        if (bytes.length < MIN_BYTES) {
            throw new IllegalArgumentException("a webhook key must have at least " + MIN_BYTES + " bytes");
        }
        key = new SecretKeySpec(bytes, ALGORITHM);
    }

    /**
     * Returns a key from text, such as the content of a file or an environment variable: its UTF-8 bytes, without
     * leading and trailing white space.
     *
     * @throws IllegalArgumentException if it has fewer than {@link #MIN_BYTES} bytes
     */
    public static WebhookKey of(String text) {
        return new WebhookKey(text.strip().getBytes(StandardCharsets.UTF_8));
    }

    /** Returns the header value with the signature of a timestamp and a body. */
    String sign(long timestamp, byte[] body) {
        Mac mac;
        try {
            mac = Mac.getInstance(ALGORITHM);
            mac.init(key);
        } catch (NoSuchAlgorithmException | InvalidKeyException e) {
            throw new IllegalStateException("every JDK has " + ALGORITHM, e);
        }
        mac.update((timestamp + ".").getBytes(StandardCharsets.US_ASCII));
        return VERSION + HexFormat.of().formatHex(mac.doFinal(body));
    }

    /** Returns whether a signature is correct, in constant time. */
    boolean verifies(String signature, long timestamp, byte[] body) {
        return MessageDigest.isEqual(
                sign(timestamp, body).getBytes(StandardCharsets.UTF_8), signature.getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public String toString() {
        return "WebhookKey[redacted]";
    }
}
