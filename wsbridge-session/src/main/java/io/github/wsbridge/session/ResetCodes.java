package io.github.wsbridge.session;

import io.github.wsbridge.CloseReason;
import io.netty.handler.codec.http2.Http2Error;

/** Close codes in RST_STREAM frames, whose 32 bits have room for them beside HTTP/2's own error codes. */
final class ResetCodes {

    /** Added to close codes for which HTTP/2 has no error code; the registry of error codes ends far below. */
    static final long CLOSE_CODES = 0x5742_0000L;

    private ResetCodes() {}

    /** Returns the error code for the end of a stream. */
    static long of(CloseReason reason) {
        return switch (reason.code()) {
            case CloseReason.NORMAL, CloseReason.NO_STATUS -> Http2Error.NO_ERROR.code();
            case CloseReason.GOING_AWAY -> Http2Error.CANCEL.code();
            case CloseReason.VANISHED -> Http2Error.CONNECT_ERROR.code();
            case CloseReason.INTERNAL_ERROR -> Http2Error.INTERNAL_ERROR.code();
            case CloseReason.OVER_LIMIT -> Http2Error.ENHANCE_YOUR_CALM.code();
            default -> CLOSE_CODES + reason.code();
        };
    }

    /**
     * Returns the end of a stream for an error code.
     *
     * @param complete whether the peer had ended its direction before
     */
    static CloseReason reason(long code, boolean complete) {
        long own = code - CLOSE_CODES;
        if (own >= 1000 && own <= 4999) {
            return new CloseReason((int) own, "");
        }
        Http2Error error = Http2Error.valueOf(code);
        if (error == null) {
            return new CloseReason(CloseReason.VANISHED, "the stream was reset with code " + code);
        }
        return switch (error) {
            case NO_ERROR -> complete ? CloseReason.normal() : CloseReason.vanished("the stream was cut off");
            case CANCEL -> new CloseReason(CloseReason.GOING_AWAY, "the other end gave up");
            case CONNECT_ERROR -> CloseReason.vanished("connection reset");
            case INTERNAL_ERROR -> new CloseReason(CloseReason.INTERNAL_ERROR, "");
            case ENHANCE_YOUR_CALM -> new CloseReason(CloseReason.OVER_LIMIT, "");
            default -> CloseReason.vanished("the stream was reset: " + error);
        };
    }
}
