package io.github.wsbridge.core.access;

import io.github.wsbridge.DeviceIdPattern;
import io.github.wsbridge.Endpoints;
import io.github.wsbridge.spi.AccessPolicy;
import io.github.wsbridge.wire.files.KeyText;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.Stream;

/**
 * Grants access by an API key in the header field {@value Endpoints#API_KEY_HEADER}, and by a signed URL for as long as
 * there is a requester's key with the name of its principal. Only SHA-256 hashes of keys are
 * stored. Keys consist of 256 random bits, so a slower hash is not needed.
 *
 * <p>Each line of a key file has the form {@code NAME ROLE HASH [DEVICES]}: a name for logs, {@code requester} or
 * {@code device}, the hash in hexadecimal, and the device ids that the key is valid for, in which {@code *} matches any
 * text and {@value #NAME} stands for the key's name. A requester's key is valid for all devices unless the line says
 * otherwise, a device's key only for the device of that name: {@code *} there makes one with which its holder can
 * listen as any device. Empty lines and lines that start with {@code #} are skipped.
 */
public final class ApiKeyPolicy implements AccessPolicy {

    /** Stands for the key's own name in the device ids of a line. */
    public static final String NAME = "{name}";

    /** The device ids that match all. */
    public static final String ANY = "*";

    private record Key(String name, Action action, DeviceIdPattern devices) {}

    private final Map<String, Key> keys;
    /** The hashes of devices' keys by the one id for which they are good; those of the others under {@link #ANY}. */
    private final Map<String, List<String>> listeners = new HashMap<>();

    private final Map<String, List<Key>> byName = new HashMap<>();

    private ApiKeyPolicy(Map<String, Key> keys) {
        this.keys = keys;
        keys.forEach((hash, key) -> {
            byName.computeIfAbsent(key.name(), name -> new ArrayList<>(1)).add(key);
            if (key.action() == Action.LISTEN) {
                String ids = key.devices().toString();
                listeners
                        .computeIfAbsent(ids.contains(ANY) ? ANY : ids, id -> new ArrayList<>(1))
                        .add(hash);
            }
        });
    }

    /**
     * Reads a key file.
     *
     * @throws IOException if it cannot be read
     * @throws IllegalArgumentException if a line is invalid; the message contains the line number
     */
    public static ApiKeyPolicy read(Path file) throws IOException {
        return parse(KeyText.read(file).lines().toList());
    }

    /** Parses the lines of a key file. Throws the same exceptions as {@link #read}. */
    public static ApiKeyPolicy parse(List<String> lines) {
        Map<String, Key> keys = new HashMap<>();
        for (int i = 0; i < lines.size(); i++) {
            String line = lines.get(i).strip();
            if (line.isEmpty() || line.startsWith("#")) {
                continue;
            }
            String[] words = line.split("\\s+");
            if (words.length < 3 || words.length > 4) {
                throw new IllegalArgumentException("line " + (i + 1) + ": expected NAME ROLE HASH [DEVICES]");
            }
            Action action = switch (words[1]) {
                case "requester" -> Action.CONNECT;
                case "device" -> Action.LISTEN;
                default ->
                    throw new IllegalArgumentException("line " + (i + 1) + ": the role must be requester or device");
            };
            String hash = words[2].toLowerCase(Locale.ROOT);
            if (!hash.matches("[0-9a-f]{64}")) {
                throw new IllegalArgumentException("line " + (i + 1) + ": the hash must have 64 hexadecimal digits");
            }
            String devices = words.length == 4 ? words[3] : action == Action.LISTEN ? NAME : ANY;
            if (devices.contains(NAME) && words[0].contains("*")) {
                throw new IllegalArgumentException(
                        "line " + (i + 1) + ": a NAME with * is no device id, so DEVICES are missing");
            }
            DeviceIdPattern pattern = new DeviceIdPattern(devices.replace(NAME, words[0]));
            if (keys.put(hash, new Key(words[0], action, pattern)) != null) {
                throw new IllegalArgumentException("line " + (i + 1) + ": duplicate key");
            }
        }
        return new ApiKeyPolicy(Map.copyOf(keys));
    }

    /** Returns a new random key: 43 characters that need no escaping anywhere. */
    public static String newKey() {
        byte[] random = new byte[32];
        new SecureRandom().nextBytes(random);
        return Base64.getUrlEncoder().withoutPadding().encodeToString(random);
    }

    /** Returns the hash of a key as it appears in key files. */
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
        if (request.action() == Action.CONNECT_SIGNED) {
            String principal = String.valueOf(request.query().get(Endpoints.PRINCIPAL));
            if (!byName.containsKey(principal)) {
                return new Access.Denied(401);
            }
            return permitsSigned(principal, request.deviceId())
                    ? new Access.Granted(principal)
                    : new Access.Denied(403);
        }
        String hash = hash(request.headers().only(Endpoints.API_KEY_HEADER));
        Key key = keys.get(hash);
        if (key == null) {
            return new Access.Denied(401);
        }
        return permits(hash, request.action(), request.deviceId())
                ? new Access.Granted(key.name())
                : new Access.Denied(403);
    }

    /** Returns whether the key with this hash is known, and valid for this. */
    boolean permits(String hash, Action action, String deviceId) {
        Key key = keys.get(hash);
        Action role = action == Action.ACCEPT ? Action.LISTEN : action; // a device's key is good for both
        return key != null && key.action() == role && key.devices().matches(deviceId);
    }

    /** Returns whether a requester's key of this name is valid for the device. */
    boolean permitsSigned(String principal, String deviceId) {
        return byName.getOrDefault(principal, List.of()).stream()
                .anyMatch(key -> key.action() == Action.CONNECT && key.devices().matches(deviceId));
    }

    /** Returns the hashes of the keys with which the device can listen. */
    List<String> listenersOf(String deviceId) {
        return Stream.of(deviceId, ANY)
                .flatMap(ids -> listeners.getOrDefault(ids, List.of()).stream())
                .filter(hash -> permits(hash, Action.LISTEN, deviceId))
                .toList();
    }

    /** Returns the number of keys, without their names or hashes. */
    @Override
    public String toString() {
        return keys.size() + (keys.size() == 1 ? " key" : " keys");
    }
}
