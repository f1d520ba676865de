package io.github.wsbridge.wire.websocket;

import io.github.wsbridge.spi.Admission;
import io.github.wsbridge.spi.Door;
import io.github.wsbridge.spi.Handshake;
import io.github.wsbridge.spi.Headers;
import io.github.wsbridge.spi.Leg;
import io.github.wsbridge.spi.Peer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The server's side of one opening handshake (RFC 6455, section 4.2): passes a request to the door and its decision to
 * the transport. The transport provides the connection, the threads and the handshake timeout. Thread-safe.
 */
public final class ServerUpgrade {

    /** The refusal if the door failed or did not decide in time. */
    public static final Admission.Refused UNAVAILABLE =
            new Admission.Refused(503, "try again later", Duration.ofSeconds(5));

    /** The refusal of anything that is not an HTTP/1.1 request. */
    public static final Admission.Refused MALFORMED = new Admission.Refused(400, "not an HTTP/1.1 request");

    /** The refusal of a request whose request line and header exceed the server's limit. */
    public static final Admission.Refused TOO_LARGE = new Admission.Refused(431, "the header is too large");

    /** The refusal of a client that sends something other than frames before it is answered. */
    public static final Admission.Refused NOT_FRAMES =
            new Admission.Refused(400, "content, or something else than WebSocket frames");

    private static final Admission.Refused NOT_AN_UPGRADE = new Admission.Refused(426, "this is a WebSocket endpoint");

    private static final Logger log = LoggerFactory.getLogger(ServerUpgrade.class);

    /** Carries out a decision. Exactly one of {@link #grant} and {@link #refuse} is called, once, on any thread. */
    public interface Answer {

        /**
         * Sends {@link #accepted} and passes the leg to {@link #open}, or calls {@link #lost} if that is not possible.
         */
        void grant(Admission.Granted granted);

        /**
         * Called at most once, before the others: the client has been admitted, and the door keeps it waiting for
         * something else.
         */
        default void admitted() {}

        /** Sends {@link #refusal} and closes the connection. */
        void refuse(Admission.Refused refused);
    }

    private enum Phase {
        ASKING,
        /** The door keeps the client waiting. */
        WAITING,
        GRANTED,
        OVER
    }

    private final Handshake handshake;
    private final String key;
    private final @Nullable String fault;
    private Phase phase = Phase.ASKING; // guarded by this, as are the two below
    private @Nullable Runnable abandoned;
    private @Nullable Future<?> deadline;

    /**
     * Creates the handshake of one request.
     *
     * @param method the method as sent
     * @param protocol the protocol as sent: {@code HTTP/1.1}
     * @param path the path below the context root
     * @param rawQuery the query as sent; null if there was none
     * @param headers the header fields, which must not change
     * @param peer the client
     */
    public ServerUpgrade(
            String method, String protocol, String path, @Nullable String rawQuery, Headers headers, Peer peer) {
        boolean upgrade = method.equals("GET")
                && protocol.equals("HTTP/1.1")
                && headers.contains("Upgrade", "websocket")
                && headers.contains("Connection", "Upgrade")
                && headers.only("Sec-WebSocket-Version").equals("13");
        this.handshake = new Handshake(method, path, rawQuery, upgrade, headers, peer);
        this.key = headers.only("Sec-WebSocket-Key");
        this.fault = RequestFields.fault(protocol, headers);
    }

    /**
     * Creates the handshake of one request from its request line.
     *
     * @param target the target as sent: a path with or without a query, or an absolute URL, as some proxies send it
     * @throws IllegalArgumentException if the target or the protocol is not that of an HTTP/1 request
     */
    public static ServerUpgrade of(String method, String target, String protocol, Headers headers, Peer peer) {
        boolean visible = !target.isEmpty() && target.chars().allMatch(c -> c > ' ' && c <= '~');
        if (!visible || !protocol.startsWith("HTTP/1.")) {
            throw new IllegalArgumentException("not an HTTP/1.1 request");
        }
        String local = target.startsWith("/") ? target : target.replaceFirst("(?i)^(http|ws)s?://[^/?]*", "");
        int question = local.indexOf('?');
        String path = question < 0 ? local : local.substring(0, question);
        String query = question < 0 ? null : local.substring(question + 1);
        return new ServerUpgrade(method, protocol, path, query, headers, peer);
    }

    /**
     * Asks the door for a decision. Called once.
     *
     * @param timer runs the timeout of a client that the door keeps waiting
     */
    public void ask(Door door, ScheduledExecutorService timer, Answer answer) {
        if (fault != null) {
            decide(Phase.ASKING, new Admission.Refused(400, fault), null, answer);
            return;
        }
        if (handshake.upgrade() && !WebSocketKey.valid(key)) { // before the door wakes a device for it
            decide(Phase.ASKING, new Admission.Refused(400, "missing or invalid Sec-WebSocket-Key"), null, answer);
            return;
        }
        CompletionStage<Admission> admission;
        try {
            admission = door.admit(handshake);
        } catch (RuntimeException e) {
            admission = CompletableFuture.failedFuture(e);
        }
        admission.whenComplete((said, failure) -> {
            if (said instanceof Admission.Later later) {
                await(later, timer, answer);
            } else {
                decide(Phase.ASKING, (Admission.Decision) said, failure, answer);
            }
        });
    }

    private void await(Admission.Later later, ScheduledExecutorService timer, Answer answer) {
        if (!handshake.upgrade() || !wait(later)) { // wait() is false if the connection was lost
            later.abandoned().run();
            if (!handshake.upgrade()) {
                decide(Phase.ASKING, NOT_AN_UPGRADE, null, answer);
            }
            return;
        }
        answer.admitted();
        try {
            Future<?> task = timer.schedule(
                    () -> {
                        if (end(Phase.WAITING)) {
                            answer.refuse(UNAVAILABLE);
                        } else {
                            end(Phase.GRANTED); // a transport that has not opened the leg by now never will
                        }
                    },
                    later.timeout().toMillis(),
                    TimeUnit.MILLISECONDS);
            boolean over;
            synchronized (this) {
                deadline = task;
                over = phase == Phase.OVER;
            }
            if (over) {
                task.cancel(false);
            }
        } catch (RejectedExecutionException e) {
            lost(); // the transport is closing
            return;
        }
        later.decision().whenComplete((decision, failure) -> decide(Phase.WAITING, decision, failure, answer));
    }

    private void decide(Phase from, Admission.@Nullable Decision decision, @Nullable Throwable failure, Answer answer) {
        if (decision instanceof Admission.Refused refused) {
            if (move(from, Phase.OVER)) {
                answer.refuse(refused);
            }
        } else if (decision instanceof Admission.Granted granted && handshake.upgrade()) {
            if (move(from, Phase.GRANTED)) {
                answer.grant(granted);
            }
        } else if (decision != null) {
            if (end(from)) {
                answer.refuse(NOT_AN_UPGRADE);
            }
        } else {
            log.error("the door failed on {}", handshake, failure);
            if (move(from, Phase.OVER)) {
                answer.refuse(UNAVAILABLE);
            }
        }
    }

    /** Passes an open leg to the receiver of the grant. Called once, after {@link Answer#grant}. */
    public void open(Admission.Granted granted, Leg leg) {
        if (!move(Phase.GRANTED, Phase.OVER)) {
            leg.abort();
            return;
        }
        try {
            granted.opened().accept(leg);
        } catch (Throwable e) { // even an Error: nobody else would end the leg
            leg.abort();
            log.error("the door failed on an open leg", e);
        }
    }

    /** Called when the connection is lost. Has no effect after {@link #open}. */
    public void lost() {
        end(null);
    }

    /**
     * Called when the transport's handshake timeout expires.
     *
     * @return whether this ends the handshake; false if the door keeps the client waiting or has decided
     */
    public boolean timedOut() {
        return move(Phase.ASKING, Phase.OVER);
    }

    private synchronized boolean wait(Admission.Later later) {
        if (phase != Phase.ASKING) {
            return false;
        }
        phase = Phase.WAITING;
        abandoned = later.abandoned();
        return true;
    }

    private boolean move(Phase from, Phase to) {
        Future<?> task;
        synchronized (this) {
            if (phase != from) {
                return false;
            }
            phase = to;
            task = to == Phase.OVER ? deadline : null; // until then the leg is still to be opened
        }
        if (task != null) {
            task.cancel(false);
        }
        return true;
    }

    /** Ends the handshake without a leg, from any phase if {@code from} is null. */
    private boolean end(@Nullable Phase from) {
        Runnable gone;
        Future<?> task;
        synchronized (this) {
            if (phase == Phase.OVER || from != null && phase != from) {
                return false;
            }
            phase = Phase.OVER;
            gone = abandoned;
            task = deadline;
        }
        if (task != null) {
            task.cancel(false);
        }
        if (gone != null) {
            gone.run();
        }
        return true;
    }

    /**
     * Returns whether what a client sent right after its request can be the beginning of a frame.
     *
     * @param first the first byte
     * @param second the second byte; null if it has not arrived
     */
    public static boolean beginsFrame(byte first, @Nullable Byte second) {
        int opcode = first & 0x0f;
        boolean begins =
                opcode == Frames.TEXT || opcode == Frames.BINARY || opcode >= Frames.CLOSE && opcode <= Frames.PONG;
        return begins && (first & 0x70) == 0 && (second == null || second < 0);
    }

    /** Returns the encoded answer to a request that is granted. */
    public byte[] accepted(String subprotocol) {
        String head = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                + "Sec-WebSocket-Accept: " + acceptKey() + "\r\n"
                + (subprotocol.isEmpty() ? "" : "Sec-WebSocket-Protocol: " + subprotocol + "\r\n") + "\r\n";
        return head.getBytes(StandardCharsets.ISO_8859_1);
    }

    /** Returns the value of {@code Sec-WebSocket-Accept}, for transports that write the answer themselves. */
    public String acceptKey() {
        return WebSocketKey.accept(key);
    }

    /**
     * Returns the encoded answer to a request that is refused, or answered without an upgrade. The transport closes the
     * connection after it.
     */
    public static byte[] refusal(Admission.Refused refused) {
        byte[] body = body(refused);
        StringBuilder head = new StringBuilder("HTTP/1.1 " + refused.status() + " " + phrase(refused.status()));
        head.append("\r\nContent-Length: ").append(body.length).append("\r\n");
        fields(
                refused,
                (name, value) -> head.append(name).append(": ").append(value).append("\r\n"));
        byte[] fields = head.append("\r\n").toString().getBytes(StandardCharsets.ISO_8859_1);
        byte[] answer = new byte[fields.length + body.length];
        System.arraycopy(fields, 0, answer, 0, fields.length);
        System.arraycopy(body, 0, answer, fields.length, body.length);
        return answer;
    }

    /** Returns the body of a refusal: one line. */
    public static byte[] body(Admission.Refused refused) {
        return (refused.reason() + "\n").getBytes(StandardCharsets.UTF_8);
    }

    /** Passes on the header fields of a refusal, except {@code Content-Length}. */
    public static void fields(Admission.Refused refused, BiConsumer<String, String> to) {
        to.accept("Connection", "close");
        if (!refused.fields().containsKey("Content-Type")) {
            to.accept("Content-Type", "text/plain; charset=utf-8");
        }
        refused.fields().forEach(to);
        Duration retryAfter = refused.retryAfter();
        if (retryAfter != null) {
            to.accept("Retry-After", Long.toString(retryAfter.toSeconds()));
        }
        if (refused.status() == 426) {
            to.accept("Upgrade", "websocket");
            to.accept("Sec-WebSocket-Version", "13");
        } else if (refused.status() == 401) {
            to.accept("WWW-Authenticate", "Bearer");
        }
    }

    private static String phrase(int status) {
        return switch (status) {
            case 200 -> "OK";
            case 400 -> "Bad Request";
            case 401 -> "Unauthorized";
            case 403 -> "Forbidden";
            case 404 -> "Not Found";
            case 405 -> "Method Not Allowed";
            case 408 -> "Request Timeout";
            case 426 -> "Upgrade Required";
            case 429 -> "Too Many Requests";
            case 431 -> "Request Header Fields Too Large";
            case 502 -> "Bad Gateway";
            case 503 -> "Service Unavailable";
            default -> "Refused";
        };
    }
}
