package io.github.wsbridge.it;

import static io.github.wsbridge.testkit.RawWebSocket.CLOSE;
import static io.github.wsbridge.testkit.RawWebSocket.CONTINUATION;
import static io.github.wsbridge.testkit.RawWebSocket.PING;
import static io.github.wsbridge.testkit.RawWebSocket.PONG;
import static io.github.wsbridge.testkit.RawWebSocket.TEXT;

import io.github.wsbridge.testkit.RawWebSocket;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Queue;

/**
 * A requester that sends whatever it likes. It answers the node's pings. Once the node has ended the connection, what
 * is sent is lost without an error.
 */
final class FramingEnd {

    private static final int NO_CODE = 1005;

    private final RawWebSocket socket;
    private final Queue<RawWebSocket.Frame> pongs = new ArrayDeque<>();
    private int echoes;

    FramingEnd(RawWebSocket socket) {
        this.socket = socket;
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    // Sending

    byte[] frame(int opcode, byte... payload) {
        return RawWebSocket.frame(opcode, true, true, payload);
    }

    byte[] frame(int opcode, boolean last, String payload) {
        return RawWebSocket.frame(opcode, last, true, utf8(payload));
    }

    byte[] reserved(int bits, int opcode, byte[] payload) {
        byte[] frame = frame(opcode, payload);
        frame[0] |= (byte) (bits << 4);
        return frame;
    }

    FramingEnd raw(byte[] bytes) throws IOException {
        try {
            socket.writeRaw(bytes);
        } catch (SocketException e) {
            // the node has ended the connection; what it said before can still be read
        }
        return this;
    }

    FramingEnd send(int opcode, byte... payload) throws IOException {
        return raw(frame(opcode, payload));
    }

    FramingEnd send(int opcode, String payload) throws IOException {
        return send(opcode, utf8(payload));
    }

    FramingEnd part(int opcode, boolean last, String payload) throws IOException {
        return raw(frame(opcode, last, payload));
    }

    /** Sends bytes in pieces; 0 for one piece. */
    FramingEnd chop(int size, byte[] bytes) throws IOException {
        int step = size == 0 ? Math.max(1, bytes.length) : size;
        for (int at = 0; at < bytes.length; at += step) {
            raw(Arrays.copyOfRange(bytes, at, Math.min(bytes.length, at + step)));
        }
        return this;
    }

    /** Sends a text message with these fragments. */
    FramingEnd parts(int chops, String... fragments) throws IOException {
        for (int i = 0; i < fragments.length; i++) {
            chop(chops, frame(i == 0 ? TEXT : CONTINUATION, i == fragments.length - 1, fragments[i]));
        }
        return this;
    }

    FramingEnd split(byte[] text, int size) throws IOException {
        return split(TEXT, text, size);
    }

    /** Sends a message with fragments of this size. */
    FramingEnd split(int opcode, byte[] message, int size) throws IOException {
        for (int at = 0; at < message.length; at += size) {
            int end = Math.min(message.length, at + size);
            byte[] piece = Arrays.copyOfRange(message, at, end);
            raw(RawWebSocket.frame(at == 0 ? opcode : CONTINUATION, end == message.length, true, piece));
        }
        return this;
    }

    FramingEnd close(int code, String reason) throws IOException {
        return send(CLOSE, RawWebSocket.closePayload(code, reason));
    }

    // Checking

    /** Reads the next frame that is neither a ping nor a heartbeat. */
    private RawWebSocket.Frame next() throws IOException {
        while (true) {
            RawWebSocket.Frame frame = socket.read();
            if (frame.opcode() != PING) {
                return frame;
            }
            send(PONG, frame.payload());
        }
    }

    FramingEnd echo(String text) throws IOException {
        return echo(TEXT, utf8(text));
    }

    FramingEnd echo(int opcode, byte[] expected) throws IOException {
        ByteArrayOutputStream message = new ByteArrayOutputStream();
        int kind = -1;
        while (true) {
            RawWebSocket.Frame frame = next();
            if (frame.opcode() == PONG) {
                pongs.add(frame);
                continue;
            }
            check(frame.opcode() == (kind < 0 ? opcode : CONTINUATION), "the echo in place of " + frame);
            kind = opcode;
            message.writeBytes(frame.payload());
            if (frame.last()) {
                check(Arrays.equals(message.toByteArray(), expected), "the same " + expected.length + " bytes");
                echoes++;
                return this;
            }
        }
    }

    FramingEnd pong(String payload) throws IOException {
        return pong(utf8(payload));
    }

    FramingEnd pong(byte... payload) throws IOException {
        RawWebSocket.Frame frame = pongs.isEmpty() ? next() : pongs.remove();
        check(frame.opcode() == PONG && Arrays.equals(frame.payload(), payload), "a pong in place of " + frame);
        return this;
    }

    /** Some pongs may be missing, but not the last one. */
    void lastPong(String payload) throws IOException {
        RawWebSocket.Frame frame = next();
        while (!frame.text().equals(payload)) {
            check(frame.opcode() == PONG, "a pong in place of " + frame);
            frame = next();
        }
    }

    /** The connection still works, and is closed in good order. */
    void done() throws IOException {
        send(TEXT, "still there");
        echo("still there");
        close(1000, "");
        closes(1000);
    }

    /** The node ends the connection because of a violation of the protocol. */
    void fails() throws IOException {
        ends(1002, 1007);
    }

    void closes(int code) throws IOException {
        check(ends(code), "a close frame");
    }

    void closesAfterAll(int code) throws IOException {
        closes(code);
        check(echoes <= 2, "no more than was sent");
    }

    /** Returns whether there was a close frame, which has one of these codes. */
    private boolean ends(int... codes) throws IOException {
        try {
            while (true) {
                RawWebSocket.Frame frame = next();
                if (frame.opcode() == CLOSE) {
                    int code = frame.payload().length == 0 ? NO_CODE : frame.closeCode();
                    check(
                            Arrays.stream(codes).anyMatch(one -> one == code),
                            Arrays.toString(codes) + " in place of " + code);
                    return true;
                }
            }
        } catch (EOFException | SocketException e) {
            return false;
        }
    }

    private static void check(boolean condition, String what) {
        if (!condition) {
            throw new AssertionError("expected " + what);
        }
    }
}
