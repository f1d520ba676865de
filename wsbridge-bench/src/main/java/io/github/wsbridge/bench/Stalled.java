package io.github.wsbridge.bench;

import java.io.IOException;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;

/** Connections on which much arrives, and which nobody reads. */
final class Stalled implements AutoCloseable {

    private static final int PATIENCE_MILLIS = 10_000;
    private static final int RECEIVE_BUFFER = 64 * 1024;

    private final List<Socket> sockets = new ArrayList<>();

    void open(Target target, int count) throws IOException {
        for (int i = 0; i < count; i++) {
            Socket socket = new Socket();
            sockets.add(socket);
            socket.setReceiveBufferSize(RECEIVE_BUFFER);
            socket.connect(target.address(), PATIENCE_MILLIS);
            socket.getOutputStream().write(Purpose.UNREAD.ordinal());
        }
    }

    @Override
    public void close() throws IOException {
        for (Socket socket : sockets) {
            socket.close();
        }
        sockets.clear();
    }
}
