package io.github.wsbridge.wire.websocket;

import io.github.wsbridge.CloseReason;
import io.github.wsbridge.spi.Fragment;
import java.net.ProtocolException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Reads the RFC 6455 frames of one direction as they arrive from a socket, in pieces of any size. For an
 * incomplete frame it keeps the header, the progress, and at most one small piece. It either rewrites the frames in
 * place, for another WebSocket ({@link #translate}) or for a plain connection ({@link #strip}), or returns them as
 * fragments ({@link #next}).
 *
 * <p>A piece of a frame becomes a separate frame, and the rest follows as continuation frames. The output therefore
 * always ends at a frame boundary, and a ping, pong or close frame can follow at any time, however long the frame is.
 * Frames that arrive whole stay whole. Small pieces are gathered until the frame is complete or they are large enough
 * ({@link #PIECE}), so that a frame is not cut more often than necessary.
 *
 * <p>Control frames are removed from the stream. A {@linkplain #closed close frame} or a protocol
 * {@linkplain #violation violation} ends it: anything that follows is ignored. Not thread-safe. Translating a data
 * frame allocates nothing.
 */
public final class FrameTranslator {

    /** The space that {@link #translate} may need before the first byte, in bytes: the length of the longest header. */
    public static final int HEADROOM = 14;

    /**
     * How many bytes must be there before a piece of an incomplete frame is passed on, unless the connection is joined
     * to one without frames. Some WebSocket libraries limit the number of frames in a message.
     */
    public static final int PIECE = 16 * 1024;

    /** How many pings and pongs a peer may send at once, and how many a second in the long run. */
    static final int MOST_CONTROLS = 1_000;

    private static final int CONTROLS_PER_SECOND = 100;
    private static final String FLOOD = "too many control frames";

    private static final int FIN = 0x80;
    private static final int RESERVED = 0x70;
    private static final int OPCODE = 0x0F;
    private static final int CONTROL = 0x08;
    private static final int MASKED = 0x80;
    private static final int SHORT_LENGTH = 126;
    private static final int LONG_LENGTH = 127;

    /** Receives pings and pongs, in order with the data. The methods must not throw. */
    public interface Controls {

        /** Called for a ping, which is to be answered by a pong with the same payload. */
        void onPing(byte[] payload);

        /** Called for a pong. */
        void onPong(byte[] payload);
    }

    private final boolean masked;
    private final Controls controls;
    private final int piece;

    private final ByteBuffer header = ByteBuffer.allocate(HEADROOM); // an incomplete header
    private @Nullable ByteBuffer control; // payload of a control frame, as far as received

    private int opening; // opcode of the current message; 0 between messages
    private boolean filled; // whether the current message has any payload
    private boolean finished;
    private boolean withheld;
    private int left;
    private @Nullable ByteBuffer gathered; // pieces read by next() that are too small to be returned
    private @Nullable CloseReason closed;
    private @Nullable String violation;
    private int controlsLeft = MOST_CONTROLS;
    private long controlsNanos = System.nanoTime(); // when they were counted last
    private boolean ended; // by one of the two
    private long carried;

    // The current frame, once its header is complete.
    private boolean inFrame;
    private int first; // its first byte: FIN and opcode
    private boolean begun; // whether a piece of it has been passed on
    private int key; // its masking key, rotated for the next byte
    private long missing; // payload bytes not yet received

    /**
     * Creates a translator for one direction of one connection.
     *
     * @param masked whether frames must be masked, as from a client, or must not be, as from a server
     * @param controls receives pings and pongs
     */
    public FrameTranslator(boolean masked, Controls controls) {
        this(masked, controls, PIECE);
    }

    /** The same, with another smallest size of a piece, in bytes, instead of {@link #PIECE}; 0 for any size. */
    public FrameTranslator(boolean masked, Controls controls, int piece) {
        this.masked = masked;
        this.controls = controls;
        this.piece = piece;
    }

    /** Returns the number of payload bytes of data frames translated so far. */
    public long carried() {
        return carried;
    }

    /** Returns the content of the peer's close frame, or null if none has arrived. */
    public @Nullable CloseReason closed() {
        return closed;
    }

    /** Returns how the peer has violated the protocol, or null if it has not. */
    public @Nullable String violation() {
        return violation;
    }

    /** Returns the close code for a {@link #violation}. */
    public int violationCode() {
        return FLOOD.equals(violation) ? CloseReason.POLICY_VIOLATION : CloseReason.PROTOCOL_ERROR;
    }

    /** Returns whether an empty binary message has arrived: the half-close of {@code wsbridge.v1}. */
    public boolean finished() {
        return finished;
    }

    /** Returns how many bytes {@link #next} has read but not yet returned. */
    int gathered() {
        ByteBuffer pieces = gathered;
        return pieces == null ? 0 : pieces.position();
    }

    /** Returns whether the last {@link #next} returned null because a piece of data was next. */
    public boolean withheld() {
        return withheld;
    }

    /**
     * Returns how many bytes at the end of the input {@link #translate} has left, because they are a piece of a frame
     * and the whole input was smaller than {@link #PIECE}. They are unchanged, and have to precede the bytes of the
     * next call.
     */
    public int left() {
        return left;
    }

    /**
     * Rewrites received bytes in place. The resulting data frames are contiguous. See {@link #left}.
     *
     * @param bytes contains the received bytes, from {@code start} to {@code end}. Up to {@link #HEADROOM} bytes before
     *     {@code start} may be overwritten. The byte order is big-endian. Position and limit are not changed.
     * @param unmask whether to unmask masked frames; otherwise they keep their masks
     * @return the start of the resulting frames in the upper 32 bits and their end in the lower 32 bits; both are equal
     *     if there are none
     */
    public long translate(ByteBuffer bytes, int start, int end, boolean unmask) {
        return rewrite(bytes, start, end, unmask, true);
    }

    /**
     * Removes headers, masks and control frames from received bytes, in place, so that the payloads are contiguous.
     * Data that follows an empty binary message is dropped; see {@link #finished}.
     *
     * @param bytes as for {@link #translate}, but nothing before {@code start} is overwritten
     * @return the start of the payload in the upper 32 bits and its end in the lower 32 bits
     */
    public long strip(ByteBuffer bytes, int start, int end) {
        return rewrite(bytes, start, end, true, false);
    }

    private long rewrite(ByteBuffer bytes, int start, int end, boolean unmask, boolean framed) {
        withheld = false;
        left = 0;
        int at = start;
        int out = start; // where the next frame is written
        int begin = -1;
        while (!ended && (inFrame || (at = readHeader(bytes, at, end)) >= 0)) {
            if ((first & CONTROL) != 0) {
                at = readControl(bytes, at, end);
                if (inFrame) {
                    break;
                }
                continue;
            }
            int run = (int) Math.min(missing, end - at);
            if (run == 0 && missing > 0) {
                break;
            }
            if (framed && run < missing && end - start < piece) {
                left = run;
                break;
            }
            boolean keepMask = masked && !unmask;
            int size = framed ? headerSize(run, keepMask) : 0;
            if (begin < 0) {
                out = at - size; // the first payload stays in place
                begin = out;
            }
            if (framed) {
                writeHeader(bytes, out, run, keepMask);
                out += size;
            }
            if (framed || !finished) {
                if (masked && unmask && key != 0) { // a client may use 0 over TLS
                    Masking.move(bytes, at, out, run, key);
                } else if (out != at) {
                    bytes.put(out, bytes, at, run);
                }
                out += run;
            }
            at += run;
            carried += run;
            advance(run);
        }
        return begin < 0 ? (long) start << 32 | start : (long) begin << 32 | out;
    }

    /**
     * Reads control frames and at most one piece of data.
     *
     * @param in the received bytes; those that are read are consumed
     * @param data whether a piece of data may be returned; control frames are read in any case
     * @return what has been received of the next data frame, at least {@link #PIECE} bytes unless the frame ends
     *     before, copied; null if more bytes are needed or, see {@link #withheld}, no data may be returned
     */
    public @Nullable Fragment next(ByteBuffer in, boolean data) {
        withheld = false;
        int end = in.limit();
        while (!ended) {
            int at = in.position();
            if (!inFrame) {
                at = readHeader(in, at, end);
                in.position(at < 0 ? end : at);
                if (at < 0) {
                    return null;
                }
            }
            if ((first & CONTROL) != 0) {
                in.position(readControl(in, at, end));
                if (inFrame) {
                    return null;
                }
                continue;
            }
            int run = (int) Math.min(missing, end - at);
            if (run == 0 && missing > 0) {
                return null;
            }
            if (!data) {
                withheld = true;
                return null;
            }
            ByteBuffer payload = gathered;
            if (payload == null) {
                payload = ByteBuffer.allocate((int) Math.min(missing, Math.max(run, piece)));
            }
            run = Math.min(run, payload.remaining());
            if (masked && key != 0) {
                Masking.apply(in, at, payload, payload.position(), run, key);
            } else {
                payload.put(payload.position(), in, at, run);
            }
            payload.position(payload.position() + run);
            in.position(at + run);
            Fragment.Kind kind = opening == Frames.TEXT ? Fragment.Kind.TEXT : Fragment.Kind.BINARY;
            boolean last = run == missing && (first & FIN) != 0;
            advance(run);
            if (payload.hasRemaining()) {
                gathered = payload;
                return null;
            }
            gathered = null;
            return new Fragment(kind, payload.flip(), last);
        }
        in.position(end);
        return null;
    }

    private void advance(int run) {
        missing -= run;
        filled |= run > 0;
        if (missing > 0) {
            begun = true;
            key = Integer.rotateLeft(key, 8 * (run & 3));
        } else {
            inFrame = false;
            if ((first & FIN) != 0) {
                finished |= !filled && opening == Frames.BINARY;
                filled = false;
                opening = 0;
            }
        }
    }

    private static int headerSize(int length, boolean mask) {
        return (length < SHORT_LENGTH ? 2 : length <= 0xFFFF ? 4 : 10) + (mask ? 4 : 0);
    }

    /** Writes the header of the next piece of the current frame. */
    private void writeHeader(ByteBuffer to, int at, int length, boolean mask) {
        int fin = length == missing ? first & FIN : 0;
        int bit = mask ? MASKED : 0;
        to.put(at, (byte) (fin | (begun ? Frames.CONTINUATION : first & OPCODE)));
        int behind = at + 2;
        if (length < SHORT_LENGTH) {
            to.put(at + 1, (byte) (bit | length));
        } else if (length <= 0xFFFF) {
            to.put(at + 1, (byte) (bit | SHORT_LENGTH));
            to.putShort(behind, (short) length);
            behind += 2;
        } else {
            to.put(at + 1, (byte) (bit | LONG_LENGTH));
            to.putLong(behind, length);
            behind += 8;
        }
        if (mask) {
            to.putInt(behind, key);
        }
    }

    /** Reads a header, or as much of it as there is. Returns the index after it, or -1 if it is incomplete. */
    private int readHeader(ByteBuffer in, int at, int end) {
        try {
            return header.position() == 0 && end - at >= HEADROOM
                    ? at + begin(in, at) // the usual case: the whole header is there
                    : collectHeader(in, at, end);
        } catch (ProtocolException e) {
            violate(e);
            return -1;
        }
    }

    private void violate(ProtocolException e) {
        violation = e.getMessage();
        ended = true;
    }

    private int collectHeader(ByteBuffer in, int at, int end) throws ProtocolException {
        for (int i = at; i < end; ) {
            header.put(in.get(i++));
            int held = header.position();
            if (held == 1) {
                checkFirst(header.get(0));
            } else if (held == headerLength(header.get(1))) {
                begin(header, 0);
                header.clear();
                return i;
            }
        }
        return -1;
    }

    private int headerLength(byte second) {
        int length = second & 0x7F;
        return 2 + (length < SHORT_LENGTH ? 0 : length == SHORT_LENGTH ? 2 : 8) + ((second & MASKED) == 0 ? 0 : 4);
    }

    /** Begins a frame with the complete header at {@code at}. Returns the length of the header. */
    private int begin(ByteBuffer in, int at) throws ProtocolException {
        int start = in.get(at) & 0xFF;
        int second = in.get(at + 1);
        checkFirst(start);
        if ((second & MASKED) != 0 != masked) {
            throw new ProtocolException(
                    masked ? "a frame from a client is not masked" : "a frame from a server is masked");
        }
        long length = second & 0x7F;
        int size = 2;
        if (length == SHORT_LENGTH) {
            length = in.getShort(at + 2) & 0xFFFF;
            size = 4;
            if (length < SHORT_LENGTH) {
                throw new ProtocolException("a length takes more bytes than it needs");
            }
        } else if (length == LONG_LENGTH) {
            length = in.getLong(at + 2);
            size = 10;
            if (length >= 0 && length <= 0xFFFF) {
                throw new ProtocolException("a length takes more bytes than it needs");
            }
            if (length < 0) {
                throw new ProtocolException("a length exceeds 63 bits");
            }
        }
        int opcode = start & OPCODE;
        if ((opcode & CONTROL) != 0) {
            if (length >= SHORT_LENGTH || (start & FIN) == 0) {
                throw new ProtocolException("a control frame is fragmented or too long");
            }
            if (opcode != Frames.CLOSE && !takeControl()) {
                throw new ProtocolException(FLOOD);
            }
            control = ByteBuffer.allocate((int) length);
        } else if (opcode == Frames.CONTINUATION) {
            if (opening == 0) {
                throw new ProtocolException("a continuation frame outside a message");
            }
        } else {
            if (opening != 0) {
                throw new ProtocolException("a message begins inside another");
            }
            opening = opcode;
        }
        key = masked ? in.getInt(at + size) : 0;
        first = start;
        begun = false;
        missing = length;
        inFrame = true;
        return masked ? size + 4 : size;
    }

    /** Counts a ping or pong. They cost more than data of the same size, and are of no use in such numbers. */
    private boolean takeControl() {
        if (controlsLeft == 0) {
            long now = System.nanoTime();
            long earned = Math.min(MOST_CONTROLS, (now - controlsNanos) / (1_000_000_000 / CONTROLS_PER_SECOND));
            if (earned == 0) {
                return false;
            }
            controlsNanos = now;
            controlsLeft = (int) earned;
        }
        controlsLeft--;
        return true;
    }

    private static void checkFirst(int first) throws ProtocolException {
        if ((first & RESERVED) != 0) {
            throw new ProtocolException("a reserved bit is set");
        }
        int opcode = first & OPCODE;
        if (opcode > Frames.BINARY && opcode < Frames.CLOSE || opcode > Frames.PONG) {
            throw new ProtocolException("a reserved opcode");
        }
    }

    /** Reads a control frame's payload, or as much of it as there is. Returns the index after it. */
    private int readControl(ByteBuffer in, int at, int end) {
        ByteBuffer payload = control;
        if (payload == null) {
            throw new IllegalStateException("not in a control frame");
        }
        int run = (int) Math.min(missing, end - at);
        if (masked) {
            Masking.apply(in, at, payload, payload.position(), run, key);
        } else {
            payload.put(payload.position(), in, at, run);
        }
        payload.position(payload.position() + run);
        int opcode = first & OPCODE;
        missing -= run;
        key = Integer.rotateLeft(key, 8 * (run & 3));
        if (missing == 0) {
            inFrame = false;
            control = null;
            switch (opcode) {
                case Frames.PING -> controls.onPing(payload.array());
                case Frames.PONG -> controls.onPong(payload.array());
                default -> readClose(payload.flip());
            }
        }
        return at + run;
    }

    private void readClose(ByteBuffer payload) {
        try {
            closed = Frames.closeReason(payload);
            ended = true;
        } catch (ProtocolException e) {
            violate(e);
        }
    }
}
