package io.github.wsbridge.core.signalling;

import com.grack.nanojson.JsonObject;
import io.github.wsbridge.BridgeToken;
import io.github.wsbridge.CloseReason;
import io.github.wsbridge.Invitation;
import io.github.wsbridge.Rejection;
import io.github.wsbridge.core.limits.Crowded;
import io.github.wsbridge.core.limits.FairShare;
import io.github.wsbridge.core.limits.Holder;
import io.github.wsbridge.spi.BridgeListener;
import io.github.wsbridge.spi.Leg;
import io.github.wsbridge.wire.concurrent.Capacity;
import io.github.wsbridge.wire.message.InvitationJson;
import io.github.wsbridge.wire.message.JsonMessage;
import io.github.wsbridge.wire.message.MessageLeg;
import io.github.wsbridge.wire.message.MoveJson;
import io.github.wsbridge.wire.message.RejectionJson;
import io.github.wsbridge.wire.message.WithdrawalJson;
import io.github.wsbridge.wire.relay.EndAwaiter;
import java.io.IOException;
import java.time.Instant;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The devices that listen on this node, each with its newest socket. An older socket of the same device is closed with
 * {@link CloseReason#REPLACED}: on this node at once, on other nodes when they learn of the newer one.
 */
public final class DeviceListeners {

    /** Receives rejections that arrive over a listen socket. */
    public interface Rejections {
        void rejected(BridgeToken token, Rejection rejection);
    }

    private final Map<String, Listener> listeners = new ConcurrentHashMap<>();
    private final Map<String, Arrival> arrivals = new ConcurrentHashMap<>();
    private volatile int max;
    private final Capacity capacity;
    private final FairShare share;
    private final BridgeListener events;
    private final Rejections rejections;

    /** @param share of the places that devices with the same key may take */
    public DeviceListeners(int max, FairShare share, BridgeListener events, Rejections rejections) {
        this.max = max;
        this.capacity = new Capacity(max);
        this.share = share;
        this.events = events;
        this.rejections = rejections;
    }

    /** Changes the limits, for devices to come. */
    public void change(int most, int principalPercent, int addressPercent) {
        max = most;
        capacity.bound(most);
        share.change(principalPercent, addressPercent);
    }

    public int size() {
        return capacity.used();
    }

    /** Returns the ids of the listening devices, a snapshot. */
    public Set<String> ids() {
        return Set.copyOf(listeners.keySet());
    }

    /**
     * Returns why a device cannot listen here now, or null if it can. A device that already listens here needs no
     * additional slot.
     */
    @Nullable
    public CloseReason noRoom(String deviceId, Holder holder) {
        if (listeners.containsKey(deviceId)) {
            return null;
        }
        return capacity.full()
                ? Crowded.LISTENERS
                : share.roomFor(holder, max - capacity.used()) ? null : Crowded.LISTENER_SHARE;
    }

    /**
     * Announces a device's socket before its handshake is answered. A requester that comes as soon as the device has
     * the answer thus finds the device, even if the transport opens the leg a little later. Until then, an older
     * socket of the device stays.
     */
    public Arrival expect(String deviceId) {
        Arrival arrival = new Arrival(deviceId);
        arrivals.put(deviceId, arrival);
        return arrival;
    }

    /** A device's socket that is about to open. */
    public final class Arrival {
        private final String deviceId;
        private final CompletableFuture<Void> over = new CompletableFuture<>();

        private Arrival(String deviceId) {
            this.deviceId = deviceId;
        }

        /**
         * Adds the socket. Returns whether there was room for it.
         *
         * @param by who listens
         * @param holder whose share it takes
         * @param valid whether the device may still listen; see {@link #closeRevoked}
         */
        public boolean open(Leg leg, Instant since, BridgeListener.Client by, Holder holder, BooleanSupplier valid) {
            try {
                return add(deviceId, leg, since, by, holder, valid);
            } finally {
                end();
            }
        }

        /** Gives up: the socket does not open. */
        public void end() {
            arrivals.remove(deviceId, this);
            over.complete(null);
        }
    }

    private boolean add(
            String deviceId, Leg leg, Instant since, BridgeListener.Client by, Holder holder, BooleanSupplier valid) {
        Listener former = listeners.get(deviceId);
        Holder counted = holder;
        CloseReason refusal = take(holder);
        if (refusal != null) {
            counted = former == null ? null : former.place.getAndSet(null);
            if (counted == null) {
                Crowded.tell(refusal, events);
                EndAwaiter.of(leg, refusal);
                return false;
            }
        }
        Listener listener = new Listener(deviceId, leg, since, by, counted, valid);
        events.onListening(deviceId, by);
        listener.socket.open();
        Listener older = listeners.put(deviceId, listener);
        if (older != null) {
            older.replaced(by);
        }
        if (listener.gone) {
            listeners.remove(deviceId, listener); // it ended before it was added
        }
        return true;
    }

    private @Nullable CloseReason take(Holder holder) {
        if (!capacity.take()) {
            return Crowded.LISTENERS;
        }
        if (!share.take(holder, max - capacity.used() + 1)) {
            capacity.release();
            return Crowded.LISTENER_SHARE;
        }
        return null;
    }

    /** Returns whether the device listens here, or is about to. */
    public boolean expects(String deviceId) {
        return arrivals.containsKey(deviceId) || listeners.containsKey(deviceId);
    }

    /** Sends an invitation to the device if it listens here, or is about to. Returns null if it does not. */
    @Nullable
    public CompletionStage<Void> deliver(Invitation invitation) {
        Arrival arrival = arrivals.get(invitation.deviceId());
        if (arrival == null) {
            return send(invitation);
        }
        return arrival.over.thenCompose(over -> {
            CompletionStage<Void> sent = send(invitation);
            return sent == null ? CompletableFuture.failedFuture(new IOException("the device has gone")) : sent;
        });
    }

    private @Nullable CompletionStage<Void> send(Invitation invitation) {
        Listener listener = listeners.get(invitation.deviceId());
        return listener == null ? null : listener.socket.send(InvitationJson.write(invitation));
    }

    /** Tells the device, if it listens here, that a requester has gone. Returns whether it does. */
    public boolean withdraw(String deviceId, BridgeToken token) {
        Listener listener = listeners.get(deviceId);
        if (listener == null) {
            return false;
        }
        listener.socket.send(WithdrawalJson.write(token));
        return true;
    }

    /**
     * Called when a device has started listening on another node. A listener that has been told to move there ends by
     * itself: until the other nodes know of the new one, it may still be needed.
     */
    public void listensElsewhere(String deviceId, Instant since, BridgeListener.Client by) {
        Listener listener = listeners.get(deviceId);
        if (listener != null && !listener.moving.get() && listener.since.isBefore(since)) {
            listener.replaced(by);
        }
    }

    /** Closes the sockets of devices that may no longer listen. Returns their number. */
    public int closeRevoked(CloseReason reason) {
        int closed = 0;
        for (Listener listener : listeners.values()) {
            if (!listener.valid.getAsBoolean()) {
                listener.socket.close(reason);
                closed++;
            }
        }
        return closed;
    }

    /** Tells all devices to listen elsewhere. Their sockets stay open meanwhile. */
    public void moveAll() {
        listeners.values().forEach(Listener::move);
    }

    public void closeAll(CloseReason reason) {
        listeners.values().forEach(listener -> listener.socket.close(reason));
    }

    private final class Listener implements MessageLeg.Handler {
        private final String deviceId;
        private final Instant since;
        private final BridgeListener.Client by;
        private final BooleanSupplier valid;
        private final MessageLeg socket;
        /** Whose place this socket holds; null for none. A newer socket of the same device may take it over. */
        private final AtomicReference<@Nullable Holder> place;

        private final AtomicBoolean moving = new AtomicBoolean();
        private final AtomicBoolean replaced = new AtomicBoolean();

        private volatile boolean gone;

        Listener(
                String deviceId,
                Leg leg,
                Instant since,
                BridgeListener.Client by,
                Holder holder,
                BooleanSupplier valid) {
            this.deviceId = deviceId;
            this.place = new AtomicReference<>(holder);
            this.since = since;
            this.by = by;
            this.valid = valid;
            this.socket = new MessageLeg(leg, this);
        }

        void move() {
            if (!moving.getAndSet(true)) {
                socket.send(MoveJson.write());
            }
        }

        void replaced(BridgeListener.Client newer) {
            listeners.remove(deviceId, this);
            if (!moving.get() && !gone && !replaced.getAndSet(true)) {
                events.onTakeover(deviceId, by, newer);
            }
            socket.close(new CloseReason(CloseReason.REPLACED, "a newer listener has taken over"));
        }

        @Override
        public void onMessage(JsonObject message) {
            if (JsonMessage.type(message).equals(RejectionJson.TYPE)) {
                rejections.rejected(RejectionJson.readToken(message), RejectionJson.read(message));
            }
        }

        @Override
        public void onClosed(CloseReason reason) {
            gone = true;
            listeners.remove(deviceId, this);
            Holder held = place.getAndSet(null);
            if (held != null) {
                share.release(held);
                capacity.release();
            }
            events.onListenerGone(deviceId, reason);
        }
    }
}
