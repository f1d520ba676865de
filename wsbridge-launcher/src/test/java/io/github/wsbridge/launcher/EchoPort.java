package io.github.wsbridge.launcher;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;

/** Echoes the data of each connection. */
final class EchoPort implements AutoCloseable {

    private final ServerSocket port;

    EchoPort() throws IOException {
        port = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
        daemon(this::accept);
    }

    int number() {
        return port.getLocalPort();
    }

    private void accept() {
        while (!port.isClosed()) {
            try {
                Socket socket = port.accept();
                daemon(() -> {
                    try (socket) {
                        socket.getInputStream().transferTo(socket.getOutputStream());
                    } catch (IOException e) {
                        // the peer went away
                    }
                });
            } catch (IOException e) {
                // closed
            }
        }
    }

    private static void daemon(Runnable task) {
        Thread thread = new Thread(task);
        thread.setDaemon(true);
        thread.start();
    }

    @Override
    public void close() throws IOException {
        port.close();
    }
}
