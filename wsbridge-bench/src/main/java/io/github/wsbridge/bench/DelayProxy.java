package io.github.wsbridge.bench;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Arrays;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * Stands in for a long way: passes TCP connections on, and holds what they carry for some time in each direction. The
 * setting up of a TCP connection is not delayed.
 */
final class DelayProxy implements AutoCloseable {

    private static final int BACKLOG = 500;
    private static final int BUFFER = 64 * 1024;
    private static final int MOST_PIECES = 256; // under way in one direction

    private final ServerSocket listening = new ServerSocket(0, BACKLOG, InetAddress.getLoopbackAddress());
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
    private final long nanos;
    private volatile int target;

    /** What was read, and when it is to be written; empty for the end. */
    private record Piece(byte[] bytes, long due) {}

    /** Creates a proxy that adds {@code millis} to each way; no connection may be opened before {@link #leadTo}. */
    DelayProxy(int millis) throws IOException {
        nanos = TimeUnit.MILLISECONDS.toNanos(millis);
        start(this::accept);
    }

    /** Sets the port on this machine that connections are passed on to. */
    void leadTo(int port) {
        target = port;
    }

    int port() {
        return listening.getLocalPort();
    }

    private static void start(Runnable task) {
        Thread thread = new Thread(task, "delay");
        thread.setDaemon(true);
        thread.start();
    }

    private void accept() {
        while (!listening.isClosed()) {
            try {
                Socket near = known(listening.accept());
                Socket far = known(new Socket(InetAddress.getLoopbackAddress(), target));
                carry(near, far);
                carry(far, near);
            } catch (IOException e) {
                // closed, or the target is; its clients notice
            }
        }
    }

    private Socket known(Socket socket) throws IOException {
        sockets.add(socket);
        socket.setTcpNoDelay(true);
        return socket;
    }

    private void carry(Socket from, Socket to) {
        BlockingQueue<Piece> way = new ArrayBlockingQueue<>(MOST_PIECES);
        start(() -> {
            try {
                read(from.getInputStream(), way);
            } catch (IOException e) {
                end(from, to);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        start(() -> {
            try {
                write(way, to.getOutputStream());
                to.shutdownOutput();
            } catch (IOException e) {
                end(from, to);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
    }

    private void read(InputStream in, BlockingQueue<Piece> way) throws IOException, InterruptedException {
        byte[] buffer = new byte[BUFFER];
        int count;
        do {
            count = Math.max(0, in.read(buffer));
            way.put(new Piece(Arrays.copyOf(buffer, count), System.nanoTime() + nanos));
        } while (count > 0);
    }

    private static void write(BlockingQueue<Piece> way, OutputStream out) throws IOException, InterruptedException {
        for (Piece next = way.take(); next.bytes.length > 0; next = way.take()) {
            TimeUnit.NANOSECONDS.sleep(next.due - System.nanoTime());
            out.write(next.bytes);
        }
    }

    private void end(Socket... both) {
        for (Socket socket : both) {
            sockets.remove(socket);
            try {
                socket.close();
            } catch (IOException e) {
                // it is of no use any longer
            }
        }
    }

    @Override
    public void close() throws IOException {
        listening.close();
        end(sockets.toArray(Socket[]::new));
    }
}
