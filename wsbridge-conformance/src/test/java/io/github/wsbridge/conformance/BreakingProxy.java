package io.github.wsbridge.conformance;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.github.wsbridge.wire.concurrent.Daemons;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Makes a faulty node of a good one, and a faulty client, too: it stands between the two, and changes what passes. */
final class BreakingProxy implements AutoCloseable {

    private static final Duration LONG = Duration.ofMinutes(10);

    /** What it does wrong. Each method passes on what it gets, by default. */
    interface Fault {

        /** Changes a client's request head. */
        default String request(String head) {
            return head;
        }

        /** Changes the head of the answer to a request. */
        default String answer(String request, String head) {
            return head;
        }

        /** Changes the body of a refusal. */
        default String body(String body) {
            return body;
        }

        /** Passes on a client's frame. */
        default void toServer(String request, Wire.Frame frame, Wire server, Wire client) throws IOException {
            pass(frame, server);
        }

        /** Passes on a server's frame. */
        default void toClient(String request, Wire.Frame frame, Wire client, Wire server) throws IOException {
            pass(frame, client);
        }

        /** Sends a frame as it is, malformed or not. */
        static void pass(Wire.Frame frame, Wire to) throws IOException {
            to.frame(frame.first(), frame.key() != null, frame.payload());
        }
    }

    private final ServerSocket listening = new ServerSocket();
    private final Fault fault;
    private final Set<Wire> open = ConcurrentHashMap.newKeySet();
    private volatile int target;

    BreakingProxy(Fault fault) throws IOException {
        this.fault = fault;
        listening.bind(new InetSocketAddress("127.0.0.1", 0));
    }

    String url() {
        return "ws://127.0.0.1:" + listening.getLocalPort();
    }

    /** Starts, toward a server's port. */
    void start(int port) {
        target = port;
        Daemons.start("breaking-proxy", this::accept);
    }

    private void accept() {
        while (!listening.isClosed()) {
            try {
                Socket socket = listening.accept();
                Wire client = new Wire(socket, false, LONG);
                open.add(client);
                Daemons.start("breaking-proxy-client", () -> serve(client));
            } catch (IOException e) {
                // closed
            }
        }
    }

    private void serve(Wire client) {
        try (client;
                Wire server = new Wire(new Socket("127.0.0.1", target), true, LONG)) {
            open.add(server);
            String request = client.head();
            server.raw(fault.request(request));
            Daemons.start("breaking-proxy-server", () -> back(request, client, server));
            while (true) {
                fault.toServer(request, client.frame(), server, client);
            }
        } catch (IOException e) {
            // over
        }
    }

    private void back(String request, Wire client, Wire server) {
        try (client;
                server) {
            String head = server.head();
            if (head.startsWith("HTTP/1.1 101")) {
                client.raw(fault.answer(request, head));
                while (true) {
                    fault.toClient(request, server.frame(), client, server);
                }
            }
            String body = fault.body(new String(server.toTheEnd(), ISO_8859_1));
            client.raw(fault.answer(request, head)
                            .replaceFirst("(?i)Content-Length: \\d+", "Content-Length: " + body.length())
                    + body);
        } catch (IOException e) {
            // over
        }
    }

    @Override
    public void close() throws IOException {
        listening.close();
        for (Wire wire : open) {
            wire.close();
        }
    }
}
