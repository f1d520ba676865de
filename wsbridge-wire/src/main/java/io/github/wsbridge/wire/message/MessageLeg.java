package io.github.wsbridge.wire.message;

import com.grack.nanojson.JsonObject;
import com.grack.nanojson.JsonWriter;
import io.github.wsbridge.CloseReason;
import io.github.wsbridge.spi.Fragment;
import io.github.wsbridge.spi.Leg;
import io.github.wsbridge.wire.relay.Demands;
import io.github.wsbridge.wire.relay.Sending;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A leg that carries JSON objects, one per text message: a device's listen socket, or the link between two nodes.
 * Outgoing messages are queued, up to a total of {@value #MAX_QUEUED} characters. Incoming ones are limited to
 * {@value JsonMessage#MAX_BYTES} bytes.
 */
public final class MessageLeg implements Leg.Receiver {

    private static final Logger log = LoggerFactory.getLogger(MessageLeg.class);

    static final int MAX_QUEUED = 4 * 1024 * 1024;
    /** Receives the leg's messages. Called by one thread at a time; must not block. */
    public interface Handler {

        /** Handles one message. Ignores messages that it does not understand. */
        void onMessage(JsonObject message);

        /** Returns whether to skip a message that is too long. By default such a message closes the leg. */
        default boolean skipsLongMessages() {
            return false;
        }

        /** Called when the leg has ended. */
        void onClosed(CloseReason reason);
    }

    private record Outgoing(String json, CompletableFuture<Void> sent) {}

    private final Leg leg;
    private final Handler handler;
    private final Demands demands;
    private final TextAssembler incoming = new TextAssembler(); // receiver's thread only
    private final Queue<Outgoing> outgoing = new ArrayDeque<>(); // guarded by itself, as are the three below
    private int queued;
    private boolean sending;
    private @Nullable CloseReason ended;

    public MessageLeg(Leg leg, Handler handler) {
        this.leg = leg;
        this.handler = handler;
        this.demands = new Demands(leg::demand);
    }

    public void open() {
        leg.open(this);
        demands.one();
    }

    /** Queues a message. The stage completes when the transport has taken the message. */
    public CompletionStage<Void> send(JsonObject message) {
        String json = JsonWriter.string(message);
        CompletableFuture<Void> sent = new CompletableFuture<>();
        synchronized (outgoing) {
            if (ended != null) {
                return CompletableFuture.failedFuture(new IOException("closed"));
            }
            if (queued + json.length() > MAX_QUEUED) {
                return CompletableFuture.failedFuture(new IOException("too many messages wait to be sent"));
            }
            outgoing.add(new Outgoing(json, sent));
            queued += json.length();
            if (sending) {
                return sent;
            }
            sending = true;
        }
        sendQueued();
        return sent;
    }

    /**
     * Sends until the queue is empty or a send does not complete at once. In that case its completion continues here.
     */
    private void sendQueued() {
        while (true) {
            Outgoing message;
            synchronized (outgoing) {
                message = outgoing.poll();
                if (message == null) {
                    sending = false;
                    return;
                }
                queued -= message.json().length();
            }
            CompletableFuture<Void> done =
                    Sending.send(leg, Fragment.text(message.json())).toCompletableFuture();
            if (!done.isDone()) {
                done.whenComplete((ok, failure) -> {
                    settle(message, failure);
                    sendQueued();
                });
                return;
            }
            done.whenComplete((ok, failure) -> settle(message, failure));
        }
    }

    private static void settle(Outgoing message, @Nullable Throwable failure) {
        if (failure == null) {
            message.sent().complete(null);
        } else {
            message.sent().completeExceptionally(failure);
        }
    }

    public void close(CloseReason reason) {
        leg.close(reason);
    }

    public void abort() {
        leg.abort();
    }

    @Override
    public void onFragment(Fragment fragment) {
        if (fragment.kind() == Fragment.Kind.TEXT) {
            String text = null;
            try {
                text = incoming.add(fragment);
            } catch (MalformedMessageException e) {
                if (!handler.skipsLongMessages()) {
                    leg.close(new CloseReason(CloseReason.TOO_BIG, "message too big"));
                    return; // without another demand; the transport completes the close
                }
                log.debug("dropped a message: {}", e.getMessage());
            }
            if (text != null) {
                handle(text);
            }
        }
        demands.one(); // whatever happened: without it, the leg would stay open and deaf
    }

    private void handle(String text) {
        try {
            handler.onMessage(JsonMessage.read(text));
        } catch (MalformedMessageException e) {
            log.debug("dropped a malformed message: {}", e.getMessage()); // which quotes nothing: it might hold a token
        } catch (IllegalArgumentException e) {
            log.debug("dropped a message with an invalid value"); // whose text might be a token
        } catch (Throwable e) { // even an Error: it concerns one message, and the next may be handled
            log.warn("failed to handle a message", e);
        }
    }

    @Override
    public void onClosed(CloseReason reason) {
        Queue<Outgoing> unsent;
        synchronized (outgoing) {
            ended = reason;
            unsent = new ArrayDeque<>(outgoing);
            outgoing.clear();
            queued = 0;
        }
        unsent.forEach(message -> settle(message, new IOException("closed")));
        handler.onClosed(reason);
    }
}
