package io.github.wsbridge.core.access;

import io.github.wsbridge.Endpoints;
import io.github.wsbridge.core.signalling.DeviceIdPattern;
import io.github.wsbridge.spi.AccessPolicy;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * Access by API key in the header {@value Endpoints#API_KEY_HEADER}. Only SHA-256 hashes are kept: keys are 256 random bits,
 * so they need no slower hash.
 *
 * <p>Each line of a key file reads {@code NAME ROLE HASH [DEVICES]}: a name for logs, {@code requester} or {@code device},
 * the hash in hexadecimal, and which device ids the key is good for, where {@code *} stands for any text (default all). Empty
 * lines and lines that begin with {@code #} are skipped.
 */
public final class ApiKeyPolicy implements AccessPolicy {

    private record Key(String name, Action action, DeviceIdPattern devices) {}

    private final Map<String, Key> keys;

    private ApiKeyPolicy(Map<String, Key> keys) {
        this.keys = keys;
    }

    /**
     * Reads a key file.
     *
     * @throws IOException if it cannot be read
     * @throws IllegalArgumentException if a line makes no sense; the message names the line's number
     */
    public static ApiKeyPolicy read(Path file) throws IOException {
        return parse(Files.readAllLines(file, StandardCharsets.UTF_8));
    }

    /** Reads the lines of a key file; errors as in {@link #read}. */
    public static ApiKeyPolicy parse(List<String> lines) {
        Map<String, Key> keys = new HashMap<>();
        for (int i = 0; i < lines.size(); i++) {
            String line = lines.get(i).strip();
            if (line.isEmpty() || line.startsWith("#")) {
                continue;
            }
            String[] words = line.split("\\s+");
            if (words.length < 3 || words.length > 4) {
                throw new IllegalArgumentException("line " + (i + 1) + ": not NAME ROLE HASH [DEVICES]");
            }
            Action action = switch (words[1]) {
                case "requester" -> Action.CONNECT;
                case "device" -> Action.LISTEN;
                default -> throw new IllegalArgumentException("line " + (i + 1) + ": the role is requester or device");
            };
            String hash = words[2].toLowerCase(Locale.ROOT);
            if (!hash.matches("[0-9a-f]{64}")) {
                throw new IllegalArgumentException("line " + (i + 1) + ": the hash has 64 hexadecimal digits");
            }
            if (keys.put(hash, new Key(words[0], action, new DeviceIdPattern(words.length == 4 ? words[3] : "*")))
                    != null) {
                throw new IllegalArgumentException("line " + (i + 1) + ": the key stands twice");
            }
        }
        return new ApiKeyPolicy(Map.copyOf(keys));
    }

    /** Draws a new key: 43 characters that need no escaping anywhere. */
    public static String newKey() {
        byte[] random = new byte[32];
        new SecureRandom().nextBytes(random);
        return Base64.getUrlEncoder().withoutPadding().encodeToString(random);
    }

    /** The hash of a key as key files hold it. */
    public static String hash(String key) {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(key.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(hash);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e); // every Java platform has it
        }
    }

    @Override
    public CompletionStage<Access> check(AccessRequest request) {
        return CompletableFuture.completedFuture(decide(request));
    }

    private Access decide(AccessRequest request) {
        Key key = keys.get(hash(request.headers().only(Endpoints.API_KEY_HEADER)));
        if (key == null) {
            return new Access.Denied(401);
        }
        return key.action() == request.action() && key.devices().matches(request.deviceId())
                ? new Access.Granted(key.name())
                : new Access.Denied(403);
    }
}
