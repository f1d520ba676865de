package io.github.wsbridge.bench;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The server behind chains: one port for every {@link Purpose}, which the first byte of a connection states.
 * Connections that are many and short are served on a loop, the others on a thread each.
 */
final class FarEnd {

    private static final int BACKLOG = 1024;

    private static final Purpose[] PURPOSES = Purpose.values();
    private static final int FRAME = RelayBench.Size.KIB_64.bytes();

    private static final byte[] PAGE = ("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 1000\r\n"
                    + "Connection: close\r\n\r\n" + "x".repeat(1000))
            .getBytes(StandardCharsets.US_ASCII);

    private final Loop loop;
    private final Executor threads;
    private final Sinks sinks;
    private final ByteBuffer first = ByteBuffer.allocateDirect(1); // used on the loop
    private final ByteBuffer frames = Frames.batch(FRAME, true);
    private final AtomicInteger active = new AtomicInteger();

    /** Counts in {@code sinks} what connections bring. */
    FarEnd(Loop loop, Executor threads, Sinks sinks) {
        this.loop = loop;
        this.threads = threads;
        this.sinks = sinks;
    }

    /** Opens the server; returns its port. */
    int open() throws IOException {
        ServerSocketChannel server = ServerSocketChannel.open().bind(new InetSocketAddress("127.0.0.1", 0), BACKLOG);
        server.configureBlocking(false);
        Loop.Ready accepting = key -> accept(server);
        loop.execute(() -> register(server, SelectionKey.OP_ACCEPT, accepting));
        return ((InetSocketAddress) server.getLocalAddress()).getPort();
    }

    private void accept(ServerSocketChannel server) {
        try {
            for (SocketChannel channel = server.accept(); channel != null; channel = server.accept()) {
                channel.configureBlocking(false);
                register(channel, SelectionKey.OP_READ, new Arrival(channel));
            }
        } catch (IOException e) {
            // The connection has gone, or there is no descriptor for it now; it waits.
        }
    }

    private void register(SelectableChannel channel, int interest, Loop.Ready ready) {
        try {
            channel.register(loop.selector(), interest, ready);
        } catch (ClosedChannelException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A connection whose purpose is not known yet, or which is answered. */
    private final class Arrival implements Loop.Ready {
        private final SocketChannel channel;
        private boolean answered;

        Arrival(SocketChannel channel) {
            this.channel = channel;
        }

        @Override
        public void ready(SelectionKey key) {
            try {
                int count = channel.read(first.clear());
                if (count < 0) {
                    end();
                } else if (count == 0) {
                    return; // nothing after all; the buffer holds another connection's byte
                } else if (!answered && first.get(0) == Purpose.ANSWER.ordinal()) {
                    answered = true;
                    active.incrementAndGet();
                    channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
                    channel.write(first.flip());
                } else if (!answered) {
                    int purpose = first.get(0);
                    key.cancel();
                    loop.execute(() -> threads.execute(() -> serve(channel, purpose))); // once the selector has let go
                }
            } catch (IOException e) {
                end();
            }
        }

        private void end() {
            if (answered) {
                active.decrementAndGet();
            }
            close(channel);
        }
    }

    private static void close(SocketChannel channel) {
        try {
            channel.close();
        } catch (IOException e) {
            // Closed it is.
        }
    }

    /** Returns what an HTTP request is answered with. */
    static byte[] page() {
        return PAGE.clone();
    }

    /** Returns the number of open connections, except those that are sinks or not read. */
    int active() {
        return active.get();
    }

    /** Serves a connection until it ends, on the calling thread. */
    private void serve(SocketChannel channel, int purpose) {
        try (channel) {
            channel.configureBlocking(true);
            if (purpose < 0 || purpose >= PURPOSES.length) {
                return; // only a probe
            }
            switch (PURPOSES[purpose]) {
                case SINK -> sinks.serve(Wire.accepted(channel, false), 0);
                case ECHO -> sinks.serve(Wire.accepted(channel, false), Devices.ECHO);
                case SOURCE -> counted(() -> pour(Wire.accepted(channel, false)));
                case PAGE -> counted(() -> answerRequest(channel.socket()));
                case UNREAD -> pour(Wire.accepted(channel, false));
                case ANSWER -> throw new IllegalStateException("answered on the loop");
            }
        } catch (IOException e) {
            // The way it ends does not matter.
        }
    }

    private static void answerRequest(Socket socket) throws IOException {
        InputStream in = socket.getInputStream();
        while (in.read() != '\r' || in.read() != '\n' || in.read() != '\r' || in.read() != '\n') {
            continue; // within the header
        }
        socket.getOutputStream().write(PAGE);
    }

    private interface Service {
        void run() throws IOException;
    }

    private void counted(Service service) throws IOException {
        active.incrementAndGet();
        try {
            service.run();
        } finally {
            active.decrementAndGet();
        }
    }

    /** Sends until the connection ends. */
    private void pour(Wire wire) throws IOException {
        ByteBuffer all = frames.duplicate();
        while (true) {
            wire.write(all.rewind());
        }
    }
}
