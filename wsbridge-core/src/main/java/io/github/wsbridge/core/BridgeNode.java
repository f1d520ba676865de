package io.github.wsbridge.core;

import io.github.wsbridge.Authority;
import io.github.wsbridge.Bridge;
import io.github.wsbridge.BridgeException;
import io.github.wsbridge.BridgeId;
import io.github.wsbridge.BridgeRequest;
import io.github.wsbridge.BridgeToken;
import io.github.wsbridge.CloseReason;
import io.github.wsbridge.DeviceIdPattern;
import io.github.wsbridge.Endpoints;
import io.github.wsbridge.Hop;
import io.github.wsbridge.NodeAddress;
import io.github.wsbridge.Rejection;
import io.github.wsbridge.SignedUrl;
import io.github.wsbridge.TraceContext;
import io.github.wsbridge.core.admission.Admissions;
import io.github.wsbridge.core.admission.Brakes;
import io.github.wsbridge.core.admission.BrowserRules;
import io.github.wsbridge.core.admission.ForwardedPeers;
import io.github.wsbridge.core.admission.PeerAdmissions;
import io.github.wsbridge.core.admission.SignedOnce;
import io.github.wsbridge.core.admission.SignedUrls;
import io.github.wsbridge.core.bridges.Accepts;
import io.github.wsbridge.core.bridges.BridgeAges;
import io.github.wsbridge.core.bridges.BridgeBook;
import io.github.wsbridge.core.bridges.BridgeSlots;
import io.github.wsbridge.core.bridges.PendingBridges;
import io.github.wsbridge.core.bridges.Requester;
import io.github.wsbridge.core.bridges.Requests;
import io.github.wsbridge.core.cluster.PeerDirectory;
import io.github.wsbridge.core.cluster.PeerNetworks;
import io.github.wsbridge.core.limits.Bandwidth;
import io.github.wsbridge.core.limits.FairShare;
import io.github.wsbridge.core.limits.Limits;
import io.github.wsbridge.core.local.InProcessConnector;
import io.github.wsbridge.core.peers.DialingRouter;
import io.github.wsbridge.core.peers.NodeCredentials;
import io.github.wsbridge.core.peers.PeerClocks;
import io.github.wsbridge.core.peers.PeerServer;
import io.github.wsbridge.core.peers.Peers;
import io.github.wsbridge.core.signalling.DeviceListeners;
import io.github.wsbridge.core.signalling.ListenSignaller;
import io.github.wsbridge.core.signalling.SignalChain;
import io.github.wsbridge.core.signalling.SignalSpans;
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
import io.github.wsbridge.spi.SetupTracer;
import io.github.wsbridge.spi.Signaller;
import io.github.wsbridge.spi.TokenClaims;
import io.github.wsbridge.spi.TokenCodec;
import io.github.wsbridge.wire.concurrent.Daemons;
import io.github.wsbridge.wire.concurrent.Deadlines;
import io.github.wsbridge.wire.relay.WatchedLeg;
import io.github.wsbridge.wire.trace.GuardedTracer;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A bridge node, the entry point to this module. Transports pass handshakes to it ({@link #admit}). An application that
 * embeds a node may also pass legs directly ({@link #request}, {@link #accept}), or connect without a socket
 * ({@link #connector}).
 *
 * <p>Thread-safe. No method except {@link #close} blocks. Apart from its scheduler's thread, the node runs on the
 * threads of its transports.
 */
public final class BridgeNode implements Door, AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(BridgeNode.class);

    /** How long legs may take to end once they have been told to close. A leg's own deadline is ten seconds. */
    private static final Duration LAST_CALL = Duration.ofSeconds(11);

    private final NodeAddress self;
    volatile Limits limits; // changed by changeLimits() only
    final ScheduledExecutorService scheduler;
    private final boolean ownScheduler;
    final SetupTracer tracer;

    private final AtomicInteger stalled = new AtomicInteger();
    final BridgeSlots slots;
    private final PendingBridges pending;
    final DeviceListeners listeners;
    final Peers peers;
    final Set<PeerServer> peerServers = ConcurrentHashMap.newKeySet();
    private final Signaller signaller;
    private final @Nullable NodeRouter router;
    private final BridgeBook book = new BridgeBook();
    final Requests requests;
    final Accepts accepts;
    final Set<ExposedPort> ports = ConcurrentHashMap.newKeySet();
    private final boolean sharesPrincipals;
    private final Bandwidth bandwidth;
    private final Brakes brakes;
    final SignedOnce signedOnce;
    private final SignedUrls signedUrls;
    final Admissions admissions;
    final AtomicBoolean stopped = new AtomicBoolean();
    private final Duration drainDelay;
    /** Completes early if load balancers get no more time to notice that the node is stopping. */
    private final CompletableFuture<Void> noticed = new CompletableFuture<>();

    private final CompletableFuture<Void> released = new CompletableFuture<>();

    private BridgeNode(
            Builder from, URI publicUrl, NodeAddress address, Supplier<TokenKeys> keys, AccessPolicy policy) {
        self = address;
        limits = from.limits;
        drainDelay = from.drainDelay;
        ownScheduler = from.scheduler == null;
        scheduler = from.scheduler == null ? Daemons.newTimer("wsbridge-node-timer") : from.scheduler;
        tracer = GuardedTracer.of(from.tracer);
        BridgeListener events = new NodeEvents(from.listeners);
        NodeCredentials credentials = new NodeCredentials(keys);
        TokenCodec codec = from.codec != null ? from.codec : AeadTokenCodec.create(keys);

        sharesPrincipals = !from.insecure;
        Supplier<FairShare> share = () -> new FairShare(principalShare(), limits.addressShare());
        slots = new BridgeSlots(limits.maxBridges(), share.get());
        pending = new PendingBridges(limits.maxPendingPerDevice(), share);
        listeners = new DeviceListeners(limits.maxListeners(), share.get(), events, this::rejected);
        peers = new Peers(
                self,
                from.peers,
                from.peerNetworks,
                from.connector,
                credentials,
                new PeerClocks(from.clock),
                limits,
                scheduler);
        signaller = new SignalChain(
                from.routes(new ListenSignaller(listeners, peers::deliver, peers::withdraw)),
                id -> pending.find(id) != null,
                this::rejectedLate,
                from.clock,
                scheduler,
                events,
                new SignalSpans(tracer, pending::settled));
        router = from.router != null || from.connector == null
                ? from.router
                : new DialingRouter(from.connector, credentials, peers::permits, limits.dialTimeout(), scheduler);
        bandwidth = new Bandwidth(limits.bridgeBandwidth(), limits.principalBandwidth(), scheduler, System::nanoTime);
        requests = new Requests(
                publicUrl,
                self,
                codec,
                signaller,
                pending,
                slots,
                limits.acceptTimeout(),
                from.acceptCredential,
                bandwidth,
                book,
                from.clock,
                scheduler,
                events,
                tracer);
        BridgeAges ages = new BridgeAges(limits.maxIdle(), limits.maxLifetime(), scheduler);
        accepts =
                new Accepts(self, codec, router, pending, slots, ages, book, this::watched, from.clock, events, tracer);
        brakes = new Brakes(limits, from.clock, scheduler, events);
        NodeDestinations destinations = new NodeDestinations(this, from.clock);
        signedOnce = new SignedOnce(limits.maxSignedOnce(), from.clock);
        signedUrls = new SignedUrls(publicUrl, self, keys, signedOnce, peers::spend, from.clock);
        admissions = new Admissions(
                destinations,
                new PeerAdmissions(self, credentials, from.peerNetworks, from.internalDoorOnly),
                policy,
                limits,
                brakes,
                from.proxies,
                scheduler,
                events,
                new BrowserRules(from.origins, from.insecure ? List.of(host(publicUrl), host(self.uri())) : null),
                signedUrls,
                from.acceptCredential);
    }

    private static String host(URI url) {
        return Authority.of(url).map(Authority::name).orElse("");
    }

    /** Returns a builder with the default settings. */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * Decides on a handshake received by a transport.
     *
     * @return a stage that completes with the decision within {@link Limits#admissionTimeout} and never fails
     */
    @Override
    public CompletionStage<Admission> admit(Handshake handshake) {
        return admissions.admit(handshake);
    }

    /**
     * Returns a door that serves other nodes only, for a server of its own, on an address that only nodes can reach. It
     * refuses everything else, except probes, with status 404. It is of use with {@link Builder#internalDoorOnly}.
     */
    public Door internalDoor() {
        return admissions::admitInternal;
    }

    /**
     * Returns a connector by which requesters and devices in this process connect to this node, without a socket and
     * without credentials.
     */
    public Connector connector() {
        return new InProcessConnector(admissions, scheduler);
    }

    /**
     * Signs a connect URL, with which whoever has it can request bridges, on any node of the cluster and without any
     * other credential. Whether the principal may connect to the device is for the caller to check; the access policy
     * is asked when the URL is used ({@link AccessPolicy.Action#CONNECT_SIGNED}).
     *
     * @param request what is requested
     * @param principal who has the URL signed, and counts as the requester
     * @param lifetime how long the URL is valid, from a second to {@link Limits#maxSignedLifetime}; fractions of a
     *     second do not count
     * @param once whether the URL is good for one bridge only. This node alone remembers whether it has been used: the
     *     others ask it, and refuse the URL if this node has been restarted or cannot be reached
     * @throws IllegalArgumentException if the request exceeds the limits, or the lifetime is out of range
     * @throws IllegalStateException if too many URLs that are good for one bridge are unused
     */
    public SignedUrl signedUrl(BridgeRequest request, String principal, Duration lifetime, boolean once) {
        admissions.check(request);
        if (lifetime.toSeconds() < 1 || lifetime.compareTo(limits.maxSignedLifetime()) > 0) {
            throw new IllegalArgumentException("the lifetime must be from 1 to "
                    + limits.maxSignedLifetime().toSeconds() + " seconds");
        }
        SignedUrl signed = signedUrls.sign(request, principal, lifetime, once);
        if (signed == null) {
            throw new IllegalStateException("too many signed URLs are unused");
        }
        return signed;
    }

    /**
     * Creates a bridge for a requester: mints a token, signals the device and waits for it to accept. If that is not
     * possible, the leg and the returned bridge are closed with the reason.
     *
     * @param request the request
     * @param principal identifies the requester in logs
     * @param leg the requester's leg, not yet opened
     */
    public Bridge request(BridgeRequest request, String principal, Leg leg) {
        return requests.request(request, new Requester(principal, Endpoints.CONNECT, ""), watched(leg));
    }

    /**
     * Joins a device's leg to the requester that waits here under its token, or forwards it to the node where the
     * requester waits. If that is not possible, the leg is closed with the reason.
     *
     * @param token the token that the device received
     * @param leg the device's leg, not yet opened
     * @param hop whether the accept comes from outside or from another node
     */
    public void accept(BridgeToken token, Leg leg, Hop hop) {
        accepts.accept(token, null, new BridgeListener.Client("", ""), watched(leg), hop, TraceContext.NONE);
    }

    /** Handles a rejection from a listen socket of this node or of a peer. */
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

    /** Handles a rejection over one channel after another has delivered the invitation. */
    private void rejectedLate(BridgeId id, Rejection rejection) {
        accepts.end(id, rejection);
    }

    Leg watched(Leg leg) {
        return leg instanceof WatchedLeg ? leg : new WatchedLeg(leg, limits.watch(), scheduler, stalled);
    }

    /** Returns the address at which other nodes reach this one. */
    public NodeAddress address() {
        return self;
    }

    /**
     * Ends what the access policy has granted and no longer permits, as {@link AccessPolicy.Access.Granted#valid} says:
     * the sockets of listening devices and, if wanted, bridges. They are closed with
     * {@link CloseReason#POLICY_VIOLATION}. To be called when permissions have been revoked; the policy's code runs on
     * the calling thread.
     *
     * @param live whether to end bridges, too: those that this node owns, pending or live
     */
    public void endRevoked(boolean live) {
        int ended = listeners.closeRevoked(Requests.REVOKED);
        int bridges = live ? requests.closeRevoked() : 0;
        if (ended + bridges > 0) {
            log.info("permissions have been revoked: {} listening devices and {} bridges end", ended, bridges);
        }
    }

    /**
     * Returns the ids of the devices that listen on this node, a snapshot. Devices on other nodes, and those that are
     * reached over other secondary channels, are not among them.
     */
    public Set<String> listening() {
        return listeners.ids();
    }

    /** Returns a snapshot of the node's counters. */
    public NodeStats stats() {
        int waiting = pending.size();
        return new NodeStats(
                waiting, Math.max(0, slots.held() - waiting), listeners.size(), slots.leaving(), stalled.get());
    }

    /**
     * Returns the bridges that this node holds: its own, pending and live, and those that it forwards. A snapshot in no
     * order, of at most {@link Limits#maxBridges} elements; it takes a few milliseconds for ten thousand, and costs
     * the bridges themselves nothing. For a look now and then, such as once a second.
     */
    public List<BridgeState> bridges() {
        List<BridgeState> all = new ArrayList<>();
        book.forEach(held -> all.add(new BridgeState(
                held.id(),
                held.deviceId(),
                Optional.ofNullable(held.requester()),
                Optional.ofNullable(held.device()),
                held.deviceForwarded(),
                Optional.ofNullable(held.owner()),
                held.since(),
                held.traffic().bytesToDevice(),
                held.traffic().bytesToRequester())));
        return all;
    }

    /**
     * Ends a bridge that this node holds, pending, live or forwarded.
     *
     * @param reason is sent to both ends
     * @return whether there is such a bridge; one that is about to end counts, too
     */
    public boolean endBridge(BridgeId id, CloseReason reason) {
        return book.end(id, reason);
    }

    /** Returns the node's limits. */
    public Limits limits() {
        return limits;
    }

    /**
     * Changes those of the limits that can be changed while the node runs ({@link Limits#changed}). They apply to what
     * comes from now on: nothing ends because of a lower limit, and until there is less than that, nothing more is
     * admitted. The limit of requesters for one device applies once nobody waits for it, and that of a bridge's
     * bandwidth to new bridges. The servers before the node have limits of their own.
     */
    public synchronized void changeLimits(Limits next) {
        Limits now = limits.changed(next);
        limits = now;
        slots.change(now.maxBridges(), principalShare(), now.addressShare());
        pending.change(now.maxPendingPerDevice());
        listeners.change(now.maxListeners(), principalShare(), now.addressShare());
        bandwidth.change(now.bridgeBandwidth(), now.principalBandwidth());
        brakes.change(now);
    }

    private int principalShare() {
        return sharesPrincipals ? limits.principalShare() : 100;
    }

    /** Returns the other nodes that this one knows, in the order of their addresses. */
    public List<PeerState> peers() {
        return peers.linked().entrySet().stream()
                .map(peer -> new PeerState(peer.getKey(), peer.getValue()))
                .sorted(Comparator.comparing(peer -> peer.address().toString()))
                .toList();
    }

    /**
     * Stops the node gracefully:
     *
     * <ol>
     *   <li>At once it is no longer ready ({@link Endpoints#READYZ}), tells listening devices to move to another node,
     *       and lets no more devices listen. It still serves requesters, so that load balancers have time to notice:
     *       {@link Builder#drainDelay}, but no longer than the grace period.
     *   <li>Then it refuses requesters, and closes its exposed ports and the sockets of devices that have not moved. It
     *       still forwards devices to other nodes, and joins them with the requesters that wait here.
     *   <li>When no bridge is left, or the grace period is over, it ends what is left: waiting requesters with
     *       {@link CloseReason#UNAVAILABLE}, bridges with {@link CloseReason#GOING_AWAY}. Then it closes the router,
     *       the signallers and, if the node created it, the scheduler. It does not close the connector.
     * </ol>
     *
     * <p>A further call shortens the steps that are not over yet.
     *
     * @param grace how long bridges may continue, counted from this call
     * @return a stage that completes when everything has been released: at most eleven seconds after the grace period,
     *     plus eleven if the router or a signaller is slow to close
     */
    public CompletionStage<Void> stop(Duration grace) {
        slots.leave();
        listeners.moveAll();
        Duration delay = grace.compareTo(drainDelay) < 0 ? grace : drainDelay;
        if (delay.isZero()) {
            noticed.complete(null);
        }
        return Deadlines.within(delay, noticed, scheduler)
                .handle((done, timeout) -> drain(grace.minus(delay)))
                .thenCompose(stopped -> stopped);
    }

    private CompletionStage<Void> drain(Duration grace) {
        CompletionStage<Void> empty = slots.drain();
        if (!ports.isEmpty()) {
            Daemons.start("wsbridge-node-ports", () -> ports.forEach(this::close)); // closing one may block
        }
        listeners.closeAll(BridgeSlots.STOPPING);
        CompletionStage<Void> over =
                grace.isZero() ? CompletableFuture.completedFuture(null) : Deadlines.within(grace, empty, scheduler);
        return over.handle((done, timeout) -> {
                    slots.end();
                    pending.endAll(BridgeSlots.DRAINING); // later ones see that the node ends
                    return Deadlines.within(LAST_CALL, empty, scheduler);
                })
                .thenCompose(last -> last)
                .handle((done, timeout) -> {
                    if (!stopped.getAndSet(true)) {
                        Daemons.start("wsbridge-node-stop", this::release); // closes foreign code, which may block
                    }
                    return Deadlines.within(LAST_CALL, released, scheduler);
                })
                .thenCompose(last -> last)
                .exceptionally(late -> null);
    }

    private void close(ExposedPort port) {
        try {
            port.close();
        } catch (RuntimeException e) { // from a foreign transport
            log.warn("failed to close the port {}", port.address(), e);
        }
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
            log.warn("failed to close the router", e);
        }
        signaller.close();
        if (ownScheduler) {
            scheduler.shutdown();
        }
    }

    /** Stops the node without a grace period and waits until it has stopped. */
    @Override
    public void close() {
        stop(Duration.ZERO).toCompletableFuture().join();
    }

    /**
     * Builds a node. A public URL, an address, keys, and an access policy (or {@link #insecure}) are required. A
     * cluster also needs a connector: without one, a node serves only its own bridges. Not thread-safe.
     */
    public static final class Builder {

        private @Nullable URI publicUrl;
        private @Nullable NodeAddress address;
        private @Nullable Supplier<TokenKeys> keys;
        private @Nullable TokenCodec codec;
        private @Nullable AccessPolicy policy;
        private ForwardedPeers proxies = new ForwardedPeers(List.of());
        /** How long a device id may be that a token names. */
        private static final int MAX_NAMED_DEVICE = 400;

        private boolean insecure;
        private boolean acceptCredential;
        private final List<String> origins = new ArrayList<>();
        private final List<SignalChain.Route> routes = new ArrayList<>();
        private final List<BridgeListener> listeners = new ArrayList<>();

        private @Nullable Connector connector;

        private @Nullable NodeRouter router;

        private PeerDirectory peers = PeerDirectory.none();
        private PeerNetworks peerNetworks = PeerNetworks.any();
        private boolean internalDoorOnly;
        private Limits limits = Limits.builder().build();
        private Duration drainDelay = Duration.ZERO;
        private SetupTracer tracer = SetupTracer.NONE;
        private InstantSource clock = InstantSource.system();

        private @Nullable ScheduledExecutorService scheduler;

        private @Nullable InetSocketAddress bound;

        /** Whether nothing was set that only a node of a cluster needs. */
        private boolean alone = true;

        private Builder() {}

        /**
         * The base of accept URLs, at which devices reach the cluster: {@code wss://bridge.example.com}. Required,
         * unless {@link #boundTo} is called.
         */
        public Builder publicUrl(URI value) {
            publicUrl = Endpoints.base(value);
            return this;
        }

        /**
         * The address of the node's server, for a node without TLS whose devices are on this machine or in its network:
         * without {@link #publicUrl}, that is {@code ws://HOST:PORT}, with the port that the system has chosen if the
         * server was bound to port 0.
         *
         * @param address such as {@link io.github.wsbridge.spi.BridgeServer#address}
         */
        public Builder boundTo(InetSocketAddress address) {
            bound = address;
            return this;
        }

        /**
         * The address at which other nodes reach this one, different for each node. Required in a cluster, that is with
         * a {@link #connector}, a {@link #router} or {@link #peers}. Default: the public URL.
         */
        public Builder address(NodeAddress value) {
            address = value;
            return this;
        }

        /**
         * The cluster's keys. Required in a cluster, see {@link #address}. Default: new ones, which end with this
         * process, and with them what they have signed or encrypted: tokens and signed URLs.
         */
        public Builder keys(TokenKeys value) {
            keys = () -> value;
            return this;
        }

        /** A source of the cluster's keys, which may change while the node runs, such as a {@link KeyFile}. */
        public Builder keys(Supplier<TokenKeys> value) {
            keys = value;
            return this;
        }

        /** The codec for bridge tokens. Default: an {@link AeadTokenCodec} with the cluster's keys. */
        public Builder tokenCodec(TokenCodec value) {
            codec = value;
            return this;
        }

        /** Decides who may connect and listen. Required, unless {@link #insecure} is called. */
        public Builder accessPolicy(AccessPolicy value) {
            insecure = false;
            policy = value;
            return this;
        }

        /**
         * Lets anyone connect to any device and listen as any device. For tests and demonstrations. Requests from this
         * machine must name it, or the host of the public URL or of the node's address, in their {@code Host} field, so
         * that no web page reaches the node under a name that its owner has led to this machine.
         */
        public Builder insecure() {
            insecure = true;
            policy = request -> CompletableFuture.completedFuture(new AccessPolicy.Access.Granted("anonymous"));
            return this;
        }

        /**
         * Lets web pages of an origin connect, listen and accept; by default, none may, except with a signed URL. It
         * concerns requests with an {@code Origin} field, as browsers send it, and gives no permission beyond that.
         *
         * @param origin such as {@code https://console.example.com}, or {@code *} for any
         * @throws IllegalArgumentException if it is not an origin
         */
        public Builder allowOrigin(String origin) {
            new BrowserRules(List.of(origin), null); // checks it
            origins.add(origin);
            return this;
        }

        /**
         * Wants a credential of the device with each accept, in addition to the token: the access policy is asked
         * ({@link AccessPolicy.Action#ACCEPT}). The node at which the device arrives decides, and tokens name their
         * devices for that, so all nodes of a cluster need the same setting. Default: the token is enough.
         */
        public Builder acceptCredential(boolean value) {
            acceptCredential = value;
            return this;
        }

        /**
         * Adds a secondary channel. Channels are tried in the order in which they were added, after the built-in listen
         * socket. The first that knows the device decides. If a channel fails, the next is tried at once; if it does
         * not answer, the next is tried after an equal share of the remaining accept timeout. The node closes the
         * signallers when it stops.
         */
        public Builder signaller(Signaller value) {
            routes.add(new SignalChain.Route(value));
            return this;
        }

        /**
         * Adds a secondary channel for some devices only. Its place in the order is as for any other.
         *
         * @param deviceIdPattern a device id in which {@code *} matches any number of characters: {@code plant-7/*}
         * @throws IllegalArgumentException if the pattern is empty
         */
        public Builder signaller(String deviceIdPattern, Signaller value) {
            routes.add(new SignalChain.Route(new DeviceIdPattern(deviceIdPattern), value));
            return this;
        }

        /**
         * The proxies before this node that say in {@code X-Forwarded-For} or {@code Forwarded} for whom they stand.
         * All limits by address, listeners and logs then see the client's address. Others are not believed. Default:
         * none.
         *
         * @param networks IP addresses, or networks in CIDR notation: {@code 10.0.0.0/8}, {@code 2001:db8::/32}
         * @throws IllegalArgumentException if one is invalid; the message quotes it
         */
        public Builder proxies(Collection<String> networks) {
            proxies = new ForwardedPeers(networks);
            return this;
        }

        /**
         * Connects to other nodes, to forward accepts and to deliver invitations. The caller closes it, after the node.
         * Default: none.
         */
        public Builder connector(Connector value) {
            alone = false;
            connector = value;
            return this;
        }

        /** Forwards accepts. The node closes it when it stops. Default: dials the owner with the connector. */
        public Builder router(NodeRouter value) {
            alone = false;
            router = value;
            return this;
        }

        /** The other nodes, which are asked about devices that do not listen on this one. Default: none. */
        public Builder peers(PeerDirectory value) {
            alone = false;
            peers = value;
            return this;
        }

        /**
         * Where other nodes may be. The node neither dials others, whatever a directory or a token says, nor admits
         * them. Default: anywhere.
         */
        public Builder peerNetworks(PeerNetworks value) {
            peerNetworks = value;
            return this;
        }

        /**
         * Admits other nodes only by {@link BridgeNode#internalDoor}; the node itself, as a door, refuses them with
         * status 404. Then {@link #address} has to be that of the internal door's server.
         */
        public Builder internalDoorOnly() {
            alone = false;
            internalDoorOnly = true;
            return this;
        }

        /** The node's limits. Default: those of {@link Limits.Builder}. */
        public Builder limits(Limits value) {
            limits = value;
            return this;
        }

        /**
         * How long the node goes on serving requesters once it is told to stop, so that load balancers notice that it
         * is no longer ready before it refuses any; part of the grace period. Longer than a balancer takes to notice.
         * Default: zero, for a node without load balancer.
         *
         * @throws IllegalArgumentException if it is negative
         */
        public Builder drainDelay(Duration value) {
            if (value.isNegative()) {
                throw new IllegalArgumentException("the drain delay must not be negative");
            }
            drainDelay = value;
            return this;
        }

        /** Adds an observer. */
        public Builder listener(BridgeListener value) {
            listeners.add(value);
            return this;
        }

        /** Records how bridges are set up. Default: nothing, but a requester's trace is passed on to the device. */
        public Builder tracer(SetupTracer value) {
            tracer = value;
            return this;
        }

        /** The clock. Default: the system's. */
        public Builder clock(InstantSource value) {
            clock = value;
            return this;
        }

        /**
         * Runs timeouts and checks of idle legs, which are short and do not block. Default: one daemon thread owned by
         * the node.
         */
        public Builder scheduler(ScheduledExecutorService value) {
            scheduler = value;
            return this;
        }

        /**
         * Builds the node, which is ready at once.
         *
         * @throws IllegalStateException if something required is missing; the message says what
         */
        public BridgeNode build() {
            URI url = publicUrl == null ? urlOf(bound) : publicUrl;
            if (!alone && (address == null || keys == null)) {
                throw new IllegalStateException(
                        "a node of a cluster, which has a connector, a router or peers, needs an address and keys");
            }
            if (policy == null) {
                throw new IllegalStateException("a node needs an access policy, or insecure()");
            }
            if (acceptCredential && limits.maxDeviceIdBytes() > MAX_NAMED_DEVICE) {
                throw new IllegalStateException(
                        "with acceptCredential, device ids must be limited to " + MAX_NAMED_DEVICE + " bytes");
            }
            return new BridgeNode(
                    this,
                    url,
                    address == null ? new NodeAddress(url) : address,
                    keys == null ? ownKeys() : keys,
                    policy);
        }

        private static URI urlOf(@Nullable InetSocketAddress bound) {
            if (bound == null) {
                throw new IllegalStateException("a node needs a public URL, or boundTo()");
            }
            InetAddress host = bound.getAddress();
            if (host == null || host.isAnyLocalAddress()) {
                throw new IllegalStateException(
                        "a node whose server listens on all addresses needs the public URL, at which devices reach it");
            }
            String text = host.getHostAddress();
            return Endpoints.base(URI.create("ws://"
                    + (host instanceof Inet6Address ? "[" + text.replace("%", "%25") + "]" : text) + ":"
                    + bound.getPort()));
        }

        private static Supplier<TokenKeys> ownKeys() {
            log.info("This node has made its own keys: no other node can join it, and what it signs ends with it");
            TokenKeys made = TokenKeys.generate();
            return () -> made;
        }

        private List<SignalChain.Route> routes(Signaller builtIn) {
            List<SignalChain.Route> all = new ArrayList<>();
            all.add(new SignalChain.Route(builtIn));
            all.addAll(routes);
            return all;
        }
    }
}
