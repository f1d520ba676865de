package io.github.wsbridge.client;

import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * A WebSocket server that does exactly what its test tells it, frame by frame, including what no decent server would do.
 * All calls block; reads give up after ten seconds.
 */
final class WireServer implements AutoCloseable {

    static final int CONTINUATION = 0;
    static final int TEXT = 1;
    static final int BINARY = 2;
    static final int CLOSE = 8;
    static final int PING = 9;
    static final int PONG = 10;

    private final ServerSocket server;

    WireServer() throws IOException {
        server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        server.setSoTimeout(10_000);
    }

    URI uri() {
        return URI.create("ws://127.0.0.1:" + server.getLocalPort());
    }

    URI uri(String path) {
        return URI.create(uri() + path);
    }

    /** Takes the next connection and reads its handshake. */
    Wire accept() throws IOException {
        return new Wire(server.accept());
    }

    @Override
    public void close() throws IOException {
        server.close();
    }

    /** One frame as it stood on the wire, unmasked. */
    record Frame(boolean fin, int opcode, byte[] payload) {

        String text() {
            return new String(payload, StandardCharsets.UTF_8);
        }

        int closeCode() {
            return payload.length < 2 ? 1005 : ByteBuffer.wrap(payload).getShort() & 0xffff;
        }

        String closeText() {
            return payload.length < 2 ? "" : new String(payload, 2, payload.length - 2, StandardCharsets.UTF_8);
        }
    }

    /** One connection. */
    static final class Wire implements AutoCloseable {
        final Socket socket;
        final String requestLine;
        final Map<String, String> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
        private final DataInputStream in;
        private final OutputStream out;

        Wire(Socket socket) throws IOException {
            this.socket = socket;
            socket.setSoTimeout(10_000);
            socket.setTcpNoDelay(true);
            in = new DataInputStream(socket.getInputStream());
            out = new BufferedOutputStream(socket.getOutputStream(), 1 << 16);
            requestLine = line();
            for (String line = line(); !line.isEmpty(); line = line()) {
                int colon = line.indexOf(':');
                headers.put(line.substring(0, colon), line.substring(colon + 1).strip());
            }
        }

        private String line() throws IOException {
            ByteArrayOutputStream line = new ByteArrayOutputStream();
            for (int c = in.read(); c != '\n'; c = in.read()) {
                if (c < 0) {
                    throw new EOFException();
                }
                if (c != '\r') {
                    line.write(c);
                }
            }
            return line.toString(StandardCharsets.UTF_8);
        }

        /** Answers with 101 and whatever subprotocol was offered. */
        Wire upgrade() throws IOException {
            return upgrade(headers.getOrDefault("Sec-WebSocket-Protocol", ""));
        }

        Wire upgrade(String subprotocol) throws IOException {
            String answer = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                    + "Sec-WebSocket-Accept: " + acceptKey() + "\r\n";
            raw((subprotocol.isEmpty() ? answer : answer + "Sec-WebSocket-Protocol: " + subprotocol + "\r\n") + "\r\n");
            return this;
        }

        void refuse(int status) throws IOException {
            raw("HTTP/1.1 " + status + " No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            socket.close();
        }

        void raw(String text) throws IOException {
            out.write(text.getBytes(StandardCharsets.UTF_8));
            out.flush();
        }

        String acceptKey() {
            try {
                String key = headers.get("Sec-WebSocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
                byte[] hash = MessageDigest.getInstance("SHA-1").digest(key.getBytes(StandardCharsets.US_ASCII));
                return Base64.getEncoder().encodeToString(hash);
            } catch (GeneralSecurityException e) {
                throw new IllegalStateException(e);
            }
        }

        Wire frame(boolean fin, int opcode, byte[] payload) throws IOException {
            put(fin, opcode, payload);
            out.flush();
            return this;
        }

        /** Leaves the frame in the buffer until the next one that is not put but sent. */
        Wire put(boolean fin, int opcode, byte[] payload) throws IOException {
            out.write(fin ? opcode | 0x80 : opcode);
            if (payload.length < 126) {
                out.write(payload.length);
            } else if (payload.length < 65536) {
                out.write(126);
                out.write(payload.length >> 8);
                out.write(payload.length);
            } else {
                out.write(127);
                out.write(ByteBuffer.allocate(8).putLong(payload.length).array());
            }
            out.write(payload);
            return this;
        }

        Wire binary(byte[] payload) throws IOException {
            return frame(true, BINARY, payload);
        }

        Wire text(String text) throws IOException {
            return frame(true, TEXT, text.getBytes(StandardCharsets.UTF_8));
        }

        Wire close(int code, String reason) throws IOException {
            byte[] text = reason.getBytes(StandardCharsets.UTF_8);
            return frame(
                    true,
                    CLOSE,
                    ByteBuffer.allocate(2 + text.length)
                            .putShort((short) code)
                            .put(text)
                            .array());
        }

        /** Reads the next frame. */
        Frame read() throws IOException {
            int first = in.readUnsignedByte();
            int second = in.readUnsignedByte();
            if ((second & 0x80) == 0) {
                throw new IOException("a client must mask");
            }
            long length = second & 0x7f;
            length = length == 126 ? in.readUnsignedShort() : length == 127 ? in.readLong() : length;
            byte[] mask = in.readNBytes(4);
            byte[] payload = in.readNBytes((int) length);
            for (int i = 0; i < payload.length; i++) {
                payload[i] ^= mask[i & 3];
            }
            return new Frame((first & 0x80) != 0, first & 0x0f, payload);
        }

        /** Reads up to the next frame with this opcode. */
        Frame read(int opcode) throws IOException {
            Frame frame = read();
            while (frame.opcode() != opcode) {
                frame = read();
            }
            return frame;
        }

        /** Whether TCP ends here. */
        boolean ended() throws IOException {
            return in.read() < 0;
        }

        /** Drops the connection with a reset. */
        void reset() throws IOException {
            socket.setSoLinger(true, 0);
            socket.close();
        }

        String path() {
            return requestLine.split(" ")[1].toLowerCase(Locale.ROOT);
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }
}
