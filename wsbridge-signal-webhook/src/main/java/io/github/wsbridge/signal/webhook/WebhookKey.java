package io.github.wsbridge.signal.webhook;

import java.nio.charset.StandardCharsets;
import java.security.InvalidKeyException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Map;
import java.util.OptionalLong;
import java.util.function.Function;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * A secret shared by the node and the receiver of a webhook, and the form of the signatures that are made with it.
 * Immutable; its string form reveals nothing.
 */
public final class WebhookKey {

    /** The minimum length of a key, in bytes; one for Standard Webhooks may have fewer. */
    public static final int MIN_BYTES = 32;

    private static final String ALGORITHM = "HmacSHA256";
    private static final String VERSION = "v1=";

    private static final String STANDARD_PREFIX = "whsec_";
    private static final String STANDARD_VERSION = "v1,";
    private static final int STANDARD_MIN_BYTES = 24;
    private static final int STANDARD_MAX_BYTES = 64;

    private final SecretKeySpec key;
    private final boolean standard;

    private WebhookKey(byte[] bytes, boolean standard) {
        key = new SecretKeySpec(bytes, ALGORITHM);
        this.standard = standard;
    }

    /**
     * Returns a key from text, such as the content of a file or an environment variable: its UTF-8 bytes, without
     * leading and trailing white space. Requests have the header fields {@code Wsbridge-Timestamp} and
     * {@code Wsbridge-Signature}.
     *
     * @throws IllegalArgumentException if it has fewer than {@link #MIN_BYTES} bytes
     */
    public static WebhookKey of(String text) {
        byte[] bytes = text.strip().getBytes(StandardCharsets.UTF_8);
        if (bytes.length < MIN_BYTES) {
            throw new IllegalArgumentException("a webhook key must have at least " + MIN_BYTES + " bytes");
        }
        return new WebhookKey(bytes, false);
    }

    /**
     * Returns a key for the signatures of Standard Webhooks 1.0, which libraries in many languages verify. Requests
     * have the header fields {@code webhook-id}, {@code webhook-timestamp} and {@code webhook-signature}.
     *
     * @param secret {@code whsec_} and 24 to 64 bytes in base64; white space around it is ignored
     * @throws IllegalArgumentException if it is not such a secret
     */
    public static WebhookKey standard(String secret) {
        String text = secret.strip();
        byte[] bytes = {};
        if (text.startsWith(STANDARD_PREFIX)) {
            try {
                bytes = Base64.getDecoder().decode(text.substring(STANDARD_PREFIX.length()));
            } catch (IllegalArgumentException e) {
                // too short, as below; the JDK's message quotes a part of the secret
            }
        }
        if (bytes.length < STANDARD_MIN_BYTES || bytes.length > STANDARD_MAX_BYTES) {
            throw new IllegalArgumentException("a secret for Standard Webhooks must be " + STANDARD_PREFIX
                    + ", followed by " + STANDARD_MIN_BYTES + " to " + STANDARD_MAX_BYTES + " bytes in base64");
        }
        return new WebhookKey(bytes, true);
    }

    /** Returns the header fields that sign a request. */
    Map<String, String> fields(String id, long timestamp, byte[] body) {
        return standard
                ? Map.of(
                        WebhookHeaders.STANDARD_ID,
                        id,
                        WebhookHeaders.STANDARD_TIMESTAMP,
                        Long.toString(timestamp),
                        WebhookHeaders.STANDARD_SIGNATURE,
                        standardSign(id, timestamp, body))
                : Map.of(
                        WebhookHeaders.TIMESTAMP,
                        Long.toString(timestamp),
                        WebhookHeaders.SIGNATURE,
                        sign(timestamp, body));
    }

    /** Returns whether a request has the header fields that a signature with this key needs. */
    boolean hasFields(Function<String, @Nullable String> header) {
        return header.apply(standard ? WebhookHeaders.STANDARD_SIGNATURE : WebhookHeaders.SIGNATURE) != null
                && timestamp(header).isPresent()
                && (!standard || header.apply(WebhookHeaders.STANDARD_ID) != null);
    }

    /** Returns when a request was signed, in seconds since 1970, as its header says; empty if that says nothing. */
    OptionalLong timestamp(Function<String, @Nullable String> header) {
        String time = header.apply(standard ? WebhookHeaders.STANDARD_TIMESTAMP : WebhookHeaders.TIMESTAMP);
        return time == null || !time.matches("[0-9]{1,12}")
                ? OptionalLong.empty()
                : OptionalLong.of(Long.parseLong(time));
    }

    /** Returns whether a request is signed with this key, in constant time. */
    boolean verifies(Function<String, @Nullable String> header, byte[] body) {
        if (!hasFields(header)) {
            return false;
        }
        long timestamp = timestamp(header).orElseThrow();
        if (!standard) {
            return same(sign(timestamp, body), String.valueOf(header.apply(WebhookHeaders.SIGNATURE)));
        }
        String right = standardSign(String.valueOf(header.apply(WebhookHeaders.STANDARD_ID)), timestamp, body);
        boolean found = false;
        // while a sender's secret is rotated, there are several
        for (String signature :
                String.valueOf(header.apply(WebhookHeaders.STANDARD_SIGNATURE)).split(" ")) {
            found |= same(right, signature);
        }
        return found;
    }

    /** Returns the value of {@code Wsbridge-Signature}. */
    String sign(long timestamp, byte[] body) {
        return VERSION + HexFormat.of().formatHex(mac(timestamp + ".", body));
    }

    private String standardSign(String id, long timestamp, byte[] body) {
        return STANDARD_VERSION + Base64.getEncoder().encodeToString(mac(id + "." + timestamp + ".", body));
    }

    private byte[] mac(String before, byte[] body) {
        Mac mac;
        try {
            mac = Mac.getInstance(ALGORITHM);
            mac.init(key);
        } catch (NoSuchAlgorithmException | InvalidKeyException e) {
            throw new IllegalStateException("every JDK has " + ALGORITHM, e);
        }
        mac.update(before.getBytes(StandardCharsets.UTF_8));
        return mac.doFinal(body);
    }

    private static boolean same(String right, String signature) {
        return MessageDigest.isEqual(
                right.getBytes(StandardCharsets.UTF_8), signature.getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public String toString() {
        return "WebhookKey[redacted]";
    }
}
