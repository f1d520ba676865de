package io.github.wsbridge.session;

import io.github.wsbridge.BridgeException;
import io.github.wsbridge.CloseReason;
import io.github.wsbridge.Rejection;
import io.github.wsbridge.client.BridgeLeg;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2Stream;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;

/** A requester's stream until the device has answered. Confined to the session's loop. */
final class Opening implements StreamEnd {

    /** More is not a reason for people. */
    private static final int MAX_WORDS = 512;

    private static final int OK = 200;

    private final RequesterSession session;
    private final Http2Stream stream;
    private final CompletableFuture<BridgeLeg> result;
    private final Runnable late = this::late;
    private final ByteArrayOutputStream words = new ByteArrayOutputStream(0);
    private boolean answered; // with a no
    private int code; // of that
    private long reset = -1;

    Opening(RequesterSession session, Http2Stream stream, CompletableFuture<BridgeLeg> result) {
        this.session = session;
        this.stream = stream;
        this.result = result;
    }

    void begin() {
        session.unanswered.add(late);
        result.whenComplete((leg, failure) -> {
            if (failure != null) {
                session.run(() -> session.reset(stream, Http2Error.CANCEL.code())); // unless it has ended
            }
        });
    }

    private void late() {
        fail(new BridgeException(new CloseReason(CloseReason.TIMED_OUT, "the device did not answer the stream")));
    }

    @Override
    public void onHeaders(Http2Headers fields, boolean last) {
        int status = StreamFields.status(fields);
        if (status >= 100 && status < OK) {
            return;
        }
        if (answered) { // trailers
            rejectIf(last);
        } else if (status == OK) {
            session.unanswered.remove(late);
            StreamLeg leg = new StreamLeg(session, stream, () -> {});
            session.end(stream, leg);
            if (last) {
                leg.onData(Unpooled.EMPTY_BUFFER, true);
            }
            if (!result.complete(leg)) {
                leg.abort();
            }
        } else {
            answered = true;
            code = StreamFields.code(fields, status);
            rejectIf(last);
        }
    }

    @Override
    public int onData(ByteBuf data, boolean last) {
        int size = data.readableBytes();
        byte[] bytes = new byte[Math.min(size, MAX_WORDS - words.size())];
        data.readBytes(bytes);
        words.writeBytes(bytes);
        rejectIf(last);
        return size;
    }

    private void rejectIf(boolean last) {
        if (last || words.size() == MAX_WORDS) {
            String reason = words.toString(StandardCharsets.UTF_8).replaceAll("\\p{Cntrl}", " ");
            fail(new BridgeException(CloseReason.rejected(new Rejection(code, reason.strip()))));
        }
    }

    @Override
    public void onReset(long code) {
        reset = code;
    }

    @Override
    public void onClosed() {
        if (reset == Http2Error.REFUSED_STREAM.code()) {
            fail(StreamsLost.refused());
        } else if (answered) {
            rejectIf(true);
        } else if (reset >= 0) {
            fail(new BridgeException(ResetCodes.reason(reset, false)));
        } else {
            fail(StreamsLost.with(session.endReason()));
        }
    }

    private void fail(BridgeException failure) {
        session.unanswered.remove(late);
        result.completeExceptionally(failure);
    }
}
