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
 * A WebSocket (RFC 6455) on a plain socket, frame by frame or byte by byte, from either end, before and after the upgrade. It
 * does nothing by itself: it answers no ping and no close, and sends whatever it is told, right or wrong. One thread may read
 * while another writes.
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
    private static final long MOST_IN_BUFFERS = 256L << 20;
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(20);

    /** How long {@link #read} and the like wait on a connection that was made for a test of what is on the wire. */
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
     * @param opcode what it is
     * @param last its FIN bit
     * @param masked whether it was masked on the wire
     * @param payload the bytes, unmasked
     */
    public record Frame(int opcode, boolean last, boolean masked, byte[] payload) {

        /** The code of a close frame; 1005 if it has none. */
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
        if (headers.values().stream().anyMatch(value -> value.contains("\r") || value.contains("\n"))) {
            throw new IOException("a header field holds a line break");
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
                throw new IOException("the answer does not belong to the handshake");
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

        /** The HTTP status. */
        public int status() {
            return status;
        }

        /** The head of the whole answer. */
        public SeenHandshake answer() {
            return answer;
        }
    }

    /** Connects to a port of this machine, and says nothing yet. */
    public static RawWebSocket dial(int port) throws IOException {
        Socket socket = new Socket();
        socket.connect(new InetSocketAddress("127.0.0.1", port), (int) CONNECT_TIMEOUT.toMillis());
        return client(socket);
    }

    /**
     * Connects to a port of this machine and upgrades. A read waits for 15 seconds.
     *
     * @param target the path and query to ask for
     * @throws RefusedException if the server answered with another status than 101
     */
    public static RawWebSocket open(int port, String target) throws IOException {
        return connect(URI.create("ws://127.0.0.1:" + port + target), Map.of(), "")
                .timeout(READ_TIMEOUT);
    }

    /** The client's end of a socket on which nothing has been said yet. A read waits for 15 seconds. */
    public static RawWebSocket client(Socket socket) throws IOException {
        return bare(socket, true);
    }

    /** The server's end of a socket on which nothing has been said yet. A read waits for 15 seconds. */
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

    /** Takes the next connection as a server, and agrees to its handshake without a subprotocol. */
    public static RawWebSocket accept(ServerSocket listener) throws IOException {
        RawWebSocket accepted = server(listener.accept());
        accepted.writeRaw(answer(accepted.readHead(), ""));
        return accepted;
    }

    /**
     * A client's handshake as text.
     *
     * @param target the path and query to ask for, or anything else that is to follow {@code GET}
     * @param furtherFields header fields, each with its line break
     */
    public static String request(String target, String furtherFields) {
        return "GET " + target + " HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" + furtherFields
                + "\r\n";
    }

    /**
     * A server's consent to a handshake as text.
     *
     * @param request the head of the client's request
     * @param furtherFields header fields, each with its line break
     */
    public static String answer(String request, String furtherFields) {
        String key = SeenHandshake.parse(request).headers().only("Sec-WebSocket-Key");
        return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "
                + acceptFor(key) + "\r\n" + furtherFields + "\r\n";
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

    /** Whether this is the client's end, whose frames are masked. */
    public boolean client() {
        return client;
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

    /** Reads the head of an HTTP message, up to and including its empty line. */
    public String readHead() throws IOException {
        return readHead(in);
    }

    /** Reads so many bytes, whatever they are; fails with an {@code EOFException} if the connection ends before. */
    public byte[] readFully(int count) throws IOException {
        byte[] bytes = new byte[count];
        in.readFully(bytes);
        return bytes;
    }

    /** Reads whatever comes until the connection ends. */
    public byte[] readToEnd() throws IOException {
        return in.readAllBytes();
    }

    /** What comes, for tests that pass it on. */
    public InputStream inputStream() {
        return in;
    }

    /** Whether the connection has ended or broken, once what is still to be read of it has been; false after the timeout. */
    public boolean broken() {
        try {
            byte[] sink = new byte[64 * 1024];
            long total = 0;
            int count;
            while ((count = in.read(sink)) >= 0) {
                total += count;
                if (total > MOST_IN_BUFFERS) {
                    throw new AssertionError("data goes on coming");
                }
            }
            return true;
        } catch (SocketTimeoutException e) {
            return false;
        } catch (IOException e) {
            return true;
        }
    }

    /** Whether the connection has ended or broken, with nothing left to be read; false after the timeout. */
    public boolean ended() {
        try {
            int next = in.read();
            if (next >= 0) {
                throw new AssertionError("not the end but " + next);
            }
            return true;
        } catch (SocketTimeoutException e) {
            return false;
        } catch (IOException e) {
            return true; // a reset
        }
    }

    /** Whether nothing comes for so long: neither a byte nor the end. */
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

    /** Writes one frame, masked where this end is the client. */
    public void write(int opcode, boolean last, byte... payload) throws IOException {
        writeRaw(frame(opcode, last, client, payload));
    }

    /** Writes one frame with text in UTF-8, masked if this end is the client. */
    public void write(int opcode, boolean last, String payload) throws IOException {
        write(opcode, last, payload.getBytes(UTF_8));
    }

    /** Makes the bytes of one frame; the mask is a random one. */
    public static byte[] frame(int opcode, boolean last, boolean masked, byte... payload) {
        byte[] mask = new byte[4];
        ThreadLocalRandom.current().nextBytes(mask);
        return frame(opcode, last, masked ? mask : null, payload);
    }

    /** Makes the bytes of one frame, masked with four bytes unless those are null. */
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

    /** Masks a payload that begins at a multiple of four in its frame, or unmasks it. */
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

    /** Writes text in ISO 8859-1 as it is: parts of an HTTP message. */
    public void writeRaw(String text) throws IOException {
        writeRaw(text.getBytes(ISO_8859_1));
    }

    /** Whether the connection is encrypted. */
    public boolean secure() {
        return socket instanceof SSLSocket;
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
