package io.github.wsbridge.bench;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicInteger;

/** The server behind chains: one port for every {@link Purpose}, which the first byte of a connection states. */
final class FarEnd {

    private static final Purpose[] PURPOSES = Purpose.values();
    private static final int FRAME = RelayBench.Size.KIB_64.bytes();

    private static final byte[] PAGE = ("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 1000\r\n"
                    + "Connection: close\r\n\r\n" + "x".repeat(1000))
            .getBytes(StandardCharsets.US_ASCII);

    private final Sinks sinks;
    private final ByteBuffer frames = Frames.batch(FRAME, true);
    private final AtomicInteger active = new AtomicInteger();

    /** Counts in {@code sinks} what connections bring. */
    FarEnd(Sinks sinks) {
        this.sinks = sinks;
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
    void serve(SocketChannel channel) throws IOException {
        Socket socket = channel.socket();
        InputStream in = socket.getInputStream();
        int purpose = in.read();
        if (purpose < 0 || purpose >= PURPOSES.length) {
            throw new EOFException("only a probe");
        }
        switch (PURPOSES[purpose]) {
            case SINK -> sinks.serve(Wire.accepted(channel, false), 0);
            case ECHO -> sinks.serve(Wire.accepted(channel, false), Devices.ECHO);
            case SOURCE -> counted(() -> pour(Wire.accepted(channel, false)));
            case ANSWER ->
                counted(() -> {
                    socket.setTcpNoDelay(true);
                    socket.getOutputStream().write(purpose);
                    while (in.read() >= 0) {
                        continue;
                    }
                });
            case PAGE ->
                counted(() -> {
                    while (in.read() != '\r' || in.read() != '\n' || in.read() != '\r' || in.read() != '\n') {
                        continue; // within the header
                    }
                    socket.getOutputStream().write(PAGE);
                });
            case UNREAD -> pour(Wire.accepted(channel, false));
        }
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
