package io.github.wsbridge.bench;

import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ByteChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLEngineResult.Status;
import javax.net.ssl.SSLException;

/**
 * TLS on a blocking connection, by BoringSSL if it is available. A write seals as many records as fit into one system
 * call, and a read opens all that one system call has brought. One thread may read while another writes.
 */
final class TlsSocket implements ByteChannel {

    /** The property with the folder of {@link TlsFiles}. */
    static final String FOLDER = "bench.tls";

    private static final int RECORD = 16 * 1024;
    private static final int SEALED_RECORD = RECORD + 512;
    private static final int RECORDS = 9; // of a write of the largest batch of frames
    private static final int READ = 256 * 1024;
    private static final ByteBuffer NOTHING = ByteBuffer.allocateDirect(0);

    private final SocketChannel socket;
    private final SSLEngine engine;
    private final ByteBuffer arrived = ByteBuffer.allocateDirect(READ).flip();
    private final ByteBuffer opened = ByteBuffer.allocateDirect(SEALED_RECORD).flip(); // for small reads
    private final ByteBuffer sealed = ByteBuffer.allocateDirect(RECORDS * SEALED_RECORD);

    private TlsSocket(SocketChannel socket, SSLEngine engine) {
        this.socket = socket;
        this.engine = engine;
    }

    /** The contexts of this process; created on first use. */
    private static final class Contexts {
        static final SslContext CLIENT;
        static final SslContext SERVER;

        static {
            TlsFiles files = new TlsFiles(Path.of(System.getProperty(FOLDER)));
            try {
                CLIENT = SslContextBuilder.forClient()
                        .trustManager(files.certificate().toFile())
                        .protocols("TLSv1.3")
                        .build();
                SERVER = SslContextBuilder.forServer(
                                files.certificate().toFile(), files.key().toFile())
                        .protocols("TLSv1.3")
                        .build();
            } catch (SSLException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    /** Performs a client's handshake on a connection to {@code address}. */
    static TlsSocket client(SocketChannel socket, InetSocketAddress address) throws IOException {
        return handshake(
                socket,
                Contexts.CLIENT.newEngine(ByteBufAllocator.DEFAULT, address.getHostString(), address.getPort()));
    }

    /** Performs a server's handshake. */
    static TlsSocket server(SocketChannel socket) throws IOException {
        return handshake(socket, Contexts.SERVER.newEngine(ByteBufAllocator.DEFAULT));
    }

    private static TlsSocket handshake(SocketChannel socket, SSLEngine engine) throws IOException {
        TlsSocket tls = new TlsSocket(socket, engine);
        engine.beginHandshake();
        while (true) {
            switch (engine.getHandshakeStatus()) {
                case NEED_WRAP -> tls.seal(NOTHING);
                case NEED_TASK -> tls.runTasks();
                case NEED_UNWRAP, NEED_UNWRAP_AGAIN -> {
                    tls.opened.clear();
                    Status status = engine.unwrap(tls.arrived, tls.opened).getStatus();
                    tls.opened.flip();
                    if (status == Status.CLOSED || status == Status.BUFFER_UNDERFLOW && !tls.receive()) {
                        throw new EOFException("the connection ended in the TLS handshake");
                    }
                }
                default -> {
                    return tls;
                }
            }
        }
    }

    private void runTasks() {
        for (Runnable task = engine.getDelegatedTask(); task != null; task = engine.getDelegatedTask()) {
            task.run();
        }
    }

    /** Waits for more of the connection's bytes; returns whether there are any. */
    private boolean receive() throws IOException {
        arrived.compact();
        int count = socket.read(arrived);
        arrived.flip();
        return count >= 0;
    }

    @Override
    public int read(ByteBuffer to) throws IOException {
        int begin = to.position();
        while (true) {
            if (opened.hasRemaining()) {
                int count = Math.min(opened.remaining(), to.remaining());
                to.put(opened.slice(opened.position(), count));
                opened.position(opened.position() + count);
                return to.position() - begin;
            }
            boolean direct = to.remaining() >= SEALED_RECORD;
            if (!direct && to.position() > begin) {
                return to.position() - begin;
            }
            SSLEngineResult result = engine.unwrap(arrived, direct ? to : opened.clear());
            if (!direct) {
                opened.flip();
            }
            switch (result.getHandshakeStatus()) {
                case NEED_TASK -> runTasks();
                case NEED_WRAP -> seal(NOTHING);
                default -> {
                    // Nothing to do.
                }
            }
            if (result.getStatus() == Status.CLOSED) {
                return to.position() > begin ? to.position() - begin : -1;
            }
            if (result.getStatus() == Status.BUFFER_UNDERFLOW) {
                if (to.position() > begin) {
                    return to.position() - begin;
                }
                if (!receive()) {
                    return -1;
                }
            }
        }
    }

    @Override
    public int write(ByteBuffer from) throws IOException {
        int count = from.remaining();
        while (from.hasRemaining()) {
            seal(from);
        }
        return count;
    }

    /** Sends what fits into one system call; without content, what the handshake needs. */
    private synchronized void seal(ByteBuffer from) throws IOException {
        sealed.clear();
        do {
            SSLEngineResult result = engine.wrap(from, sealed);
            if (result.getStatus() == Status.CLOSED && result.bytesProduced() == 0) {
                throw new EOFException("the connection is closed");
            }
        } while (from.hasRemaining() && sealed.remaining() >= SEALED_RECORD);
        sealed.flip();
        while (sealed.hasRemaining()) {
            socket.write(sealed);
        }
    }

    /** Sends {@code close_notify}. */
    void shutdownOutput() throws IOException {
        engine.closeOutbound();
        seal(NOTHING);
    }

    @Override
    public boolean isOpen() {
        return socket.isOpen();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
