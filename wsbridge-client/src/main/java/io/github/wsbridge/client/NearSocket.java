package io.github.wsbridge.client;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.List;

/** A TCP connection at the near side of a bridge: its FIN is a half-close, its reset an end out of order. */
record NearSocket(Socket socket) implements StreamRelay.Near {

    /** Connects to the first of {@code addresses} that answers within {@code timeout} each. Blocks. */
    static Socket dial(List<InetSocketAddress> addresses, Duration timeout) throws IOException {
        IOException failure = new IOException("no address");
        for (InetSocketAddress address : addresses) {
            Socket socket = new Socket();
            try {
                socket.connect(address, Math.toIntExact(Math.max(1, timeout.toMillis())));
                socket.setTcpNoDelay(true);
                return socket;
            } catch (IOException e) {
                socket.close();
                failure = e;
            }
        }
        throw failure;
    }

    @Override
    public InputStream input() throws IOException {
        return socket.getInputStream();
    }

    @Override
    public OutputStream output() throws IOException {
        return socket.getOutputStream();
    }

    @Override
    public void finishOutput() throws IOException {
        socket.shutdownOutput();
    }

    @Override
    public void close(boolean inGoodOrder) {
        try (socket) {
            if (!inGoodOrder) {
                socket.setSoLinger(true, 0); // makes the close a reset
            }
        } catch (IOException e) {
            // It is gone either way.
        }
    }

    @Override
    public Duration linger() {
        return Duration.ofSeconds(5);
    }
}
