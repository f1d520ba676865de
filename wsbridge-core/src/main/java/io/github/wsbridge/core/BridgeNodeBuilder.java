package io.github.wsbridge.core;

import io.github.wsbridge.Endpoints;
import io.github.wsbridge.NodeAddress;
import io.github.wsbridge.spi.AccessPolicy;
import io.github.wsbridge.spi.BridgeListener;
import io.github.wsbridge.spi.Connector;
import io.github.wsbridge.spi.NodeRouter;
import io.github.wsbridge.spi.Signaller;
import io.github.wsbridge.spi.TokenCodec;
import java.net.URI;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Describes a {@link BridgeNode}. Needed are a public URL, an address, keys, and either an access policy or the word that
 * there shall be none. A connector is needed for a cluster; a node without one serves its own bridges only.
 */
public final class BridgeNodeBuilder {

    private @Nullable URI publicUrl;
    private @Nullable NodeAddress address;
    private @Nullable Supplier<TokenKeys> keys;
    private @Nullable TokenCodec codec;
    private @Nullable AccessPolicy policy;
    private final List<SignalChain.Route> routes = new ArrayList<>();
    final List<BridgeListener> listeners = new ArrayList<>();

    @Nullable
    Connector connector;

    @Nullable
    NodeRouter router;

    PeerDirectory peers = PeerDirectory.none();
    Limits limits = Limits.builder().build();
    InstantSource clock = InstantSource.system();

    @Nullable
    ScheduledExecutorService scheduler;

    BridgeNodeBuilder() {}

    /** The base of accept URLs, as devices reach the cluster: {@code wss://bridge.example.com}. Required. */
    public BridgeNodeBuilder publicUrl(URI value) {
        publicUrl = Endpoints.base(value);
        return this;
    }

    /** Where other nodes reach this one. Required, and different for each node. */
    public BridgeNodeBuilder address(NodeAddress value) {
        address = value;
        return this;
    }

    /** The cluster's keys. Required. */
    public BridgeNodeBuilder keys(TokenKeys value) {
        keys = () -> value;
        return this;
    }

    /** The cluster's keys from a source that may change them while the node runs, such as a {@link KeyFile}. */
    public BridgeNodeBuilder keys(Supplier<TokenKeys> value) {
        keys = value;
        return this;
    }

    /** Another codec for bridge tokens. Default: an {@link AeadTokenCodec} with the cluster's keys. */
    public BridgeNodeBuilder tokenCodec(TokenCodec value) {
        codec = value;
        return this;
    }

    /** Who may connect and listen. Required, unless {@link #insecure} is called. */
    public BridgeNodeBuilder accessPolicy(AccessPolicy value) {
        policy = value;
        return this;
    }

    /** Lets everybody connect to every device and listen as any device: for tests and demonstrations. */
    public BridgeNodeBuilder insecure() {
        policy = request -> CompletableFuture.completedFuture(new AccessPolicy.Access.Granted("anonymous"));
        return this;
    }

    /**
     * Adds a secondary channel. They are tried in the order in which they were added, after the built-in listen socket; the
     * first that knows the device decides. One that fails hands on to the next at once, one that stays silent after an equal
     * share of what is left of the accept timeout. The node closes them when it stops.
     */
    public BridgeNodeBuilder signaller(Signaller value) {
        routes.add(new SignalChain.Route(value));
        return this;
    }

    /**
     * Adds a secondary channel for some devices only; it takes its place in the order like any other.
     *
     * @param deviceIdPattern a device id in which {@code *} stands for any characters, also none: {@code plant-7/*}
     * @throws IllegalArgumentException if the pattern is empty
     */
    public BridgeNodeBuilder signaller(String deviceIdPattern, Signaller value) {
        routes.add(new SignalChain.Route(new DeviceIdPattern(deviceIdPattern), value));
        return this;
    }

    /** How this node reaches others, to forward and to ask. The caller closes it, after the node. Default none. */
    public BridgeNodeBuilder connector(Connector value) {
        connector = value;
        return this;
    }

    /** Another way to forward accepts. The node closes it when it stops. Default: dial the owner with the connector. */
    public BridgeNodeBuilder router(NodeRouter value) {
        router = value;
        return this;
    }

    /** The other nodes, which are asked for devices that do not listen here. Default none. */
    public BridgeNodeBuilder peers(PeerDirectory value) {
        peers = value;
        return this;
    }

    /** The bounds. Default: those of {@link Limits.Builder}. */
    public BridgeNodeBuilder limits(Limits value) {
        limits = value;
        return this;
    }

    /** Adds an observer. */
    public BridgeNodeBuilder listener(BridgeListener value) {
        listeners.add(value);
        return this;
    }

    /** The clock. Default: the system's. */
    public BridgeNodeBuilder clock(InstantSource value) {
        clock = value;
        return this;
    }

    /** Runs timeouts and looks at idle legs; short tasks that do not block. Default: one daemon thread of the node's own. */
    public BridgeNodeBuilder scheduler(ScheduledExecutorService value) {
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
        return new BridgeNode(this);
    }

    URI publicUrl() {
        return Objects.requireNonNull(publicUrl);
    }

    NodeAddress address() {
        return Objects.requireNonNull(address);
    }

    Supplier<TokenKeys> keys() {
        return Objects.requireNonNull(keys);
    }

    TokenCodec codec() {
        return codec != null ? codec : new AeadTokenCodec(keys());
    }

    AccessPolicy policy() {
        return Objects.requireNonNull(policy);
    }

    List<SignalChain.Route> routes(Signaller builtIn) {
        List<SignalChain.Route> all = new ArrayList<>();
        all.add(new SignalChain.Route(builtIn));
        all.addAll(routes);
        return all;
    }

    static ScheduledExecutorService newScheduler() {
        ScheduledThreadPoolExecutor scheduler = new ScheduledThreadPoolExecutor(1, task -> {
            Thread thread = new Thread(task, "wsbridge-node-timer");
            thread.setDaemon(true);
            return thread;
        });
        scheduler.setRemoveOnCancelPolicy(true); // most timeouts never fire
        return scheduler;
    }
}
