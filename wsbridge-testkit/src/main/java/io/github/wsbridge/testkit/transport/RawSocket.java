package io.github.wsbridge.testkit.transport;

import io.github.wsbridge.testkit.RawWebSocket;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/** An end that sends exactly what it is told to: RFC 6455 byte by byte, on a plain socket. A client, but for {@link #accept}. */
public final class RawSocket implements AutoCloseable {

    public static final byte[] KEY = {1, 2, 3, 4};

    /** A frame as it came. */
    public record Received(int first, byte[] payload) {
        public int opcode() {
            return first & 0x0F;
        }

        public boolean fin() {
            return (first & 0x80) != 0;
        }

        public String text() {
            return new String(payload, StandardCharsets.UTF_8);
        }

        public int closeCode() {
            return payload.length == 0 ? 1005 : ByteBuffer.wrap(payload).getShort() & 0xFFFF;
        }

        public String closeReason() {
            return payload.length < 3 ? "" : new String(payload, 2, payload.length - 2, StandardCharsets.UTF_8);
        }
    }

    public final Socket socket;
    public final DataInputStream in;

    public RawSocket(Socket socket) throws IOException {
        this.socket = socket;
        socket.setTcpNoDelay(true);
        socket.setSoTimeout(15_000);
        in = new DataInputStream(new BufferedInputStream(socket.getInputStream()));
    }

    public static RawSocket connect(int port) throws IOException {
        Socket socket = new Socket();
        socket.connect(new InetSocketAddress("127.0.0.1", port), 5_000);
        return new RawSocket(socket);
    }

    /** Connects and upgrades. */
    public static RawSocket open(int port, String target) throws IOException {
        RawSocket raw = connect(port);
        raw.write(upgrade(target, ""));
        String head = raw.readHead();
        if (!head.startsWith("HTTP/1.1 101")) {
            raw.close();
            throw new IOException(head);
        }
        return raw;
    }

    /** Takes the next connection as a server: reads the upgrade and agrees to it. */
    public static RawSocket accept(ServerSocket listener) throws IOException {
        RawSocket raw = new RawSocket(listener.accept());
        String key = raw.readHead().replaceAll("(?s).*Sec-WebSocket-Key: ([^\r]*)\r\n.*", "$1");
        raw.write("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                + "Sec-WebSocket-Accept: " + RawWebSocket.acceptFor(key) + "\r\n\r\n");
        return raw;
    }

    public static String upgrade(String target, String furtherFields) {
        return "GET " + target + " HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" + furtherFields
                + "\r\n";
    }

    public void write(String text) throws IOException {
        socket.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    public void write(byte[] bytes) throws IOException {
        socket.getOutputStream().write(bytes);
    }

    /** Sends a masked frame; {@code first} is FIN, RSV and opcode. */
    public void send(int first, byte[] payload) throws IOException {
        write(frame(first, payload, KEY));
    }

    public void send(int first, String payload) throws IOException {
        send(first, payload.getBytes(StandardCharsets.UTF_8));
    }

    public void close(int code, String reason) throws IOException {
        byte[] words = reason.getBytes(StandardCharsets.UTF_8);
        send(
                0x88,
                ByteBuffer.allocate(2 + words.length)
                        .putShort((short) code)
                        .put(words)
                        .array());
    }

    /** The head of an HTTP answer. */
    public String readHead() throws IOException {
        ByteArrayOutputStream head = new ByteArrayOutputStream();
        int tail = 0;
        while (tail != 0x0D0A0D0A) {
            int b = in.readByte() & 0xFF;
            tail = tail << 8 | b;
            head.write(b);
        }
        return head.toString(StandardCharsets.ISO_8859_1);
    }

    public Received receive() throws IOException {
        int first = in.readByte() & 0xFF;
        int second = in.readByte() & 0xFF;
        long length = second & 0x7F;
        length = length == 126 ? in.readUnsignedShort() : length == 127 ? in.readLong() : length;
        byte[] key = null;
        if ((second & 0x80) != 0) {
            key = new byte[4];
            in.readFully(key);
        }
        byte[] payload = new byte[(int) length];
        in.readFully(payload);
        if (key != null) {
            mask(payload, key);
        }
        return new Received(first, payload);
    }

    /** Whatever comes until the end of the stream. */
    public byte[] readToEnd() throws IOException {
        return in.readAllBytes();
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
        } catch (java.net.SocketTimeoutException e) {
            return true;
        } finally {
            socket.setSoTimeout(before);
        }
    }

    /** Tells whether the stream has ended or broken; fails if a byte comes instead. */
    public boolean ended() throws IOException {
        try {
            int b = in.readByte();
            throw new AssertionError("not the end but " + b);
        } catch (EOFException e) {
            return true;
        } catch (java.net.SocketTimeoutException e) {
            return false;
        } catch (IOException e) {
            return true; // reset
        }
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }

    /** Drops the connection so that the peer sees a reset. */
    public void reset() throws IOException {
        socket.setSoLinger(true, 0);
        socket.close();
    }

    public static byte[] frame(int first, byte[] payload, byte[] key) {
        ByteBuffer frame = ByteBuffer.allocate(14 + payload.length);
        frame.put((byte) first);
        int masked = key == null ? 0 : 0x80;
        if (payload.length <= 125) {
            frame.put((byte) (payload.length | masked));
        } else if (payload.length <= 0xFFFF) {
            frame.put((byte) (126 | masked)).putShort((short) payload.length);
        } else {
            frame.put((byte) (127 | masked)).putLong(payload.length);
        }
        byte[] body = payload.clone();
        if (key != null) {
            frame.put(key);
            mask(body, key);
        }
        frame.put(body).flip();
        byte[] bytes = new byte[frame.remaining()];
        frame.get(bytes);
        return bytes;
    }

    public static void mask(byte[] payload, byte[] key) {
        for (int i = 0; i < payload.length; i++) {
            payload[i] ^= key[i & 3];
        }
    }
}
