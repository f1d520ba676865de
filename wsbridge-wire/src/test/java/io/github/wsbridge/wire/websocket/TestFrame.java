package io.github.wsbridge.wire.websocket;

import java.io.ByteArrayOutputStream;
import java.util.List;

/**
 * A frame as a peer may send it, legal or not.
 *
 * @param first its first byte
 * @param form the number of bytes that encode the length: 1, 3 or 9; 0 for the shortest form
 * @param length the payload length in the header
 * @param payload the payload; shorter than {@code length} if the header is wrong
 */
record TestFrame(int first, boolean masked, int form, long length, int key, byte[] payload) {

    /** A frame whose header is correct. */
    static TestFrame of(int first, byte[] payload, boolean masked, int key) {
        return new TestFrame(first, masked, 0, payload.length, key, payload);
    }

    byte[] bytes() {
        ByteArrayOutputStream out = new ByteArrayOutputStream(payload.length + 14);
        int bytes = form != 0 ? form : length < 126 ? 1 : length < 65_536 ? 3 : 9;
        int bit = masked ? 0x80 : 0;
        out.write(first);
        out.write(bit | (bytes == 1 ? (int) (length & 0x7F) : bytes == 3 ? 126 : 127));
        for (int left = bytes - 1; left > 0; left--) {
            out.write((int) (length >>> 8 * (left - 1)));
        }
        byte[] mask = {(byte) (key >> 24), (byte) (key >> 16), (byte) (key >> 8), (byte) key};
        if (masked) {
            out.writeBytes(mask);
        }
        for (int i = 0; i < payload.length; i++) {
            out.write(masked ? payload[i] ^ mask[i % 4] : payload[i]);
        }
        return out.toByteArray();
    }

    static byte[] wire(List<TestFrame> frames) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        frames.forEach(frame -> out.writeBytes(frame.bytes()));
        return out.toByteArray();
    }

    @Override
    public String toString() {
        return "%02x %s %d/%d/%d %08x".formatted(first, masked ? "masked" : "plain", form, length, payload.length, key);
    }
}
