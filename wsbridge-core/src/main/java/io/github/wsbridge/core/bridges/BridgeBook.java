package io.github.wsbridge.core.bridges;

import io.github.wsbridge.BridgeId;
import io.github.wsbridge.CloseReason;
import io.github.wsbridge.Hop;
import io.github.wsbridge.NodeAddress;
import io.github.wsbridge.spi.BridgeListener.Client;
import io.github.wsbridge.spi.Traffic;
import java.time.Instant;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What a node holds, for whoever wants to see it: its own bridges, and those that it forwards. Nothing is written per
 * byte: the traffic is read from the counters that the pumps have anyway. Thread-safe.
 */
public final class BridgeBook {

    private final Set<Entry> entries = ConcurrentHashMap.newKeySet();

    /** A bridge that the node holds. */
    public static final class Entry {
        private final BridgeId id;
        private final String deviceId;
        private final @Nullable Client requester;
        private final @Nullable NodeAddress owner;
        private final Instant since;
        private final Traffic traffic;
        private final Consumer<CloseReason> end;
        private volatile boolean deviceForwarded;
        private volatile @Nullable Client device;

        private Entry(
                BridgeId id,
                String deviceId,
                @Nullable Client requester,
                @Nullable Client device,
                @Nullable NodeAddress owner,
                Instant since,
                Traffic traffic,
                Consumer<CloseReason> end) {
            this.id = id;
            this.deviceId = deviceId;
            this.requester = requester;
            this.device = device;
            this.owner = owner;
            this.since = since;
            this.traffic = traffic;
            this.end = end;
        }

        public BridgeId id() {
            return id;
        }

        /** Returns the device's id; empty if the bridge is forwarded, since the token need not name the device. */
        public String deviceId() {
            return deviceId;
        }

        /** Returns who has requested the bridge; null if it is forwarded. */
        public @Nullable Client requester() {
            return requester;
        }

        /** Returns who has accepted; null if nobody has yet. */
        public @Nullable Client device() {
            return device;
        }

        public boolean deviceForwarded() {
            return deviceForwarded;
        }

        /** Returns the node that owns the bridge; null if this one does. */
        public @Nullable NodeAddress owner() {
            return owner;
        }

        public Instant since() {
            return since;
        }

        public Traffic traffic() {
            return traffic;
        }

        /** Notes who has accepted. */
        void accepted(Client by, Hop hop) {
            deviceForwarded = hop == Hop.FORWARDED;
            device = by;
        }
    }

    /** Adds a bridge of this node, which waits for its device. */
    Entry own(OwnedBridge bridge, Client requester, Instant now) {
        return add(new Entry(
                bridge.id(), bridge.deviceId(), requester, null, null, now, Traffic.of(bridge), bridge::close));
    }

    /** Adds a bridge that is forwarded. */
    Entry forwarded(
            BridgeId id,
            String deviceId,
            NodeAddress owner,
            Client device,
            Instant now,
            Traffic traffic,
            Consumer<CloseReason> end) {
        return add(new Entry(id, deviceId, null, device, owner, now, traffic, end));
    }

    private Entry add(Entry entry) {
        entries.add(entry);
        return entry;
    }

    void remove(Entry entry) {
        entries.remove(entry);
    }

    /** Shows all that is held at the moment, in no order. */
    public void forEach(Consumer<Entry> taker) {
        entries.forEach(taker);
    }

    /** Ends the bridge with an id. Returns whether there is one. */
    public boolean end(BridgeId id, CloseReason reason) {
        boolean found = false;
        for (Entry entry : entries) {
            if (entry.id.equals(id)) {
                entry.end.accept(reason);
                found = true;
            }
        }
        return found;
    }
}
