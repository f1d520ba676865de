package io.github.wsbridge.signal.webhook;

import com.grack.nanojson.JsonObject;
import io.github.wsbridge.spi.Signaller.Result;
import io.github.wsbridge.wire.message.JsonMessage;
import io.github.wsbridge.wire.message.MalformedMessageException;
import io.github.wsbridge.wire.message.RejectionJson;
import java.io.IOException;
import java.net.http.HttpHeaders;
import java.net.http.HttpResponse;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;

/** The meaning of a receiver's answer. */
sealed interface Outcome {

    /** The result of the invitation is known. */
    record Known(Result result) implements Outcome {}

    /** The receiver does not know yet; the accept timeout decides. */
    record Deferred() implements Outcome {}

    /** A retry may succeed, after {@code pause} at the earliest. */
    record Retry(IOException why, boolean throttled, Duration pause) implements Outcome {}

    /** A retry would not help. */
    record Failed(IOException why) implements Outcome {}

    /** Longer than any invitation lasts, and still safe to compute with. */
    Duration MAX_PAUSE = Duration.ofDays(1);

    static Outcome of(HttpResponse<byte[]> response, Instant now) {
        int status = response.statusCode();
        if (status == 202) {
            return new Deferred();
        }
        if (status / 100 == 2) {
            return read(response.body());
        }
        if (status == 404 || status == 410) {
            return new Known(new Result.Unreachable("the webhook does not know the device"));
        }
        IOException why = new IOException("the webhook answered " + status
                + (status == 407 ? ": a proxy wants a user and a password; write them into its URL (--proxy)" : ""));
        if (status == 429 || status / 100 == 5) {
            return new Retry(why, status == 429, retryAfter(response.headers(), now));
        }
        return new Failed(why); // redirects too: the URL is fixed
    }

    /** A status of success takes the invitation, unless the body says otherwise in the words of the protocol. */
    private static Outcome read(byte[] body) {
        JsonObject json;
        try {
            json = body.length == 0 ? new JsonObject() : JsonMessage.read(body);
        } catch (MalformedMessageException e) {
            return new Known(new Result.Delivered()); // such as OK, or a page: it is the status that counts
        }
        try {
            String reason = json.getString("reason", "");
            switch (json.getString("result", ResultJson.DELIVERED)) {
                case ResultJson.DEFERRED:
                    return new Deferred();
                case ResultJson.UNREACHABLE:
                    return new Known(new Result.Unreachable(reason.isEmpty() ? "the device is unreachable" : reason));
                case ResultJson.REJECTED:
                    return new Known(new Result.Rejected(RejectionJson.read(json)));
                default:
                    return new Known(new Result.Delivered());
            }
        } catch (MalformedMessageException e) {
            return new Failed(new IOException("the webhook's answer: " + e.getMessage()));
        }
    }

    /** Parses seconds or an HTTP date; zero if it is missing or malformed. */
    private static Duration retryAfter(HttpHeaders headers, Instant now) {
        String value = headers.firstValue("Retry-After").orElse("0").strip();
        try {
            Duration pause = value.chars().allMatch(c -> c >= '0' && c <= '9')
                    ? Duration.ofSeconds(Long.parseLong(value))
                    : Duration.between(
                            now,
                            ZonedDateTime.parse(value, DateTimeFormatter.RFC_1123_DATE_TIME)
                                    .toInstant());
            if (pause.isNegative()) {
                return Duration.ZERO;
            }
            return pause.compareTo(MAX_PAUSE) > 0 ? MAX_PAUSE : pause;
        } catch (DateTimeException | ArithmeticException | NumberFormatException e) {
            return Duration.ZERO;
        }
    }
}
