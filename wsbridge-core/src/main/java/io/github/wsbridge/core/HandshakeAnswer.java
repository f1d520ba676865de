package io.github.wsbridge.core;

import java.nio.charset.StandardCharsets;
import java.time.Duration;

/** What a server writes in answer to a handshake, for transports that write it themselves. */
public final class HandshakeAnswer {

    /** What is said where the node cannot say anything: it failed, or did not decide in time. */
    public static final Admission.Refused UNAVAILABLE =
            new Admission.Refused(503, "try again later", Duration.ofSeconds(5));

    private HandshakeAnswer() {}

    /**
     * The upgrade.
     *
     * @param key the client's key, which is {@linkplain WebSocketKey#valid valid}
     * @param subprotocol what was agreed on; empty for none
     */
    public static byte[] upgrade(String key, String subprotocol) {
        String head = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                + "Sec-WebSocket-Accept: " + WebSocketKey.accept(key) + "\r\n"
                + (subprotocol.isEmpty() ? "" : "Sec-WebSocket-Protocol: " + subprotocol + "\r\n") + "\r\n";
        return head.getBytes(StandardCharsets.ISO_8859_1);
    }

    /** A refusal in plain text; the connection is to be closed behind it. */
    public static byte[] refusal(Admission.Refused refused) {
        byte[] body = (refused.reason() + "\n").getBytes(StandardCharsets.UTF_8);
        Duration retryAfter = refused.retryAfter();
        String head = "HTTP/1.1 " + refused.status() + " " + phrase(refused.status())
                + "\r\nConnection: close\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: " + body.length
                + "\r\n"
                + (retryAfter == null ? "" : "Retry-After: " + retryAfter.toSeconds() + "\r\n")
                + (refused.status() == 426 ? "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n" : "")
                + (refused.status() == 401 ? "WWW-Authenticate: Bearer\r\n" : "")
                + "\r\n";
        byte[] fields = head.getBytes(StandardCharsets.ISO_8859_1);
        byte[] answer = new byte[fields.length + body.length];
        System.arraycopy(fields, 0, answer, 0, fields.length);
        System.arraycopy(body, 0, answer, fields.length, body.length);
        return answer;
    }

    private static String phrase(int status) {
        return switch (status) {
            case 400 -> "Bad Request";
            case 401 -> "Unauthorized";
            case 403 -> "Forbidden";
            case 404 -> "Not Found";
            case 426 -> "Upgrade Required";
            case 429 -> "Too Many Requests";
            case 431 -> "Request Header Fields Too Large";
            case 503 -> "Service Unavailable";
            default -> "Refused";
        };
    }
}
