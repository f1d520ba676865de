package io.github.wsbridge.signal.mqtt;

import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * A minimal MQTT 5 broker: it accepts connections and subscriptions, and acknowledges published messages when the test
 * says so.
 */
final class FakeBroker implements AutoCloseable {

    private static final int CONNECT = 1;
    private static final int PUBLISH = 3;
    private static final int SUBSCRIBE = 8;
    private static final int PING = 12;

    private final ServerSocket server = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
    private final List<Socket> sockets = new CopyOnWriteArrayList<>();
    private final BlockingQueue<Published> published = new LinkedBlockingQueue<>();

    /** The reason code for subscriptions; initially QoS 1. */
    volatile int subscribed = 1;

    /** The maximum number of unacknowledged messages of a client; set before it connects. */
    volatile int receiveMaximum = 65_535;

    FakeBroker() throws IOException {
        thread(() -> {
            while (true) {
                Socket socket = server.accept();
                sockets.add(socket);
                thread(() -> serve(socket));
            }
        });
    }

    MqttBroker.Builder client() {
        return MqttBroker.builder(URI.create("mqtt://127.0.0.1:" + server.getLocalPort()));
    }

    /** Waits for the next published message. */
    Published take() throws InterruptedException {
        Published next = published.poll(20, TimeUnit.SECONDS);
        if (next == null) {
            throw new AssertionError("nothing published");
        }
        return next;
    }

    /** Breaks all connections. */
    void drop() throws IOException {
        for (Socket socket : sockets) {
            socket.close();
        }
    }

    private void serve(Socket socket) throws IOException {
        DataInputStream in = new DataInputStream(socket.getInputStream());
        OutputStream out = socket.getOutputStream();
        while (true) {
            int type = in.readUnsignedByte() >> 4;
            byte[] body = new byte[length(in)];
            in.readFully(body);
            if (type == CONNECT) {
                write(out, 0x20, 0, 0, 3, 0x21, receiveMaximum >> 8, receiveMaximum);
            } else if (type == SUBSCRIBE) {
                write(out, 0x90, body[0], body[1], 0, subscribed);
            } else if (type == PUBLISH) {
                int at = 2 + (body[0] << 8 & 0xff00 | body[1] & 0xff);
                published.add(new Published(out, body[at], body[at + 1], expiry(body, at + 2)));
            } else if (type == PING) {
                write(out, 0xd0);
            }
        }
    }

    /** Reads the message expiry interval from the properties at a position, in seconds; -1 for none. */
    private static int expiry(byte[] body, int at) throws IOException {
        DataInputStream in = new DataInputStream(new ByteArrayInputStream(body, at, body.length - at));
        length(in);
        while (true) {
            switch (in.readUnsignedByte()) {
                case 0x01 -> in.readByte();
                case 0x02 -> {
                    return in.readInt();
                }
                case 0x03, 0x08, 0x09 -> in.skipBytes(in.readUnsignedShort());
                default -> {
                    return -1;
                }
            }
        }
    }

    private static int length(DataInputStream in) throws IOException {
        int length = 0;
        for (int shift = 0; ; shift += 7) {
            int b = in.readUnsignedByte();
            length |= (b & 0x7f) << shift;
            if (b < 0x80) {
                return length;
            }
        }
    }

    private static void write(OutputStream out, int type, int... body) throws IOException {
        byte[] packet = new byte[2 + body.length];
        packet[0] = (byte) type;
        packet[1] = (byte) body.length;
        for (int i = 0; i < body.length; i++) {
            packet[2 + i] = (byte) body[i];
        }
        synchronized (out) {
            out.write(packet);
        }
    }

    @Override
    public void close() throws IOException {
        server.close();
        drop();
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
                "fake-broker");
        thread.setDaemon(true);
        thread.start();
    }

    /** A message that is not acknowledged yet, and its expiry interval in seconds. */
    record Published(OutputStream out, int idHigh, int idLow, int expiry) {

        void acknowledge(int reasonCode) throws IOException {
            write(out, 0x40, idHigh, idLow, reasonCode, 0);
        }

        /** Ends the connection on which it arrived. */
        void disconnect(int reasonCode) throws IOException {
            write(out, 0xe0, reasonCode, 0);
        }
    }
}
