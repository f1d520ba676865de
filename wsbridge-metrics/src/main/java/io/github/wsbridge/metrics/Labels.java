package io.github.wsbridge.metrics;

import io.github.wsbridge.CloseReason;
import io.github.wsbridge.Endpoints;
import io.github.wsbridge.spi.Signaller;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The values of labels. There are few of each: whatever a client may choose is one of the known values, or {@link
 * #OTHER}.
 */
final class Labels {

    static final String OTHER = "other";

    private static final Set<Integer> CODES = Set.of(
            CloseReason.NORMAL,
            CloseReason.GOING_AWAY,
            CloseReason.PROTOCOL_ERROR,
            CloseReason.UNSUPPORTED_DATA,
            CloseReason.NO_STATUS,
            CloseReason.ABNORMAL,
            CloseReason.INVALID_PAYLOAD,
            CloseReason.POLICY_VIOLATION,
            CloseReason.TOO_BIG,
            CloseReason.INTERNAL_ERROR,
            CloseReason.SERVICE_RESTART,
            CloseReason.TRY_AGAIN_LATER,
            CloseReason.VANISHED,
            CloseReason.REJECTED,
            CloseReason.UNREACHABLE,
            CloseReason.TIMED_OUT,
            CloseReason.REPLACED,
            CloseReason.BAD_TOKEN,
            CloseReason.OVER_LIMIT,
            CloseReason.OWNER_UNREACHABLE,
            CloseReason.UNAVAILABLE);

    private static final Set<Integer> STATUSES = Set.of(400, 401, 403, 404, 405, 408, 426, 429, 500, 502, 503);

    private static final Map<String, String> ENDPOINTS = Map.of(
            Endpoints.CONNECT, "connect",
            Endpoints.ACCEPT, "accept",
            Endpoints.LISTEN, "listen",
            Endpoints.PEER, "peer",
            Endpoints.SIGNED_URL, "signed_url",
            Endpoints.READYZ, "readyz");

    private Labels() {}

    /** Returns a close code; ends may choose any. */
    static String code(CloseReason reason) {
        return CODES.contains(reason.code()) ? Integer.toString(reason.code()) : OTHER;
    }

    /** Returns an HTTP status or a close code. */
    static String status(int status) {
        return STATUSES.contains(status) || CODES.contains(status) ? Integer.toString(status) : OTHER;
    }

    /** @param where a request's path, or the address of an exposed port */
    static String endpoint(String where) {
        return where.startsWith("/") ? ENDPOINTS.getOrDefault(where, OTHER) : "port";
    }

    static String outcome(Signaller.@Nullable Result result) {
        if (result == null) {
            return "failed";
        } else if (result instanceof Signaller.Result.Delivered) {
            return "delivered";
        } else if (result instanceof Signaller.Result.Rejected) {
            return "rejected";
        }
        return result instanceof Signaller.Result.Throttled ? "throttled" : "unreachable";
    }

    static String of(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT);
    }
}
