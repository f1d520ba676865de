package io.github.wsbridge.website;

import io.github.wsbridge.BridgeException;
import io.github.wsbridge.CloseReason;
import io.github.wsbridge.HandshakeException;
import io.github.wsbridge.wire.net.Reasons;
import io.netty.handler.codec.http.HttpResponseStatus;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Why a device's page cannot be shown, in words for the person who wants to see it.
 *
 * @param status what the browser gets
 * @param title one line
 * @param words what it means and what helps
 * @param detail what the bridge or the device said; empty if nothing
 * @param passing whether it may pass by itself, so that trying again makes sense without a change
 */
record Trouble(HttpResponseStatus status, String title, String words, String detail, boolean passing) {

    /** The device's code and text in the reason of a rejection. */
    private static final Pattern REJECTION = Pattern.compile("(\\d{1,5})(?: (.*))?", Pattern.DOTALL);

    /**
     * Describes a failure to reach a device.
     *
     * @param device the device's id
     * @param target the target's name
     */
    static Trouble of(String device, String target, Throwable failure) {
        Throwable cause = failure;
        while (cause instanceof CompletionException && cause.getCause() != null) {
            cause = cause.getCause();
        }
        if (cause instanceof RejectedExecutionException) {
            return new Trouble(
                    HttpResponseStatus.SERVICE_UNAVAILABLE,
                    device + " is busy",
                    "Too many connections to this device are open. Close other tabs that show it.",
                    "",
                    true);
        }
        if (cause instanceof HandshakeException refused) {
            return refused(device, refused);
        }
        if (cause instanceof BridgeException ended) {
            return ended(device, target, ended.closeReason());
        }
        return new Trouble(
                HttpResponseStatus.BAD_GATEWAY,
                "The bridge cannot be reached",
                "The website has no connection to the bridge that leads to the devices.",
                Reasons.of(cause),
                true);
    }

    /** Returns what a failure to reach a device says about whether it is there; empty if nothing. */
    static Optional<Presence> presence(Throwable failure) {
        Throwable cause =
                failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
        if (!(cause instanceof BridgeException ended) || cause instanceof HandshakeException) {
            return Optional.empty();
        }
        return switch (ended.closeReason().code()) {
            case CloseReason.UNREACHABLE, CloseReason.TIMED_OUT -> Optional.of(Presence.OFFLINE);
            case CloseReason.REJECTED -> Optional.of(Presence.ONLINE);
            default -> Optional.empty();
        };
    }

    private static Trouble refused(String device, HandshakeException refused) {
        return switch (refused.status()) {
            case 401, 403 ->
                new Trouble(
                        HttpResponseStatus.FORBIDDEN,
                        "You may not open " + device,
                        "The bridge does not let you connect to this device. Ask whoever runs it for permission.",
                        refused.words(),
                        false);
            case 429, 503 ->
                new Trouble(
                        HttpResponseStatus.SERVICE_UNAVAILABLE,
                        "The bridge is busy",
                        "It does not take more connections at the moment.",
                        refused.words(),
                        true);
            default ->
                new Trouble(
                        HttpResponseStatus.BAD_GATEWAY,
                        "The bridge has refused the connection",
                        "It answered with the HTTP status " + refused.status() + ".",
                        refused.words(),
                        true);
        };
    }

    private static Trouble ended(String device, String target, CloseReason reason) {
        return switch (reason.code()) {
            case CloseReason.UNREACHABLE ->
                new Trouble(
                        HttpResponseStatus.SERVICE_UNAVAILABLE,
                        device + " is off line",
                        "The device has no connection to the bridge at the moment. It may be switched off, or its"
                                + " network may be down.",
                        reason.reason(),
                        true);
            case CloseReason.TIMED_OUT ->
                new Trouble(
                        HttpResponseStatus.GATEWAY_TIMEOUT,
                        device + " does not answer",
                        "The device was called, but it has not connected in time.",
                        reason.reason(),
                        true);
            case CloseReason.REJECTED -> rejected(device, target, reason.reason());
            case CloseReason.OVER_LIMIT, CloseReason.UNAVAILABLE ->
                new Trouble(
                        HttpResponseStatus.SERVICE_UNAVAILABLE,
                        "The bridge is busy",
                        "It does not take more connections at the moment.",
                        reason.reason(),
                        true);
            default ->
                new Trouble(
                        HttpResponseStatus.BAD_GATEWAY,
                        "The connection to " + device + " has failed",
                        "It ended before the device had answered.",
                        reason.toString(),
                        true);
        };
    }

    private static Trouble rejected(String device, String target, String reason) {
        Matcher said = REJECTION.matcher(reason);
        boolean coded = said.matches();
        String text = coded ? String.valueOf(said.group(2) == null ? "" : said.group(2)) : reason;
        return switch (coded ? said.group(1) : "") {
            case "404" ->
                new Trouble(
                        HttpResponseStatus.NOT_FOUND,
                        device + " shows no pages",
                        "The device is on line but offers no target with the name " + target + ".",
                        text,
                        false);
            case "502", "504" ->
                new Trouble(
                        HttpResponseStatus.BAD_GATEWAY,
                        "The web server of " + device + " is down",
                        "The device is on line but its own web server does not answer.",
                        text,
                        true);
            default ->
                new Trouble(
                        HttpResponseStatus.FORBIDDEN,
                        device + " has said no",
                        "The device is on line but has rejected the connection.",
                        text,
                        false);
        };
    }

    /** Describes a connection that ended before it carried a response. */
    static Trouble silent(String device, String target, @Nullable Throwable why) {
        if (why instanceof BridgeException ended && ended.closeReason().code() != CloseReason.VANISHED) {
            return of(device, target, why);
        }
        return new Trouble(
                HttpResponseStatus.BAD_GATEWAY,
                "The web server of " + device + " has not answered",
                "The connection to it ended before it had sent a response.",
                why == null ? "" : Reasons.of(why),
                true);
    }

    static Trouble slow(String device) {
        return new Trouble(
                HttpResponseStatus.GATEWAY_TIMEOUT,
                "The web server of " + device + " takes too long",
                "It has the request but has not answered in time.",
                "",
                true);
    }

    static Trouble garbled(String device) {
        return new Trouble(
                HttpResponseStatus.BAD_GATEWAY,
                device + " has sent something else than HTTP",
                "What its web server has answered cannot be understood.",
                "",
                false);
    }
}
