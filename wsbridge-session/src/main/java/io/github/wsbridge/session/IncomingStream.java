package io.github.wsbridge.session;

import io.github.wsbridge.BridgeException;
import io.github.wsbridge.BridgeId;
import io.github.wsbridge.CloseReason;
import io.github.wsbridge.Rejection;
import io.github.wsbridge.client.BridgeChannel;
import io.github.wsbridge.client.BridgeLeg;
import io.github.wsbridge.client.IncomingBridge;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2Stream;
import java.nio.charset.StandardCharsets;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** A stream that a requester has asked for. Until it is answered, its data waits within the stream's window. */
final class IncomingStream implements IncomingBridge, StreamEnd {

    private enum State {
        ASKED,
        ACCEPTED,
        REJECTED,
        EXPIRED,
        GONE
    }

    private final DeviceSession session;
    private final Http2Stream stream;
    private final StreamLeg leg;
    private final String requestData;
    private final Instant expiresAt;
    private final Runnable late = this::late;
    private final AtomicReference<State> state = new AtomicReference<>(State.ASKED);
    private final CompletableFuture<Void> lapsed = new CompletableFuture<>();
    private final CompletableFuture<BridgeLeg> acceptedLeg = new CompletableFuture<>();
    private @Nullable CompletableFuture<BridgeChannel> accepted; // guarded by this
    private boolean over; // used on the loop

    IncomingStream(DeviceSession session, Http2Stream stream, String requestData) {
        this.session = session;
        this.stream = stream;
        this.leg = new StreamLeg(session, stream, this::over);
        this.requestData = requestData;
        this.expiresAt = Instant.now().plus(session.settings.openTimeout());
        session.unanswered.add(late);
    }

    @Override
    public BridgeId bridgeId() {
        return leg.bridgeId();
    }

    @Override
    public String deviceId() {
        return session.incoming.deviceId();
    }

    @Override
    public String requestData() {
        return requestData;
    }

    @Override
    public String principal() {
        return session.incoming.principal();
    }

    @Override
    public List<X509Certificate> certificates() {
        return session.incoming.certificates();
    }

    @Override
    public String reason() {
        return session.incoming.reason();
    }

    @Override
    public Instant expiresAt() {
        return expiresAt;
    }

    @Override
    public CompletionStage<Void> lapsed() {
        return lapsed.minimalCompletionStage();
    }

    @Override
    public synchronized CompletableFuture<BridgeChannel> accept() {
        CompletableFuture<BridgeChannel> known = accepted;
        if (known != null) {
            return known;
        }
        CompletableFuture<BridgeChannel> channel = new CompletableFuture<>();
        accepted = channel;
        acceptLeg()
                .whenCompleteAsync(
                        (made, failure) -> {
                            if (failure != null) {
                                channel.completeExceptionally(failure);
                            } else if (!channel.complete(BridgeChannel.over(made))) {
                                made.abort(); // cancelled
                            }
                        },
                        session.executor);
        return channel;
    }

    @Override
    public CompletableFuture<BridgeLeg> acceptLeg() {
        if (state.compareAndSet(State.ASKED, State.ACCEPTED)) {
            session.run(this::established);
        } else if (state.get() == State.GONE) {
            session.run(this::over);
            acceptedLeg.completeExceptionally(gone());
        } else if (state.get() != State.ACCEPTED) {
            acceptedLeg.completeExceptionally(new IllegalStateException("it was answered or has expired"));
        }
        return acceptedLeg;
    }

    private void established() {
        session.unanswered.remove(late);
        if (stream.state() == Http2Stream.State.CLOSED) {
            acceptedLeg.completeExceptionally(gone());
            return;
        }
        session.end(stream, leg);
        session.headers(stream, StreamFields.accepted());
        if (!acceptedLeg.complete(leg)) { // cancelled
            leg.abort();
        }
    }

    private static BridgeException gone() {
        return new BridgeException(new CloseReason(CloseReason.BAD_TOKEN, "the requester has gone"));
    }

    @Override
    public boolean reject(int code, String reason) {
        Rejection no = new Rejection(code, reason);
        if (!state.compareAndSet(State.ASKED, State.REJECTED)) {
            if (state.get() == State.GONE) {
                session.run(this::over);
            }
            return false;
        }
        session.run(() -> answer(no));
        return true;
    }

    private void answer(Rejection no) {
        session.unanswered.remove(late);
        if (stream.state() == Http2Stream.State.CLOSED) {
            return;
        }
        session.headers(stream, StreamFields.rejected(no.code()));
        String words = CloseReason.rejected(no).reason(); // cut to what a close frame would carry
        String reason = words.substring(words.indexOf(' ') + 1);
        session.data(stream, Unpooled.copiedBuffer(no.reason().isEmpty() ? "" : reason, StandardCharsets.UTF_8), true)
                .addListener(done -> session.reset(stream, Http2Error.NO_ERROR.code())); // unless the peer has ended
    }

    /** Rejects, or ends the stream that the handler has accepted. */
    void fail() {
        if (!reject(500, "the device's handler failed")) {
            acceptedLeg.thenAccept(
                    open -> open.close(new CloseReason(CloseReason.INTERNAL_ERROR, "the device's handler failed")));
        }
    }

    private void late() {
        if (state.compareAndSet(State.ASKED, State.EXPIRED)) {
            answer(new Rejection(504, "the device did not answer in time"));
            lapsed.complete(null);
        } else {
            over();
        }
    }

    private void over() {
        if (!over) {
            over = true;
            session.unanswered.remove(late);
            session.leftOne();
        }
    }

    @Override
    public void onHeaders(Http2Headers fields, boolean last) {
        leg.onHeaders(fields, last);
    }

    @Override
    public int onData(ByteBuf data, boolean last) {
        return leg.onData(data, last);
    }

    @Override
    public void onReset(long code) {
        leg.onReset(code);
    }

    @Override
    public void onClosed() {
        leg.onClosed();
        if (state.compareAndSet(State.ASKED, State.GONE)) {
            lapsed.complete(null); // it counts until the handler has answered
        } else {
            over();
        }
    }

    /** Names the stream, without its request data. */
    @Override
    public String toString() {
        String by = principal().isEmpty() ? "" : ", requested by " + principal().replaceAll("\\p{Cntrl}", "?");
        return "IncomingStream[" + bridgeId() + by + "]";
    }
}
