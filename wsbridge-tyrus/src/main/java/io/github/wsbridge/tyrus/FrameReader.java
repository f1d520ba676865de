package io.github.wsbridge.tyrus;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.glassfish.tyrus.core.ProtocolException;
import org.glassfish.tyrus.core.frame.Frame;
import org.jspecify.annotations.Nullable;

/**
 * Cuts a stream of RFC 6455 frames of any length into unmasked frames of at most {@link #LIMIT} bytes, and never holds more
 * than one of those.
 *
 * <p>Tyrus' own reader keeps a frame until it is complete, in a buffer that it copies at every read. Here a frame up to the
 * limit comes out whole; a longer one comes out as a first piece and continuations, each as long as what has arrived.
 * Not thread-safe.
 */
final class FrameReader {

    /** Most payload bytes of a frame that comes out. */
    static final int LIMIT = 16 * 1024;

    private static final int MAX_HEADER = 14;
    private static final int MAX_CONTROL = 125;
    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

    private final boolean masked;
    private final byte[] header = new byte[MAX_HEADER];
    private int headerBytes;

    // The frame at hand, once its header is complete.
    private boolean inFrame;
    private int first; // its first byte: FIN, RSV and opcode
    private int key;
    private long missing; // payload bytes that have not come out
    private boolean started; // whether a piece of it has come out
    private byte @Nullable [] piece;
    private int pieceBytes;
    private boolean withheld;

    /** Reads frames that are all masked, as from a client, or all plain, as from a server. */
    FrameReader(boolean masked) {
        this.masked = masked;
    }

    /**
     * The next frame. Takes from {@code in} what it needs.
     *
     * @param data whether a data frame may come out; control frames always may
     * @return null where more bytes are needed or, see {@link #withheld}, a data frame may not come out
     * @throws ProtocolException if the peer breaks the protocol; the rest of the stream is of no use then
     */
    @Nullable
    Frame poll(ByteBuffer in, boolean data) throws ProtocolException {
        withheld = false;
        if (!inFrame && !readHeader(in)) {
            return null;
        }
        if (!data && (first & 0x08) == 0) {
            withheld = true;
            return null;
        }
        byte[] bytes = piece;
        if (bytes == null) {
            boolean whole = !started && missing <= LIMIT;
            if (!whole && !in.hasRemaining()) {
                return null;
            }
            bytes = new byte[(int) (whole ? missing : Math.min(Math.min(missing, LIMIT), in.remaining()))];
            piece = bytes;
            pieceBytes = 0;
        }
        int n = Math.min(bytes.length - pieceBytes, in.remaining());
        in.get(bytes, pieceBytes, n);
        pieceBytes += n;
        return pieceBytes < bytes.length ? null : complete(bytes);
    }

    /** Tells whether the last {@link #poll} gave nothing because a data frame is next. */
    boolean withheld() {
        return withheld;
    }

    private Frame complete(byte[] bytes) {
        if (masked) {
            unmask(bytes, key);
            key = Integer.rotateLeft(key, 8 * (bytes.length & 3));
        }
        missing -= bytes.length;
        boolean last = missing == 0;
        Frame frame = Frame.builder()
                .fin(last && (first & 0x80) != 0)
                .rsv1((first & 0x40) != 0)
                .rsv2((first & 0x20) != 0)
                .rsv3((first & 0x10) != 0)
                .opcode((byte) (started ? 0 : first & 0x0F))
                .payloadLength(bytes.length)
                .payloadData(bytes)
                .build();
        piece = null;
        started = true;
        if (last) {
            inFrame = false;
            headerBytes = 0;
        }
        return frame;
    }

    private boolean readHeader(ByteBuffer in) throws ProtocolException {
        while (in.hasRemaining()) {
            header[headerBytes++] = in.get();
            if (headerBytes >= 2 && headerBytes == headerLength()) {
                startFrame();
                return true;
            }
        }
        return false;
    }

    private int headerLength() throws ProtocolException {
        int length = header[1] & 0x7F;
        if (headerBytes == 2) {
            if ((header[1] & 0x80) != 0 != masked) {
                throw new ProtocolException(masked ? "a client's frame is not masked" : "a server's frame is masked");
            }
            if ((header[0] & 0x08) != 0 && ((header[0] & 0x80) == 0 || length > MAX_CONTROL)) {
                throw new ProtocolException("a control frame is fragmented or too long");
            }
        }
        return 2 + (length == 126 ? 2 : length == 127 ? 8 : 0) + (masked ? 4 : 0);
    }

    private void startFrame() throws ProtocolException {
        ByteBuffer rest = ByteBuffer.wrap(header, 2, headerBytes - 2);
        int length = header[1] & 0x7F;
        missing = length == 126 ? rest.getShort() & 0xFFFF : length == 127 ? rest.getLong() : length;
        if (missing < 0) {
            throw new ProtocolException("a frame has a negative length");
        }
        key = masked ? rest.getInt() : 0;
        first = header[0] & 0xFF;
        started = false;
        inFrame = true;
    }

    private static void unmask(byte[] bytes, int key) {
        long wide = (key & 0xFFFFFFFFL) << 32 | key & 0xFFFFFFFFL;
        int i = 0;
        for (; i + Long.BYTES <= bytes.length; i += Long.BYTES) {
            LONGS.set(bytes, i, (long) LONGS.get(bytes, i) ^ wide);
        }
        for (; i < bytes.length; i++) {
            bytes[i] ^= (byte) (key >>> 24 - 8 * (i & 3));
        }
    }
}
