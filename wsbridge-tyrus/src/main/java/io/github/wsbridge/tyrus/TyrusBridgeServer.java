package io.github.wsbridge.tyrus;

import io.github.wsbridge.jakarta.Workers;
import io.github.wsbridge.spi.BridgeServer;
import io.github.wsbridge.spi.Door;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import javax.net.ssl.SSLContext;
import org.glassfish.grizzly.Connection;
import org.glassfish.grizzly.nio.transport.TCPNIOServerConnection;
import org.glassfish.grizzly.nio.transport.TCPNIOTransport;
import org.jspecify.annotations.Nullable;

/**
 * A standalone server for a node: Tyrus on Grizzly. Thread-safe.
 *
 * <p>It answers every request by asking the door, and a refused one never becomes a WebSocket. No thread waits for a slow
 * peer, so a few threads serve any number of bridges. It has no timeout of its own once a handshake is done.
 *
 * <pre>{@code
 * try (TyrusBridgeServer server = TyrusBridgeServer.builder().address(new InetSocketAddress(8080)).bind()) {
 *     server.serve(node);
 *     …
 * }
 * }</pre>
 */
public final class TyrusBridgeServer implements BridgeServer {

    private final TCPNIOTransport transport;
    private final TCPNIOServerConnection listening;
    private final Workers workers;
    private final Set<Link> links;
    private final CompletableFuture<Door> doors;

    private TyrusBridgeServer(
            TCPNIOTransport transport,
            TCPNIOServerConnection listening,
            Workers workers,
            Set<Link> links,
            CompletableFuture<Door> doors) {
        this.doors = doors;
        this.transport = transport;
        this.listening = listening;
        this.workers = workers;
        this.links = links;
    }

    /** Starts to describe a server. */
    public static Builder builder() {
        return new Builder();
    }

    @Override
    public void serve(Door door) throws IOException {
        doors.complete(door);
    }

    @Override
    public InetSocketAddress address() {
        return (InetSocketAddress) listening.getLocalAddress();
    }

    @Override
    public void stopAccepting() {
        listening.closeSilently();
    }

    @Override
    public void close() {
        stopAccepting();
        workers.close();
        links.forEach(Link::terminate);
        try {
            transport.shutdownNow();
        } catch (IOException e) {
            throw new IllegalStateException("the server cannot stop", e);
        }
    }

    /** The settings of a server. Not thread-safe. */
    public static final class Builder {
        private InetSocketAddress address = new InetSocketAddress(8080);
        private @Nullable SSLContext tls;
        private int maxConnections = 20_000;
        private int maxHeaderBytes = 16 * 1024;
        private Duration handshakeTimeout = Duration.ofSeconds(10);

        private Builder() {}

        /** Where to listen; port 0 takes a free one. Default: port 8080 on all interfaces. */
        public Builder address(InetSocketAddress value) {
            address = value;
            return this;
        }

        /** Speak TLS only, with these keys. Default: plain text, as behind a proxy. */
        public Builder tls(SSLContext value) {
            tls = value;
            return this;
        }

        /** The most connections at a time, two for each bridge; more are dropped unanswered. Default: 20,000. */
        public Builder maxConnections(int value) {
            maxConnections = positive(value);
            return this;
        }

        /** The longest request line and header together, in bytes. Default: 16 KiB. */
        public Builder maxHeaderBytes(int value) {
            maxHeaderBytes = positive(value);
            return this;
        }

        /** How long from the connect until the answer, TLS and the door included. Default: 10 seconds. */
        public Builder handshakeTimeout(Duration value) {
            positive((int) Math.min(value.toMillis(), Integer.MAX_VALUE));
            handshakeTimeout = value;
            return this;
        }

        /**
         * Binds the address.
         *
         * @throws IOException if it cannot be bound
         */
        public TyrusBridgeServer bind() throws IOException {
            Workers workers = new Workers("wsbridge-tyrus-server", 1);
            Set<Link> links = ConcurrentHashMap.newKeySet();
            CompletableFuture<Door> doors = new CompletableFuture<>();
            Door door = handshake -> doors.thenCompose(served -> served.admit(handshake));
            var terms = new ServerHandshake.Terms(door, maxHeaderBytes, handshakeTimeout, workers.timer());
            LinkFilter filter = new LinkFilter(connection -> admit(connection, links, terms));
            TCPNIOTransport transport = Transports.build("wsbridge-tyrus-server");
            transport.setProcessor(Transports.serverChain(tls, filter));
            try {
                TCPNIOServerConnection listening = transport.bind(address);
                transport.start();
                return new TyrusBridgeServer(transport, listening, workers, links, doors);
            } catch (IOException | RuntimeException e) {
                workers.close();
                transport.shutdownNow();
                throw e;
            }
        }

        private @Nullable Link admit(Connection<?> connection, Set<Link> links, ServerHandshake.Terms terms) {
            if (links.size() >= maxConnections) {
                return null;
            }
            ServerHandshake handshake = new ServerHandshake(terms);
            Link link = new Link(connection, handshake, links);
            handshake.start(link);
            return link;
        }

        private static int positive(int value) {
            if (value <= 0) {
                throw new IllegalArgumentException("must be positive");
            }
            return value;
        }
    }
}
