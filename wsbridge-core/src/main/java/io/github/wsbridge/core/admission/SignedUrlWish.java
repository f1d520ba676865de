package io.github.wsbridge.core.admission;

import com.grack.nanojson.JsonWriter;
import io.github.wsbridge.Endpoints;
import io.github.wsbridge.Query;
import io.github.wsbridge.SignedUrl;
import io.github.wsbridge.spi.Admission;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What somebody wants of a signed URL, beside the bridge.
 *
 * @param more further parameters of the URL
 * @param lifetime how long it is valid
 * @param once whether it is good for one bridge only
 */
record SignedUrlWish(Map<String, String> more, Duration lifetime, boolean once) {

    private static final Duration LIFETIME = Duration.ofMinutes(5);

    private static final Admission TOO_MANY =
            new Admission.Refused(429, "too many signed URLs are unused", Duration.ofSeconds(5));

    /**
     * Reads the parameters of a request.
     *
     * @throws IllegalArgumentException if one is invalid
     */
    static SignedUrlWish of(Query query, Duration longest) {
        flag(query, Endpoints.WAIT);
        Map<String, String> more = new LinkedHashMap<>();
        for (String name : List.of(Endpoints.REASON, Endpoints.WAIT, Endpoints.CHOSEN_SUBPROTOCOL)) {
            String value = query.get(name);
            if (value != null) {
                more.put(name, value);
            }
        }
        return new SignedUrlWish(more, lifetime(query.get(Endpoints.LIFETIME), longest), flag(query, Endpoints.ONCE));
    }

    private static Duration lifetime(@Nullable String seconds, Duration longest) {
        if (seconds == null) {
            return LIFETIME.compareTo(longest) < 0 ? LIFETIME : longest;
        }
        Duration lifetime = seconds.matches("[0-9]{1,9}") ? Duration.ofSeconds(Long.parseLong(seconds)) : Duration.ZERO;
        if (lifetime.isZero() || lifetime.compareTo(longest) > 0) {
            throw new IllegalArgumentException(
                    Endpoints.LIFETIME + " must be a number of seconds from 1 to " + longest.toSeconds());
        }
        return lifetime;
    }

    /** Returns whether a parameter is {@code true}; it may be missing, but nothing else than true or false. */
    static boolean flag(Query query, String name) {
        String value = query.get(name);
        if (value != null && !value.equals("true") && !value.equals("false")) {
            throw new IllegalArgumentException(name + " must be true or false");
        }
        return "true".equals(value);
    }

    /** Returns the answer to the request; there may be no URL because too many are unused. */
    static Admission answer(@Nullable SignedUrl signed) {
        return signed == null
                ? TOO_MANY
                : Admission.Refused.json(JsonWriter.string()
                        .object()
                        .value("url", signed.url().toString())
                        .value("expires", signed.expires().toString())
                        .end()
                        .done());
    }
}
