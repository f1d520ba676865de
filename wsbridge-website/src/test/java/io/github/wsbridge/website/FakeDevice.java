package io.github.wsbridge.website;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** A device's web server, whose connections follow a script. */
final class FakeDevice implements AutoCloseable {

    /** What happens on a connection. */
    interface Script {
        void serve(Wire wire) throws Exception;
    }

    private final ServerSocket port = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    private final List<Socket> sockets = new CopyOnWriteArrayList<>();
    final List<String> heads = new CopyOnWriteArrayList<>();

    FakeDevice(Script script) throws IOException {
        Thread thread = new Thread(() -> accept(script), "fake-device");
        thread.setDaemon(true);
        thread.start();
    }

    /** A device that answers every request, on connections that it keeps open. */
    static FakeDevice answering(String response) throws IOException {
        return new FakeDevice(wire -> {
            while (true) {
                wire.head();
                wire.send(response);
            }
        });
    }

    int port() {
        return port.getLocalPort();
    }

    private void accept(Script script) {
        while (!port.isClosed()) {
            try {
                Socket socket = port.accept();
                sockets.add(socket);
                Thread thread = new Thread(
                        () -> {
                            try (socket) {
                                script.serve(new Wire(socket, heads));
                            } catch (Exception e) {
                                // the other end has gone
                            }
                        },
                        "fake-device-connection");
                thread.setDaemon(true);
                thread.start();
            } catch (IOException e) {
                return;
            }
        }
    }

    /** Ends the open connections. */
    void drop() throws IOException {
        for (Socket socket : sockets) {
            socket.close();
        }
    }

    @Override
    public void close() throws IOException {
        port.close();
        drop();
    }

    /** One connection, at either end. */
    static final class Wire implements AutoCloseable {
        final Socket socket;
        final InputStream in;
        final OutputStream out;
        private final List<String> heads;

        Wire(Socket socket, List<String> heads) throws IOException {
            this.socket = socket;
            this.heads = heads;
            socket.setSoTimeout(20_000);
            in = socket.getInputStream();
            out = socket.getOutputStream();
        }

        static Wire to(int port) throws IOException {
            return new Wire(new Socket(InetAddress.getLoopbackAddress(), port), new CopyOnWriteArrayList<>());
        }

        void send(String text) throws IOException {
            out.write(text.replace("\n", "\r\n").getBytes(StandardCharsets.ISO_8859_1));
            out.flush();
        }

        void raw(String text) throws IOException {
            out.write(text.getBytes(StandardCharsets.ISO_8859_1));
            out.flush();
        }

        /** Reads up to and with an empty line, with bare line feeds. */
        String head() throws IOException {
            StringBuilder head = new StringBuilder();
            while (head.indexOf("\n\n") < 0) {
                int next = in.read();
                if (next < 0) {
                    throw new IOException("ended after: " + head);
                }
                if (next != '\r') {
                    head.append((char) next);
                }
            }
            heads.add(head.toString());
            return head.toString();
        }

        String read(int bytes) throws IOException {
            byte[] read = in.readNBytes(bytes);
            if (read.length < bytes) {
                throw new IOException("ended after: " + new String(read, StandardCharsets.ISO_8859_1));
            }
            return new String(read, StandardCharsets.ISO_8859_1);
        }

        /** Reads to the end of the connection. */
        String rest() throws IOException {
            return new String(in.readAllBytes(), StandardCharsets.ISO_8859_1);
        }

        /** Reads a response with a Content-Length. */
        String response() throws IOException {
            String head = head();
            int at = head.toLowerCase(java.util.Locale.ROOT).indexOf("content-length: ");
            int length = at < 0 ? 0 : Integer.parseInt(head.substring(at + 16, head.indexOf('\n', at)));
            return head + read(length);
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }
}
