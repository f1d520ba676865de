package io.github.wsbridge.core;

import io.github.wsbridge.BridgeRequest;
import io.github.wsbridge.CloseReason;
import io.github.wsbridge.core.access.AddressPolicy;
import io.github.wsbridge.spi.AccessPolicy;
import io.github.wsbridge.spi.Admission;
import io.github.wsbridge.spi.Leg;
import io.github.wsbridge.spi.Peer;
import io.github.wsbridge.spi.StreamTransport;
import io.github.wsbridge.wire.net.HostPort;
import io.github.wsbridge.wire.net.StreamAddress;
import io.github.wsbridge.wire.relay.EndAwaiter;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.concurrent.CompletableFuture;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A port of a node, each connection to which becomes a bridge to a device, so that requesters need no program of their
 * own. The connection itself is the requester's leg. Thread-safe.
 *
 * <p>Connections carry no credentials. The port's own {@link AccessPolicy} decides on each of them, with
 * {@link AccessPolicy.Action#EXPOSE}; the node's policy is not asked. The node's limits and listeners apply as to other
 * requesters. The principal of a bridge is that of the policy, followed by the port's address. A connection that is
 * refused, or whose bridge is not established, is reset.
 *
 * <p>A FIN from either end is passed on, so protocols that use half-close work. A connection is reset if its bridge
 * ends abnormally. Until the bridge is established, little is read from the connection. If the client resets it
 * meanwhile, the bridge is given up.
 */
public final class ExposedPort implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(ExposedPort.class);

    private final BridgeNode node;
    private final BridgeRequest request;
    private final AccessPolicy access;
    private final StreamTransport.Listening listening;
    private final CompletableFuture<String> name = new CompletableFuture<>();

    private ExposedPort(Builder settings) throws IOException {
        node = settings.node;
        request = settings.request;
        access = settings.access;
        listening = settings.streams.listen(
                settings.address, new StreamTransport.Limits(settings.backlog, settings.maxConnections), this::serve);
        name.complete(name(settings.address, listening.address()));
    }

    /**
     * Returns a builder for a port.
     *
     * @param node establishes the bridges; closes the port when it stops
     * @param streams accepts the connections. Its legs should belong to the transport of the node's server, so that
     *     they can be joined with the devices' WebSockets without copying.
     * @param request what is requested for each connection
     */
    public static Builder builder(BridgeNode node, StreamTransport streams, BridgeRequest request) {
        return new Builder(node, streams, request);
    }

    /** Returns the bound address, but a wildcard as it was requested: IPv4's is bound as that of IPv6. */
    private static String name(SocketAddress requested, SocketAddress bound) {
        return requested instanceof InetSocketAddress host
                        && host.getAddress().isAnyLocalAddress()
                        && bound instanceof InetSocketAddress port
                ? new HostPort(host.getAddress().getHostAddress(), port.getPort()).toString()
                : StreamAddress.of(bound).toString();
    }

    private void serve(Leg leg, Peer client) {
        name.thenCompose(port -> node.admissions.expose(port, request, client, access))
                .thenAccept(admission -> {
                    if (admission instanceof Admission.Granted granted) {
                        granted.opened().accept(leg);
                    } else {
                        String why = ((Admission.Refused) admission).reason();
                        EndAwaiter.of(leg, new CloseReason(CloseReason.POLICY_VIOLATION, why));
                    }
                })
                .exceptionally(failure -> {
                    log.warn("cannot serve a connection to {}", request, failure);
                    leg.abort();
                    return null;
                });
    }

    /** Returns the address that it listens on, with the actual port. */
    public SocketAddress address() {
        return listening.address();
    }

    /** Stops listening. Connections that were accepted before stay open. May block briefly. */
    @Override
    public void close() {
        node.ports.remove(this);
        listening.close();
    }

    /** Settings of an exposed port; all optional. Not thread-safe. */
    public static final class Builder {
        private final BridgeNode node;
        private final StreamTransport streams;
        private final BridgeRequest request;
        private SocketAddress address = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
        private AccessPolicy access = AddressPolicy.loopback();
        private int backlog = 1024;
        private int maxConnections;

        private Builder(BridgeNode node, StreamTransport streams, BridgeRequest request) {
            this.node = node;
            this.streams = streams;
            this.request = request;
            this.maxConnections = node.limits.maxBridges();
        }

        /** The resolved address to listen on. Default: an ephemeral port of the loopback address. */
        public Builder listen(SocketAddress value) {
            address = value;
            return this;
        }

        /** Decides which clients may connect. Default: those of the loopback interface, and none of a Unix socket. */
        public Builder access(AccessPolicy value) {
            access = value;
            return this;
        }

        /** The maximum number of connections waiting to be accepted, as a hint to the system. Default: 1,024. */
        public Builder backlog(int value) {
            backlog = value;
            return this;
        }

        /**
         * The maximum number of concurrent connections; further connections wait to be accepted. Default: the node's
         * {@code maxBridges}.
         */
        public Builder maxConnections(int value) {
            maxConnections = value;
            return this;
        }

        /**
         * Opens the port and starts to accept connections. Blocks briefly.
         *
         * @throws IOException if the port cannot be opened, or the node is stopping
         * @throws IllegalArgumentException if the request exceeds the node's limits, or a limit is not positive
         */
        public ExposedPort start() throws IOException {
            node.admissions.check(request);
            ExposedPort port = new ExposedPort(this);
            node.ports.add(port);
            if (node.slots.leaving()) { // stop() may have closed the ports before this one was added
                port.close();
                throw new IOException("the node is stopping");
            }
            return port;
        }
    }
}
