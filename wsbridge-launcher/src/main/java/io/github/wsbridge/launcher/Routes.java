package io.github.wsbridge.launcher;

import io.github.wsbridge.Bridge;
import io.github.wsbridge.BridgeId;
import io.github.wsbridge.Hop;
import io.github.wsbridge.NodeAddress;
import io.github.wsbridge.spi.BridgeListener;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** Records which nodes each bridge crossed, from the events of the nodes' listeners. Thread-safe. */
final class Routes {

    private static final long SECONDS = 10;
    private static final int REMEMBERED = 1_000;

    private final Map<BridgeId, Crossing> routes = new ConcurrentHashMap<>();
    private final ConcurrentLinkedQueue<BridgeId> order = new ConcurrentLinkedQueue<>();
    private volatile @Nullable BridgeId latest;

    /**
     * The nodes of one bridge.
     *
     * @param owner the node that holds the requester
     * @param accepting the node that holds the device: the owner itself, or the node that forwards
     */
    record Route(String owner, String accepting) {
        boolean forwarded() {
            return !owner.equals(accepting);
        }
    }

    private record Crossing(CompletableFuture<String> owner, CompletableFuture<String> accepting) {
        Crossing() {
            this(new CompletableFuture<>(), new CompletableFuture<>());
        }
    }

    /** Returns the bridge that was established last. */
    BridgeId latest() {
        BridgeId id = latest;
        if (id == null) {
            throw new IllegalStateException("no bridge yet");
        }
        return id;
    }

    /** Returns a listener for the events of the given node. */
    BridgeListener listener(String node) {
        return new BridgeListener() {
            @Override
            public void onEstablished(Bridge bridge, Hop hop) {
                Crossing crossing = crossing(bridge.id());
                crossing.owner().complete(node);
                latest = bridge.id();
                if (hop == Hop.DIRECT) {
                    crossing.accepting().complete(node);
                }
            }

            @Override
            public void onForwarded(BridgeId bridgeId, NodeAddress owner) {
                crossing(bridgeId).accepting().complete(node);
            }
        };
    }

    private Crossing crossing(BridgeId id) {
        Crossing known = routes.get(id);
        if (known != null) {
            return known;
        }
        Crossing fresh = new Crossing();
        Crossing other = routes.putIfAbsent(id, fresh);
        if (other == null) {
            order.add(id);
            BridgeId oldest = order.size() > REMEMBERED ? order.poll() : null;
            if (oldest != null) {
                routes.remove(oldest);
            }
        }
        return other == null ? fresh : other;
    }

    /** Waits briefly for a bridge's route: the events of the two nodes may arrive shortly after the bridge. */
    Route route(BridgeId id) throws InterruptedException, TimeoutException {
        Crossing crossing = crossing(id);
        try {
            return new Route(
                    crossing.owner().get(SECONDS, TimeUnit.SECONDS),
                    crossing.accepting().get(SECONDS, TimeUnit.SECONDS));
        } catch (ExecutionException e) {
            throw new IllegalStateException(e.getCause()); // cannot happen: never completed exceptionally
        }
    }
}
