package io.github.wsbridge.bench;

import java.io.EOFException;
import java.io.IOException;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.ByteChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;

/**
 * A blocking connection that carries frames, for the few connections that must be fast: blocking reads and writes on
 * dedicated threads are the cheapest. One thread may read while another writes.
 */
final class Wire implements AutoCloseable {

    private static final int TIMEOUT_MILLIS = 10_000;
    private static final int LONGEST_HEAD = 16 * 1024;

    private final SocketChannel socket;
    private final ByteChannel bytes; // the socket, or TLS on it
    private final boolean masks;
    private final boolean webSocket;

    private Wire(SocketChannel socket, ByteChannel bytes, boolean webSocket, boolean masks) {
        this.socket = socket;
        this.bytes = bytes;
        this.webSocket = webSocket;
        this.masks = masks;
    }

    /** Connects, and performs the handshakes if there are any. */
    static Wire open(Target target) throws IOException {
        SocketChannel socket = SocketChannel.open();
        try (Deadline deadline = Deadline.of(socket)) {
            socket.socket().connect(target.address(), TIMEOUT_MILLIS);
            socket.setOption(StandardSocketOptions.TCP_NODELAY, true);
            ByteChannel bytes = target.tls() ? TlsSocket.client(socket, target.address()) : socket;
            Purpose purpose = target.purpose();
            if (purpose != null) {
                bytes.write(ByteBuffer.wrap(new byte[] {(byte) purpose.ordinal()}));
            }
            if (target.isWebSocket()) {
                bytes.write(target.handshake(false));
                String head = readHead(bytes);
                if (!head.startsWith("HTTP/1.1 101 ")) {
                    throw new IOException(
                            target + " answers " + head.lines().findFirst().orElse("nothing"));
                }
            }
            return new Wire(socket, bytes, target.isWebSocket(), true);
        } catch (IOException | RuntimeException e) {
            socket.close();
            throw e;
        }
    }

    /** Bare frames on an accepted connection, masked like a client's. */
    static Wire accepted(SocketChannel socket, boolean tls) throws IOException {
        return new Wire(socket, bytes(socket, tls), false, true);
    }

    /** A server's end of a WebSocket on an accepted connection. */
    record Upgraded(Wire wire, String resource) {}

    /** Takes any handshake. */
    static Upgraded upgraded(SocketChannel socket, boolean tls) throws IOException {
        try (Deadline deadline = Deadline.of(socket)) {
            ByteChannel bytes = bytes(socket, tls);
            String head = readHead(bytes);
            bytes.write(Target.answer());
            return new Upgraded(new Wire(socket, bytes, true, false), head.split(" ", 3)[1]);
        }
    }

    private static ByteChannel bytes(SocketChannel socket, boolean tls) throws IOException {
        socket.setOption(StandardSocketOptions.TCP_NODELAY, true);
        return tls ? TlsSocket.server(socket) : socket;
    }

    /** Byte by byte, so that nothing is read of what follows it. */
    private static String readHead(ByteChannel bytes) throws IOException {
        ByteBuffer head = ByteBuffer.allocate(LONGEST_HEAD);
        for (int i = 0; i < LONGEST_HEAD; i++) {
            if (bytes.read(head.limit(i + 1)) < 0) {
                throw new EOFException("the connection ended in the handshake");
            }
            if (head.get(i) == '\n' && i > 2 && head.get(i - 2) == '\n') {
                return new String(head.array(), 0, i, StandardCharsets.ISO_8859_1);
            }
        }
        throw new IOException("the handshake is too long");
    }

    boolean masks() {
        return masks;
    }

    int read(ByteBuffer buffer) throws IOException {
        return bytes.read(buffer);
    }

    void write(ByteBuffer frames) throws IOException {
        while (frames.hasRemaining()) {
            bytes.write(frames);
        }
    }

    /** Says goodbye where that is usual, and waits a while until the other end has gone. */
    void end() {
        try (Deadline deadline = Deadline.of(socket)) {
            if (webSocket) {
                write(Frames.close(masks));
            } else if (bytes instanceof TlsSocket tls) {
                tls.shutdownOutput();
            } else {
                socket.shutdownOutput();
            }
            ByteBuffer rest = ByteBuffer.allocateDirect(8192);
            while (bytes.read(rest.clear()) >= 0) {
                continue;
            }
        } catch (IOException e) {
            // Gone already, or it has had its time.
        } finally {
            close();
        }
    }

    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException e) {
            // Closed it is.
        }
    }
}
