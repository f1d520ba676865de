package io.github.wsbridge.bench;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * Scans a stream of frames, masked or not, from header to header and counts the payload. It does not inspect binary
 * data, so it costs next to nothing; text and control frames, which are few and short, are passed to the listener
 * whole.
 */
final class FrameScanner {

    private static final int LONGEST_MESSAGE = 64 * 1024;

    /** Receives frames other than binary data. */
    interface Listener {
        void onText(String text) throws IOException;

        void onControl(int opcode, byte[] payload) throws IOException;
    }

    private final Listener listener;
    private final byte[] head = new byte[14];
    private int have;
    private int opcode;
    private int key;
    private long left;
    private byte[] kept = {};
    private int keptTo;
    private long payload;
    private long frames;

    FrameScanner(Listener listener) {
        this.listener = listener;
    }

    /** Returns the number of bytes of binary data so far. */
    long payload() {
        return payload;
    }

    /** Returns the number of complete binary frames so far. */
    long frames() {
        return frames;
    }

    /** Consumes all bytes of the buffer. */
    void scan(ByteBuffer in) throws IOException {
        int at = in.position();
        int end = in.limit();
        while (at < end) {
            if (left > 0) {
                int step = (int) Math.min(left, end - at);
                if (opcode > 2 || opcode == Frames.TEXT) {
                    in.get(at, kept, keptTo, step);
                    keptTo += step;
                } else {
                    payload += step;
                }
                at += step;
                left -= step;
                if (left == 0) {
                    frameEnded();
                }
            } else if (have == 0 && end - at >= 4 && in.get(at) == (byte) 0x82 && (in.get(at + 1) & 0x7f) < 127) {
                at = shortHead(in, at);
            } else {
                head[have++] = in.get(at++);
                if (have >= 2 && have == headLength()) {
                    headEnded();
                }
            }
        }
        in.position(end);
    }

    /**
     * Reads the header of a binary frame below 64 KiB if it is complete, as nearly all are; otherwise only its first
     * byte.
     */
    private int shortHead(ByteBuffer in, int at) throws IOException {
        int second = in.get(at + 1);
        int size = (second & 0x7f) == 126 ? 4 : 2;
        long length = size == 2 ? second & 0x7f : in.getShort(at + 2) & 0xffff;
        size += second < 0 ? 4 : 0;
        if (in.limit() - at < size) {
            head[have++] = in.get(at);
            return at + 1;
        }
        opcode = Frames.BINARY;
        left = length;
        if (length == 0) {
            frameEnded();
        }
        return at + size;
    }

    private int headLength() {
        int length = head[1] & 0x7f;
        return 2 + (length == 126 ? 2 : length == 127 ? 8 : 0) + (head[1] < 0 ? 4 : 0);
    }

    private void headEnded() throws IOException {
        ByteBuffer read = ByteBuffer.wrap(head, 0, have);
        opcode = read.get() & 0x0f;
        int second = read.get();
        left = second & 0x7f;
        if (left == 126) {
            left = read.getShort() & 0xffff;
        } else if (left == 127) {
            left = read.getLong();
        }
        key = second < 0 ? read.getInt() : 0;
        have = 0;
        if (opcode > 2 || opcode == Frames.TEXT) {
            if (left > LONGEST_MESSAGE) {
                throw new IOException("a message of " + left + " bytes");
            }
            kept = new byte[(int) left];
            keptTo = 0;
        }
        if (left == 0) {
            frameEnded();
        }
    }

    private void frameEnded() throws IOException {
        if (opcode <= Frames.BINARY && opcode != Frames.TEXT) {
            frames++;
            return;
        }
        for (int i = 0; i < kept.length; i++) {
            kept[i] ^= (byte) (key >>> 24 - 8 * (i & 3));
        }
        byte[] message = kept;
        kept = new byte[0];
        if (opcode == Frames.TEXT) {
            listener.onText(new String(message, StandardCharsets.UTF_8));
        } else {
            listener.onControl(opcode, message);
        }
    }
}
