package io.github.wsbridge.core;

import io.github.wsbridge.Bridge;
import io.github.wsbridge.BridgeException;
import io.github.wsbridge.BridgeId;
import io.github.wsbridge.BridgeRequest;
import io.github.wsbridge.BridgeToken;
import io.github.wsbridge.CloseReason;
import io.github.wsbridge.Hop;
import io.github.wsbridge.NodeAddress;
import io.github.wsbridge.spi.BridgeListener;
import io.github.wsbridge.spi.Connector;
import io.github.wsbridge.spi.Leg;
import io.github.wsbridge.spi.NodeRouter;
import io.github.wsbridge.spi.Signaller;
import io.github.wsbridge.spi.Signaller.Result.Rejected;
import io.github.wsbridge.spi.TokenClaims;
import io.github.wsbridge.spi.WatchedLeg;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.atomic.AtomicBoolean;
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
public final class BridgeNode implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(BridgeNode.class);

    /** How long legs have to end once they have been told to; a leg's own deadline is ten seconds. */
    private static final Duration LAST_CALL = Duration.ofSeconds(11);

    private final NodeAddress self;
    private final Limits limits;
    private final InstantSource clock;
    private final ScheduledExecutorService scheduler;
    private final boolean ownScheduler;

    private final Occupancy occupancy;
    private final PendingBridges pending;
    private final DeviceListeners listeners;
    private final Peers peers;
    private final Set<PeerServer> peerServers = ConcurrentHashMap.newKeySet();
    private final Signaller signaller;
    private final @Nullable NodeRouter router;
    private final Requests requests;
    private final Accepts accepts;
    private final Admissions admissions;
    private final AtomicBoolean stopped = new AtomicBoolean();
    private final CompletableFuture<Void> released = new CompletableFuture<>();

    BridgeNode(BridgeNodeBuilder from) {
        self = from.address();
        limits = from.limits;
        clock = from.clock;
        ownScheduler = from.scheduler == null;
        scheduler = from.scheduler == null ? BridgeNodeBuilder.newScheduler() : from.scheduler;
        BridgeListener events = new SafeListener(from.listeners);
        NodeCredentials credentials = new NodeCredentials(from.keys(), clock);

        occupancy = new Occupancy(limits.maxBridges());
        pending = new PendingBridges(limits.maxPendingPerDevice());
        listeners = new DeviceListeners(limits.maxListeners(), events, this::rejected);
        peers = new Peers(self, from.peers, from.connector, credentials, limits, scheduler);
        signaller = new SignalChain(
                from.routes(new ListenSignaller(listeners, peers)),
                id -> pending.find(id) != null,
                this::rejectedLate,
                clock,
                scheduler);
        router = from.router != null || from.connector == null
                ? from.router
                : new DialingRouter(from.connector, credentials, limits.dialTimeout());
        requests = new Requests(
                from.publicUrl(),
                self,
                from.codec(),
                signaller,
                pending,
                occupancy,
                limits.acceptTimeout(),
                clock,
                scheduler,
                events);
        accepts = new Accepts(self, from.codec(), router, pending, occupancy, this::watched, clock, events);
        RequestRate rate = new RequestRate(limits.requestsPerSecond(), clock);
        admissions = new Admissions(new Rooms(), self, credentials, from.policy(), limits, rate, scheduler, events);
    }

    /** Starts to describe a node. */
    public static BridgeNodeBuilder builder() {
        return new BridgeNodeBuilder();
    }

    /**
     * Decides on a handshake that came to a transport.
     *
     * @return the decision, within {@link Limits#admissionTimeout}; never fails
     */
    public CompletionStage<Admission> admit(Handshake handshake) {
        return admissions.admit(handshake);
    }

    /** Connects requesters and devices of this process to this node, without a socket and without credentials. */
    public Connector connector() {
        return new InProcessConnector(admissions);
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
    private void rejected(BridgeToken token, Rejected rejection) {
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
    private void rejectedLate(BridgeId id, Rejected rejection) {
        accepts.end(id, rejection);
    }

    private void listen(String deviceId, Leg leg) {
        Instant since = clock.instant();
        if (occupancy.draining()) {
            LastWords.of(leg, Occupancy.DRAINING);
        } else if (listeners.add(deviceId, watched(leg), since)) {
            if (occupancy.draining()) {
                listeners.closeAll(
                        Occupancy.STOPPING); // stop() may have closed those that listened before this one came
            } else {
                peers.announce(deviceId, since);
            }
        }
    }

    private Leg watched(Leg leg) {
        return leg instanceof WatchedLeg ? leg : new WatchedLeg(leg, limits.watch(), scheduler);
    }

    private Leg unproven(Leg leg) {
        return new UnprovenLeg(watched(leg), scheduler);
    }

    /** The address at which other nodes reach this one. */
    public NodeAddress address() {
        return self;
    }

    /** What the node holds now. */
    public NodeStats stats() {
        int waiting = pending.size();
        return new NodeStats(waiting, Math.max(0, occupancy.held() - waiting), listeners.size(), occupancy.draining());
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
        CompletionStage<Void> empty = occupancy.drain();
        listeners.closeAll(Occupancy.STOPPING);
        pending.endAll(Occupancy.DRAINING);
        return Deadlines.within(grace, empty, scheduler)
                .handle((done, timeout) -> {
                    occupancy.cut();
                    return Deadlines.within(LAST_CALL, empty, scheduler);
                })
                .thenCompose(last -> last)
                .handle((done, timeout) -> {
                    if (!stopped.getAndSet(true)) {
                        Thread thread =
                                new Thread(this::release, "wsbridge-node-stop"); // foreign code closes, and may block
                        thread.setDaemon(true);
                        thread.start();
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
        peerServers.forEach(peer -> peer.close(Occupancy.STOPPING));
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

    /** What transports reach through an admission. */
    private final class Rooms implements Admissions.Rooms {
        @Override
        public void request(BridgeRequest request, String principal, Leg leg) {
            requests.request(request, principal, unproven(leg));
        }

        @Override
        public void accept(BridgeToken token, @Nullable Rejected rejection, Leg leg, Hop hop) {
            accepts.accept(token, rejection, hop == Hop.DIRECT ? unproven(leg) : watched(leg), hop);
        }

        @Override
        public void listen(String deviceId, Leg leg) {
            BridgeNode.this.listen(deviceId, leg);
        }

        @Override
        public void peer(Leg leg) {
            Duration half = limits.peerTimeout().dividedBy(2); // the other half is the way there and back
            PeerServer server =
                    new PeerServer(watched(leg), listeners, BridgeNode.this::rejected, peerServers, half, scheduler);
            server.open();
            if (stopped.get()) {
                server.close(Occupancy.STOPPING); // stop() may have closed those that came before this one
            }
        }

        @Override
        public @Nullable CloseReason unavailable() {
            return occupancy.unavailable();
        }

        @Override
        public @Nullable CloseReason noRoomToListen(String deviceId) {
            return occupancy.draining() ? Occupancy.DRAINING : listeners.noRoom(deviceId);
        }
    }
}
