package io.github.wsbridge.core;

import io.github.wsbridge.Bridge;
import io.github.wsbridge.BridgeException;
import io.github.wsbridge.BridgeId;
import io.github.wsbridge.BridgeRequest;
import io.github.wsbridge.BridgeToken;
import io.github.wsbridge.CloseReason;
import io.github.wsbridge.Endpoints;
import io.github.wsbridge.Hop;
import io.github.wsbridge.NodeAddress;
import io.github.wsbridge.Rejection;
import io.github.wsbridge.core.access.Admissions;
import io.github.wsbridge.core.bridges.Accepts;
import io.github.wsbridge.core.bridges.BridgeSlots;
import io.github.wsbridge.core.bridges.PendingBridges;
import io.github.wsbridge.core.bridges.Requests;
import io.github.wsbridge.core.cluster.DialingRouter;
import io.github.wsbridge.core.cluster.NodeCredentials;
import io.github.wsbridge.core.cluster.PeerDirectory;
import io.github.wsbridge.core.cluster.PeerServer;
import io.github.wsbridge.core.cluster.Peers;
import io.github.wsbridge.core.limits.Deadlines;
import io.github.wsbridge.core.limits.Limits;
import io.github.wsbridge.core.limits.RequestRate;
import io.github.wsbridge.core.local.InProcessConnector;
import io.github.wsbridge.core.signalling.DeviceIdPattern;
import io.github.wsbridge.core.signalling.DeviceListeners;
import io.github.wsbridge.core.signalling.ListenSignaller;
import io.github.wsbridge.core.signalling.SignalChain;
import io.github.wsbridge.core.tokens.AeadTokenCodec;
import io.github.wsbridge.core.tokens.KeyFile;
import io.github.wsbridge.core.tokens.TokenKeys;
import io.github.wsbridge.spi.AccessPolicy;
import io.github.wsbridge.spi.Admission;
import io.github.wsbridge.spi.BridgeListener;
import io.github.wsbridge.spi.Connector;
import io.github.wsbridge.spi.Door;
import io.github.wsbridge.spi.Handshake;
import io.github.wsbridge.spi.Leg;
import io.github.wsbridge.spi.NodeRouter;
import io.github.wsbridge.spi.Signaller;
import io.github.wsbridge.spi.TokenClaims;
import io.github.wsbridge.spi.TokenCodec;
import io.github.wsbridge.wire.concurrent.Daemons;
import io.github.wsbridge.wire.relay.WatchedLeg;
import java.net.URI;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One bridge node: the only door to this module. Transports bring it handshakes ({@link #admit}); an application that embeds
 * it may also bring legs ({@link #request}, {@link #accept}), or connect without a socket ({@link #connector}).
 *
 * <p>Thread-safe; no method blocks but {@link #close}. The node has no threads of its own but its scheduler's: all else runs
 * on the threads of its transports.
 */
public final class BridgeNode implements Door, AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(BridgeNode.class);

    /** How long legs have to end once they have been told to; a leg's own deadline is ten seconds. */
    private static final Duration LAST_CALL = Duration.ofSeconds(11);

    private final NodeAddress self;
    final Limits limits;
    final ScheduledExecutorService scheduler;
    private final boolean ownScheduler;

    final BridgeSlots slots;
    private final PendingBridges pending;
    final DeviceListeners listeners;
    final Peers peers;
    final Set<PeerServer> peerServers = ConcurrentHashMap.newKeySet();
    private final Signaller signaller;
    private final @Nullable NodeRouter router;
    final Requests requests;
    final Accepts accepts;
    private final Admissions admissions;
    final AtomicBoolean stopped = new AtomicBoolean();
    private final CompletableFuture<Void> released = new CompletableFuture<>();

    private BridgeNode(
            Builder from, URI publicUrl, NodeAddress address, Supplier<TokenKeys> keys, AccessPolicy policy) {
        self = address;
        limits = from.limits;
        ownScheduler = from.scheduler == null;
        scheduler = from.scheduler == null ? Daemons.newTimer("wsbridge-node-timer") : from.scheduler;
        BridgeListener events = new NodeEvents(from.listeners);
        NodeCredentials credentials = new NodeCredentials(keys, from.clock);
        TokenCodec codec = from.codec != null ? from.codec : new AeadTokenCodec(keys);

        slots = new BridgeSlots(limits.maxBridges());
        pending = new PendingBridges(limits.maxPendingPerDevice());
        listeners = new DeviceListeners(limits.maxListeners(), events, this::rejected);
        peers = new Peers(self, from.peers, from.connector, credentials, limits, scheduler);
        signaller = new SignalChain(
                from.routes(new ListenSignaller(listeners, peers::deliver)),
                id -> pending.find(id) != null,
                this::rejectedLate,
                from.clock,
                scheduler);
        router = from.router != null || from.connector == null
                ? from.router
                : new DialingRouter(from.connector, credentials, limits.dialTimeout());
        requests = new Requests(
                publicUrl,
                self,
                codec,
                signaller,
                pending,
                slots,
                limits.acceptTimeout(),
                from.clock,
                scheduler,
                events);
        accepts = new Accepts(self, codec, router, pending, slots, this::watched, from.clock, events);
        RequestRate rate = new RequestRate(limits.requestsPerSecond(), from.clock);
        NodeDestinations destinations = new NodeDestinations(this, from.clock);
        admissions = new Admissions(destinations, self, credentials, policy, limits, rate, scheduler, events);
    }

    /** Starts to describe a node. */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * Decides on a handshake that came to a transport.
     *
     * @return the decision, within {@link Limits#admissionTimeout}; never fails
     */
    @Override
    public CompletionStage<Admission> admit(Handshake handshake) {
        return admissions.admit(handshake);
    }

    /** Connects requesters and devices of this process to this node, without a socket and without credentials. */
    public Connector connector() {
        return new InProcessConnector(admissions, scheduler);
    }

    /**
     * Takes on a requester: mints a token, signals the device and waits for it. A leg that cannot be taken on is closed with
     * the reason, and so is the bridge that is returned.
     *
     * @param request what is asked for
     * @param principal who asks, for logs
     * @param leg the requester, not yet opened
     */
    public Bridge request(BridgeRequest request, String principal, Leg leg) {
        return requests.request(request, principal, watched(leg));
    }

    /**
     * Takes a device's leg for a token: joins it with the requester that waits here, or forwards it to the node where the
     * requester waits. A leg that cannot be joined is closed with the reason.
     *
     * @param token what the device was given
     * @param leg the device, not yet opened
     * @param hop whether the device's accept came from another node already
     */
    public void accept(BridgeToken token, Leg leg, Hop hop) {
        accepts.accept(token, null, watched(leg), hop);
    }

    /** A rejection that came over a listen socket, of this node or of a peer. */
    void rejected(BridgeToken token, Rejection rejection) {
        try {
            TokenClaims claims = accepts.read(token);
            if (claims.owner().equals(self)) {
                accepts.end(claims.bridgeId(), rejection);
            } else {
                peers.reject(claims.owner(), token, rejection);
            }
        } catch (BridgeException e) {
            // A bad token rejects nothing, and the device expects no answer.
        }
    }

    /** A rejection over one channel when another has delivered the invitation already. */
    private void rejectedLate(BridgeId id, Rejection rejection) {
        accepts.end(id, rejection);
    }

    Leg watched(Leg leg) {
        return leg instanceof WatchedLeg ? leg : new WatchedLeg(leg, limits.watch(), scheduler);
    }

    /** The address at which other nodes reach this one. */
    public NodeAddress address() {
        return self;
    }

    /** What the node holds now. */
    public NodeStats stats() {
        int waiting = pending.size();
        return new NodeStats(waiting, Math.max(0, slots.held() - waiting), listeners.size(), slots.draining());
    }

    /**
     * Stops in good order: takes on nothing new, ends bridges that wait for a device, tells listening devices to go
     * elsewhere, and gives live bridges time to end before they are closed with {@link CloseReason#GOING_AWAY}. Then closes
     * the router, the signallers and the scheduler, where that is the node's own; not the connector.
     *
     * @param grace how long live bridges have
     * @return completes when nothing is held any more: at most eleven seconds after the grace period, and eleven more where
     *     the router or a signaller is slow to close
     */
    public CompletionStage<Void> stop(Duration grace) {
        CompletionStage<Void> empty = slots.drain();
        listeners.closeAll(BridgeSlots.STOPPING);
        pending.endAll(BridgeSlots.DRAINING);
        return Deadlines.within(grace, empty, scheduler)
                .handle((done, timeout) -> {
                    slots.cut();
                    return Deadlines.within(LAST_CALL, empty, scheduler);
                })
                .thenCompose(last -> last)
                .handle((done, timeout) -> {
                    if (!stopped.getAndSet(true)) {
                        Daemons.start("wsbridge-node-stop", this::release); // foreign code closes, and may block
                    }
                    return Deadlines.within(LAST_CALL, released, scheduler);
                })
                .thenCompose(last -> last)
                .exceptionally(late -> null);
    }

    private void release() {
        try {
            releaseAll();
        } finally {
            released.complete(null);
        }
    }

    private void releaseAll() {
        peers.close();
        peerServers.forEach(peer -> peer.close(BridgeSlots.STOPPING));
        try {
            if (router != null) {
                router.close();
            }
        } catch (RuntimeException e) {
            log.warn("the router failed to close", e);
        }
        signaller.close();
        if (ownScheduler) {
            scheduler.shutdown();
        }
    }

    /** Stops without a grace period, and waits for it. */
    @Override
    public void close() {
        stop(Duration.ZERO).toCompletableFuture().join();
    }

    /**
     * Describes a node. Needed are a public URL, an address, keys, and an access policy or {@link #insecure}. A cluster needs a
     * connector as well: a node without one serves its own bridges only. Not thread-safe.
     */
    public static final class Builder {

        private @Nullable URI publicUrl;
        private @Nullable NodeAddress address;
        private @Nullable Supplier<TokenKeys> keys;
        private @Nullable TokenCodec codec;
        private @Nullable AccessPolicy policy;
        private final List<SignalChain.Route> routes = new ArrayList<>();
        private final List<BridgeListener> listeners = new ArrayList<>();

        private @Nullable Connector connector;

        private @Nullable NodeRouter router;

        private PeerDirectory peers = PeerDirectory.none();
        private Limits limits = Limits.builder().build();
        private InstantSource clock = InstantSource.system();

        private @Nullable ScheduledExecutorService scheduler;

        private Builder() {}

        /** The base of accept URLs, as devices reach the cluster: {@code wss://bridge.example.com}. Required. */
        public Builder publicUrl(URI value) {
            publicUrl = Endpoints.base(value);
            return this;
        }

        /** Where other nodes reach this one. Required, and different for each node. */
        public Builder address(NodeAddress value) {
            address = value;
            return this;
        }

        /** The cluster's keys. Required. */
        public Builder keys(TokenKeys value) {
            keys = () -> value;
            return this;
        }

        /** The cluster's keys from a source that may change them while the node runs, such as a {@link KeyFile}. */
        public Builder keys(Supplier<TokenKeys> value) {
            keys = value;
            return this;
        }

        /** Another codec for bridge tokens. Default: an {@link AeadTokenCodec} with the cluster's keys. */
        public Builder tokenCodec(TokenCodec value) {
            codec = value;
            return this;
        }

        /** Who may connect and listen. Required, unless {@link #insecure} is called. */
        public Builder accessPolicy(AccessPolicy value) {
            policy = value;
            return this;
        }

        /** Lets everybody connect to every device and listen as any device: for tests and demonstrations. */
        public Builder insecure() {
            policy = request -> CompletableFuture.completedFuture(new AccessPolicy.Access.Granted("anonymous"));
            return this;
        }

        /**
         * Adds a secondary channel. They are tried in the order in which they were added, after the built-in listen socket; the
         * first that knows the device decides. One that fails hands on to the next at once, one that stays silent after an equal
         * share of what is left of the accept timeout. The node closes them when it stops.
         */
        public Builder signaller(Signaller value) {
            routes.add(new SignalChain.Route(value));
            return this;
        }

        /**
         * Adds a secondary channel for some devices only; it takes its place in the order like any other.
         *
         * @param deviceIdPattern a device id in which {@code *} stands for any characters, also none: {@code plant-7/*}
         * @throws IllegalArgumentException if the pattern is empty
         */
        public Builder signaller(String deviceIdPattern, Signaller value) {
            routes.add(new SignalChain.Route(new DeviceIdPattern(deviceIdPattern), value));
            return this;
        }

        /** How this node reaches others, to forward and to ask. The caller closes it, after the node. Default none. */
        public Builder connector(Connector value) {
            connector = value;
            return this;
        }

        /** Another way to forward accepts. The node closes it when it stops. Default: dial the owner with the connector. */
        public Builder router(NodeRouter value) {
            router = value;
            return this;
        }

        /** The other nodes, which are asked for devices that do not listen here. Default none. */
        public Builder peers(PeerDirectory value) {
            peers = value;
            return this;
        }

        /** The bounds. Default: those of {@link Limits.Builder}. */
        public Builder limits(Limits value) {
            limits = value;
            return this;
        }

        /** Adds an observer. */
        public Builder listener(BridgeListener value) {
            listeners.add(value);
            return this;
        }

        /** The clock. Default: the system's. */
        public Builder clock(InstantSource value) {
            clock = value;
            return this;
        }

        /** Runs timeouts and looks at idle legs; short tasks that do not block. Default: one daemon thread of the node's own. */
        public Builder scheduler(ScheduledExecutorService value) {
            scheduler = value;
            return this;
        }

        /**
         * Makes the node; it is ready at once.
         *
         * @throws IllegalStateException if something required is missing; the message says what
         */
        public BridgeNode build() {
            if (publicUrl == null || address == null || keys == null) {
                throw new IllegalStateException("a node needs a public URL, an address and keys");
            }
            if (policy == null) {
                throw new IllegalStateException("a node needs an access policy, or insecure()");
            }
            return new BridgeNode(this, publicUrl, address, keys, policy);
        }

        private List<SignalChain.Route> routes(Signaller builtIn) {
            List<SignalChain.Route> all = new ArrayList<>();
            all.add(new SignalChain.Route(builtIn));
            all.addAll(routes);
            return all;
        }
    }
}
