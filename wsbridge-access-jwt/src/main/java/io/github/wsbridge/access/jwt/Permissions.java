package io.github.wsbridge.access.jwt;

import com.nimbusds.jwt.JWTClaimsSet;
import io.github.wsbridge.spi.AccessPolicy.Action;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What claims permit.
 *
 * @param roleClaim the path to the roles
 * @param devicesClaim the path to the device ids
 */
record Permissions(String roleClaim, String devicesClaim) {

    private static final Pattern SPACES = Pattern.compile(" +");

    boolean permit(JWTClaimsSet claims, String subject, Action action, String deviceId) {
        String role = switch (action) {
            case CONNECT -> "requester";
            case LISTEN, ACCEPT -> "device";
            default -> "";
        };
        List<String> roles = words(find(claims.getClaims(), roleClaim));
        if (role.isEmpty() || roles == null || !roles.contains(role)) {
            return false;
        }
        Object devices = find(claims.getClaims(), devicesClaim);
        if (devices == null) {
            return action == Action.CONNECT || deviceId.equals(subject);
        }
        List<String> patterns = words(devices);
        return patterns != null && patterns.stream().anyMatch(pattern -> matches(pattern, deviceId));
    }

    /** Finds a claim by its name or, if there is none of that name, by its path. */
    private static @Nullable Object find(Map<String, Object> claims, String path) {
        if (claims.containsKey(path)) {
            return claims.get(path);
        }
        Object found = claims;
        for (String name : path.split("\\.")) {
            found = found instanceof Map<?, ?> inner ? inner.get(name) : null;
        }
        return found;
    }

    /** Returns the elements of an array of texts, or the words of a text; null if it is neither. */
    private static @Nullable List<String> words(@Nullable Object claim) {
        if (claim instanceof String text) {
            return List.of(SPACES.split(text.strip()));
        }
        if (claim instanceof List<?> list && list.stream().allMatch(String.class::isInstance)) {
            return list.stream().map(String.class::cast).toList();
        }
        return null;
    }

    /** Returns whether a device id matches a pattern, in which {@code *} matches any text. Both are short. */
    private static boolean matches(String pattern, String deviceId) {
        String[] parts = pattern.split("\\*", -1);
        String last = parts[parts.length - 1];
        if (parts.length == 1) {
            return deviceId.equals(pattern);
        }
        int from = parts[0].length();
        int end = deviceId.length() - last.length();
        if (end < from || !deviceId.startsWith(parts[0]) || !deviceId.endsWith(last)) {
            return false;
        }
        for (String part : List.of(parts).subList(1, parts.length - 1)) {
            int found = deviceId.indexOf(part, from);
            if (found < 0 || found + part.length() > end) {
                return false;
            }
            from = found + part.length();
        }
        return true;
    }
}
