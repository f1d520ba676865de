package io.github.wsbridge.proxy;

import io.github.wsbridge.BridgeException;
import io.github.wsbridge.CloseReason;
import io.github.wsbridge.HandshakeException;
import io.github.wsbridge.wire.net.Reasons;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.socksx.v5.Socks5CommandStatus;
import java.io.IOException;
import java.util.concurrent.CompletionException;

/** Why a client of the proxy gets no stream, and how that is said in both protocols. */
final class Refusal extends IOException {

    private static final long serialVersionUID = 1L;
    private static final int CODE_DIGITS = 3;

    private final transient Socks5CommandStatus socks;
    private final transient HttpResponseStatus http;

    Refusal(Socks5CommandStatus socks, HttpResponseStatus http, String words) {
        super(words);
        this.socks = socks;
        this.http = http;
    }

    static Refusal notAllowed(String words) {
        return new Refusal(Socks5CommandStatus.FORBIDDEN, HttpResponseStatus.FORBIDDEN, words);
    }

    static Refusal malformed(String words) {
        return new Refusal(Socks5CommandStatus.FAILURE, HttpResponseStatus.BAD_REQUEST, words);
    }

    Socks5CommandStatus socks() {
        return socks;
    }

    HttpResponseStatus http() {
        return http;
    }

    String words() {
        return String.valueOf(getMessage());
    }

    /** Returns what the client is told if its stream could not be opened. */
    static Refusal of(Throwable failure) {
        Throwable cause =
                failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
        if (cause instanceof Refusal refusal) {
            return refusal;
        }
        String words = Reasons.of(cause);
        if (cause instanceof HandshakeException refused) {
            return switch (refused.status()) {
                case 401, 403 -> notAllowed(words);
                case 429, 503 -> unavailable(words);
                default -> new Refusal(Socks5CommandStatus.FAILURE, HttpResponseStatus.BAD_GATEWAY, words);
            };
        }
        if (cause instanceof BridgeException ended) {
            return of(ended.closeReason(), words);
        }
        if (cause instanceof IllegalArgumentException) { // the device id
            return malformed(words);
        }
        return new Refusal(
                Socks5CommandStatus.NETWORK_UNREACHABLE,
                HttpResponseStatus.BAD_GATEWAY,
                "the bridge server cannot be reached: " + words);
    }

    private static Refusal of(CloseReason reason, String words) {
        return switch (reason.code()) {
            case CloseReason.REJECTED -> ofDevice(reason.reason(), words);
            case CloseReason.UNREACHABLE ->
                new Refusal(Socks5CommandStatus.HOST_UNREACHABLE, HttpResponseStatus.NOT_FOUND, words);
            case CloseReason.TIMED_OUT ->
                new Refusal(Socks5CommandStatus.TTL_EXPIRED, HttpResponseStatus.GATEWAY_TIMEOUT, words);
            case CloseReason.OVER_LIMIT, CloseReason.UNAVAILABLE -> unavailable(words);
            default -> new Refusal(Socks5CommandStatus.FAILURE, HttpResponseStatus.BAD_GATEWAY, words);
        };
    }

    /** The device's code comes first in its reason; devices use those of HTTP. */
    private static Refusal ofDevice(String reason, String words) {
        return switch (reason.length() < CODE_DIGITS ? reason : reason.substring(0, CODE_DIGITS)) {
            case "404" -> new Refusal(Socks5CommandStatus.HOST_UNREACHABLE, HttpResponseStatus.NOT_FOUND, words);
            case "502" -> new Refusal(Socks5CommandStatus.CONNECTION_REFUSED, HttpResponseStatus.BAD_GATEWAY, words);
            case "408", "504" ->
                new Refusal(Socks5CommandStatus.TTL_EXPIRED, HttpResponseStatus.GATEWAY_TIMEOUT, words);
            default -> notAllowed(words);
        };
    }

    private static Refusal unavailable(String words) {
        return new Refusal(Socks5CommandStatus.FAILURE, HttpResponseStatus.SERVICE_UNAVAILABLE, words);
    }
}
