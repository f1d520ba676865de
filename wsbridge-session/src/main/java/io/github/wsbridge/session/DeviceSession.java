package io.github.wsbridge.session;

import io.github.wsbridge.BridgeException;
import io.github.wsbridge.client.BridgeDevice;
import io.github.wsbridge.client.BridgeLeg;
import io.github.wsbridge.client.IncomingBridge;
import io.github.wsbridge.wire.net.Reasons;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2Stream;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The device's end of a session, HTTP/2's server: hands each stream to the handler. */
final class DeviceSession extends Session {

    private static final Logger log = LoggerFactory.getLogger(DeviceSession.class);

    /**
     * A stream that was reset counts until its handler has answered, or knows of its end, or resets would evade the
     * limit. So that a few of them cost no streams, there is more room for both kinds together.
     */
    private static final int RESETS = 2;

    final IncomingBridge incoming;
    final Executor executor;
    private final BridgeDevice.Handler handler;
    private int held;

    DeviceSession(
            Http2Codec.Parts parts,
            SessionSettings settings,
            IncomingBridge incoming,
            BridgeLeg bridge,
            BridgeDevice.Handler handler,
            Executor executor) {
        super(parts, settings, bridge.bridgeId());
        this.incoming = incoming;
        this.handler = handler;
        this.executor = executor;
    }

    @Override
    void onStream(Http2Stream stream, Http2Headers fields, boolean last) {
        String requestData = StreamFields.requestData(fields.authority());
        if (!StreamFields.isConnect(fields) || requestData == null) {
            String status = requestData == null ? "400" : "405";
            encoder()
                    .writeHeaders(
                            context(),
                            stream.id(),
                            new DefaultHttp2Headers(false, 1).status(status),
                            0,
                            true,
                            context().newPromise())
                    .addListener(done -> reset(stream, Http2Error.NO_ERROR.code()));
            flushSoon();
            return;
        }
        if (held >= RESETS * settings.maxStreams()) {
            reset(stream, Http2Error.REFUSED_STREAM.code());
            return;
        }
        held++;
        IncomingStream asked = new IncomingStream(this, stream, requestData);
        end(stream, asked);
        if (last) {
            asked.onData(Unpooled.EMPTY_BUFFER, true);
        }
        if (handler.mayBlock()) {
            later(asked);
        } else {
            handle(asked);
        }
    }

    /** Called when nothing is held for a stream any longer. */
    void leftOne() {
        held--;
    }

    private void later(IncomingStream asked) {
        try {
            executor.execute(() -> handle(asked));
        } catch (RejectedExecutionException | OutOfMemoryError e) { // such as: unable to create native thread
            log.warn("There is no thread for {}: {}", asked, e.toString());
            asked.reject(503, "the device cannot handle a stream now");
        }
    }

    private void handle(IncomingStream asked) {
        try {
            handler.handle(asked);
        } catch (Throwable e) { // even after an Error, the requester waits for an answer or holds the other end
            asked.fail();
            Throwable cause = e instanceof ExecutionException && e.getCause() != null ? e.getCause() : e;
            if (cause instanceof BridgeException) { // the stream's end, which is not the handler's fault
                log.info("{} ended: {}", asked, Reasons.of(cause));
            } else {
                log.warn("The handler failed for {}", asked, e);
            }
        }
    }

    @Override
    void onConfirmed() {}

    @Override
    void onStreamOver() {}

    @Override
    void onLeaving() {}

    @Override
    void onCheck() {}

    @Override
    void onEnded() {}
}
