package io.github.wsbridge.core.peers;

import com.grack.nanojson.JsonObject;
import io.github.wsbridge.BridgeToken;
import io.github.wsbridge.Endpoints;
import io.github.wsbridge.HandshakeException;
import io.github.wsbridge.Invitation;
import io.github.wsbridge.NodeAddress;
import io.github.wsbridge.Rejection;
import io.github.wsbridge.core.cluster.PeerDirectory;
import io.github.wsbridge.core.cluster.PeerNetworks;
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
import java.util.HashMap;
import java.util.HashSet;
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
    private static final int MOST_STRANGERS = 100;

    /** How long a node that has dialled this one counts as a peer, although the directory does not name it yet. */
    private static final long NEWS_NANOS = TimeUnit.SECONDS.toNanos(60);

    private static final int MOST_NEWS = 1_000;

    private final Consumer<Runnable> aside; // runs a task that may block
    private final NodeAddress self;
    private final PeerDirectory directory;
    private final PeerNetworks networks;
    private final @Nullable Connector connector;
    private final NodeCredentials credentials;
    private final PeerClocks clocks;
    private final Limits limits;
    private final ScheduledExecutorService scheduler;
    private final Map<NodeAddress, PeerLink> links = new ConcurrentHashMap<>();
    private final AtomicBoolean refreshing = new AtomicBoolean();
    private final Map<NodeAddress, Long> news = new HashMap<>(); // and when they were heard of; guarded by this
    private Set<NodeAddress> listed = Set.of(); // by the directory; guarded by this
    private volatile Set<NodeAddress> nodes = Set.of();
    private final Set<NodeAddress> strangers = ConcurrentHashMap.newKeySet(); // already warned about
    private final Future<?> refreshes;

    public Peers(
            NodeAddress self,
            PeerDirectory directory,
            PeerNetworks networks,
            @Nullable Connector connector,
            NodeCredentials credentials,
            PeerClocks clocks,
            Limits limits,
            ScheduledExecutorService scheduler) {
        this(
                self,
                directory,
                networks,
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
            PeerNetworks networks,
            @Nullable Connector connector,
            NodeCredentials credentials,
            PeerClocks clocks,
            Limits limits,
            ScheduledExecutorService scheduler,
            Consumer<Runnable> aside) {
        this.aside = aside;
        this.self = self;
        this.directory = directory;
        this.networks = networks;
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
            Set<NodeAddress> found = know(permitted(directory.nodes()));
            links.forEach((address, link) -> {
                if (!found.contains(address) && links.remove(address, link)) {
                    link.close();
                }
            });
        } catch (IOException | RuntimeException e) {
            log.warn("failed to look up the peers, keeping the {} known ones: {}", nodes.size(), e.toString());
        }
    }

    private synchronized Set<NodeAddress> know(Set<NodeAddress> named) {
        long now = System.nanoTime();
        news.values().removeIf(heard -> now - heard > NEWS_NANOS);
        news.keySet().removeAll(named);
        listed = named;
        Set<NodeAddress> all = new HashSet<>(named);
        all.addAll(news.keySet());
        nodes = Set.copyOf(all);
        return nodes;
    }

    private Set<NodeAddress> permitted(Set<NodeAddress> found) {
        Set<NodeAddress> permitted = new HashSet<>();
        for (NodeAddress node : found) {
            if (networks.permits(node, found)) {
                permitted.add(node);
            } else if (strangers.size() < MOST_STRANGERS && strangers.add(node)) {
                log.warn("the peer {} is in none of the networks of this node's peers, and is not used", node);
            }
        }
        return Set.copyOf(permitted);
    }

    /** Returns whether a node that a token names may be dialled. */
    public boolean permits(NodeAddress node) {
        return networks.permits(node, nodes);
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

    /** Returns the peers that are known, each with whether there is a link to it. */
    public Map<NodeAddress, Boolean> linked() {
        Map<NodeAddress, Boolean> linked = new HashMap<>();
        for (NodeAddress node : nodes) {
            if (!node.equals(self)) {
                PeerLink link = links.get(node);
                linked.put(node, link != null && link.up());
            }
        }
        return linked;
    }

    private PeerLink link(NodeAddress node) {
        return links.computeIfAbsent(
                node, to -> new PeerLink(() -> dial(to), limits.peerTimeout(), scheduler, System::nanoTime));
    }

    /** Answers the greeting of a node that was dialled. Returns null if somebody else answers at its address. */
    private @Nullable JsonObject prove(NodeAddress to, String own, JsonObject greeting) {
        String its = PeerMessages.challenge(greeting);
        Instant time = credentials.answered(PeerMessages.proof(greeting), to, own, its);
        if (time == null) {
            log.warn("{} does not prove to be a node of this cluster; check its keys and address", to);
            return null;
        }
        clocks.ahead(to, time);
        return PeerMessages.proof(credentials.prove(to, own, its, new NodeCredentials.Proof(self, clocks.now())));
    }

    /**
     * The challenges of a link to this node.
     *
     * @param dialler that of the node that has dialled
     * @param dialled this node's own
     */
    record Challenges(String dialler, String dialled) {}

    /**
     * Another node that has dialled this one.
     *
     * @param node its address
     * @param ahead how far this node's clock is ahead of its clock
     */
    record Met(NodeAddress node, Duration ahead) {}

    Challenges challenges(String dialler) {
        return new Challenges(dialler, credentials.challenge());
    }

    JsonObject greeting(Challenges challenges) {
        return PeerMessages.challenge(
                challenges.dialled(),
                credentials.answer(self, challenges.dialler(), challenges.dialled(), clocks.now()));
    }

    /** Checks the answer to a challenge. Returns null if it proves nothing. */
    @Nullable
    Met meet(String proof, Challenges challenges) {
        NodeCredentials.Proof proven = credentials.check(proof, self, challenges.dialler(), challenges.dialled());
        if (proven == null) {
            return null;
        }
        heardOf(proven.from());
        learn(proven.from());
        return new Met(proven.from(), clocks.ahead(proven.from(), proven.time()));
    }

    /**
     * Remembers a node that has proved to be one. A directory may name it only later, as DNS does, whose answers are
     * kept for a while; meanwhile devices that listen there must be found.
     */
    private synchronized void learn(NodeAddress node) {
        if (connector != null
                && !listed.contains(node)
                && networks.permits(node, listed)
                && (news.containsKey(node) || news.size() < MOST_NEWS)) {
            news.put(node, System.nanoTime());
            know(listed);
        }
    }

    /** Called when a node has given a sign of life. */
    void heardOf(NodeAddress node) {
        PeerLink link = links.get(node);
        if (link != null) {
            link.heardOf();
        }
    }

    private PeerLink.Dial dial(NodeAddress to) {
        NodeCredentials.Request request = credentials.link(to);
        return new PeerLink.Dial(dial(to, request.credential()), greeting -> prove(to, request.challenge(), greeting));
    }

    private CompletionStage<Leg> dial(NodeAddress to, String credential) {
        Connector with = connector;
        if (with == null) {
            return CompletableFuture.failedFuture(new IOException("no connector"));
        }
        Map<String, String> headers = Map.of(Endpoints.NODE_HEADER, credential);
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
