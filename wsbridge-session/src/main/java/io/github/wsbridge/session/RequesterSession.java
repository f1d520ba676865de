package io.github.wsbridge.session;

import io.github.wsbridge.CloseReason;
import io.github.wsbridge.client.BridgeLeg;
import io.github.wsbridge.netty.LegChannel;
import io.netty.channel.EventLoopGroup;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2Stream;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The requester's end of a session, HTTP/2's client. */
final class RequesterSession extends Session {

    /** What the user of a session is told. */
    interface User {

        /** Called when the device has begun the session, and has said how many streams there may be. */
        void onConfirmed();

        /** Called when another stream may be opened, because one is over. */
        void onRoom();

        /** Called once no more streams can be opened, before those that are not answered fail. */
        void onLeaving(RequesterSession session);
    }

    private static final Logger log = LoggerFactory.getLogger(RequesterSession.class);

    /** How many streams are opened before the device has said how many there may be. */
    private static final int MODEST = 100;

    private final User user;
    private final AtomicInteger load = new AtomicInteger(); // streams that are open or promised
    private volatile boolean leaving;
    private long idleSince = System.nanoTime();
    private @Nullable String latestData; // of a request; used on the loop
    private @Nullable Http2Headers latestFields;

    private RequesterSession(Http2Codec.Parts parts, SessionSettings settings, BridgeLeg bridge, User user) {
        super(parts, settings, bridge.bridgeId());
        this.user = user;
    }

    /**
     * Begins a session on a bridge that is not open yet.
     *
     * @return completes on the session's loop
     */
    static CompletableFuture<RequesterSession> start(
            BridgeLeg bridge, SessionSettings settings, EventLoopGroup loops, User user) {
        RequesterSession session = Http2Codec.client(parts -> new RequesterSession(parts, settings, bridge, user));
        CompletableFuture<RequesterSession> started = new CompletableFuture<>();
        LegChannel.open(bridge, loops, session).addListener(opened -> {
            if (opened.isSuccess()) {
                started.complete(session);
            } else {
                started.completeExceptionally(opened.cause());
            }
        });
        return started;
    }

    /** Runs a task, on the session's loop, when the session has ended. Called on any thread. */
    void whenOver(Runnable task) {
        context().channel().closeFuture().addListener(ended -> task.run());
    }

    int load() {
        return load.get();
    }

    boolean leaving() {
        return leaving;
    }

    boolean hasRoom() {
        return !leaving && load.get() < room();
    }

    /** Promises a stream, if there is room for one. Called on any thread. */
    boolean reserve() {
        for (int now = load.get(); !leaving && now < room(); now = load.get()) {
            if (load.compareAndSet(now, now + 1)) {
                return true;
            }
        }
        return false;
    }

    private int room() {
        return Math.min(
                settings.maxStreams(), confirmed() ? connection().local().maxActiveStreams() : MODEST);
    }

    /** Opens a stream that was promised. Called on any thread. */
    void open(String requestData, CompletableFuture<BridgeLeg> result) {
        run(() -> {
            Http2Stream stream = leaving || result.isDone() ? null : begin();
            if (stream == null) {
                over();
                result.completeExceptionally(leaving ? StreamsLost.with(endReason()) : StreamsLost.refused());
            } else {
                Opening opening = new Opening(this, stream, result);
                end(stream, opening);
                opening.begin();
                headers(stream, fields(requestData));
            }
        });
    }

    /** Returns the fields of a request, which are mostly those of the one before. */
    private Http2Headers fields(String requestData) {
        Http2Headers fields = latestFields;
        if (fields == null || !requestData.equals(latestData)) {
            fields = StreamFields.request(requestData);
            latestFields = fields;
            latestData = requestData;
        }
        return fields;
    }

    /** Begins a stream, whose end is told to {@link #onStreamOver} whatever becomes of it. */
    private @Nullable Http2Stream begin() {
        int id = connection().local().incrementAndGetNextStreamId();
        if (id < 0 || !context().channel().isActive()) {
            onLeaving();
            return null;
        }
        try {
            return connection().local().createStream(id, false);
        } catch (Http2Exception e) { // such as: the device permits less streams than it did
            log.debug("{}: no stream: {}", this, e.getMessage());
            return null;
        }
    }

    private void over() {
        if (load.decrementAndGet() == 0) {
            idleSince = System.nanoTime();
        }
        user.onRoom();
    }

    @Override
    void onStream(Http2Stream stream, Http2Headers fields, boolean last) {
        // the codec permits no streams of a server
    }

    @Override
    void onConfirmed() {
        user.onConfirmed();
    }

    @Override
    void onStreamOver() {
        over();
    }

    @Override
    void onLeaving() {
        if (!leaving) {
            leaving = true;
            user.onLeaving(this);
        }
    }

    @Override
    void onCheck() {
        if (load.get() > 0) {
            return;
        }
        if (leaving || System.nanoTime() - idleSince >= settings.idleTimeout().toNanos()) {
            onLeaving();
            if (load.get() == 0) {
                close(CloseReason.normal());
            }
        }
    }

    @Override
    void onEnded() {
        onLeaving();
    }
}
