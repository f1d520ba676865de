package io.github.wsbridge.core.bridges;

import com.grack.nanojson.JsonWriter;
import io.github.wsbridge.BridgeException;
import io.github.wsbridge.BridgeId;
import io.github.wsbridge.BridgeToken;
import io.github.wsbridge.CloseReason;
import io.github.wsbridge.Endpoints;
import io.github.wsbridge.Hop;
import io.github.wsbridge.NodeAddress;
import io.github.wsbridge.Rejection;
import io.github.wsbridge.TraceContext;
import io.github.wsbridge.core.limits.Crowded;
import io.github.wsbridge.spi.BridgeListener;
import io.github.wsbridge.spi.BridgeListener.Client;
import io.github.wsbridge.spi.Fragment;
import io.github.wsbridge.spi.Leg;
import io.github.wsbridge.spi.NodeRouter;
import io.github.wsbridge.spi.SetupTracer;
import io.github.wsbridge.spi.SetupTracer.Kind;
import io.github.wsbridge.spi.SetupTracer.Span;
import io.github.wsbridge.spi.SetupTracer.Step;
import io.github.wsbridge.spi.TokenClaims;
import io.github.wsbridge.spi.TokenCodec;
import io.github.wsbridge.spi.Traffic;
import io.github.wsbridge.wire.message.EstablishedJson;
import io.github.wsbridge.wire.message.EstablishedJson.Established;
import io.github.wsbridge.wire.relay.EndAwaiter;
import io.github.wsbridge.wire.relay.Gate;
import io.github.wsbridge.wire.relay.Splice;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The second half of establishing a bridge: a device arrives with a token, and is joined here or forwarded to the
 * owner.
 */
public final class Accepts {

    public static final CloseReason BAD_TOKEN =
            new CloseReason(CloseReason.BAD_TOKEN, "the token is expired or used, or its requester has gone");

    static final CloseReason UNSTARTED = CloseReason.vanished("the bridge cannot be started");

    private static final CloseReason SILENT =
            new CloseReason(CloseReason.UNAVAILABLE, "this node does not reach the owner at the moment");

    private static final Logger log = LoggerFactory.getLogger(Accepts.class);

    private final NodeAddress self;
    private final TokenCodec codec;
    private final @Nullable NodeRouter router;
    private final PendingBridges pending;
    private final BridgeSlots slots;
    private final BridgeAges ages;
    private final BridgeBook book;
    private final UnaryOperator<Leg> watch;
    private final InstantSource clock;
    private final BridgeListener events;
    private final SetupTracer tracer;
    private final SilentOwners silent;

    public Accepts(
            NodeAddress self,
            TokenCodec codec,
            @Nullable NodeRouter router,
            PendingBridges pending,
            BridgeSlots slots,
            BridgeAges ages,
            BridgeBook book,
            UnaryOperator<Leg> watch,
            InstantSource clock,
            BridgeListener events,
            SetupTracer tracer) {
        this.self = self;
        this.codec = codec;
        this.router = router;
        this.pending = pending;
        this.slots = slots;
        this.ages = ages;
        this.book = book;
        this.watch = watch;
        this.clock = clock;
        this.events = events;
        this.tracer = tracer;
        this.silent = new SilentOwners(clock);
    }

    /**
     * Handles a device's accept or, if there is a rejection, its rejection, which arrives in the same way.
     *
     * @param by who accepts
     * @param from the trace that it wants to be continued
     */
    public void accept(
            BridgeToken token, @Nullable Rejection rejection, Client by, Leg device, Hop hop, TraceContext from) {
        TokenClaims claims;
        try {
            claims = read(token);
        } catch (BridgeException e) {
            refuse(device, e.closeReason());
            return;
        }
        if (!claims.owner().equals(self)) {
            if (hop == Hop.DIRECT) {
                forward(claims, new NodeRouter.Forward(token, device.subprotocol(), rejection, from), by, device);
            } else {
                refuse(device, BAD_TOKEN); // the forwarding node mistook this node for the owner
            }
        } else {
            OwnedBridge bridge = pending.find(claims.bridgeId());
            Step step = new Step(
                    Kind.ACCEPT,
                    claims.bridgeId(),
                    bridge == null ? claims.deviceId() : bridge.deviceId(),
                    hop,
                    "",
                    by.address());
            Span span = tracer.start(step, from, bridge == null ? TraceContext.NONE : bridge.trace());
            if (rejection == null) {
                join(bridge, by, device, hop, span);
            } else if (bridge != null && bridge.end(CloseReason.rejected(rejection))) {
                EndAwaiter.of(device, new CloseReason(CloseReason.NORMAL, "rejected"));
                span.end(null);
            } else {
                refuse(device, BAD_TOKEN, span);
            }
        }
    }

    /**
     * Returns why this node cannot serve a device with the token, or null if it can. Asked before the upgrade, so that
     * a load balancer or the device can try another node.
     */
    public @Nullable CloseReason unavailable(BridgeToken token, Hop hop) {
        if (hop != Hop.DIRECT) {
            return null;
        }
        CloseReason full = slots.unavailableToForward();
        if (full != null) {
            return !slots.cut() && mine(token) ? null : full;
        }
        return silent(token) ? SILENT : null;
    }

    private boolean silent(BridgeToken token) {
        if (silent.none()) {
            return false; // as nearly always: the token need not be decrypted for this
        }
        try {
            return silent.contains(read(token).owner());
        } catch (BridgeException e) {
            return false; // it is refused for what it is
        }
    }

    /** Returns the device that a token is for, empty if it does not say, or null if it is no token or has expired. */
    public @Nullable String deviceOf(BridgeToken token) {
        try {
            return read(token).deviceId();
        } catch (BridgeException e) {
            return null;
        }
    }

    private boolean mine(BridgeToken token) {
        try {
            return read(token).owner().equals(self);
        } catch (BridgeException e) {
            return true; // it is refused here, for what it is
        }
    }

    /**
     * Reads a token. Only the owner checks its expiry: the clocks of other nodes may differ.
     *
     * @throws BridgeException with {@link CloseReason#BAD_TOKEN}
     */
    public TokenClaims read(BridgeToken token) throws BridgeException {
        TokenClaims claims;
        try {
            claims = codec.decode(token);
        } catch (RuntimeException e) {
            log.warn("the token codec failed", e);
            throw new BridgeException(BAD_TOKEN, e);
        }
        if (claims.owner().equals(self) && !claims.expiresAt().isAfter(clock.instant())) {
            throw new BridgeException(BAD_TOKEN);
        }
        return claims;
    }

    /** Ends a bridge of this node because its device rejects. Returns false if the bridge is no longer pending. */
    public boolean end(BridgeId id, Rejection rejection) {
        OwnedBridge bridge = pending.find(id);
        return bridge != null && bridge.end(CloseReason.rejected(rejection));
    }

    private void join(@Nullable OwnedBridge bridge, Client by, Leg leg, Hop hop, Span span) {
        Gate device = new Gate(leg, reason -> {});
        Splice splice = bridge == null ? null : bridge.claim(device);
        if (bridge == null || splice == null) {
            refuse(leg, BAD_TOKEN, span);
            return;
        }
        device.open();
        slots.keep(splice);
        bridge.upgrade().thenAccept(missing -> start(bridge, splice, by, leg, hop, missing, span));
    }

    /** Starts a splice; if the requester is missing, that ends it at once. */
    private void start(
            OwnedBridge bridge,
            Splice splice,
            Client by,
            Leg device,
            Hop hop,
            Optional<CloseReason> missing,
            Span span) {
        try {
            if (missing.isEmpty()) {
                bridge.entry().accepted(by, hop);
                events.onEstablished(bridge, hop, by);
            }
            splice.start(
                    greeting(bridge.requester(), new Established(bridge.id(), null)),
                    greeting(device, new Established(bridge.id(), bridge.principal())));
            if (missing.isEmpty()) {
                bridge.announce();
                ages.keep(bridge);
            }
            span.end(missing.orElse(null));
        } catch (Throwable e) { // even an Error, which the caller does not handle either: the slot must be given back
            splice.abort();
            bridge.unstarted();
            span.end(UNSTARTED);
            log.warn("cannot start {}", bridge, e);
        }
    }

    private static @Nullable Fragment greeting(Leg leg, Established established) {
        return leg.subprotocol().equals(Endpoints.SUBPROTOCOL)
                ? Fragment.text(JsonWriter.string(EstablishedJson.write(established)))
                : null;
    }

    private void forward(TokenClaims claims, NodeRouter.Forward forward, Client client, Leg leg) {
        String device = claims.deviceId();
        Step accept = new Step(Kind.ACCEPT, claims.bridgeId(), device, Hop.DIRECT, "", client.address());
        Span span = tracer.start(accept, forward.trace(), TraceContext.NONE);
        NodeRouter by = router;
        if (by == null) {
            refuse(leg, new CloseReason(CloseReason.OWNER_UNREACHABLE, "this node does not forward"), span);
            return;
        }
        CloseReason refusal = slots.takeToForward();
        if (refusal != null) {
            Crowded.tell(refusal, events);
            refuse(leg, refusal, span);
            return;
        }
        Gate gate = new Gate(leg, reason -> {});
        gate.open();
        Step step = new Step(
                Kind.FORWARD, claims.bridgeId(), device, claims.owner().uri().getRawAuthority());
        Span dialling = tracer.start(step, span.context(), TraceContext.NONE);
        Instant begun = clock.instant();
        CompletionStage<Leg> dialled;
        try {
            dialled = by.dial(claims.owner(), forward.with(dialling.context()));
        } catch (Throwable e) { // even an Error: the slot must be given back
            dialled = CompletableFuture.failedFuture(e);
        }
        dialled.whenComplete((ownerLeg, failure) -> {
            if (failure == null) {
                dialling.end(null);
                relay(claims, client, gate, watch.apply(ownerLeg), span);
            } else {
                log.debug("cannot reach {} for bridge {}", claims.owner(), claims.bridgeId(), failure);
                silent.failed(claims.owner(), begun);
                CloseReason reason = new CloseReason(CloseReason.OWNER_UNREACHABLE, "the owner cannot be reached");
                dialling.end(reason);
                span.end(reason);
                events.onRefused(Endpoints.ACCEPT, reason.code(), "");
                CompletableFuture<CloseReason> ended = new CompletableFuture<>();
                ended.thenRun(slots::release);
                gate.pass(new EndAwaiter(ended));
                leg.close(reason);
            }
        });
    }

    private void relay(TokenClaims claims, Client client, Gate device, Leg ownerLeg, Span span) {
        Gate owner = new Gate(ownerLeg, reason -> {});
        Splice splice = new Splice(device, owner);
        Traffic traffic = traffic(splice);
        BridgeBook.Entry entry = book.forwarded(
                claims.bridgeId(), claims.deviceId(), claims.owner(), client, clock.instant(), traffic, splice::close);
        splice.gone().thenAccept(reason -> {
            book.remove(entry);
            events.onForwardClosed(claims.bridgeId(), reason);
            slots.release(); // last, since stop() waits for it
        });
        try {
            owner.open();
            slots.keep(splice);
            events.onForwarded(claims.bridgeId(), claims.owner(), client, traffic);
            splice.start(null, null);
            span.end(null);
        } catch (Throwable e) { // even an Error, which nobody else handles: the slot must be given back
            splice.abort();
            span.end(UNSTARTED);
            log.warn("cannot forward bridge {}", claims.bridgeId(), e);
        }
    }

    /** Returns the traffic of a splice whose left leg is the device's. */
    private static Traffic traffic(Splice splice) {
        return new Traffic() {
            @Override
            public long bytesToDevice() {
                return splice.bytesToLeft();
            }

            @Override
            public long bytesToRequester() {
                return splice.bytesToRight();
            }
        };
    }

    private void refuse(Leg leg, CloseReason reason, Span span) {
        span.end(reason);
        refuse(leg, reason);
    }

    private void refuse(Leg leg, CloseReason reason) {
        events.onRefused(Endpoints.ACCEPT, reason.code(), "");
        EndAwaiter.of(leg, reason);
    }
}
