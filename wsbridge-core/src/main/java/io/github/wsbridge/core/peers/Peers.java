package io.github.wsbridge.core.peers;

import com.grack.nanojson.JsonObject;
import io.github.wsbridge.BridgeToken;
import io.github.wsbridge.Endpoints;
import io.github.wsbridge.HandshakeException;
import io.github.wsbridge.Invitation;
import io.github.wsbridge.NodeAddress;
import io.github.wsbridge.Rejection;
import io.github.wsbridge.core.cluster.PeerDirectory;
import io.github.wsbridge.core.limits.Limits;
import io.github.wsbridge.spi.BridgeListener;
import io.github.wsbridge.spi.Connector;
import io.github.wsbridge.spi.Leg;
import io.github.wsbridge.wire.concurrent.Daemons;
import io.github.wsbridge.wire.concurrent.Lasting;
import io.github.wsbridge.wire.message.RejectionJson;
import io.github.wsbridge.wire.relay.WatchedLeg;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The other nodes, as one node sees them. All are asked concurrently, each over its own link. */
public final class Peers {

    private static final Logger log = LoggerFactory.getLogger(Peers.class);
    private static final long REFRESH_SECONDS = 2;

    private final Consumer<Runnable> aside; // runs a task that may block
    private final NodeAddress self;
    private final PeerDirectory directory;
    private final @Nullable Connector connector;
    private final NodeCredentials credentials;
    private final PeerClocks clocks;
    private final Limits limits;
    private final ScheduledExecutorService scheduler;
    private final Map<NodeAddress, PeerLink> links = new ConcurrentHashMap<>();
    private final AtomicBoolean refreshing = new AtomicBoolean();
    private volatile Set<NodeAddress> nodes = Set.of();
    private final Future<?> refreshes;

    public Peers(
            NodeAddress self,
            PeerDirectory directory,
            @Nullable Connector connector,
            NodeCredentials credentials,
            PeerClocks clocks,
            Limits limits,
            ScheduledExecutorService scheduler) {
        this(
                self,
                directory,
                connector,
                credentials,
                clocks,
                limits,
                scheduler,
                task -> Daemons.start("wsbridge-peers", task));
    }

    Peers(
            NodeAddress self,
            PeerDirectory directory,
            @Nullable Connector connector,
            NodeCredentials credentials,
            PeerClocks clocks,
            Limits limits,
            ScheduledExecutorService scheduler,
            Consumer<Runnable> aside) {
        this.aside = aside;
        this.self = self;
        this.directory = directory;
        this.connector = connector;
        this.credentials = credentials;
        this.clocks = clocks;
        this.limits = limits;
        this.scheduler = scheduler;
        refresh();
        this.refreshes = scheduler.scheduleWithFixedDelay(
                new Lasting(this::refreshAside), REFRESH_SECONDS, REFRESH_SECONDS, TimeUnit.SECONDS);
    }

    /** A directory may block, for example on DNS; the scheduler's thread must not. */
    private void refreshAside() {
        if (refreshing.compareAndSet(false, true)) {
            boolean started = false;
            try {
                aside.accept(new Lasting(() -> {
                    try {
                        refresh();
                    } finally {
                        refreshing.set(false);
                    }
                }));
                started = true;
            } finally {
                if (!started) {
                    refreshing.set(false); // there is no thread for it now; the next time there may be one
                }
            }
        }
    }

    private void refresh() {
        try {
            Set<NodeAddress> found = directory.nodes();
            nodes = Set.copyOf(found);
            links.forEach((address, link) -> {
                if (!found.contains(address) && links.remove(address, link)) {
                    link.close();
                }
            });
        } catch (IOException | RuntimeException e) {
            log.warn("failed to look up the peers, keeping the {} known ones: {}", nodes.size(), e.toString());
        }
    }

    /** Asks all peers to deliver an invitation. Completes with true as soon as one has, or with false once none has. */
    public CompletionStage<Boolean> deliver(Invitation invitation) {
        CompletableFuture<Boolean> delivered = new CompletableFuture<>();
        List<PeerLink> asked = all();
        if (asked.isEmpty()) {
            return CompletableFuture.completedFuture(false);
        }
        AtomicInteger open = new AtomicInteger(asked.size());
        for (PeerLink link : asked) {
            link.deliver(invitation).thenAccept(did -> {
                if (did || open.decrementAndGet() == 0) {
                    delivered.complete(did);
                }
            });
        }
        return delivered;
    }

    /** Asks the peer that has signed a URL for one bridge whether it is unused; false also if it cannot be asked. */
    public CompletionStage<Boolean> spend(NodeAddress signer, String nonce) {
        return connector != null && nodes.contains(signer)
                ? link(signer).spend(nonce)
                : CompletableFuture.completedFuture(false);
    }

    /** Tells all peers that a device has started listening here. */
    public void announce(String deviceId, Instant since, BridgeListener.Client by) {
        JsonObject message = PeerMessages.listening(deviceId, since, by);
        all().forEach(link -> link.tell(message));
    }

    /** Tells a device that listens on a peer that the requester of an invitation has gone. */
    public void withdraw(Invitation invitation) {
        JsonObject message = PeerMessages.withdraw(invitation);
        all().forEach(link -> link.tell(message));
    }

    /** Passes a device's rejection to the node that owns the token. */
    public void reject(NodeAddress owner, BridgeToken token, Rejection rejection) {
        if (connector != null && nodes.contains(owner)) {
            link(owner).tell(RejectionJson.write(token, rejection));
        }
    }

    private List<PeerLink> all() {
        List<PeerLink> all = new ArrayList<>();
        if (connector != null) {
            for (NodeAddress node : nodes) {
                if (!node.equals(self)) {
                    all.add(link(node));
                }
            }
        }
        return all;
    }

    private PeerLink link(NodeAddress node) {
        return links.computeIfAbsent(
                node,
                to -> new PeerLink(
                        () -> dial(to),
                        challenge -> prove(to, challenge),
                        limits.peerTimeout(),
                        scheduler,
                        System::nanoTime));
    }

    private JsonObject prove(NodeAddress to, JsonObject challenge) {
        clocks.ahead(to, PeerMessages.time(challenge));
        return PeerMessages.proof(credentials.prove(
                to, PeerMessages.challenge(challenge), new NodeCredentials.Proof(self, clocks.now())));
    }

    /**
     * Another node that has dialled this one.
     *
     * @param node its address
     * @param ahead how far this node's clock is ahead of its clock
     */
    record Met(NodeAddress node, Duration ahead) {}

    String challenge() {
        return credentials.challenge();
    }

    JsonObject challenge(String challenge) {
        return PeerMessages.challenge(challenge, clocks.now());
    }

    /** Checks the answer to a challenge. Returns null if it proves nothing. */
    @Nullable
    Met meet(String proof, String challenge) {
        NodeCredentials.Proof proven = credentials.check(proof, self, challenge);
        if (proven == null) {
            return null;
        }
        heardOf(proven.from());
        return new Met(proven.from(), clocks.ahead(proven.from(), proven.time()));
    }

    /** Called when a node has given a sign of life. */
    void heardOf(NodeAddress node) {
        PeerLink link = links.get(node);
        if (link != null) {
            link.heardOf();
        }
    }

    private CompletionStage<Leg> dial(NodeAddress to) {
        Connector with = connector;
        if (with == null) {
            return CompletableFuture.failedFuture(new IOException("no connector"));
        }
        Map<String, String> headers = Map.of(Endpoints.NODE_HEADER, credentials.issue(to, NodeCredentials.PEER_LINK));
        return with.connect(new Connector.Target(Endpoints.peer(to), headers, "", limits.dialTimeout()))
                .whenComplete((leg, failure) -> {
                    if (failure instanceof HandshakeException refused) {
                        log.warn(
                                "{} refused a peer link with status {}; check both nodes' keys and addresses",
                                to,
                                refused.status());
                    }
                })
                .thenApply(leg -> new WatchedLeg(leg, limits.watch(), scheduler));
    }

    public void close() {
        refreshes.cancel(false);
        links.values().forEach(PeerLink::close);
    }
}
