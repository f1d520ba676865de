package io.github.wsbridge.core.signalling;

import com.grack.nanojson.JsonObject;
import io.github.wsbridge.BridgeToken;
import io.github.wsbridge.CloseReason;
import io.github.wsbridge.Invitation;
import io.github.wsbridge.Rejection;
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
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
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

    private static final CloseReason FULL = new CloseReason(CloseReason.UNAVAILABLE, "too many devices are listening");

    private final Map<String, Listener> listeners = new ConcurrentHashMap<>();
    private final Map<String, Arrival> arrivals = new ConcurrentHashMap<>();
    private final Capacity capacity;
    private final BridgeListener events;
    private final Rejections rejections;

    public DeviceListeners(int max, BridgeListener events, Rejections rejections) {
        this.capacity = new Capacity(max);
        this.events = events;
        this.rejections = rejections;
    }

    public int size() {
        return capacity.used();
    }

    /**
     * Returns why a device cannot listen here now, or null if it can. A device that already listens here needs no
     * additional slot.
     */
    @Nullable
    public CloseReason noRoom(String deviceId) {
        return capacity.full() && !listeners.containsKey(deviceId) ? FULL : null;
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
         * @param valid whether the device may still listen; see {@link #closeRevoked}
         */
        public boolean open(Leg leg, Instant since, BridgeListener.Client by, BooleanSupplier valid) {
            try {
                return add(deviceId, leg, since, by, valid);
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

    private boolean add(String deviceId, Leg leg, Instant since, BridgeListener.Client by, BooleanSupplier valid) {
        Listener former = listeners.get(deviceId);
        if (!capacity.take() && (former == null || !former.holdsPlace.getAndSet(false))) {
            EndAwaiter.of(leg, FULL);
            return false;
        }
        Listener listener = new Listener(deviceId, leg, since, by, valid);
        events.onListening(deviceId);
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
        /** Whether this socket holds a slot. A newer socket of the same device may take the slot over. */
        private final AtomicBoolean holdsPlace = new AtomicBoolean(true);

        private final AtomicBoolean moving = new AtomicBoolean();
        private final AtomicBoolean replaced = new AtomicBoolean();

        private volatile boolean gone;

        Listener(String deviceId, Leg leg, Instant since, BridgeListener.Client by, BooleanSupplier valid) {
            this.deviceId = deviceId;
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
            if (holdsPlace.getAndSet(false)) {
                capacity.release();
            }
            events.onListenerGone(deviceId, reason);
        }
    }
}
