package io.github.wsbridge.bench;

import java.nio.ByteBuffer;
import java.util.Random;

/** WebSocket frames built in advance, in direct buffers, so that sending them costs only a system call. */
final class Frames {

    static final int TEXT = 1;
    static final int BINARY = 2;
    static final int CLOSE = 8;
    static final int PING = 9;
    static final int PONG = 10;

    /** The size of a write: large, so that there are few system calls, but within the CPU caches. */
    private static final int BATCH = 128 * 1024;

    private Frames() {}

    /** Returns as many whole binary frames as fit into one write, at least one, ready to be read. */
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

    /** Returns one frame, masked with a constant key if required. */
    static ByteBuffer frame(int opcode, byte[] payload, boolean masked) {
        ByteBuffer frame = ByteBuffer.allocateDirect(head(payload.length, masked) + payload.length);
        put(frame, opcode, payload, 0x5a17c3e9, masked);
        return frame.flip();
    }

    /** Returns a close frame with code 1000. */
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
