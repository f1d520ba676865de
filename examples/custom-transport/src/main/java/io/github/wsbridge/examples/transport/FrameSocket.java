package io.github.wsbridge.examples.transport;

import io.github.wsbridge.spi.Peer;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.Closeable;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Frames on a TCP connection: one byte that says what it is, four with the length, and the payload. Everything blocks; one
 * thread may read while another writes.
 */
final class FrameSocket implements Closeable {

    /** What a frame is. */
    enum Type {
        BINARY,
        TEXT,
        PING,
        PONG,
        CLOSE
    }

    /** The beginning of a frame: its payload follows. */
    record Header(Type type, boolean last, int length) {}

    private static final int LAST = 0x80;
    private static final int LONGEST_CLOSE = 125; // a code and the longest reason
    private static final int PIECE = 16 * 1024;

    private final Socket socket;
    private final Runnable drop;
    private final DataInputStream in;
    private final DataOutputStream out;
    private final AtomicLong written = new AtomicLong();

    /** Frames on an open socket, which {@code drop} closes. */
    FrameSocket(Socket socket, Runnable drop) throws IOException {
        this.socket = socket;
        this.drop = drop;
        socket.setTcpNoDelay(true);
        in = new DataInputStream(new BufferedInputStream(socket.getInputStream(), PIECE));
        out = new DataOutputStream(new BufferedOutputStream(socket.getOutputStream(), PIECE));
    }

    /** For the handshake, which is no frame. */
    DataInputStream in() {
        return in;
    }

    /** For the handshake, which is no frame. */
    DataOutputStream out() {
        return out;
    }

    /** The other end's address. */
    Peer peer() {
        return new Peer(String.valueOf(socket.getRemoteSocketAddress()));
    }

    Header readHeader() throws IOException {
        int first = in.readUnsignedByte();
        int type = first & ~LAST;
        int length = in.readInt();
        int most = type <= Type.TEXT.ordinal() ? Integer.MAX_VALUE : type == Type.CLOSE.ordinal() ? LONGEST_CLOSE : 0;
        if (type > Type.CLOSE.ordinal() || length < 0 || length > most) {
            throw new IOException("not a frame");
        }
        return new Header(Type.values()[type], (first & LAST) != 0, length);
    }

    byte[] readPayload(int length) throws IOException {
        byte[] payload = new byte[length];
        in.readFully(payload);
        return payload;
    }

    void write(Type type, boolean last, ByteBuffer payload) throws IOException {
        out.writeByte(type.ordinal() | (last ? LAST : 0));
        out.writeInt(payload.remaining());
        byte[] piece = new byte[Math.min(PIECE, payload.remaining())];
        while (payload.hasRemaining()) {
            int count = Math.min(piece.length, payload.remaining());
            payload.get(piece, 0, count);
            out.write(piece, 0, count);
            written.addAndGet(count);
        }
        out.flush();
        written.incrementAndGet();
    }

    /** A number that grows whenever the connection has taken something. */
    long written() {
        return written.get();
    }

    /** Whether the peer has ended the connection; waits for a moment to see. */
    boolean ended() {
        in.mark(1);
        try {
            socket.setSoTimeout(1);
            boolean ended = in.read() < 0;
            in.reset();
            socket.setSoTimeout(0);
            return ended;
        } catch (SocketTimeoutException e) {
            return false;
        } catch (IOException e) {
            return true;
        }
    }

    @Override
    public void close() {
        drop.run();
    }
}
