package io.github.wsbridge.conformance;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.github.wsbridge.wire.concurrent.Daemons;
import io.github.wsbridge.wire.net.HostPort;
import io.github.wsbridge.wire.websocket.WebSocketKey;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URLDecoder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** A node of which a check decides every answer. */
final class KitNode implements AutoCloseable {

    /** The path of the base URL. */
    static final String BASE = "/kit";

    static final String V1 = "wsbridge.v1";

    /** A client's request, which is not answered yet. */
    final class Incoming {

        private final Wire wire;
        private final Head head;

        private Incoming(Wire wire, Head head) {
            this.wire = wire;
            this.head = head;
        }

        Wire wire() {
            return wire;
        }

        Head head() {
            return head;
        }

        /** Returns the request target. */
        String target() {
            String[] words = head.start().split(" ", -1);
            return words.length > 1 ? words[1] : "";
        }

        String path() {
            return target().replaceFirst("\\?.*", "");
        }

        String query() {
            int mark = target().indexOf('?');
            return mark < 0 ? "" : target().substring(mark + 1);
        }

        /** Returns the decoded values of a parameter. */
        List<String> parameters(String name) throws Report.Broken {
            List<String> values = new ArrayList<>();
            for (String part : query().split("&", -1)) {
                int equals = part.indexOf('=');
                try {
                    if (equals >= 0
                            && URLDecoder.decode(part.substring(0, equals), UTF_8)
                                    .equals(name)) {
                        values.add(URLDecoder.decode(part.substring(equals + 1), UTF_8));
                    }
                } catch (IllegalArgumentException e) {
                    throw new Report.Broken("a malformed percent-encoding: " + part);
                }
            }
            return values;
        }

        String parameter(String name) throws Report.Broken {
            return String.join("&", parameters(name));
        }

        boolean browser() {
            return head.value("User-Agent").startsWith("Mozilla/");
        }

        boolean offersV1() {
            return head.contains("Sec-WebSocket-Protocol", V1);
        }

        /** Accepts, with the subprotocol if it is offered. */
        Wire upgrade() throws IOException {
            wire.raw("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                    + "Sec-WebSocket-Accept: " + WebSocketKey.accept(head.value("Sec-WebSocket-Key")) + "\r\n"
                    + (offersV1() ? "Sec-WebSocket-Protocol: " + V1 + "\r\n" : "") + "\r\n");
            return wire;
        }

        void refuse(int status) throws IOException {
            wire.raw("HTTP/1.1 " + status + " Refused\r\nContent-Type: text/plain\r\nContent-Length: 8\r\n"
                    + "Retry-After: 0\r\nConnection: close\r\n\r\nnot now\n");
            wire.close();
        }
    }

    private static final int MOST_CONNECTIONS = 1_000;

    private final ServerSocket server;
    private final String host;
    private final Duration patience;
    private final AtomicInteger connections = new AtomicInteger();
    private final BlockingQueue<Incoming> bridges = new LinkedBlockingQueue<>();
    private final BlockingQueue<Incoming> listeners = new LinkedBlockingQueue<>();
    private final List<Incoming> all = new CopyOnWriteArrayList<>();
    private final java.util.Set<Wire> open = ConcurrentHashMap.newKeySet();

    /** Listens on a free port of this machine, which nobody else reaches. */
    KitNode(Duration patience) throws IOException {
        this(new HostPort("127.0.0.1", 0), patience);
    }

    KitNode(HostPort address, Duration patience) throws IOException {
        this.host = address.host();
        this.patience = patience;
        server = new ServerSocket();
        server.setReuseAddress(true);
        server.bind(address.resolve().get(0));
        Daemons.start("conformance-node", this::accept);
    }

    int port() {
        return server.getLocalPort();
    }

    String url() {
        return "ws://" + new HostPort(host, port()) + BASE;
    }

    private void accept() {
        while (!server.isClosed()) {
            try {
                Socket socket = server.accept();
                if (connections.incrementAndGet() > MOST_CONNECTIONS) {
                    socket.close();
                    continue;
                }
                Daemons.start("conformance-request", () -> receive(socket));
            } catch (IOException e) {
                // closed
            }
        }
    }

    private void receive(Socket socket) {
        try {
            Wire wire = new Wire(socket, false, patience);
            open.add(wire);
            Incoming incoming = new Incoming(wire, Head.parse(wire.head()));
            if (incoming.head().contains("Upgrade", "websocket")) {
                all.add(incoming);
                (incoming.path().endsWith("/bridge/listen") ? listeners : bridges).add(incoming);
            } else { // such as a browser that asks for an icon
                wire.raw("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
                wire.close();
            }
        } catch (IOException e) {
            // a connection without a request is of no interest
        }
    }

    private static @Nullable Incoming take(BlockingQueue<Incoming> queue, Duration time) throws InterruptedException {
        return queue.poll(time.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** Returns the next request for a bridge; null if none comes in time. */
    @Nullable
    Incoming bridge(Duration time) throws InterruptedException {
        return take(bridges, time);
    }

    /** Returns the next listener; null if none comes in time. */
    @Nullable
    Incoming listener(Duration time) throws InterruptedException {
        return take(listeners, time);
    }

    /** Returns all upgrades that have been asked for. */
    List<Incoming> all() {
        return all;
    }

    @Override
    public void close() {
        try {
            server.close();
            for (Wire wire : open) {
                wire.close();
            }
        } catch (IOException e) {
            // closed either way
        }
    }
}
