package io.github.wsbridge.testkit;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Base64;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;

/**
 * An open WebSocket (RFC 6455) on a plain socket, frame by frame. It does nothing by itself: it answers no ping and no
 * close, and sends whatever it is told, right or wrong. One thread may read while another writes.
 */
public final class RawWebSocket implements AutoCloseable {

    /** Opcode of the later frames of a message. */
    public static final int CONTINUATION = 0;
    /** Opcode of a text message's first frame. */
    public static final int TEXT = 1;
    /** Opcode of a binary message's first frame. */
    public static final int BINARY = 2;
    /** Opcode of a close frame. */
    public static final int CLOSE = 8;
    /** Opcode of a ping. */
    public static final int PING = 9;
    /** Opcode of a pong. */
    public static final int PONG = 10;

    private static final int LONGEST_FRAME = 16 * 1024 * 1024;
    private static final int LONGEST_HEAD = 64 * 1024;
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(20);

    private final Socket socket;
    private final DataInputStream in;
    private final DataOutputStream out;
    private final boolean client;
    private final String subprotocol;

    private RawWebSocket(Socket socket, DataInputStream in, DataOutputStream out, boolean client, String subprotocol) {
        this.socket = socket;
        this.in = in;
        this.out = out;
        this.client = client;
        this.subprotocol = subprotocol;
    }

    /**
     * One frame.
     *
     * @param opcode what it is
     * @param last its FIN bit
     * @param masked whether it was masked on the wire
     * @param payload the bytes, unmasked
     */
    public record Frame(int opcode, boolean last, boolean masked, byte[] payload) {

        /** The code of a close frame; 1005 where there is none. */
        public int closeCode() {
            return payload.length < 2 ? 1005 : (payload[0] & 0xff) << 8 | payload[1] & 0xff;
        }

        /** The payload as text; of a close frame, what follows the code. */
        public String text() {
            int from = opcode == CLOSE ? Math.min(2, payload.length) : 0;
            return new String(payload, from, payload.length - from, UTF_8);
        }

        @Override
        public String toString() {
            return "Frame[" + opcode + ", " + payload.length + " bytes" + (last ? ", last]" : "]");
        }
    }

    /**
     * Opens a WebSocket as a client.
     *
     * @param uri a {@code ws} URL
     * @param headers further header fields
     * @param subprotocol the subprotocol to offer; empty for none
     * @throws RefusedException if the server answered with another status than 101
     */
    public static RawWebSocket connect(URI uri, Map<String, String> headers, String subprotocol) throws IOException {
        Socket socket = new Socket();
        try {
            int timeout = (int) CONNECT_TIMEOUT.toMillis();
            socket.connect(new InetSocketAddress(uri.getHost(), uri.getPort() < 0 ? 80 : uri.getPort()), timeout);
            socket.setSoTimeout(timeout);
            socket.setTcpNoDelay(true);
            DataInputStream in = new DataInputStream(new BufferedInputStream(socket.getInputStream(), 65_536));
            DataOutputStream out = new DataOutputStream(new BufferedOutputStream(socket.getOutputStream(), 65_536));
            byte[] nonce = new byte[16];
            ThreadLocalRandom.current().nextBytes(nonce);
            String key = Base64.getEncoder().encodeToString(nonce);
            String path = uri.getRawPath() == null || uri.getRawPath().isEmpty() ? "/" : uri.getRawPath();
            StringBuilder head = new StringBuilder("GET ")
                    .append(uri.getRawQuery() == null ? path : path + "?" + uri.getRawQuery())
                    .append(" HTTP/1.1\r\nHost: ")
                    .append(uri.getRawAuthority())
                    .append("\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13")
                    .append("\r\nSec-WebSocket-Key: ")
                    .append(key);
            if (!subprotocol.isEmpty()) {
                head.append("\r\nSec-WebSocket-Protocol: ").append(subprotocol);
            }
            headers.forEach((name, value) ->
                    head.append("\r\n").append(name).append(": ").append(value));
            out.write(head.append("\r\n\r\n").toString().getBytes(UTF_8));
            out.flush();
            SeenHandshake answer = SeenHandshake.parse(readHead(in));
            int status = answer.status();
            if (status == 0) {
                throw new IOException("not an HTTP answer");
            }
            if (status != 101) {
                throw new RefusedException(status, answer);
            }
            if (!answer.headers().only("Sec-WebSocket-Accept").equals(acceptFor(key))) {
                throw new IOException("the answer does not belong to the handshake");
            }
            socket.setSoTimeout(0);
            return new RawWebSocket(socket, in, out, true, answer.headers().only("Sec-WebSocket-Protocol"));
        } catch (IOException | RuntimeException e) {
            socket.close();
            throw e;
        }
    }

    /** A server's refusal to {@link #connect}. */
    public static final class RefusedException extends IOException {

        private static final long serialVersionUID = 1L;

        private final int status;
        private final transient SeenHandshake answer;

        RefusedException(int status, SeenHandshake answer) {
            super("refused with HTTP status " + status);
            this.status = status;
            this.answer = answer;
        }

        /** The HTTP status. */
        public int status() {
            return status;
        }

        /** The head of the whole answer. */
        public SeenHandshake answer() {
            return answer;
        }
    }

    /** The server's end of a socket whose handshake has been read and answered. */
    static RawWebSocket accepted(Socket socket, DataInputStream in, DataOutputStream out, String subprotocol) {
        return new RawWebSocket(socket, in, out, false, subprotocol);
    }

    /** Reads an HTTP head up to its empty line. */
    static String readHead(DataInputStream in) throws IOException {
        StringBuilder head = new StringBuilder();
        while (head.indexOf("\r\n\r\n", Math.max(0, head.length() - 4)) < 0) {
            int next = in.read();
            if (next < 0 || head.length() > LONGEST_HEAD) {
                throw new EOFException("no whole HTTP head: " + head.length() + " bytes");
            }
            head.append((char) next);
        }
        return head.toString();
    }

    /** The value of {@code Sec-WebSocket-Accept} for a key. */
    public static String acceptFor(String key) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-1")
                    .digest((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").getBytes(ISO_8859_1));
            return Base64.getEncoder().encodeToString(digest);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The subprotocol agreed on; empty for none. */
    public String subprotocol() {
        return subprotocol;
    }

    /** The peer's address. */
    public String remoteAddress() {
        return String.valueOf(socket.getRemoteSocketAddress());
    }

    /** How long {@link #read} waits for the peer before it fails with a timeout; by default for ever. */
    public RawWebSocket timeout(Duration timeout) throws IOException {
        socket.setSoTimeout((int) timeout.toMillis());
        return this;
    }

    /** Reads one frame; fails with an {@code EOFException} where the connection has ended. */
    public Frame read() throws IOException {
        int first = in.readUnsignedByte();
        int second = in.readUnsignedByte();
        long length = second & 0x7f;
        if (length == 126) {
            length = in.readUnsignedShort();
        } else if (length == 127) {
            length = in.readLong();
        }
        if (length < 0 || length > LONGEST_FRAME) {
            throw new IOException("a frame of " + length + " bytes");
        }
        boolean masked = (second & 0x80) != 0;
        byte[] mask = new byte[4];
        if (masked) {
            in.readFully(mask);
        }
        byte[] payload = new byte[(int) length];
        in.readFully(payload);
        if (masked) {
            apply(mask, payload);
        }
        return new Frame(first & 0x0f, (first & 0x80) != 0, masked, payload);
    }

    /** Writes one frame, masked where this end is the client. */
    public void write(int opcode, boolean last, byte... payload) throws IOException {
        writeRaw(frame(opcode, last, client, payload));
    }

    /** Makes the bytes of one frame. */
    public static byte[] frame(int opcode, boolean last, boolean masked, byte... payload) {
        ByteBuffer frame = ByteBuffer.allocate(payload.length + 14);
        frame.put((byte) (opcode | (last ? 0x80 : 0)));
        int maskBit = masked ? 0x80 : 0;
        if (payload.length < 126) {
            frame.put((byte) (payload.length | maskBit));
        } else if (payload.length < 65_536) {
            frame.put((byte) (126 | maskBit)).putShort((short) payload.length);
        } else {
            frame.put((byte) (127 | maskBit)).putLong(payload.length);
        }
        byte[] body = payload;
        if (masked) {
            byte[] mask = new byte[4];
            ThreadLocalRandom.current().nextBytes(mask);
            frame.put(mask);
            body = payload.clone();
            apply(mask, body);
        }
        return Arrays.copyOf(frame.put(body).array(), frame.position());
    }

    private static void apply(byte[] mask, byte[] payload) {
        for (int i = 0; i < payload.length; i++) {
            payload[i] ^= mask[i & 3];
        }
    }

    /** Writes a whole text message. */
    public void writeText(String text) throws IOException {
        write(TEXT, true, text.getBytes(UTF_8));
    }

    /** Writes a close frame. */
    public void writeClose(int code, String reason) throws IOException {
        write(CLOSE, true, closePayload(code, reason));
    }

    /** Makes the payload of a close frame. */
    public static byte[] closePayload(int code, String reason) {
        byte[] text = reason.getBytes(UTF_8);
        return ByteBuffer.allocate(2 + text.length)
                .putShort((short) code)
                .put(text)
                .array();
    }

    /** Writes bytes as they are, whatever they mean. */
    public void writeRaw(byte... bytes) throws IOException {
        synchronized (out) {
            out.write(bytes);
            out.flush();
        }
    }

    /** Drops the connection so that the peer sees a reset rather than an end. */
    public void reset() throws IOException {
        socket.setSoLinger(true, 0);
        socket.close();
    }

    /** Ends what this end sends and goes on reading. */
    public void shutdownOutput() throws IOException {
        socket.shutdownOutput();
    }

    /** Drops the connection. */
    @Override
    public void close() throws IOException {
        socket.close();
    }
}
