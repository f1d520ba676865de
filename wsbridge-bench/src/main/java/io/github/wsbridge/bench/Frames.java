package io.github.wsbridge.bench;

import java.nio.ByteBuffer;
import java.util.Random;

/** WebSocket frames made before they are needed, in direct buffers, so that sending them costs a system call and no more. */
final class Frames {

    static final int TEXT = 1;
    static final int BINARY = 2;
    static final int CLOSE = 8;
    static final int PING = 9;
    static final int PONG = 10;

    /** What is written at a time: much, so that system calls are few; not more than the caches hold. */
    private static final int BATCH = 128 * 1024;

    private Frames() {}

    /** As many whole binary frames as fit into one write, at least one; ready to be read from. */
    static ByteBuffer batch(int payload, boolean masked) {
        byte[] content = new byte[payload];
        Random random = new Random(payload);
        random.nextBytes(content);
        int size = head(payload, masked) + payload;
        int count = Math.max(1, BATCH / size);
        ByteBuffer frames = ByteBuffer.allocateDirect(count * size);
        for (int i = 0; i < count; i++) {
            put(frames, BINARY, content, masked ? random.nextInt() : 0, masked);
        }
        return frames.flip();
    }

    /** One frame; masked ones with a key that is no secret. */
    static ByteBuffer frame(int opcode, byte[] payload, boolean masked) {
        ByteBuffer frame = ByteBuffer.allocateDirect(head(payload.length, masked) + payload.length);
        put(frame, opcode, payload, 0x5a17c3e9, masked);
        return frame.flip();
    }

    /** A close frame that says that all is well. */
    static ByteBuffer close(boolean masked) {
        return frame(CLOSE, new byte[] {3, (byte) 0xe8}, masked);
    }

    private static int head(int payload, boolean masked) {
        return 2 + (payload < 126 ? 0 : payload < 65_536 ? 2 : 8) + (masked ? 4 : 0);
    }

    private static void put(ByteBuffer frame, int opcode, byte[] payload, int key, boolean masked) {
        int maskBit = masked ? 0x80 : 0;
        frame.put((byte) (0x80 | opcode));
        if (payload.length < 126) {
            frame.put((byte) (maskBit | payload.length));
        } else if (payload.length < 65_536) {
            frame.put((byte) (maskBit | 126)).putShort((short) payload.length);
        } else {
            frame.put((byte) (maskBit | 127)).putLong(payload.length);
        }
        if (masked) {
            frame.putInt(key);
        }
        for (int i = 0; i < payload.length; i++) {
            frame.put((byte) (masked ? payload[i] ^ key >>> 24 - 8 * (i & 3) : payload[i]));
        }
    }
}
