package io.github.wsbridge.tyrus;

import io.github.wsbridge.core.Admission;
import io.github.wsbridge.core.BridgeServer;
import io.github.wsbridge.core.Handshake;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import javax.net.ssl.SSLContext;
import org.glassfish.grizzly.Connection;
import org.glassfish.grizzly.nio.transport.TCPNIOServerConnection;
import org.glassfish.grizzly.nio.transport.TCPNIOTransport;
import org.jspecify.annotations.Nullable;

/**
 * A standalone server for a node: Tyrus on Grizzly, with the node's door before it. Thread-safe.
 *
 * <p>It answers every request by asking the door, and a refused one never becomes a WebSocket. No thread waits for a slow
 * peer, so a few threads serve any number of bridges. It has no timeout of its own once a handshake is done.
 *
 * <pre>{@code
 * try (TyrusBridgeServer server = TyrusBridgeServer.builder(node::admit).address(new InetSocketAddress(8080)).start()) { … }
 * }</pre>
 */
public final class TyrusBridgeServer implements BridgeServer {

    private final TCPNIOTransport transport;
    private final TCPNIOServerConnection listening;
    private final Workers workers;
    private final Set<Link> links;

    private TyrusBridgeServer(
            TCPNIOTransport transport, TCPNIOServerConnection listening, Workers workers, Set<Link> links) {
        this.transport = transport;
        this.listening = listening;
        this.workers = workers;
        this.links = links;
    }

    /**
     * Begins a server.
     *
     * @param door answers each handshake, such as {@code node::admit}. Called on the server's threads and must not block;
     *     a failure, or no answer within the handshake timeout, refuses with status 503
     */
    public static Builder builder(Function<Handshake, CompletionStage<Admission>> door) {
        return new Builder(door);
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
        private final Function<Handshake, CompletionStage<Admission>> door;
        private InetSocketAddress address = new InetSocketAddress(8080);
        private @Nullable SSLContext tls;
        private int maxConnections = 20_000;
        private int maxHeaderBytes = 16 * 1024;
        private Duration handshakeTimeout = Duration.ofSeconds(10);

        private Builder(Function<Handshake, CompletionStage<Admission>> door) {
            this.door = door;
        }

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
         * Starts the server.
         *
         * @throws IOException if the address cannot be bound
         */
        public TyrusBridgeServer start() throws IOException {
            Workers workers = new Workers("wsbridge-tyrus-server", 1);
            Set<Link> links = ConcurrentHashMap.newKeySet();
            var terms = new ServerHandshake.Terms(door, maxHeaderBytes, handshakeTimeout, workers.timer());
            LinkFilter filter = new LinkFilter(connection -> admit(connection, links, terms));
            TCPNIOTransport transport = Transports.build("wsbridge-tyrus-server");
            transport.setProcessor(Transports.serverChain(tls, filter));
            try {
                TCPNIOServerConnection listening = transport.bind(address);
                transport.start();
                return new TyrusBridgeServer(transport, listening, workers, links);
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
