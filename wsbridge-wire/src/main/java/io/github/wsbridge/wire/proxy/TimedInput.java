package io.github.wsbridge.wire.proxy;

import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.SocketTimeoutException;

/** What a socket receives until a time limit, however slowly it comes. Sets the socket's own limit for each read. */
final class TimedInput extends InputStream {

    private final Socket socket;
    private final InputStream in;
    private final long deadline;

    TimedInput(Socket socket, int millis) throws IOException {
        this.socket = socket;
        in = socket.getInputStream();
        deadline = System.nanoTime() + millis * 1_000_000L;
    }

    @Override
    public int read() throws IOException {
        limit();
        return in.read();
    }

    @Override
    public int read(byte[] to, int offset, int length) throws IOException {
        limit();
        return in.read(to, offset, length);
    }

    private void limit() throws IOException {
        long left = deadline - System.nanoTime();
        if (left <= 0) {
            throw new SocketTimeoutException("Read timed out");
        }
        socket.setSoTimeout((int) (left / 1_000_000) + 1);
    }
}
