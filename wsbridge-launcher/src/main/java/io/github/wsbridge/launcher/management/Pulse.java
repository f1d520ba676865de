package io.github.wsbridge.launcher.management;

import com.grack.nanojson.JsonObject;
import io.github.wsbridge.BridgeId;
import io.github.wsbridge.core.BridgeState;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

/**
 * Looks at a node again and again, and tells from the difference how fast each bridge is. All who watch see the same
 * view. Confined to the event loop.
 */
final class Pulse {

    private static final double NANOS = 1e9;

    private final Supplier<List<BridgeState>> bridges;
    private final Supplier<Set<String>> listening;
    private final Supplier<JsonObject> status;
    private final Refusals refusals;
    private final boolean ends;
    private Map<BridgeId, Row> seen = new HashMap<>();
    private long seenAt;
    private boolean first = true;

    /**
     * @param status the rest of what is shown
     * @param ends whether bridges can be ended
     */
    Pulse(
            Supplier<List<BridgeState>> bridges,
            Supplier<Set<String>> listening,
            Supplier<JsonObject> status,
            Refusals refusals,
            boolean ends) {
        this.bridges = bridges;
        this.listening = listening;
        this.status = status;
        this.refusals = refusals;
        this.ends = ends;
    }

    /**
     * A bridge and its rates, in bytes per second.
     *
     * @param toDevice the rate towards the device
     * @param toRequester the rate towards the requester
     */
    record Row(BridgeState state, long toDevice, long toRequester) {
        long rate() {
            return toDevice + toRequester;
        }
    }

    /**
     * What there is to see at a moment.
     *
     * @param status the node's state
     * @param live the bridges that have their device, the fastest first
     * @param pending the others, the oldest first
     * @param listening the devices that listen; taken only if somebody asks for it
     * @param refused the last refusals
     * @param refusals a number that changes with them
     * @param ends whether bridges can be ended
     */
    record View(
            JsonObject status,
            List<Row> live,
            List<Row> pending,
            Supplier<Set<String>> listening,
            List<Refusals.Refusal> refused,
            long refusals,
            boolean ends) {}

    /** Looks now. */
    View look(long nanoTime) {
        double seconds = Math.max(0.001, (nanoTime - seenAt) / NANOS);
        Map<BridgeId, Row> next = new HashMap<>();
        List<Row> live = new ArrayList<>();
        List<Row> pending = new ArrayList<>();
        long toDevice = 0;
        long toRequester = 0;
        for (BridgeState state : bridges.get()) {
            Row row = row(state, seconds);
            next.put(state.id(), row);
            (state.pending() ? pending : live).add(row);
            toDevice += row.toDevice();
            toRequester += row.toRequester();
        }
        seen = next;
        seenAt = nanoTime;
        first = false;
        live.sort(Comparator.comparingLong(Row::rate)
                .reversed()
                .thenComparing(row -> row.state().since()));
        pending.sort(Comparator.comparing(row -> row.state().since()));
        JsonObject shown = status.get();
        shown.put("rates", new JsonObject(Map.of("toDevice", toDevice, "toRequester", toRequester)));
        long changes = refusals.changes();
        return new View(shown, live, pending, listening, refusals.all(), changes, ends);
    }

    /** The rate is a mean of the last and those before, so that the order changes less. */
    private Row row(BridgeState state, double seconds) {
        Row before = seen.get(state.id());
        if (before == null) {
            return first
                    ? new Row(state, 0, 0)
                    : new Row(state, (long) (state.bytesToDevice() / seconds), (long)
                            (state.bytesToRequester() / seconds));
        }
        BridgeState was = before.state();
        return new Row(
                state,
                mean(before.toDevice(), state.bytesToDevice() - was.bytesToDevice(), seconds),
                mean(before.toRequester(), state.bytesToRequester() - was.bytesToRequester(), seconds));
    }

    private static long mean(long before, long bytes, double seconds) {
        return (long) ((before + Math.max(0, bytes) / seconds) / 2);
    }
}
