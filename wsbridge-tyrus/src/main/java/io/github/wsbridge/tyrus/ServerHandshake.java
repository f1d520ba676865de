package io.github.wsbridge.tyrus;

import io.github.wsbridge.core.Admission;
import io.github.wsbridge.core.Handshake;
import io.github.wsbridge.core.HandshakeAnswer;
import io.github.wsbridge.core.WebSocketKey;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The first part of a server's connection: one HTTP request, which becomes a leg or gets a plain answer. */
final class ServerHandshake implements Link.Reader {

    private static final Logger LOG = LoggerFactory.getLogger(ServerHandshake.class);

    /** How long a refused client may take to read the answer. */
    private static final Duration PARTING = Duration.ofSeconds(2);

    /** What all connections of a server have in common. */
    record Terms(
            Function<Handshake, CompletionStage<Admission>> door,
            int maxHeaderBytes,
            Duration handshakeTimeout,
            ScheduledExecutorService timer) {}

    private final Terms terms;
    private final HttpHead.Collector collector;
    private final AtomicBoolean answered = new AtomicBoolean();
    private volatile @Nullable Link link;
    private volatile @Nullable ScheduledFuture<?> deadline;
    private volatile boolean asked; // whether the head is complete
    private volatile boolean refused;

    ServerHandshake(Terms terms) {
        this.terms = terms;
        this.collector = new HttpHead.Collector(terms.maxHeaderBytes());
    }

    /** Starts the clock. Called before anything is read. */
    void start(Link started) {
        link = started;
        try {
            deadline =
                    terms.timer().schedule(this::late, terms.handshakeTimeout().toMillis(), TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException e) {
            started.terminate(); // the server is closing
        }
    }

    @Override
    public boolean read(ByteBuffer input) {
        if (refused) {
            input.position(input.limit()); // whatever the client still sends
            return true;
        }
        if (asked) {
            return false;
        }
        try {
            HttpHead head = collector.take(input);
            if (head == null) {
                return true;
            }
            asked = true;
            ask(head);
        } catch (HttpHead.TooLarge e) {
            refuse(new Admission.Refused(431, "the header is too large", null));
        } catch (IOException | IllegalArgumentException e) {
            refuse(new Admission.Refused(400, "not an HTTP/1.1 request", null));
        }
        return refused && read(input);
    }

    @Override
    public void closed() {
        answered.set(true);
        stopClock();
    }

    private void ask(HttpHead head) throws IOException {
        String[] line = head.line().split(" ", -1);
        if (line.length != 3 || !line[2].startsWith("HTTP/1.") || !line[1].matches("[!-~]+")) {
            throw new IOException("no request line");
        }
        String target = line[1];
        if (!target.startsWith("/")) { // an absolute URL, as some proxies send it
            target = target.replaceFirst("(?i)^(http|ws)s?://[^/?]*", "");
        }
        int question = target.indexOf('?');
        String path = question < 0 ? target : target.substring(0, question);
        boolean upgrade = line[0].equals("GET")
                && line[2].equals("HTTP/1.1")
                && head.lists("Upgrade", "websocket")
                && head.lists("Connection", "Upgrade")
                && head.only("Sec-WebSocket-Version").equals("13");
        String query = question < 0 ? null : target.substring(question + 1);
        Handshake handshake = new Handshake(path, query, upgrade, head, link().remoteAddress());
        String key = head.only("Sec-WebSocket-Key");
        CompletionStage<Admission> admission;
        try {
            admission = terms.door().apply(handshake);
        } catch (RuntimeException e) {
            LOG.error("The door failed on {}", handshake, e);
            refuse(HandshakeAnswer.UNAVAILABLE);
            return;
        }
        admission.whenComplete((answer, failure) -> {
            if (failure != null || answer == null) {
                LOG.error("The door failed on {}", handshake, failure);
                refuse(HandshakeAnswer.UNAVAILABLE);
            } else if (answer instanceof Admission.Refused refusal) {
                refuse(refusal);
            } else if (answer instanceof Admission.Granted granted) {
                grant(granted, upgrade, key);
            }
        });
    }

    private void grant(Admission.Granted granted, boolean upgrade, String key) {
        if (!upgrade) {
            refuse(new Admission.Refused(426, "this is a WebSocket endpoint", null));
            return;
        }
        if (!WebSocketKey.valid(key)) {
            refuse(new Admission.Refused(400, "no WebSocket key", null));
            return;
        }
        if (!answered.compareAndSet(false, true)) {
            return;
        }
        stopClock();
        String protocol = granted.subprotocol();
        link().write(ByteBuffer.wrap(HandshakeAnswer.upgrade(key, protocol)));
        TyrusWire.open(link(), false, protocol, terms.timer(), granted.opened());
    }

    private void refuse(Admission.Refused answer) {
        if (!answered.compareAndSet(false, true)) {
            return;
        }
        refused = true;
        stopClock();
        link().write(ByteBuffer.wrap(HandshakeAnswer.refusal(answer)));
        link().closeOutput();
        try {
            deadline = terms.timer().schedule(link()::terminate, PARTING.toMillis(), TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException e) {
            link().terminate();
        }
        link().turn();
    }

    private void late() {
        if (asked) {
            refuse(HandshakeAnswer.UNAVAILABLE); // the door did not answer in time
        } else if (answered.compareAndSet(false, true)) {
            link().terminate();
        }
    }

    private void stopClock() {
        ScheduledFuture<?> running = deadline;
        if (running != null) {
            running.cancel(false);
        }
    }

    private Link link() {
        Link started = link;
        if (started == null) {
            throw new IllegalStateException("not started");
        }
        return started;
    }
}
