package io.github.wsbridge.it;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;

/** Connections that never end by themselves, and the target that serves them: uploads, downloads and idle ones. */
final class Transfers implements AutoCloseable {

    static final byte UP = 'u';
    static final byte DOWN = 'd';
    static final byte IDLE = 'i';

    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final AtomicLong received = new AtomicLong();
    private final Set<Socket> served = ConcurrentHashMap.newKeySet();
    private final ServerSocket target;

    Transfers() throws IOException {
        target = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        threads.submit(() -> {
            while (true) {
                Socket socket = target.accept();
                served.add(socket);
                threads.submit(() -> serve(socket));
            }
        });
    }

    /** Returns the port of the target on the loopback address. */
    int targetPort() {
        return target.getLocalPort();
    }

    /** Returns how many bytes have arrived, at both ends of all connections. */
    long received() {
        return received.get();
    }

    /** Returns how many connections the target has open. */
    int served() {
        return served.size();
    }

    /** Opens a connection to a local port; the future completes when it has ended, in whatever way. */
    Future<Void> open(int port, byte kind) {
        return threads.submit(connection(port, kind));
    }

    private Callable<Void> connection(int port, byte kind) {
        return () -> {
            try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
                socket.getOutputStream().write(kind);
                if (kind == UP) {
                    flood(socket);
                }
                drain(socket.getInputStream());
            } catch (IOException e) {
                // reset
            }
            return null;
        };
    }

    /** Receives or sends without end, as the first byte says. */
    private Void serve(Socket socket) throws IOException {
        try (socket) {
            InputStream in = socket.getInputStream();
            if (in.read() == DOWN) {
                flood(socket);
            }
            drain(in);
        } finally {
            served.remove(socket);
        }
        return null;
    }

    private static void flood(Socket socket) throws IOException {
        OutputStream out = socket.getOutputStream();
        byte[] some = new byte[64 * 1024];
        while (true) {
            out.write(some);
        }
    }

    private void drain(InputStream in) throws IOException {
        byte[] some = new byte[64 * 1024];
        for (int n = in.read(some); n >= 0; n = in.read(some)) {
            received.addAndGet(n);
        }
    }

    @Override
    public void close() throws IOException {
        target.close();
        threads.shutdownNow();
        for (Socket socket : served) {
            socket.close();
        }
    }
}
