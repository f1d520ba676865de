package io.github.wsbridge.testkit;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Base64;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;

/**
 * Either end of a WebSocket (RFC 6455) on a plain socket, controlled frame by frame or byte by byte, before and after
 * the upgrade. It does nothing automatically: it answers neither pings nor closes, and sends anything, valid or not.
 * One thread may read while another writes.
 */
public final class RawWebSocket implements AutoCloseable {

    /** Opcode of all but the first frame of a message. */
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
    private static final long MOST_IN_BUFFERS = 256L << 20;
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(20);

    /** The read timeout of connections that are created for tests of the wire protocol. */
    private static final Duration READ_TIMEOUT = Duration.ofSeconds(15);

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
     * @param opcode the opcode
     * @param last its FIN bit
     * @param masked whether it was masked on the wire
     * @param payload the bytes, unmasked
     */
    public record Frame(int opcode, boolean last, boolean masked, byte[] payload) {

        /** Returns the code of a close frame; 1005 if it has none. */
        public int closeCode() {
            return payload.length < 2 ? 1005 : (payload[0] & 0xff) << 8 | payload[1] & 0xff;
        }

        /** Returns the payload as text; for a close frame, without the code. */
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
     * @throws RefusedException if the server answered with a status other than 101
     */
    public static RawWebSocket connect(URI uri, Map<String, String> headers, String subprotocol) throws IOException {
        if (headers.values().stream().anyMatch(value -> value.contains("\r") || value.contains("\n"))) {
            throw new IOException("a header field contains a line break");
        }
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
            String agreed = answer.headers().only("Sec-WebSocket-Protocol");
            if (!answer.headers().only("Sec-WebSocket-Accept").equals(acceptFor(key))
                    || !agreed.isEmpty() && !agreed.equals(subprotocol)
                    || !answer.headers().all("Sec-WebSocket-Extensions").isEmpty()) {
                throw new IOException("the answer does not match the handshake");
            }
            socket.setSoTimeout(0);
            return new RawWebSocket(socket, in, out, true, agreed);
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

        /** Returns the HTTP status. */
        public int status() {
            return status;
        }

        /** Returns the head of the response. */
        public SeenHandshake answer() {
            return answer;
        }
    }

    /** Connects to a local port without sending anything. */
    public static RawWebSocket dial(int port) throws IOException {
        Socket socket = new Socket();
        socket.connect(new InetSocketAddress("127.0.0.1", port), (int) CONNECT_TIMEOUT.toMillis());
        return client(socket);
    }

    /**
     * Connects to a local port and upgrades. Reads time out after 15 seconds.
     *
     * @param target the path and query to request
     * @throws RefusedException if the server answered with a status other than 101
     */
    public static RawWebSocket open(int port, String target) throws IOException {
        return connect(URI.create("ws://127.0.0.1:" + port + target), Map.of(), "")
                .timeout(READ_TIMEOUT);
    }

    /** Creates the client's end of a socket before the handshake. Reads time out after 15 seconds. */
    public static RawWebSocket client(Socket socket) throws IOException {
        return bare(socket, true);
    }

    /** Creates the server's end of a socket before the handshake. Reads time out after 15 seconds. */
    public static RawWebSocket server(Socket socket) throws IOException {
        return bare(socket, false);
    }

    private static RawWebSocket bare(Socket socket, boolean client) throws IOException {
        socket.setTcpNoDelay(true);
        socket.setSoTimeout((int) READ_TIMEOUT.toMillis());
        DataInputStream in = new DataInputStream(new BufferedInputStream(socket.getInputStream(), 65_536));
        DataOutputStream out = new DataOutputStream(new BufferedOutputStream(socket.getOutputStream(), 65_536));
        return new RawWebSocket(socket, in, out, client, "");
    }

    /** Accepts the next connection as a server, and accepts its handshake without a subprotocol. */
    public static RawWebSocket accept(ServerSocket listener) throws IOException {
        RawWebSocket accepted = server(listener.accept());
        accepted.writeRaw(answer(accepted.readHead(), ""));
        return accepted;
    }

    /**
     * Returns a client's handshake as text.
     *
     * @param target the path and query to request, or anything else after {@code GET}
     * @param furtherFields header fields, each with its line break
     */
    public static String request(String target, String furtherFields) {
        return "GET " + target + " HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" + furtherFields
                + "\r\n";
    }

    /**
     * Returns a server's answer that accepts a handshake, as text.
     *
     * @param request the head of the client's request
     * @param furtherFields header fields, each with its line break
     */
    public static String answer(String request, String furtherFields) {
        String key = SeenHandshake.parse(request).headers().only("Sec-WebSocket-Key");
        return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "
                + acceptFor(key) + "\r\n" + furtherFields + "\r\n";
    }

    /** Creates the server's end of a socket after the handshake. */
    static RawWebSocket accepted(Socket socket, DataInputStream in, DataOutputStream out, String subprotocol) {
        return new RawWebSocket(socket, in, out, false, subprotocol);
    }

    /** Reads an HTTP head, including its empty line. */
    static String readHead(DataInputStream in) throws IOException {
        StringBuilder head = new StringBuilder();
        while (head.indexOf("\r\n\r\n", Math.max(0, head.length() - 4)) < 0) {
            int next = in.read();
            if (next < 0 || head.length() > LONGEST_HEAD) {
                throw new EOFException("incomplete HTTP head: " + head.length() + " bytes");
            }
            head.append((char) next);
        }
        return head.toString();
    }

    /** Returns the value of {@code Sec-WebSocket-Accept} for a key. */
    public static String acceptFor(String key) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-1")
                    .digest((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").getBytes(ISO_8859_1));
            return Base64.getEncoder().encodeToString(digest);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Returns whether this is the client's end, which masks its frames. */
    public boolean client() {
        return client;
    }

    /** Returns the subprotocol agreed on; empty for none. */
    public String subprotocol() {
        return subprotocol;
    }

    /** Returns the peer's address. */
    public String remoteAddress() {
        return String.valueOf(socket.getRemoteSocketAddress());
    }

    /** Sets the timeout of {@link #read}; infinite by default. */
    public RawWebSocket timeout(Duration timeout) throws IOException {
        socket.setSoTimeout((int) timeout.toMillis());
        return this;
    }

    /**
     * Reads one frame, and skips heartbeats; fails with an {@code EOFException} if the connection has ended. Use
     * {@link #readAny} to see heartbeats.
     */
    public Frame read() throws IOException {
        Frame frame = readAny();
        while (frame.opcode() == PONG && frame.text().startsWith("heartbeat ")) {
            frame = readAny();
        }
        return frame;
    }

    /** Reads one frame; fails with an {@code EOFException} if the connection has ended. */
    public Frame readAny() throws IOException {
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

    /** Reads the head of an HTTP message, up to and including its empty line. */
    public String readHead() throws IOException {
        return readHead(in);
    }

    /** Reads exactly this number of bytes; fails with an {@code EOFException} if the connection ends first. */
    public byte[] readFully(int count) throws IOException {
        byte[] bytes = new byte[count];
        in.readFully(bytes);
        return bytes;
    }

    /** Reads all bytes until the connection ends. */
    public byte[] readToEnd() throws IOException {
        return in.readAllBytes();
    }

    /** Returns the input, for tests that pass it on. */
    public InputStream inputStream() {
        return in;
    }

    /** Discards remaining data and returns whether the connection has ended or broken; false after the timeout. */
    public boolean broken() {
        try {
            byte[] sink = new byte[64 * 1024];
            long total = 0;
            int count;
            while ((count = in.read(sink)) >= 0) {
                total += count;
                if (total > MOST_IN_BUFFERS) {
                    throw new AssertionError("data keeps arriving");
                }
            }
            return true;
        } catch (SocketTimeoutException e) {
            return false;
        } catch (IOException e) {
            return true;
        }
    }

    /** Returns whether the connection has ended or broken without further data; false after the timeout. */
    public boolean ended() {
        try {
            int next = in.read();
            if (next >= 0) {
                throw new AssertionError("expected the end, but read " + next);
            }
            return true;
        } catch (SocketTimeoutException e) {
            return false;
        } catch (IOException e) {
            return true; // a reset
        }
    }

    /** Returns whether neither data nor the end arrives for this long. */
    public boolean silentFor(Duration time) throws IOException {
        int before = socket.getSoTimeout();
        in.mark(1);
        try {
            socket.setSoTimeout((int) time.toMillis());
            in.read();
            in.reset();
            return false;
        } catch (SocketTimeoutException e) {
            return true;
        } finally {
            socket.setSoTimeout(before);
        }
    }

    /** Writes one frame, masked if this end is the client. */
    public void write(int opcode, boolean last, byte... payload) throws IOException {
        writeRaw(frame(opcode, last, client, payload));
    }

    /** Writes one frame with text in UTF-8, masked if this end is the client. */
    public void write(int opcode, boolean last, String payload) throws IOException {
        write(opcode, last, payload.getBytes(UTF_8));
    }

    /** Returns the bytes of one frame, with a random mask. */
    public static byte[] frame(int opcode, boolean last, boolean masked, byte... payload) {
        byte[] mask = new byte[4];
        ThreadLocalRandom.current().nextBytes(mask);
        return frame(opcode, last, masked ? mask : null, payload);
    }

    /** Returns the bytes of one frame, masked with these four bytes unless they are null. */
    public static byte[] frame(int opcode, boolean last, byte @Nullable [] mask, byte[] payload) {
        ByteBuffer frame = ByteBuffer.allocate(payload.length + 14);
        frame.put((byte) (opcode | (last ? 0x80 : 0)));
        int maskBit = mask == null ? 0 : 0x80;
        if (payload.length < 126) {
            frame.put((byte) (payload.length | maskBit));
        } else if (payload.length < 65_536) {
            frame.put((byte) (126 | maskBit)).putShort((short) payload.length);
        } else {
            frame.put((byte) (127 | maskBit)).putLong(payload.length);
        }
        byte[] body = payload;
        if (mask != null) {
            frame.put(mask);
            body = payload.clone();
            apply(mask, body);
        }
        return Arrays.copyOf(frame.put(body).array(), frame.position());
    }

    /** Masks or unmasks a payload that begins at a multiple of four in its frame. */
    public static void apply(byte[] mask, byte[] payload) {
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

    /** Returns the payload of a close frame. */
    public static byte[] closePayload(int code, String reason) {
        byte[] text = reason.getBytes(UTF_8);
        return ByteBuffer.allocate(2 + text.length)
                .putShort((short) code)
                .put(text)
                .array();
    }

    /** Writes raw bytes. */
    public void writeRaw(byte... bytes) throws IOException {
        synchronized (out) {
            out.write(bytes);
            out.flush();
        }
    }

    /** Writes raw text in ISO 8859-1, such as parts of an HTTP message. */
    public void writeRaw(String text) throws IOException {
        writeRaw(text.getBytes(ISO_8859_1));
    }

    /** Returns whether the connection is encrypted. */
    public boolean secure() {
        return socket instanceof SSLSocket;
    }

    /** Closes the connection with a reset. */
    public void reset() throws IOException {
        socket.setSoLinger(true, 0);
        socket.close();
    }

    /** Shuts down the output; reading is still possible. */
    public void shutdownOutput() throws IOException {
        socket.shutdownOutput();
    }

    /** Drops the connection. */
    @Override
    public void close() throws IOException {
        socket.close();
    }
}
