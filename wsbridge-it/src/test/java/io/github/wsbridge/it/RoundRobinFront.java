package io.github.wsbridge.it;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** A TCP load balancer for tests: each connection goes to the next node that accepts it. */
final class RoundRobinFront implements AutoCloseable {

    private final List<InetSocketAddress> backends;
    private final ServerSocket listening = new ServerSocket(0, 1000, InetAddress.getByName("127.0.0.1"));
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
    private int next;

    RoundRobinFront(List<InetSocketAddress> backends) throws IOException {
        this.backends = new ArrayList<>(backends);
        start(this::accept);
    }

    int port() {
        return listening.getLocalPort();
    }

    private void accept() {
        try {
            while (true) {
                Socket client = listening.accept();
                sockets.add(client);
                int first = next++;
                start(() -> serve(client, first));
            }
        } catch (IOException e) {
            // closed
        }
    }

    private void serve(Socket client, int first) {
        for (int i = 0; i < backends.size(); i++) {
            Socket backend = new Socket();
            try {
                backend.connect(backends.get((first + i) % backends.size()), 1000);
                sockets.add(backend);
                client.setTcpNoDelay(true);
                backend.setTcpNoDelay(true);
                start(() -> copy(backend, client));
                copy(client, backend);
                return;
            } catch (IOException e) {
                close(backend); // try the next one
            }
        }
        close(client);
    }

    private void copy(Socket from, Socket to) {
        try {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            byte[] buffer = new byte[64 * 1024];
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                out.write(buffer, 0, n);
            }
        } catch (IOException e) {
            // both are closed below
        }
        close(from);
        close(to);
    }

    private void close(Socket socket) {
        sockets.remove(socket);
        try {
            socket.close();
        } catch (IOException e) {
            // closed already
        }
    }

    private static void start(Runnable task) {
        Thread thread = new Thread(task, "front");
        thread.setDaemon(true);
        thread.start();
    }

    @Override
    public void close() {
        try {
            listening.close();
        } catch (IOException e) {
            // closed already
        }
        sockets.forEach(this::close);
    }
}
