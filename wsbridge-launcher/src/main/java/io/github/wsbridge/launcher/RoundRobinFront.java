package io.github.wsbridge.launcher;

import io.github.wsbridge.wire.concurrent.Daemons;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The simplest load balancer there is: gives each new TCP connection to the next node in turn. For the demonstration only, so
 * it takes two threads for each connection, and no more connections than a few.
 */
final class RoundRobinFront implements AutoCloseable {

    private static final int MAX_CONNECTIONS = 256;
    private static final int BUFFER = 64 * 1024;
    private static final int CONNECT_MILLIS = 5_000;

    private final List<InetSocketAddress> nodes;
    private final ServerSocket listening;
    private final Semaphore room = new Semaphore(MAX_CONNECTIONS);
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
    private int next; // touched by the accepting thread only

    /** Begins at once, on a free port of the loopback interface. */
    RoundRobinFront(List<InetSocketAddress> nodes) throws IOException {
        this.nodes = List.copyOf(nodes);
        listening = new ServerSocket(0, 100, InetAddress.getLoopbackAddress());
        Daemons.start("wsbridge-front", this::accept);
    }

    int port() {
        return listening.getLocalPort();
    }

    @Override
    public void close() throws IOException {
        listening.close();
        sockets.forEach(RoundRobinFront::drop);
    }

    private void accept() {
        while (!listening.isClosed()) {
            try {
                Socket client = listening.accept();
                InetSocketAddress node = nodes.get(next);
                next = (next + 1) % nodes.size();
                if (room.tryAcquire()) {
                    sockets.add(client);
                    Daemons.start("wsbridge-front-connection", () -> join(client, node));
                } else {
                    drop(client);
                }
            } catch (IOException e) {
                // closed, or a client that went away before it was taken
            }
        }
    }

    private void join(Socket client, InetSocketAddress node) {
        Socket server = new Socket();
        sockets.add(server);
        try {
            server.connect(node, CONNECT_MILLIS);
            client.setTcpNoDelay(true);
            server.setTcpNoDelay(true);
            AtomicInteger directions = new AtomicInteger(2);
            Daemons.start("wsbridge-front-back", () -> copy(server, client, directions));
            copy(client, server, directions);
        } catch (IOException e) {
            end(client, server);
        }
    }

    private void copy(Socket from, Socket to, AtomicInteger directions) {
        try {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            byte[] buffer = new byte[BUFFER];
            for (int length = in.read(buffer); length >= 0; length = in.read(buffer)) {
                out.write(buffer, 0, length);
            }
            to.shutdownOutput();
            if (directions.decrementAndGet() == 0) {
                end(from, to);
            }
        } catch (IOException e) {
            end(from, to);
        }
    }

    /** Gives the room back once, whoever comes first. */
    private void end(Socket one, Socket other) {
        drop(one);
        drop(other);
        boolean first;
        synchronized (sockets) { // both threads of a connection may come here at once
            first = sockets.remove(one) | sockets.remove(other);
        }
        if (first) {
            room.release();
        }
    }

    private static void drop(Socket socket) {
        try {
            socket.close();
        } catch (IOException e) {
            // it is gone either way
        }
    }
}
