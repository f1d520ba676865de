package io.github.wsbridge.wire.websocket;

import io.github.wsbridge.CloseReason;
import io.github.wsbridge.spi.Fragment;
import java.net.ProtocolException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Reads one direction of RFC 6455 frames as they come from a socket, in pieces of any size, and holds none of them: of a
 * frame that is not complete it keeps the header and how far it has come. What it reads it either rewrites in place, for
 * another WebSocket ({@link #translate}) or for a plain connection ({@link #strip}), or hands out as fragments ({@link #next}).
 *
 * <p>A piece of a frame goes out as a frame of its own: the rest of it follows as continuations. So what has gone out always
 * ends at a frame's end, and a ping, a pong or a close may follow at any time, however long the frame is. Frames that come
 * whole go out whole.
 *
 * <p>Control frames are taken out of the stream. A {@linkplain #closed close frame} or a {@linkplain #violation violation} of
 * the protocol ends it: what follows is ignored. Not thread-safe; allocates nothing for a data frame that is translated.
 */
public final class FrameTranslator {

    /** How many bytes {@link #translate} may need before the first one that it is given: the longest header. */
    public static final int HEADROOM = 14;

    private static final int FIN = 0x80;
    private static final int RESERVED = 0x70;
    private static final int OPCODE = 0x0F;
    private static final int CONTROL = 0x08;
    private static final int MASKED = 0x80;
    private static final int SHORT_LENGTH = 126;
    private static final int LONG_LENGTH = 127;

    /** Takes pings and pongs, in their place between the data. Its methods must not throw. */
    public interface Controls {

        /** A ping, which wants a pong with the same payload. */
        void onPing(byte[] payload);

        /** A pong. */
        void onPong();
    }

    private final boolean masked;
    private final Controls controls;

    private final ByteBuffer header = ByteBuffer.allocate(HEADROOM); // of a frame whose header is not complete
    private @Nullable ByteBuffer control; // the payload of a control frame, as far as it has come

    private int opening; // the opcode of the message at hand; 0 between messages
    private boolean filled; // whether that message holds anything
    private boolean finished;
    private boolean withheld;
    private @Nullable CloseReason closed;
    private @Nullable String violation;
    private boolean ended; // by either of the two
    private long carried;

    // The frame at hand, once its header is complete.
    private boolean inFrame;
    private int first; // its first byte: FIN and opcode
    private boolean begun; // whether a piece of it has gone out
    private int key; // of its mask, turned to where the next byte stands
    private long missing; // payload bytes that have not come

    /**
     * For one direction of one connection.
     *
     * @param masked whether its frames are masked, as from a client; if not, they must be plain, as from a server
     * @param controls takes the control frames
     */
    public FrameTranslator(boolean masked, Controls controls) {
        this.masked = masked;
        this.controls = controls;
    }

    /** Payload bytes of data frames that have been translated so far. */
    public long carried() {
        return carried;
    }

    /** What the peer's close frame said; null where none has come. */
    public @Nullable CloseReason closed() {
        return closed;
    }

    /** How the peer has broken the protocol; null where it has not. */
    public @Nullable String violation() {
        return violation;
    }

    /** Tells whether an empty binary message has come: the half-close of {@code wsbridge.v1}. */
    public boolean finished() {
        return finished;
    }

    /** Tells whether the last {@link #next} gave nothing because data is next. */
    public boolean withheld() {
        return withheld;
    }

    /**
     * Rewrites what has come, in place. The data frames go out one behind the other.
     *
     * @param bytes holds what has come, from {@code start} to {@code end}; what stands up to {@link #HEADROOM} bytes before
     *     {@code start} may be overwritten. Its byte order is big-endian. Position and limit are not touched.
     * @param unmask whether masked frames go out plain; otherwise frames keep their masks
     * @return where the frames that go out begin, in the upper half, and end, in the lower; the same where none do
     */
    public long translate(ByteBuffer bytes, int start, int end, boolean unmask) {
        return rewrite(bytes, start, end, unmask, true);
    }

    /**
     * Takes what is not payload out of what has come, in place: headers, masks, control frames, and all that follows an empty
     * binary message, see {@link #finished}.
     *
     * @param bytes as for {@link #translate}, but nothing before {@code start} is touched
     * @return as {@link #translate}
     */
    public long strip(ByteBuffer bytes, int start, int end) {
        return rewrite(bytes, start, end, true, false);
    }

    private long rewrite(ByteBuffer bytes, int start, int end, boolean unmask, boolean framed) {
        withheld = false;
        int at = start;
        int out = start; // where the next frame goes
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
            boolean keepMask = masked && !unmask;
            int size = framed ? headerSize(run, keepMask) : 0;
            if (begin < 0) {
                out = at - size; // what came first stays where it is
                begin = out;
            }
            if (framed) {
                writeHeader(bytes, out, run, keepMask);
                out += size;
            }
            if (framed || !finished) {
                if (masked && unmask && key != 0) { // a client over TLS may do without
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
     * Reads up to the next piece of data.
     *
     * @param in what has come; what is read is taken from it
     * @param data whether a piece of data may come out; control frames are read in any case
     * @return a piece as long as what has come of its frame, with a payload of its own; null where more must come first or,
     *     see {@link #withheld}, none may come out
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
            ByteBuffer payload = ByteBuffer.allocate(run);
            if (masked && key != 0) {
                Masking.apply(in, at, payload, 0, run, key);
            } else {
                payload.put(0, in, at, run);
            }
            in.position(at + run);
            Fragment.Kind kind = opening == Frames.TEXT ? Fragment.Kind.TEXT : Fragment.Kind.BINARY;
            boolean last = run == missing && (first & FIN) != 0;
            advance(run);
            return new Fragment(kind, payload, last);
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

    /** Writes the header of the next piece of the frame at hand. */
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

    /** Reads a header, or as much of it as there is. Gives the place behind it, or -1 if it is not complete. */
    private int readHeader(ByteBuffer in, int at, int end) {
        try {
            return header.position() == 0 && end - at >= HEADROOM
                    ? at + begin(in, at) // the usual case: it is there as a whole
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

    /** Begins a frame with the complete header at {@code at}; gives the header's length. */
    private int begin(ByteBuffer in, int at) throws ProtocolException {
        int start = in.get(at) & 0xFF;
        int second = in.get(at + 1);
        checkFirst(start);
        if ((second & MASKED) != 0 != masked) {
            throw new ProtocolException(masked ? "a client's frame is not masked" : "a server's frame is masked");
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
                throw new ProtocolException("a length of more than 63 bits");
            }
        }
        int opcode = start & OPCODE;
        if ((opcode & CONTROL) != 0) {
            if (length >= SHORT_LENGTH || (start & FIN) == 0) {
                throw new ProtocolException("a control frame is fragmented or too long");
            }
            control = ByteBuffer.allocate((int) length);
        } else if (opcode == Frames.CONTINUATION) {
            if (opening == 0) {
                throw new ProtocolException("a continuation of nothing");
            }
        } else {
            if (opening != 0) {
                throw new ProtocolException("a message inside another");
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

    private static void checkFirst(int first) throws ProtocolException {
        if ((first & RESERVED) != 0) {
            throw new ProtocolException("a reserved bit is set");
        }
        int opcode = first & OPCODE;
        if (opcode > Frames.BINARY && opcode < Frames.CLOSE || opcode > Frames.PONG) {
            throw new ProtocolException("a reserved opcode");
        }
    }

    /** Reads a control frame's payload, or as much of it as there is; gives the place behind that. */
    private int readControl(ByteBuffer in, int at, int end) {
        ByteBuffer payload = control;
        if (payload == null) {
            throw new IllegalStateException("no control frame");
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
                case Frames.PONG -> controls.onPong();
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
