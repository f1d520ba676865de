package io.github.wsbridge.client;

import io.github.wsbridge.CloseReason;
import io.github.wsbridge.spi.Leg;
import io.github.wsbridge.spi.StreamTransport;
import io.github.wsbridge.wire.concurrent.TaskThreads;
import io.github.wsbridge.wire.net.HostPort;
import io.github.wsbridge.wire.net.Reasons;
import io.github.wsbridge.wire.net.StreamAddress;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The device's end of a TCP tunnel: a handler that joins each bridge with a connection to a target, a TCP port or a
 * Unix socket, or passes it to another handler. The bridge's request data is the name of the target. Thread-safe.
 *
 * <p>The target is dialed before the bridge is accepted. An unknown name is rejected with 404, a target that cannot be
 * resolved or connected to with 502. The attempt ends when the requester is known to have gone. With
 * {@link Builder#allowAny}, the request data may also be {@code host:port}; an address that is not allowed is rejected
 * with 403.
 */
public final class TunnelTargets implements BridgeDevice.Handler {

    private static final Logger log = LoggerFactory.getLogger(TunnelTargets.class);
    private static final String HANDLER_FAILED = "the device's handler failed";

    private final Map<String, StreamAddress> targets;
    private final Map<String, BridgeDevice.Handler> handlers;
    private final @Nullable Predicate<InetSocketAddress> allowed;
    private final Duration connectTimeout;
    private final Executor executor;
    private final StreamTransport streams;

    private TunnelTargets(Builder builder) {
        targets = Map.copyOf(builder.targets);
        handlers = Map.copyOf(builder.handlers);
        allowed = builder.allowed;
        connectTimeout = builder.connectTimeout;
        executor = builder.executor;
        streams = builder.streams == null ? new BlockingStreams(builder.executor) : builder.streams;
    }

    /**
     * Creates targets from definitions.
     *
     * @param definitions such as {@code ssh=127.0.0.1:22}, {@code web=[::1]:80} or {@code db=unix:/run/db.sock}
     * @throws IllegalArgumentException if one is invalid, or a name appears twice; the message says why
     */
    public static TunnelTargets parse(Iterable<String> definitions) {
        Builder builder = builder();
        definitions.forEach(builder::target);
        return builder.build();
    }

    /** Returns a builder without targets. */
    public static Builder builder() {
        return new Builder();
    }

    /** Returns the names that requesters may use. */
    public Set<String> names() {
        Set<String> names = new HashSet<>(targets.keySet());
        names.addAll(handlers.keySet());
        return Set.copyOf(names);
    }

    /** Dials the target, accepts the bridge, and joins the two. Does not block. */
    @Override
    public void handle(IncomingBridge incoming) {
        BridgeDevice.Handler handler = handlers.get(incoming.requestData());
        if (handler != null) {
            if (handler.mayBlock()) {
                executor.execute(() -> pass(incoming, handler));
            } else {
                pass(incoming, handler);
            }
        } else if (looksUp(incoming)) {
            executor.execute(() -> lookUp(incoming));
        } else {
            reach(incoming);
        }
    }

    @Override
    public boolean mayBlock() {
        return false;
    }

    /** Returns whether the target's host is a name, whose lookup blocks. */
    private boolean looksUp(IncomingBridge incoming) {
        StreamAddress target = targets.get(incoming.requestData());
        return target == null ? allowed != null : target instanceof HostPort tcp && !tcp.isAddress();
    }

    /** Reaches the target on a thread where nobody else answers for a failure. */
    private void lookUp(IncomingBridge incoming) {
        pass(incoming, this::reach); // the user's predicate may fail
    }

    private static void pass(IncomingBridge incoming, BridgeDevice.Handler handler) {
        try {
            handler.handle(incoming);
        } catch (Throwable e) {
            log.warn("The handler failed for {}", incoming, e);
            if (!incoming.reject(500, HANDLER_FAILED)) {
                closeAccepted(incoming, new CloseReason(CloseReason.INTERNAL_ERROR, HANDLER_FAILED));
            }
        }
    }

    /** Closes what a handler has accepted, in one way or the other, as the device itself does after a failure. */
    private static void closeAccepted(IncomingBridge incoming, CloseReason reason) {
        incoming.acceptLeg().whenComplete((leg, otherwise) -> {
            if (otherwise == null) {
                leg.close(reason);
            } else {
                incoming.accept().thenAccept(bridge -> bridge.close(reason));
            }
        });
    }

    private void reach(IncomingBridge incoming) {
        List<? extends SocketAddress> addresses;
        try {
            addresses = addresses(incoming);
        } catch (IOException e) {
            unreachable(incoming, e);
            return;
        }
        if (!addresses.isEmpty()) {
            dial(incoming, addresses);
        }
    }

    private void dial(IncomingBridge incoming, List<? extends SocketAddress> addresses) {
        CompletionStage<Leg> dialling = streams.dial(addresses.get(0), connectTimeout);
        incoming.lapsed().thenRun(() -> dialling.toCompletableFuture().cancel(true));
        dialling.whenComplete((near, failure) -> {
            if (failure == null) {
                join(incoming, near);
            } else if (dialling.toCompletableFuture().isCancelled()) {
                log.debug("{}: the requester has gone before the target was reached", incoming);
                incoming.reject(502, "not reached in time"); // heard by nobody, but a place may become free
            } else if (addresses.size() > 1) {
                dial(incoming, addresses.subList(1, addresses.size()));
            } else {
                unreachable(incoming, Dialer.unwrap(failure));
            }
        });
    }

    private static void join(IncomingBridge incoming, Leg near) {
        new BridgedConnection(near, incoming.acceptLeg()).run().whenComplete((reason, failure) -> {
            if (failure == null) {
                log.debug("{} ended: {}", incoming, reason);
            } else {
                log.info("{} was not established: {}", incoming, Reasons.of(failure));
            }
        });
    }

    private static void unreachable(IncomingBridge incoming, IOException failure) {
        log.info("{}: cannot reach the target: {}", incoming, Reasons.of(failure));
        incoming.reject(502, "target not reachable");
    }

    /** Returns the address to connect to; empty, after rejecting the bridge, if there is none that is allowed. */
    private List<? extends SocketAddress> addresses(IncomingBridge incoming) throws IOException {
        StreamAddress target = targets.get(incoming.requestData());
        if (target != null) {
            return target.resolve();
        }
        if (allowed == null) {
            incoming.reject(404, "unknown target");
            return List.of();
        }
        HostPort wish;
        try {
            wish = HostPort.parse(incoming.requestData());
        } catch (IllegalArgumentException e) {
            incoming.reject(404, "unknown target");
            return List.of();
        }
        List<InetSocketAddress> resolved = wish.resolve();
        List<InetSocketAddress> permitted = resolved.stream()
                .filter(address ->
                        !address.getAddress().isAnyLocalAddress()) // connecting to it means connecting to loopback
                .filter(allowed)
                .toList();
        if (permitted.isEmpty()) {
            log.warn("{}: the target {} is denied: {} may not be reached", incoming, wish, addresses(resolved));
            incoming.reject(403, "target not allowed: its address is in a network that this device denies");
        }
        return permitted;
    }

    private static String addresses(List<InetSocketAddress> resolved) {
        return resolved.stream()
                .map(address -> address.getAddress().getHostAddress())
                .collect(Collectors.joining(", "));
    }

    /** Settings of targets. Not thread-safe. */
    public static final class Builder {
        private final Map<String, StreamAddress> targets = new LinkedHashMap<>();
        private final Map<String, BridgeDevice.Handler> handlers = new LinkedHashMap<>();
        private @Nullable Predicate<InetSocketAddress> allowed;
        private Duration connectTimeout = Duration.ofSeconds(10);
        private Executor executor = TaskThreads.shared();
        private @Nullable StreamTransport streams;

        private Builder() {}

        /**
         * Adds a target.
         *
         * @param definition a name, {@code =}, and {@code host:port}, an IPv6 address in brackets, or
         *     {@code unix:/path}
         * @throws IllegalArgumentException if it is invalid, or the name is taken; the message says why
         */
        public Builder target(String definition) {
            int equals = definition.indexOf('=');
            if (equals <= 0) {
                throw new IllegalArgumentException(
                        "no name in target \"" + definition + "\"; expected name=host:port or name=unix:/path");
            }
            return target(
                    definition.substring(0, equals).strip(),
                    definition.substring(equals + 1).strip());
        }

        /**
         * Adds a target.
         *
         * @param name the name that requesters use
         * @param address {@code host:port}, an IPv6 address in brackets, or {@code unix:/path}; a host is resolved for
         *     each bridge
         * @throws IllegalArgumentException if the address is invalid, or the name is taken
         */
        public Builder target(String name, String address) {
            free(name);
            targets.put(name, StreamAddress.parse(address));
            return this;
        }

        /**
         * Adds a target that is served in this process, by a {@link BridgeServerSocket} for example.
         *
         * @param name the name that requesters use
         * @param handler answers the bridges; if it may block, it is called on the {@link #executor}. A bridge that it
         *     fails to answer is rejected with 500
         * @throws IllegalArgumentException if the name is taken
         */
        public Builder target(String name, BridgeDevice.Handler handler) {
            free(name);
            handlers.put(name, handler);
            return this;
        }

        private void free(String name) {
            if (targets.containsKey(name) || handlers.containsKey(name)) {
                throw new IllegalArgumentException("the target \"" + name + "\" appears twice");
            }
        }

        /**
         * Lets requesters specify {@code host:port} themselves, if {@code allowed} accepts the address it resolves to.
         * By default, no address is allowed. Everyone who may connect to the device can then reach every allowed
         * address, but no Unix socket. Wildcard addresses ({@code 0.0.0.0}) are always rejected, without calling {@code
         * allowed}, since they are another name of this host. {@link TargetNetworks} judges by networks; without it,
         * link-local addresses, among them those of clouds' metadata services, are allowed too.
         */
        public Builder allowAny(Predicate<InetSocketAddress> allowed) {
            this.allowed = allowed;
            return this;
        }

        /** The connect timeout for each address of a target; 10 seconds by default. */
        public Builder connectTimeout(Duration timeout) {
            this.connectTimeout = timeout;
            return this;
        }

        /**
         * Connects to targets with this transport, and joins each connection and its bridge as two legs. This is faster
         * if the device's connector belongs to the same transport, and needs no extra threads. By default, the JDK's
         * blocking sockets and two threads per bridge are used.
         */
        public Builder streams(StreamTransport transport) {
            streams = transport;
            return this;
        }

        /**
         * Runs blocking tasks: name lookups and, unless {@link #streams} is set, two per bridge. By default, on daemon
         * threads, which are virtual if the JDK supports them.
         */
        public Builder executor(Executor executor) {
            this.executor = executor;
            return this;
        }

        /** Builds the handler. */
        public TunnelTargets build() {
            return new TunnelTargets(this);
        }
    }
}
