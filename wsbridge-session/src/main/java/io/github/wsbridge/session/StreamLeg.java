package io.github.wsbridge.session;

import io.github.wsbridge.BridgeId;
import io.github.wsbridge.CloseReason;
import io.github.wsbridge.Endpoints;
import io.github.wsbridge.client.BridgeLeg;
import io.github.wsbridge.netty.TransferTarget;
import io.github.wsbridge.spi.Fragment;
import io.github.wsbridge.spi.Leg;
import io.github.wsbridge.wire.relay.CloseDeadline;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2Stream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A stream of a session as a leg: a stream of bytes, as {@link io.github.wsbridge.spi.StreamTransport} describes them.
 * END_STREAM is the half-close message, RST_STREAM any end but a normal one. Fields that are neither final nor volatile
 * are confined to the session's loop, except those of the sender.
 */
final class StreamLeg implements BridgeLeg, TransferTarget, StreamEnd {

    private static final Logger log = LoggerFactory.getLogger(StreamLeg.class);
    private static final CompletionStage<Void> SENT = CompletableFuture.completedStage(null);

    /** Smaller pieces that wait to be read share memory. */
    private static final int SHARED = 4096;

    /** Smaller pieces are copied rather than keep the whole buffer in memory that they have arrived in. */
    private static final int SHARE = 32 * 1024; // of a buffer of at most 112 KiB

    /** How long a peer that reads nothing keeps a stream that was closed. */
    private static final Duration PATIENCE = Duration.ofMinutes(15);

    private static final Duration FOR_EVER = Duration.ofDays(365);

    private final Session session;
    private final Http2Stream stream;
    private final BridgeId id;
    private final StreamWindow window;
    private final Runnable over;
    private final Deque<ByteBuf> unread = new ArrayDeque<>(2);
    private @Nullable Receiver receiver;
    private boolean demanded;
    private @Nullable TransferTarget target; // receives everything, in place of fragments
    private boolean held; // because the target has no room
    private boolean passing; // more of what was just read may follow, before the target is flushed
    private @Nullable Runnable incoming; // resumes what sends everything
    private boolean roomTold = true;
    private boolean turning;
    private boolean inputEnded;
    private boolean inputTold;
    private boolean dropped;
    private boolean told; // of the end
    private @Nullable CompletableFuture<Void> waiting; // a send
    private @Nullable ChannelFuture written; // the latest write
    private boolean outputEnded;
    private @Nullable CloseDeadline deadline;
    private @Nullable CloseReason reset; // by the peer, or by abort()
    private volatile @Nullable CloseReason closing; // passed to close()
    private volatile @Nullable CloseReason end;

    // Used by the sender.
    private boolean filled; // the current message has payload
    private boolean finished; // the half-close message was sent

    /**
     * Creates the leg of an open stream, on the session's loop.
     *
     * @param over called when the stream has ended and its receiver knows or has given it up; may be called again
     */
    StreamLeg(Session session, Http2Stream stream, Runnable over) {
        this.over = over;
        this.session = session;
        this.stream = stream;
        this.id = session.idOf(stream);
        this.window = new StreamWindow(session.budget, System.nanoTime());
    }

    @Override
    public BridgeId bridgeId() {
        return id;
    }

    @Override
    public String subprotocol() {
        return Endpoints.SUBPROTOCOL;
    }

    @Override
    public EventLoop eventLoop() {
        return session.loop();
    }

    // Reading

    @Override
    public void open(Receiver to) {
        session.run(() -> {
            receiver = to;
            turn();
        });
    }

    @Override
    public void demand() {
        session.run(() -> {
            demanded = true;
            turn();
        });
    }

    @Override
    public void onHeaders(Http2Headers fields, boolean last) {
        onReset(Http2Error.PROTOCOL_ERROR.code()); // not permitted after CONNECT (RFC 9113, section 8.5)
        session.reset(stream, Http2Error.PROTOCOL_ERROR.code());
    }

    @Override
    public boolean transferTo(Leg other) {
        if (!(other instanceof TransferTarget to)
                || to == this
                || to.framed()
                || !session.loop().inEventLoop()
                || to.eventLoop() != session.loop()) {
            return false;
        }
        target = to;
        to.receiveFrom(this::release);
        turn();
        return true;
    }

    /** Called when the target has room again, or takes nothing more. */
    private void release() {
        if (held) {
            turn();
        }
    }

    @Override
    public int onData(ByteBuf data, boolean last) {
        int size = data.readableBytes();
        inputEnded |= last;
        if (givenUp()) {
            return size;
        }
        TransferTarget to = target;
        if (to != null && unread.isEmpty() && size > 0 && !full(to)) {
            pass(
                    to,
                    size < SHARE
                            ? session.context().alloc().buffer(size, size).writeBytes(data)
                            : data.retainedSlice());
        } else {
            keep(data, size);
        }
        turn();
        return 0;
    }

    /** Returns whether the target is full; one that had room for a part of what was just read takes all of it. */
    private boolean full(TransferTarget to) {
        if (passing) {
            return false;
        }
        boolean full = !to.hasRoom() && to.takes();
        Receiver told = receiver;
        if (full != held && told != null) {
            held = full;
            told.onReading(!full);
        }
        return full;
    }

    private void pass(TransferTarget to, ByteBuf bytes) {
        int size = bytes.readableBytes();
        session.taken(stream, window, size);
        if (to.takes()) {
            to.pass(bytes);
            passing = passing || session.passing(this);
            if (!passing) {
                to.flush();
            }
        } else {
            bytes.release();
        }
        Receiver told = receiver;
        if (told != null) {
            told.onTransferred(size);
        }
    }

    /** Called when all that was just read has been passed on. */
    void passed() {
        passing = false;
        TransferTarget to = target;
        if (to != null) {
            to.flush();
        }
    }

    /** Passes on what was kept. Returns whether there may be more. */
    private boolean passOn(TransferTarget to) {
        if (unread.isEmpty()) {
            if (inputEnded && !inputTold) {
                inputTold = true;
                to.passEnd();
            }
            return false;
        }
        if (full(to)) {
            return false;
        }
        pass(to, unread.remove());
        return true;
    }

    /** Copies data until it is read: the buffer that it has arrived in may be much larger. */
    private void keep(ByteBuf data, int size) {
        ByteBuf latest = unread.peekLast();
        if (size == 0) {
            return;
        }
        if (latest == null || latest.writableBytes() < size) {
            int room = latest == null ? size : Math.max(size, SHARED);
            // A fragment's memory is its receiver's; a buffer that is passed on is of the pool, which costs no
            // collection.
            latest = target == null
                    ? Unpooled.buffer(room, room)
                    : session.context().alloc().buffer(room, room);
            unread.add(latest);
        }
        latest.writeBytes(data);
    }

    /** Tells the receiver what it is to know now. */
    private void turn() {
        if (turning) {
            return; // called by the receiver; the loop below continues
        }
        turning = true;
        boolean failed = false;
        try {
            while (tell()) {
                continue;
            }
        } catch (RuntimeException e) {
            log.error("A receiver failed", e);
            failed = true;
        } finally {
            turning = false;
        }
        if (failed) {
            abort();
        }
        if (end != null && (told || givenUp())) {
            drop();
            over.run();
        }
    }

    /** Returns whether what was received and not read is of no use any longer. */
    private boolean givenUp() {
        return closing != null || dropped;
    }

    private boolean tell() {
        Receiver to = receiver;
        if (to == null) {
            return false;
        }
        TransferTarget joined = target;
        if (joined != null && !givenUp() && passOn(joined)) {
            return true;
        }
        if (demanded && !unread.isEmpty()) {
            ByteBuffer next = unread.remove().nioBuffer();
            demanded = false;
            session.taken(stream, window, next.remaining());
            to.onFragment(Fragment.binary(next));
            return true;
        }
        if (demanded && inputEnded && !inputTold) {
            inputTold = true;
            demanded = false;
            to.onFragment(Fragment.binary(ByteBuffer.allocate(0)));
            return true;
        }
        CloseReason reason = end;
        if (reason != null && (givenUp() || unread.isEmpty() && inputEnded == inputTold)) {
            receiver = null;
            told = true;
            to.onClosed(reason);
        }
        return false;
    }

    // Writing

    @Override
    public CompletionStage<Void> send(Fragment fragment) {
        if (closing != null || end != null) {
            return failed();
        }
        ByteBuffer payload = fragment.payload();
        int size = payload.remaining();
        if (finished) { // a caller's error, which must not end the other direction
            payload.position(payload.limit());
            return SENT;
        }
        filled |= size > 0;
        boolean last = fragment.last() && !filled && fragment.kind() == Fragment.Kind.BINARY;
        filled &= !fragment.last();
        finished = last;
        if (size == 0 && !last) {
            return SENT;
        }
        ByteBuf bytes = size == 0
                ? Unpooled.EMPTY_BUFFER
                : session.context().alloc().heapBuffer(size, size).writeBytes(payload);
        if (session.loop().inEventLoop()) {
            return write(bytes, last);
        }
        CompletableFuture<Void> sent = new CompletableFuture<>();
        try {
            session.loop()
                    .execute(() -> write(bytes, last).whenComplete((done, failure) -> {
                        if (failure == null) {
                            sent.complete(null);
                        } else {
                            sent.completeExceptionally(failure);
                        }
                    }));
        } catch (RejectedExecutionException e) {
            bytes.release();
            return failed();
        }
        return sent;
    }

    @Override
    public boolean framed() {
        return false;
    }

    @Override
    public void receiveFrom(Runnable room) {
        incoming = room;
        room.run(); // it may have become writable before
    }

    @Override
    public void pass(ByteBuf bytes) {
        written = session.data(stream, bytes, false);
        tellRoom();
    }

    @Override
    public void flush() {
        session.flushSoon();
    }

    @Override
    public void passEnd() {
        if (takes()) {
            written = session.data(stream, Unpooled.EMPTY_BUFFER, true);
            outputEnded = true;
        }
    }

    @Override
    public boolean hasRoom() {
        return session.writable(stream);
    }

    @Override
    public boolean takes() {
        return closing == null && end == null && reset == null && !outputEnded;
    }

    private CompletionStage<Void> write(ByteBuf bytes, boolean last) {
        if (closing != null || end != null || reset != null) {
            bytes.release();
            return failed();
        }
        written = session.data(stream, bytes, last);
        outputEnded |= last;
        if (last || session.writable(stream)) {
            return SENT;
        }
        CompletableFuture<Void> room = new CompletableFuture<>();
        waiting = room;
        return room;
    }

    private static CompletionStage<Void> failed() {
        return CompletableFuture.failedStage(new IOException("the stream is closed"));
    }

    @Override
    public void onWritable() {
        CompletableFuture<Void> room = waiting;
        if (room != null) {
            waiting = null;
            room.complete(null);
        }
        tellRoom();
        resume();
    }

    private void tellRoom() {
        boolean room = hasRoom();
        Receiver told = receiver;
        if (room != roomTold && told != null) {
            roomTold = room;
            told.onWritable(room);
        }
    }

    /** Resumes what sends, which continues or drops the rest. */
    private void resume() {
        Runnable from = incoming;
        if (from != null) {
            from.run();
        }
    }

    /** Answers for the peer: the session notices if it is gone. */
    @Override
    public void ping() {
        session.run(() -> {
            Receiver to = receiver;
            if (to != null && end == null) {
                to.onPong();
            }
        });
    }

    // The end

    @Override
    public void close(CloseReason reason) {
        session.run(() -> {
            if (closing != null || end != null) {
                if (end != null) {
                    closing = reason;
                    turn(); // what was not demanded is discarded
                }
                return;
            }
            closing = reason;
            discard();
            resume();
            boolean orderly = reason.code() == CloseReason.NORMAL || reason.code() == CloseReason.NO_STATUS;
            if (orderly && !outputEnded) {
                written = session.data(stream, Unpooled.EMPTY_BUFFER, true);
            }
            ChannelFuture flushed = written;
            boolean complete = orderly && inputEnded; // it ends by itself once all is written
            if (flushed == null || flushed.isDone()) {
                endStream(reason, complete);
                return;
            }
            flushed.addListener(done -> endStream(reason, complete));
            session.loop().execute(() -> {
                if (!flushed.isDone()) {
                    deadline = deadline(orderly);
                    deadline.start();
                }
            });
        });
    }

    private void endStream(CloseReason reason, boolean complete) {
        if (!complete) {
            session.reset(stream, ResetCodes.of(reason));
        }
    }

    private CloseDeadline deadline(boolean orderly) {
        return orderly
                ? new CloseDeadline(session.loop(), this::windowLeft, this::abort, PATIENCE, FOR_EVER)
                : new CloseDeadline(session.loop(), this::windowLeft, this::abort);
    }

    /** Changes when the peer reads. */
    private long windowLeft() {
        return session.connection().remote().flowController().windowSize(stream);
    }

    @Override
    public void abort() {
        session.run(() -> {
            dropped = true;
            discard();
            if (end == null) {
                reset = reset == null ? CloseReason.vanished("aborted") : reset;
                session.reset(stream, Http2Error.CONNECT_ERROR.code());
            }
            resume();
            turn();
        });
    }

    private void discard() {
        int size = drop();
        if (size > 0) {
            session.taken(stream, window, size);
        }
    }

    /** Releases what is not read; returns its size. */
    private int drop() {
        int size = 0;
        for (ByteBuf next = unread.poll(); next != null; next = unread.poll()) {
            size += next.readableBytes();
            next.release();
        }
        return size;
    }

    @Override
    public void onReset(long code) {
        if (reset == null) {
            reset = ResetCodes.reason(code, inputEnded);
        }
    }

    @Override
    public void onClosed() {
        window.close();
        end = why();
        if (deadline != null) {
            deadline.stop();
        }
        CompletableFuture<Void> room = waiting;
        if (room != null) {
            waiting = null;
            room.completeExceptionally(new IOException("the stream is closed"));
        }
        resume();
        turn();
    }

    private CloseReason why() {
        CloseReason given = closing;
        if (given != null) {
            return given;
        }
        CloseReason peer = reset;
        if (peer != null) {
            return peer;
        }
        return inputEnded && outputEnded ? CloseReason.normal() : session.endReason();
    }

    @Override
    public String toString() {
        return "BridgeLeg[" + id + "]";
    }
}
