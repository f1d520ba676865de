package io.github.wsbridge.client;

import io.github.wsbridge.CloseReason;
import io.github.wsbridge.spi.Fragment;
import io.github.wsbridge.spi.Leg;
import io.github.wsbridge.wire.websocket.Heartbeat;
import io.github.wsbridge.wire.websocket.TextDecoder;
import java.io.IOException;
import java.net.ProtocolException;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A leg over the JDK's WebSocket. It always requests one message more from the JDK than was demanded and holds it:
 * otherwise the JDK would neither answer pings nor notice the peer's close.
 */
final class JdkLeg implements Leg, WebSocket.Listener {

    private static final Logger log = LoggerFactory.getLogger(JdkLeg.class);
    private static final long CLOSE_DEADLINE_SECONDS = 10;
    private static final CompletionStage<Void> SENT = CompletableFuture.completedStage(null);

    private final Consumer<JdkLeg> onEnd;
    private final TextDecoder text = new TextDecoder();
    private final EndProbe probe = new EndProbe(this::reading, this::probePing);
    private final AtomicReference<@Nullable CloseReason> closing = new AtomicReference<>();
    private final Delivery delivery = new Delivery(this::readOn, this::closing, () -> lost("receiver failed"));
    private final AtomicBoolean deadlineSet = new AtomicBoolean();
    private volatile @Nullable WebSocket socket;
    private volatile boolean abandoned;

    JdkLeg(Consumer<JdkLeg> onEnd) {
        this.onEnd = onEnd;
    }

    private WebSocket socket() {
        WebSocket opened = socket;
        if (opened == null) {
            throw new IllegalStateException("not connected");
        }
        return opened;
    }

    /** Drops the socket if it is still opened later. */
    void abandon() {
        abandoned = true;
        if (socket != null) {
            abort();
        }
    }

    boolean ended() {
        return delivery.ended();
    }

    @Override
    public String subprotocol() {
        return socket().getSubprotocol();
    }

    @Override
    public void open(Receiver to) {
        delivery.open(to);
    }

    @Override
    public void demand() {
        delivery.demand();
    }

    @Override
    public CompletionStage<Void> send(Fragment fragment) {
        if (closing() || delivery.ended()) {
            return CompletableFuture.failedStage(new IOException("the WebSocket is closed"));
        }
        CompletableFuture<WebSocket> sent;
        if (fragment.kind() == Fragment.Kind.BINARY) {
            sent = socket().sendBinary(fragment.payload(), fragment.last());
        } else {
            String characters;
            try {
                characters = text.decode(fragment.payload(), fragment.last());
            } catch (CharacterCodingException e) {
                close(new CloseReason(CloseReason.INVALID_PAYLOAD, "text is not valid UTF-8"));
                return CompletableFuture.failedStage(e);
            }
            if (characters.isEmpty() && !fragment.last()) {
                return SENT; // part of a character: sent with the next fragment
            }
            sent = socket().sendText(characters, fragment.last());
        }
        if (sent.isDone() && !sent.isCompletedExceptionally()) {
            return SENT;
        }
        CompletableFuture<Void> result = new CompletableFuture<>();
        sent.whenComplete((done, failure) -> {
            if (failure == null) {
                result.complete(null);
            } else {
                setDeadline(); // data from the peer may still be arriving
                result.completeExceptionally(failure instanceof IOException ? failure : new IOException(failure));
            }
        });
        return result;
    }

    @Override
    public void ping() {
        socket().sendPing(ByteBuffer.allocate(0)); // a ping that fails is ignored
    }

    @Override
    public void heartbeat(Duration next) {
        socket().sendPong(ByteBuffer.wrap(Heartbeat.payload(next))); // likewise
    }

    private boolean closing() {
        return closing.get() != null;
    }

    private boolean reading() {
        return !delivery.holds();
    }

    private void readOn() {
        socket().request(1);
    }

    private void probePing() {
        if (!closing()) {
            socket().sendPing(ByteBuffer.allocate(0)).whenCompleteAsync((done, failure) -> {
                if (failure instanceof IOException) {
                    lost("connection ended");
                }
            });
        }
    }

    @Override
    public void close(CloseReason reason) {
        if (delivery.ended() || !closing.compareAndSet(null, reason)) {
            return;
        }
        CloseReason sendable = CloseCodes.sendable(reason);
        socket().sendClose(sendable.code(), sendable.reason()).whenComplete((done, failure) -> {
            if (failure != null) {
                lost("close frame not sent");
            }
        });
        setDeadline();
        delivery.tell();
    }

    @Override
    public void abort() {
        lost("dropped");
    }

    private void lost(String why) {
        CloseReason given = closing.get();
        end(given == null ? CloseReason.vanished(why) : given);
        socket().abort();
    }

    private void end(CloseReason reason) {
        if (delivery.end(reason)) {
            probe.stop();
            onEnd.accept(this);
        }
    }

    /** Ensures that the socket is gone ten seconds later, whether or not the JDK could send its close frame. */
    private void setDeadline() {
        if (deadlineSet.compareAndSet(false, true)) {
            Executor timer = CompletableFuture.delayedExecutor(CLOSE_DEADLINE_SECONDS, TimeUnit.SECONDS);
            timer.execute(() -> lost("no close frame in time"));
        }
    }

    @Override
    public void onOpen(WebSocket opened) {
        socket = opened;
        opened.request(1);
        if (abandoned) {
            abort();
        }
    }

    @Override
    public CompletionStage<?> onBinary(WebSocket from, ByteBuffer data, boolean last) {
        hold(new Fragment(Fragment.Kind.BINARY, data, last));
        return new CompletableFuture<>(); // never completed: the buffer belongs to the receiver now
    }

    @Override
    public @Nullable CompletionStage<?> onText(WebSocket from, CharSequence data, boolean last) {
        // The JDK splits between characters, never inside one.
        hold(new Fragment(Fragment.Kind.TEXT, StandardCharsets.UTF_8.encode(CharBuffer.wrap(data)), last));
        return null;
    }

    private void hold(Fragment fragment) {
        probe.onMessage();
        delivery.hold(fragment);
    }

    @Override
    public @Nullable CompletionStage<?> onPing(WebSocket from, ByteBuffer data) {
        probe.onMessage();
        from.request(1); // the JDK counts control frames like messages
        return null;
    }

    @Override
    public @Nullable CompletionStage<?> onPong(WebSocket from, ByteBuffer data) {
        probe.onPong();
        byte[] payload = new byte[data.remaining()];
        data.get(payload);
        delivery.pong(Heartbeat.read(payload));
        from.request(1);
        return null;
    }

    @Override
    public @Nullable CompletionStage<?> onClose(WebSocket from, int code, String reason) {
        setDeadline();
        CloseReason given = closing.get();
        if (code == CloseReason.ABNORMAL) {
            end(given == null ? CloseReason.vanished("no close frame") : given);
        } else {
            end(CloseCodes.received(code, reason));
        }
        return null; // the JDK answers with its own close frame
    }

    @Override
    public void onError(WebSocket from, Throwable error) {
        log.debug("WebSocket failed", error);
        lost(error instanceof ProtocolException ? "protocol error" : "connection failed");
    }
}
