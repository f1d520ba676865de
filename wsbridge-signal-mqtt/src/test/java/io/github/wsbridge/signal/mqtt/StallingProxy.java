package io.github.wsbridge.signal.mqtt;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;

/** A proxy that makes a broker appear to hang: it accepts connections and holds back their data. */
final class StallingProxy implements AutoCloseable {

    private static final CountDownLatch OPEN = new CountDownLatch(0);

    private final int target;
    private final ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    private final List<Connection> connections = new CopyOnWriteArrayList<>();
    private CountDownLatch newcomers = OPEN; // guarded by this

    StallingProxy(int target) throws IOException {
        this.target = target;
        thread(() -> {
            while (true) {
                Socket client = server.accept();
                synchronized (this) {
                    connections.add(new Connection(client, newcomers, target));
                }
            }
        });
    }

    MqttBroker.Builder client() {
        return MqttBroker.builder(URI.create("mqtt://127.0.0.1:" + server.getLocalPort()));
    }

    /** Holds back all data from now on. */
    synchronized void stall() {
        newcomers = new CountDownLatch(1);
        connections.forEach(connection -> connection.gate = newcomers);
    }

    /** Passes on the data of new connections; existing ones keep waiting. */
    synchronized CountDownLatch passNewcomers() {
        CountDownLatch stalled = newcomers;
        newcomers = OPEN;
        return stalled;
    }

    /** Passes on everything, including held data of clients that have disconnected meanwhile. */
    void release() {
        passNewcomers().countDown();
    }

    @Override
    public void close() throws IOException {
        server.close();
        for (Connection connection : connections) {
            connection.close();
        }
        release();
    }

    private static final class Connection {
        private final Socket client;
        private final Socket broker;
        private volatile CountDownLatch gate;

        Connection(Socket client, CountDownLatch gate, int target) throws IOException {
            this.client = client;
            this.gate = gate;
            broker = new Socket(InetAddress.getLoopbackAddress(), target);
            thread(() -> pump(client.getInputStream(), broker.getOutputStream()));
            thread(() -> {
                pump(broker.getInputStream(), client.getOutputStream());
                close();
            });
        }

        /** Does not pass on the client's end while stalled: a broker that hangs would not see it either. */
        private void pump(InputStream from, OutputStream to) throws IOException {
            byte[] bytes = new byte[8192];
            for (int n = from.read(bytes); n >= 0; n = from.read(bytes)) {
                await(gate);
                to.write(bytes, 0, n);
            }
        }

        private static void await(CountDownLatch gate) throws IOException {
            try {
                gate.await();
            } catch (InterruptedException e) {
                throw new IOException(e);
            }
        }

        void close() throws IOException {
            client.close();
            broker.close();
        }
    }

    private interface Work {
        void run() throws IOException;
    }

    private static void thread(Work work) {
        Thread thread = new Thread(
                () -> {
                    try {
                        work.run();
                    } catch (IOException e) {
                        // closed
                    }
                },
                "stalling-proxy");
        thread.setDaemon(true);
        thread.start();
    }
}
