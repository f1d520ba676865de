package io.github.wsbridge.access.jwt;

import com.nimbusds.jwt.JWTClaimsSet;
import io.github.wsbridge.DeviceIdPattern;
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
        return patterns != null
                && patterns.stream()
                        .anyMatch(pattern -> !pattern.isEmpty() && new DeviceIdPattern(pattern).matches(deviceId));
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
}
