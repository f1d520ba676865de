package io.github.wsbridge.launcher.management;

import static org.assertj.core.api.Assertions.assertThat;

import com.grack.nanojson.JsonArray;
import com.grack.nanojson.JsonObject;
import com.grack.nanojson.JsonParser;
import io.github.wsbridge.BridgeId;
import io.github.wsbridge.core.BridgeState;
import io.github.wsbridge.spi.BridgeListener.Client;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** What a watcher is told of how many bridges. */
final class WatcherTest {

    private static final Instant START = Instant.parse("2026-01-02T03:04:05Z");
    private static final int MANY = 10_000;

    private final List<BridgeState> bridges = new ArrayList<>();
    private final Refusals refusals = new Refusals();
    private final Pulse pulse =
            new Pulse(() -> bridges, () -> Set.of("pump-1", "valve-2"), JsonObject::new, refusals, true);
    private long now;

    /** @param speed how many bytes go to the device in each second */
    private void move(int index, String device, boolean pending, long speed) {
        BridgeState before = index < bridges.size() ? bridges.get(index) : null;
        BridgeState after = new BridgeState(
                new BridgeId(1, index),
                device,
                Optional.of(new Client(index % 2 == 0 ? "alice" : "bob", "192.0.2.1:5")),
                pending ? Optional.empty() : Optional.of(new Client("", "192.0.2.2:6")),
                false,
                Optional.empty(),
                START.plusSeconds(index),
                before == null ? 0 : before.bytesToDevice() + speed,
                0);
        if (before == null) {
            bridges.add(after);
        } else {
            bridges.set(index, after);
        }
    }

    private Pulse.View look() {
        now += TimeUnit.SECONDS.toNanos(1);
        return pulse.look(now);
    }

    private static JsonObject parsed(String event) throws Exception {
        assertThat(event).startsWith("data: ").endsWith("\n\n");
        assertThat(event.indexOf('\n')).as("one line").isEqualTo(event.length() - 2);
        return JsonParser.object().from(event.substring("data: ".length()));
    }

    private static List<String> ids(JsonArray added) {
        return added.stream().map(one -> ((JsonObject) one).getString("id")).toList();
    }

    @Test
    void watcher_isToldOfChangesOnly() throws Exception {
        Watcher watcher = new Watcher("", "");
        move(0, "pump-1", true, 0);
        move(1, "pump-1", false, 0);
        JsonObject first = parsed(watcher.event(look()));
        assertThat(first.getArray("added")).hasSize(2);
        assertThat(first.getInt("live")).isEqualTo(1);
        assertThat(first.getInt("pending")).isEqualTo(1);
        assertThat(first.getArray("refusals")).isEmpty();

        move(1, "pump-1", false, 4_000);
        JsonObject second = parsed(watcher.event(look()));
        assertThat(second.getArray("added")).isEmpty();
        assertThat(second.getArray("moved")).hasSize(1);
        assertThat(second.getArray("moved").getArray(0))
                .containsExactly(new BridgeId(1, 1).toString(), 4_000, 0, 2_000, 0);
        assertThat(second.getObject("status").getObject("rates").getInt("toDevice"))
                .isEqualTo(2_000);
        assertThat(second.has("refusals")).isFalse();

        move(0, "pump-1", false, 0); // its device has come
        bridges.remove(1);
        refusals.onRefused("/bridge/connect", 401, "192.0.2.9:7");
        refusals.onRefused("/bridge/connect", 401, "192.0.2.9:8");
        JsonObject third = parsed(watcher.event(look()));
        assertThat(ids(third.getArray("added"))).containsExactly(new BridgeId(1, 0).toString());
        assertThat(third.getArray("gone")).containsExactly(new BridgeId(1, 1).toString());
        assertThat(third.getArray("refusals").getObject(0).getInt("count")).isEqualTo(2);
    }

    @Test
    void watcher_ofManyBridges_seesTheFastestInSmallEvents() throws Exception {
        Watcher watcher = new Watcher("", "");
        for (int i = 0; i < MANY; i++) {
            move(i, "device-" + i, i % 10 == 0, 0);
        }
        watcher.event(look());
        for (int second = 0; second < 5; second++) {
            for (int i = 0; i < MANY; i++) {
                move(i, "device-" + i, i % 10 == 0, i % 10 == 0 ? 0 : i);
            }
            String event = watcher.event(look());
            assertThat(event.length()).isLessThan(64 * 1024);
            JsonObject parsed = parsed(event);
            assertThat(parsed.getInt("live")).isEqualTo(MANY - MANY / 10);
            if (second == 0) {
                assertThat(ids(parsed.getArray("added"))).contains(new BridgeId(1, MANY - 1).toString());
                assertThat(parsed.getArray("gone")).hasSize(Watcher.MOST_LIVE);
            } else {
                assertThat(parsed.getArray("added")).as("the order is the same").isEmpty();
                assertThat(parsed.getArray("moved")).hasSize(Watcher.MOST_LIVE);
            }
        }
    }

    @Test
    void filter_findsSlowBridgesToo() throws Exception {
        for (int i = 0; i < 1_000; i++) {
            move(i, "device-" + i, false, 0);
        }
        move(1_000, "Pump-1", false, 0);
        look();
        for (int i = 0; i < 1_000; i++) {
            move(i, "device-" + i, false, 1_000);
        }
        Pulse.View view = look();
        JsonObject pumps = parsed(new Watcher(" pump", "ALICE").event(view));
        assertThat(ids(pumps.getArray("added"))).containsExactly(new BridgeId(1, 1_000).toString());
        assertThat(pumps.getArray("listening")).containsExactly("pump-1");
        assertThat(parsed(new Watcher("pump", "bob").event(view)).getInt("live"))
                .isZero();
        assertThat(parsed(new Watcher("", "bob").event(view)).getInt("live")).isEqualTo(500);
    }
}
