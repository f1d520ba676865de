package io.github.wsbridge.session;

import io.github.wsbridge.BridgeException;
import io.github.wsbridge.BridgeId;
import io.github.wsbridge.CloseReason;
import io.github.wsbridge.netty.LegChannel;
import io.github.wsbridge.wire.net.Reasons;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http2.Http2Connection;
import io.netty.handler.codec.http2.Http2ConnectionAdapter;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2FrameAdapter;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.codec.http2.Http2Stream;
import io.netty.util.concurrent.ScheduledFuture;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One end of a session: HTTP/2 on the channel of a bridge. Confined to the channel's loop unless noted otherwise. */
abstract class Session extends Http2ConnectionHandler {

    private static final Logger log = LoggerFactory.getLogger(Session.class);

    /** Streams have windows of their own; that of the connection, which they share, must never be the limit. */
    private static final int CONNECTION_WINDOW = 1 << 30;

    final SessionSettings settings;
    final BridgeId bridgeId;
    final WindowBudget budget;
    final Unanswered unanswered;
    private final Http2Connection.PropertyKey ends = connection().newKey();
    private final Pings pings = new Pings(this::ping);
    private final DataPieces pieces;
    private @Nullable ChannelHandlerContext context;
    private @Nullable ScheduledFuture<?> checks;
    private boolean flushing;
    private boolean reading;
    private final List<StreamLeg> passing = new ArrayList<>(); // have passed on what is just being read
    private volatile boolean confirmed;
    private @Nullable CloseReason ended;

    Session(Http2Codec.Parts parts, SessionSettings settings, BridgeId bridgeId) {
        super(parts.decoder(), parts.encoder(), parts.settings(), true, true);
        this.settings = settings;
        this.bridgeId = bridgeId;
        this.budget = new WindowBudget(settings.windowBudget());
        this.unanswered = new Unanswered(settings.openTimeout(), this::context);
        this.pieces = new DataPieces(
                this::decodeFrames, Http2Codec.MAX_FRAME, connection().isServer());
        decoder().frameListener(new Frames());
        connection().addListener(new Streams());
        connection().remote().flowController().listener(stream -> {
            StreamEnd end = end(stream);
            if (end != null && connection().remote().flowController().isWritable(stream)) {
                end.onWritable();
            }
        });
    }

    /** Called with the fields of a stream that the peer has begun. */
    abstract void onStream(Http2Stream stream, Http2Headers fields, boolean last);

    /** Called when the peer has shown that it speaks HTTP/2, and has said how many streams there may be. */
    abstract void onConfirmed();

    /** Called when a stream is over. */
    abstract void onStreamOver();

    /** Called when the peer goes elsewhere: it accepts no more streams. */
    abstract void onLeaving();

    /** Called at each interval. */
    abstract void onCheck();

    /** Called when the bridge has ended, before its streams are told. */
    abstract void onEnded();

    final ChannelHandlerContext context() {
        ChannelHandlerContext here = context;
        if (here == null) {
            throw new IllegalStateException("not added yet");
        }
        return here;
    }

    final LegChannel bridge() {
        return (LegChannel) context().channel();
    }

    /** Returns the loop. Called on any thread. */
    final EventLoop loop() {
        return context().channel().eventLoop();
    }

    /** Runs a task on the loop, at once if that is the calling thread. Called on any thread. */
    final void run(Runnable task) {
        if (loop().inEventLoop()) {
            task.run();
        } else {
            try {
                loop().execute(task);
            } catch (RejectedExecutionException e) {
                log.debug("A task came after the end of {}", this);
            }
        }
    }

    /** Returns whether the peer has shown that it speaks HTTP/2. */
    final boolean confirmed() {
        return confirmed;
    }

    /** Returns why the session's streams end that have not ended by themselves. */
    final CloseReason endReason() {
        CloseReason reason = ended;
        return reason == null || reason.code() == CloseReason.NORMAL || reason.code() == CloseReason.NO_STATUS
                ? CloseReason.vanished("the session has ended")
                : reason;
    }

    // Streams

    final @Nullable StreamEnd end(Http2Stream stream) {
        return stream.getProperty(ends);
    }

    final void end(Http2Stream stream, StreamEnd end) {
        stream.setProperty(ends, end);
    }

    /** Returns a stream's id for logs: that of the bridge, with the stream's number in place of the last digits. */
    final BridgeId idOf(Http2Stream stream) {
        return new BridgeId(bridgeId.high(), bridgeId.low() & 0xffff_ffff_0000_0000L | stream.id());
    }

    final boolean writable(Http2Stream stream) {
        return connection().remote().flowController().isWritable(stream);
    }

    final ChannelFuture headers(Http2Stream stream, Http2Headers fields) {
        flushSoon();
        return encoder()
                .writeHeaders(
                        context(), stream.id(), fields, 0, false, context().newPromise());
    }

    final ChannelFuture data(Http2Stream stream, ByteBuf bytes, boolean last) {
        flushSoon();
        return encoder()
                .writeData(context(), stream.id(), bytes, 0, last, context().newPromise());
    }

    final void reset(Http2Stream stream, long code) {
        if (stream.state() != Http2Stream.State.CLOSED) {
            encoder().writeRstStream(context(), stream.id(), code, context().newPromise());
            flushSoon();
        }
    }

    /** Makes room for more data of a stream, as its reader has taken some. */
    final void taken(Http2Stream stream, StreamWindow window, int bytes) {
        if (stream.state() == Http2Stream.State.CLOSED) {
            return;
        }
        try {
            var windows = connection().local().flowController();
            boolean told = windows.consumeBytes(stream, bytes);
            int more = window.taken(bytes, System.nanoTime(), pings.roundTrip());
            if (more > 0) {
                windows.incrementWindowSize(stream, more);
            }
            if (told || more > 0) {
                flushSoon();
            }
        } catch (Http2Exception e) {
            onError(context(), true, e);
        }
    }

    /** Flushes once for everything that the loop does now, so that the streams' data leaves together. */
    final void flushSoon() {
        if (!flushing) {
            flushing = true;
            loop().execute(() -> {
                flushing = false;
                flush(context());
            });
        }
    }

    // The session

    private void ping(long now) {
        encoder().writePing(context(), false, now, context().newPromise());
        flushSoon();
    }

    @Override
    public void handlerAdded(ChannelHandlerContext here) throws Exception {
        context = here;
        super.handlerAdded(here);
        if (here.channel().isActive()) {
            begin();
        }
    }

    @Override
    public void channelActive(ChannelHandlerContext here) throws Exception {
        super.channelActive(here);
        begin();
    }

    @Override
    public void channelRead(ChannelHandlerContext here, Object bytes) throws Exception {
        pings.heard();
        reading = true;
        try {
            super.channelRead(here, bytes);
        } finally {
            reading = false;
            for (StreamLeg leg : passing) {
                leg.passed();
            }
            passing.clear();
        }
    }

    /** Returns whether {@link StreamLeg#passed} will be called, after everything that was read. */
    final boolean passing(StreamLeg leg) {
        return reading && passing.add(leg);
    }

    @Override
    protected void decode(ChannelHandlerContext here, ByteBuf bytes, List<Object> none) throws Exception {
        if (pieces.aligned()) {
            pieces.read(bytes);
        } else {
            int before = bytes.readerIndex();
            super.decode(here, bytes, none);
            pieces.follow(bytes, before);
        }
    }

    private void decodeFrames(ByteBuf bytes) {
        try {
            super.decode(context(), bytes, new ArrayList<>(0));
        } catch (Exception e) {
            onError(context(), false, e);
        }
    }

    private void begin() throws Exception {
        if (checks == null) {
            connection()
                    .local()
                    .flowController()
                    .incrementWindowSize(connection().connectionStream(), CONNECTION_WINDOW - StreamWindow.INITIAL);
            pings.send(System.nanoTime());
            long interval = settings.pingInterval().toNanos();
            checks = loop().scheduleWithFixedDelay(this::check, interval, interval, TimeUnit.NANOSECONDS);
        }
    }

    private void check() {
        if (!confirmed) {
            CloseReason mute = new CloseReason(CloseReason.PROTOCOL_ERROR, "the other end speaks no HTTP/2");
            ended = mute; // the leg's own end comes after the channel's
            bridge().close(mute);
        } else if (!pings.check(System.nanoTime())) {
            log.info("{}: no answer to a ping", this);
            bridge().abort();
        } else {
            onCheck();
        }
    }

    /** Tells the peer that there will be no more streams. Those that are open may end. */
    final void goAway() {
        goAway(
                context(),
                connection().remote().lastStreamCreated(),
                Http2Error.NO_ERROR.code(),
                Unpooled.EMPTY_BUFFER,
                context().newPromise());
        flushSoon();
    }

    /** Ends the session and its streams. Called on any thread. */
    final void close(CloseReason reason) {
        run(() -> {
            if (ended == null && context().channel().isActive()) {
                ended = reason;
                goAway();
                flush(context());
                bridge().close(reason);
            }
        });
    }

    @Override
    public void channelInactive(ChannelHandlerContext here) throws Exception {
        if (checks != null) {
            checks.cancel(false);
        }
        if (ended == null) {
            ended = bridge().closeReason();
        }
        onEnded();
        super.channelInactive(here);
        unanswered.close();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext here, Throwable cause) throws Exception {
        if (cause instanceof BridgeException) {
            log.debug("{}: the bridge has ended: {}", this, cause.getMessage()); // the channel follows
        } else {
            super.exceptionCaught(here, cause);
        }
    }

    @Override
    protected void onConnectionError(
            ChannelHandlerContext here, boolean outbound, Throwable cause, @Nullable Http2Exception failure) {
        if (!here.channel().isActive()) {
            return; // what was still to be written
        }
        log.info("{} failed: {}", this, Reasons.of(cause));
        if (ended == null) {
            ended = new CloseReason(CloseReason.PROTOCOL_ERROR, "HTTP/2 failed");
        }
        super.onConnectionError(here, outbound, cause, failure);
    }

    @Override
    public String toString() {
        return getClass().getSimpleName() + "[" + bridgeId + "]";
    }

    /** What the peer sends. */
    private final class Frames extends Http2FrameAdapter {

        @Override
        public void onSettingsRead(ChannelHandlerContext here, Http2Settings received) {
            if (!confirmed) {
                confirmed = true;
                onConfirmed();
            }
        }

        @Override
        public void onHeadersRead(ChannelHandlerContext here, int id, Http2Headers fields, int padding, boolean last) {
            Http2Stream stream = connection().stream(id);
            StreamEnd end = end(stream);
            if (end == null) {
                onStream(stream, fields, last);
            } else {
                end.onHeaders(fields, last);
            }
        }

        @Override
        public void onHeadersRead(
                ChannelHandlerContext here,
                int id,
                Http2Headers fields,
                int dependency,
                short weight,
                boolean exclusive,
                int padding,
                boolean last) {
            onHeadersRead(here, id, fields, padding, last);
        }

        @Override
        public int onDataRead(ChannelHandlerContext here, int id, ByteBuf data, int padding, boolean last) {
            StreamEnd end = end(connection().stream(id));
            return padding + (end == null ? data.readableBytes() : end.onData(data, last));
        }

        @Override
        public void onRstStreamRead(ChannelHandlerContext here, int id, long code) {
            StreamEnd end = end(connection().stream(id));
            if (end != null) {
                end.onReset(code);
            }
        }

        @Override
        public void onPingAckRead(ChannelHandlerContext here, long data) {
            pings.answered(data, System.nanoTime());
        }
    }

    /** What becomes of streams. */
    private final class Streams extends Http2ConnectionAdapter {

        @Override
        public void onStreamClosed(Http2Stream stream) {
            StreamEnd end = end(stream);
            if (end != null) {
                end.onClosed();
            }
            onStreamOver();
        }

        @Override
        public void onGoAwayReceived(int lastStreamId, long code, ByteBuf words) {
            onLeaving();
        }
    }
}
