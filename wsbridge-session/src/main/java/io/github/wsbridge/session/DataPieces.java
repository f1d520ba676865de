package io.github.wsbridge.session;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http2.Http2FrameTypes;
import java.util.function.Consumer;

/**
 * Gives a decoder of HTTP/2 each DATA frame in the pieces that it arrives in, as if the peer had sent smaller frames.
 * The decoder would wait for whole frames, and copy nearly everything for that. Other frames, and those with padding,
 * are given when they are complete. Confined to the session's loop.
 */
final class DataPieces {

    private static final int PREFACE = 24;
    private static final int HEADER = 9;
    private static final int TYPE = 3; // offsets within a frame's header
    private static final int FLAGS = 4;
    private static final int STREAM = 5;
    private static final int END_STREAM = 0x1;
    private static final int PADDED = 0x8;

    private final Consumer<ByteBuf> decoder;
    private final int most; // the longest permitted payload
    private final ByteBuf header = Unpooled.buffer(HEADER, HEADER);
    private int preface; // what was not read yet of the client's preface
    private int awaited; // payload of the frame that the decoder has read the header of; -1 if it awaits a header
    private boolean begun; // the decoder has read a header
    private boolean aligned;
    private int left; // of a DATA frame that was given in part
    private int flags; // of that
    private int stream;

    /**
     * Creates one.
     *
     * @param decoder reads the complete frames of what it is given, up to the first that is an error
     * @param most the longest permitted payload of a frame
     * @param server whether the client's preface comes first
     */
    DataPieces(Consumer<ByteBuf> decoder, int most, boolean server) {
        this.decoder = decoder;
        this.most = most;
        this.preface = server ? PREFACE : 0;
        this.awaited = -1;
    }

    /** Returns whether the decoder awaits the header of a frame, as it does after each {@link #read}. */
    boolean aligned() {
        return aligned;
    }

    /** Follows what the decoder has read by itself, from {@code at}: headers and payloads, each as a whole. */
    void follow(ByteBuf in, int at) {
        int end = in.readerIndex();
        int skipped = Math.min(preface, end - at);
        preface -= skipped;
        for (int next = at + skipped; next < end; ) {
            if (awaited >= 0) {
                next += awaited;
                awaited = -1;
            } else if (end - next < HEADER) {
                return; // it reads no more frames, after an error
            } else {
                awaited = in.getUnsignedMedium(next);
                next += HEADER;
                if (awaited == 0) {
                    awaited = -1;
                }
                begun = true;
            }
        }
        aligned = begun && awaited < 0;
    }

    /** Reads as much as possible; what is left is to be given again, with what follows. The first is a header. */
    void read(ByteBuf in) {
        while (in.isReadable()) {
            if (left > 0) {
                piece(in);
            } else {
                int complete = complete(in);
                if (complete > 0) {
                    decode(in.readSlice(complete));
                } else if (!begin(in)) {
                    return;
                }
            }
        }
    }

    /** Decodes complete frames. The decoder stops after each that is an error of its stream only. */
    private void decode(ByteBuf frames) {
        for (int before = 0; frames.isReadable() && frames.readableBytes() != before; ) {
            before = frames.readableBytes();
            decoder.accept(frames);
        }
    }

    /** Returns the length of all complete frames, or of everything if a frame is too long, which is an error. */
    private int complete(ByteBuf in) {
        int begin = in.readerIndex();
        int end = in.writerIndex();
        int at = begin;
        while (end - at >= HEADER) {
            int payload = in.getUnsignedMedium(at);
            if (payload > most) {
                return end - begin;
            }
            if (end - at < HEADER + payload) {
                break;
            }
            at += HEADER + payload;
        }
        return at - begin;
    }

    /** Begins an incomplete DATA frame without padding, of which there is some payload; otherwise returns false. */
    private boolean begin(ByteBuf in) {
        int at = in.readerIndex();
        if (in.readableBytes() <= HEADER
                || in.getByte(at + TYPE) != Http2FrameTypes.DATA
                || (in.getByte(at + FLAGS) & PADDED) != 0) {
            return false;
        }
        left = in.getUnsignedMedium(at);
        flags = in.getByte(at + FLAGS);
        stream = in.getInt(at + STREAM);
        in.skipBytes(HEADER);
        return true;
    }

    private void piece(ByteBuf in) {
        int length = Math.min(left, in.readableBytes());
        left -= length;
        header.clear();
        header.writeMedium(length);
        header.writeByte(Http2FrameTypes.DATA);
        header.writeByte(left > 0 ? flags & ~END_STREAM : flags);
        header.writeInt(stream);
        decoder.accept(header);
        decoder.accept(in.readSlice(length));
    }
}
