package io.github.wsbridge.core;

import com.grack.nanojson.JsonWriter;
import io.github.wsbridge.BridgeRequest;
import io.github.wsbridge.BridgeToken;
import io.github.wsbridge.CloseReason;
import io.github.wsbridge.Hop;
import io.github.wsbridge.Rejection;
import io.github.wsbridge.TraceContext;
import io.github.wsbridge.core.admission.Destinations;
import io.github.wsbridge.core.bridges.BridgeSlots;
import io.github.wsbridge.core.bridges.Requester;
import io.github.wsbridge.core.bridges.Requests;
import io.github.wsbridge.core.bridges.WaitingRequester;
import io.github.wsbridge.core.limits.Holder;
import io.github.wsbridge.core.peers.NodeCredentials;
import io.github.wsbridge.core.peers.OwnerProof;
import io.github.wsbridge.core.peers.PeerServer;
import io.github.wsbridge.core.signalling.DeviceListeners;
import io.github.wsbridge.spi.Admission;
import io.github.wsbridge.spi.BridgeListener;
import io.github.wsbridge.spi.Fragment;
import io.github.wsbridge.spi.Leg;
import io.github.wsbridge.wire.relay.EndAwaiter;
import io.github.wsbridge.wire.relay.HeldLeg;
import io.github.wsbridge.wire.relay.Sending;
import io.github.wsbridge.wire.relay.UnprovenLeg;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** Passes admitted handshakes to the parts of a node that serve them. */
final class NodeDestinations implements Destinations {

    /** The accept timeout answers a waiting requester. The transport's timeout is later, as a fallback. */
    private static final Duration MARGIN = Duration.ofSeconds(5);

    private final BridgeNode node;
    private final InstantSource clock;

    NodeDestinations(BridgeNode node, InstantSource clock) {
        this.node = node;
        this.clock = clock;
    }

    @Override
    public void request(BridgeRequest request, Requester by, Leg leg) {
        node.requests.request(request, by, unproven(leg));
    }

    @Override
    public void expose(BridgeRequest request, Requester by, Leg leg) {
        node.requests.request(request, by, node.watched(leg));
    }

    @Override
    public Admission.Later requestAndWait(BridgeRequest request, Requester by, String subprotocol) {
        WaitingRequester requester = new WaitingRequester(subprotocol, this::unproven);
        node.requests.request(request, by, requester);
        return requester.admission(node.limits.acceptTimeout().plus(MARGIN));
    }

    @Override
    public void accept(
            BridgeToken token, @Nullable Rejection rejection, BridgeListener.Client by, TraceContext from, Leg leg) {
        node.accepts.accept(token, rejection, by, unproven(leg), Hop.DIRECT, from);
    }

    @Override
    public void forwarded(
            NodeCredentials.Forwarded forwarded,
            @Nullable Rejection rejection,
            BridgeListener.Client by,
            TraceContext from,
            Leg leg) {
        Leg watched = node.watched(leg);
        HeldLeg held = new HeldLeg(watched);
        watched.open(held.receiver());
        Fragment proof = Fragment.text(JsonWriter.string(OwnerProof.write(forwarded.challenge())));
        Sending.send(watched, proof).whenComplete((sent, failure) -> {
            if (failure == null) { // otherwise the leg has ended, and the token can still be used
                node.accepts.accept(forwarded.token(), rejection, by, held, Hop.FORWARDED, from);
            }
        });
    }

    @Override
    public Admission.Later listen(
            String deviceId, String subprotocol, BridgeListener.Client by, Holder holder, BooleanSupplier valid) {
        DeviceListeners.Arrival arrival = node.listeners.expect(deviceId);
        Admission.Decision granted = new Admission.Granted(subprotocol, leg -> {
            try {
                listen(deviceId, arrival, leg, by, holder, valid);
            } finally {
                arrival.end(); // whatever happened: invitations wait for it
            }
        });
        return new Admission.Later(
                CompletableFuture.completedFuture(granted), node.limits.admissionTimeout(), arrival::end);
    }

    private void listen(
            String deviceId,
            DeviceListeners.Arrival arrival,
            Leg leg,
            BridgeListener.Client by,
            Holder holder,
            BooleanSupplier valid) {
        Instant since = clock.instant();
        if (node.slots.leaving()) {
            EndAwaiter.of(leg, BridgeSlots.DRAINING);
        } else if (arrival.open(node.watched(leg), since, by, holder, valid)) {
            if (!valid.getAsBoolean()) { // endRevoked() may have looked before this one was added
                node.listeners.closeRevoked(Requests.REVOKED);
            }
            if (!node.slots.leaving()) {
                node.peers.announce(deviceId, since, by);
            } else if (node.slots.draining()) { // stop() may have closed the listeners before this one was added,
                node.listeners.closeAll(BridgeSlots.STOPPING);
            } else {
                node.listeners.moveAll(); // or told them
            }
        }
    }

    @Override
    public void peer(String challenge, Leg leg) {
        Duration half = node.limits.peerTimeout().dividedBy(2); // the other half is for the round trip
        PeerServer server = new PeerServer(
                node.watched(leg),
                challenge,
                node.peers,
                node.listeners,
                node::rejected,
                node.signedOnce::use,
                node.peerServers,
                half,
                node.scheduler,
                node.tracer);
        server.open();
        if (node.stopped.get()) { // stop() may have closed the peer servers before this one was added
            server.close(BridgeSlots.STOPPING);
        }
    }

    @Override
    public @Nullable CloseReason unready() {
        return node.slots.leaving() ? BridgeSlots.DRAINING : node.slots.unavailable();
    }

    @Override
    public @Nullable CloseReason unavailable(Holder requester) {
        return node.slots.unavailable(requester);
    }

    @Override
    public @Nullable CloseReason unavailable(BridgeToken token, Hop hop) {
        return node.accepts.unavailable(token, hop);
    }

    @Override
    public @Nullable String deviceOf(BridgeToken token) {
        return node.accepts.deviceOf(token);
    }

    @Override
    public @Nullable CloseReason noRoomToListen(String deviceId, Holder holder) {
        return node.slots.leaving() ? BridgeSlots.DRAINING : node.listeners.noRoom(deviceId, holder);
    }

    private Leg unproven(Leg leg) {
        return new UnprovenLeg(node.watched(leg), node.scheduler);
    }
}
