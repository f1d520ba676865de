package io.github.wsbridge.launcher.audit;

import io.github.wsbridge.Bridge;
import io.github.wsbridge.BridgeId;
import io.github.wsbridge.CloseReason;
import io.github.wsbridge.Endpoints;
import io.github.wsbridge.Hop;
import io.github.wsbridge.NodeAddress;
import io.github.wsbridge.spi.BridgeListener;
import io.github.wsbridge.spi.Traffic;
import io.github.wsbridge.wire.concurrent.Daemons;
import io.github.wsbridge.wire.concurrent.Lasting;
import io.github.wsbridge.wire.net.ClientAddress;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Writes who used a node, and for what: who connected to which device from where, who accepted, how each bridge ended,
 * how long it lasted and how much it carried, and who was refused. docs/operations.md lists the entries. Thread-safe.
 */
public final class AuditTrail implements BridgeListener, AutoCloseable {

    private static final int LOOK_SECONDS = 5;
    private static final Set<String> ENDPOINTS = Set.of(
            Endpoints.CONNECT,
            Endpoints.ACCEPT,
            Endpoints.LISTEN,
            Endpoints.PEER,
            Endpoints.SIGNED_URL,
            Endpoints.READYZ);

    private final AuditFormat format;
    private final Consumer<String> output;
    private final InstantSource clock;
    private final Map<BridgeId, Use> uses = new ConcurrentHashMap<>();
    private final Map<BridgeId, Traffic> forwards = new ConcurrentHashMap<>();
    private final RepeatedRefusals refusals = new RepeatedRefusals();
    private final ScheduledExecutorService timer;

    /** A bridge of this node. */
    private static final class Use {
        private final Client requester;
        private final long since = System.nanoTime();
        private volatile boolean accepted;

        Use(Client requester) {
            this.requester = requester;
        }

        long millis() {
            return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - since);
        }
    }

    /** @param output takes lines; must not block */
    public AuditTrail(AuditFormat format, Consumer<String> output, InstantSource clock) {
        this.format = format;
        this.output = output;
        this.clock = clock;
        timer = Daemons.newTimer("wsbridge-audit-timer");
        timer.scheduleWithFixedDelay(
                new Lasting(() -> tell(refusals.over(System.nanoTime()))),
                LOOK_SECONDS,
                LOOK_SECONDS,
                TimeUnit.SECONDS);
    }

    private void write(String event, Values values) {
        output.accept(format.line(clock.instant(), event, values.all));
    }

    /** The values of an entry, in their order. What is not known is omitted. */
    private static final class Values {
        private final Map<String, Object> all = new LinkedHashMap<>();

        Values put(String name, Object value) {
            if (!value.equals("")) {
                all.put(name, value);
            }
            return this;
        }

        Values bridge(BridgeId id) {
            return put("bridge", id.toString());
        }

        Values reason(CloseReason reason) {
            return put("code", reason.code()).put("reason", reason.reason());
        }

        Values client(Client client) {
            return put("principal", client.principal()).put("from", client.address());
        }

        Values traffic(long toDevice, long toRequester) {
            return put("toDevice", toDevice).put("toRequester", toRequester);
        }
    }

    @Override
    public void onRequested(Bridge bridge, Client requester) {
        uses.put(bridge.id(), new Use(requester));
        write(
                "connect",
                new Values()
                        .bridge(bridge.id())
                        .put("device", bridge.deviceId())
                        .client(requester));
    }

    @Override
    public void onEstablished(Bridge bridge, Hop hop, Client device) {
        Values values = new Values().bridge(bridge.id()).put("device", bridge.deviceId());
        Use use = uses.get(bridge.id());
        if (use != null) {
            use.accepted = true;
            values.put("afterMillis", use.millis());
        }
        String from = hop == Hop.DIRECT ? "from" : "through";
        write("accept", values.put("principal", device.principal()).put(from, device.address()));
    }

    @Override
    public void onClosed(Bridge bridge, CloseReason reason) {
        @Nullable Use use = uses.remove(bridge.id());
        Values values = new Values().bridge(bridge.id()).put("device", bridge.deviceId());
        boolean accepted = use != null && use.accepted;
        if (use != null) {
            values.client(use.requester).put("millis", use.millis());
        }
        if (accepted) {
            values.traffic(bridge.bytesToDevice(), bridge.bytesToRequester());
        }
        String event = accepted ? "end" : reason.code() == CloseReason.REJECTED ? "reject" : "fail";
        write(event, values.reason(reason));
    }

    @Override
    public void onForwarded(BridgeId bridgeId, NodeAddress owner, Client device, Traffic traffic) {
        forwards.put(bridgeId, traffic);
        write("forward", new Values().bridge(bridgeId).client(device).put("to", owner.toString()));
    }

    @Override
    public void onForwardClosed(BridgeId bridgeId, CloseReason reason) {
        Traffic traffic = forwards.remove(bridgeId);
        Values values = new Values().bridge(bridgeId);
        if (traffic != null) {
            values.traffic(traffic.bytesToDevice(), traffic.bytesToRequester());
        }
        write("forward-end", values.reason(reason));
    }

    @Override
    public void onListening(String deviceId, Client by) {
        write("listen", new Values().put("device", deviceId).client(by));
    }

    @Override
    public void onListenerGone(String deviceId, CloseReason reason) {
        write("listen-end", new Values().put("device", deviceId).reason(reason));
    }

    @Override
    public void onTakeover(String deviceId, Client older, Client newer) {
        write(
                "takeover",
                new Values()
                        .put("device", deviceId)
                        .client(newer)
                        .put("olderPrincipal", older.principal())
                        .put("olderFrom", older.address()));
    }

    @Override
    public void onRefused(String where, int status, String remoteAddress) {
        tell(refusals.add(
                new RepeatedRefusals.Kind(place(where), status, ClientAddress.host(remoteAddress)), System.nanoTime()));
    }

    /**
     * Returns an endpoint or the address of a port as it is, and {@code other} for what else a client may ask for:
     * there could be any number of paths.
     */
    public static String place(String where) {
        return !where.startsWith("/") || ENDPOINTS.contains(where) ? where : "other";
    }

    private void tell(List<RepeatedRefusals.Counted> refused) {
        for (RepeatedRefusals.Counted some : refused) {
            write(
                    "refuse",
                    new Values()
                            .put("where", some.kind().where())
                            .put("status", some.kind().status())
                            .put("from", some.kind().from())
                            .put("count", some.count()));
        }
    }

    @Override
    public void onLockedOut(String remoteAddress, int failures) {
        write(
                "lockout",
                new Values().put("from", ClientAddress.host(remoteAddress)).put("failures", failures));
    }

    /** Writes what is left. The output stays open. */
    @Override
    public void close() {
        timer.shutdownNow();
        tell(refusals.rest());
    }
}
