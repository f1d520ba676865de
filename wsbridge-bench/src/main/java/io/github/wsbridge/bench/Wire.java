package io.github.wsbridge.bench;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;

/**
 * A blocking connection that carries frames, for the few connections that must be fast: blocking reads and writes on
 * dedicated threads are the cheapest. One thread may read while another writes.
 */
final class Wire implements AutoCloseable {

    private static final int TIMEOUT_MILLIS = 10_000;
    private static final int LONGEST_HEAD = 16 * 1024;

    private final SocketChannel channel;
    private final boolean masks;
    private final boolean webSocket;

    private Wire(SocketChannel channel, boolean webSocket, boolean masks) {
        this.channel = channel;
        this.webSocket = webSocket;
        this.masks = masks;
    }

    /** Connects, and performs the handshake if there is one. */
    static Wire open(Target target) throws IOException {
        SocketChannel channel = SocketChannel.open();
        try {
            channel.socket().connect(target.address(), TIMEOUT_MILLIS);
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            if (target.isWebSocket()) {
                channel.write(target.handshake(false));
                String head = readHead(channel);
                if (!head.startsWith("HTTP/1.1 101 ")) {
                    throw new IOException(
                            target + " answers " + head.lines().findFirst().orElse("nothing"));
                }
            }
            return new Wire(channel, target.isWebSocket(), true);
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    /** Bare frames on an accepted connection, masked like a client's. */
    static Wire accepted(SocketChannel channel) throws IOException {
        channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
        return new Wire(channel, false, true);
    }

    /** A server's end of a WebSocket on an accepted connection. */
    record Upgraded(Wire wire, String resource) {}

    /** Takes any handshake. */
    static Upgraded upgraded(SocketChannel channel) throws IOException {
        channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
        String head = readHead(channel);
        channel.write(Target.answer());
        return new Upgraded(new Wire(channel, true, false), head.split(" ", 3)[1]);
    }

    /** Byte by byte, so that nothing is read of what follows it. */
    private static String readHead(SocketChannel channel) throws IOException {
        channel.socket().setSoTimeout(TIMEOUT_MILLIS);
        InputStream in = channel.socket().getInputStream();
        byte[] head = new byte[LONGEST_HEAD];
        for (int i = 0; i < head.length; i++) {
            int next = in.read();
            if (next < 0) {
                throw new EOFException("the connection ended in the handshake");
            }
            head[i] = (byte) next;
            if (next == '\n' && i > 2 && head[i - 2] == '\n') {
                return new String(head, 0, i, StandardCharsets.ISO_8859_1);
            }
        }
        throw new IOException("the handshake is too long");
    }

    boolean masks() {
        return masks;
    }

    int read(ByteBuffer buffer) throws IOException {
        return channel.read(buffer);
    }

    void write(ByteBuffer frames) throws IOException {
        while (frames.hasRemaining()) {
            channel.write(frames);
        }
    }

    /** Says goodbye where that is usual, and waits a while until the other end has gone. */
    void end() {
        try {
            if (webSocket) {
                write(Frames.close(masks));
            } else {
                channel.shutdownOutput();
            }
            channel.socket().setSoTimeout(TIMEOUT_MILLIS);
            InputStream in = channel.socket().getInputStream();
            byte[] rest = new byte[8192];
            while (in.read(rest) >= 0) {
                continue;
            }
        } catch (InterruptedIOException e) {
            // It has had its time.
        } catch (IOException e) {
            // Gone already.
        } finally {
            close();
        }
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            // Closed it is.
        }
    }
}
