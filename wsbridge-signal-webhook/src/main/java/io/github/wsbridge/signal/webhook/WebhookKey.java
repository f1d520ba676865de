package io.github.wsbridge.signal.webhook;

import java.nio.charset.StandardCharsets;
import java.security.InvalidKeyException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** A secret that the node and the receiver of a webhook share. Immutable; shows nothing of itself. */
public final class WebhookKey {

    /** The fewest bytes that a key may have. */
    public static final int MIN_BYTES = 32;

    private static final String ALGORITHM = "HmacSHA256";
    private static final String VERSION = "v1=";

    private final SecretKeySpec key;

    private WebhookKey(byte[] bytes) {
        if (bytes.length < MIN_BYTES) {
            throw new IllegalArgumentException("a webhook key has at least " + MIN_BYTES + " bytes");
        }
        key = new SecretKeySpec(bytes, ALGORITHM);
    }

    /**
     * A key from text, as it stands in a file or an environment variable: its UTF-8 bytes, without white space at either end.
     *
     * @throws IllegalArgumentException if it has fewer than {@link #MIN_BYTES} bytes
     */
    public static WebhookKey of(String text) {
        return new WebhookKey(text.strip().getBytes(StandardCharsets.UTF_8));
    }

    /** The signature of a body that is sent at a time, as it stands in the header. */
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

    /** Tells whether a signature is right, in time that does not depend on where it is wrong. */
    boolean verifies(String signature, long timestamp, byte[] body) {
        return MessageDigest.isEqual(
                sign(timestamp, body).getBytes(StandardCharsets.UTF_8), signature.getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public String toString() {
        return "WebhookKey[redacted]";
    }
}
