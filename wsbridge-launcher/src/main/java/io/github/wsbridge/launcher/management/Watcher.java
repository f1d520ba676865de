package io.github.wsbridge.launcher.management;

import com.grack.nanojson.JsonArray;
import com.grack.nanojson.JsonObject;
import com.grack.nanojson.JsonWriter;
import io.github.wsbridge.BridgeId;
import io.github.wsbridge.core.BridgeState;
import io.github.wsbridge.spi.BridgeListener.Client;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * What somebody who watches has been told, and wants to see: of many bridges the fastest, of many pending ones the
 * oldest, and with each event what has changed. Confined to the event loop.
 */
final class Watcher {

    static final int MOST_LIVE = 100;
    static final int MOST_PENDING = 20;
    private static final int MOST_LISTENING = 20;
    private static final int LONGEST_WISH = 256;

    private final String device;
    private final String principal;
    private final Map<BridgeId, Told> told = new HashMap<>();
    private long refusals = -1;

    /** @param device a part of the ids of the devices to show, and {@code principal} of who uses them; empty for all */
    Watcher(String device, String principal) {
        this.device = wish(device);
        this.principal = wish(principal);
    }

    private static String wish(String text) {
        return text.strip()
                .substring(0, Math.min(LONGEST_WISH, text.strip().length()))
                .toLowerCase(Locale.ROOT);
    }

    /** The numbers of a bridge that were told last. */
    private record Told(boolean pending, long bytesToDevice, long bytesToRequester, long toDevice, long toRequester) {
        static Told of(Pulse.Row row) {
            BridgeState state = row.state();
            return new Told(
                    state.pending(),
                    state.bytesToDevice(),
                    state.bytesToRequester(),
                    row.toDevice(),
                    row.toRequester());
        }
    }

    /** Returns the event that tells what is new since the last one, in the form of Server-Sent Events. */
    String event(Pulse.View view) {
        JsonObject event = new JsonObject();
        event.put("status", view.status());
        event.put("ends", view.ends());
        Shown shown = new Shown();
        event.put("live", shown.add(view.live(), MOST_LIVE));
        event.put("pending", shown.add(view.pending(), MOST_PENDING));
        event.put("added", shown.added);
        event.put("moved", shown.moved);
        event.put("gone", shown.gone());
        if (!device.isEmpty()) {
            event.put("listening", listening(view.listening().get()));
        }
        if (refusals != view.refusals()) {
            refusals = view.refusals();
            event.put("refusals", refused(view.refused()));
        }
        return "data: " + JsonWriter.string(event) + "\n\n";
    }

    /** The bridges that this watcher sees from now on. */
    private final class Shown {
        private final Set<BridgeId> ids = new HashSet<>();
        private final JsonArray added = new JsonArray();
        private final JsonArray moved = new JsonArray();

        /** Adds those that are wanted, and returns how many there are, also of those beyond the most. */
        int add(List<Pulse.Row> rows, int most) {
            if (device.isEmpty() && principal.isEmpty()) {
                rows.subList(0, Math.min(most, rows.size())).forEach(this::add);
                return rows.size();
            }
            int count = 0;
            for (Pulse.Row row : rows) {
                if (wanted(row.state()) && count++ < most) {
                    add(row);
                }
            }
            return count;
        }

        private void add(Pulse.Row row) {
            BridgeId id = row.state().id();
            Told now = Told.of(row);
            Told before = told.put(id, now);
            ids.add(id);
            if (before == null || before.pending() != now.pending()) {
                added.add(described(row));
            } else if (!before.equals(now)) {
                moved.add(new JsonArray(List.of(
                        id.toString(),
                        now.bytesToDevice(),
                        now.bytesToRequester(),
                        now.toDevice(),
                        now.toRequester())));
            }
        }

        JsonArray gone() {
            JsonArray gone = new JsonArray();
            told.keySet().removeIf(id -> !ids.contains(id) && gone.add(id.toString()));
            return gone;
        }
    }

    private boolean wanted(BridgeState state) {
        return has(state.deviceId(), device)
                && (principal.isEmpty()
                        || state.requester().filter(this::isPrincipal).isPresent()
                        || state.device().filter(this::isPrincipal).isPresent());
    }

    private boolean isPrincipal(Client client) {
        return has(client.principal(), principal);
    }

    private static boolean has(String text, String part) {
        return part.isEmpty() || text.toLowerCase(Locale.ROOT).contains(part);
    }

    private static JsonObject described(Pulse.Row row) {
        BridgeState state = row.state();
        JsonObject bridge = new JsonObject();
        bridge.put("id", state.id().toString());
        bridge.put("device", state.deviceId());
        bridge.put("pending", state.pending());
        bridge.put("since", state.since().truncatedTo(ChronoUnit.SECONDS).toString());
        state.requester().ifPresent(requester -> {
            bridge.put("principal", requester.principal());
            bridge.put("from", requester.address());
        });
        state.device().ifPresent(device -> bridge.put(state.deviceForwarded() ? "through" : "by", device.address()));
        state.owner().ifPresent(owner -> bridge.put("owner", owner.toString()));
        bridge.put("bytesToDevice", state.bytesToDevice());
        bridge.put("bytesToRequester", state.bytesToRequester());
        bridge.put("toDevice", row.toDevice());
        bridge.put("toRequester", row.toRequester());
        return bridge;
    }

    private JsonArray listening(Set<String> devices) {
        JsonArray some = new JsonArray();
        devices.stream()
                .filter(id -> has(id, device))
                .sorted()
                .limit(MOST_LISTENING)
                .forEach(some::add);
        return some;
    }

    private static JsonArray refused(List<Refusals.Refusal> all) {
        JsonArray refused = new JsonArray();
        for (Refusals.Refusal refusal : all) {
            refused.add(new JsonObject(Map.of(
                    "last", refusal.last().truncatedTo(ChronoUnit.SECONDS).toString(),
                    "what", refusal.what(),
                    "status", refusal.status(),
                    "from", refusal.from(),
                    "reason", refusal.reason(),
                    "count", refusal.count())));
        }
        return refused;
    }
}
