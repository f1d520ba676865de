package io.github.wsbridge.core.bridges;

import io.github.wsbridge.Bridge;
import io.github.wsbridge.BridgeId;
import io.github.wsbridge.BridgeRequest;
import io.github.wsbridge.BridgeToken;
import io.github.wsbridge.CloseReason;
import io.github.wsbridge.Endpoints;
import io.github.wsbridge.Invitation;
import io.github.wsbridge.NodeAddress;
import io.github.wsbridge.TraceContext;
import io.github.wsbridge.core.limits.Bandwidth;
import io.github.wsbridge.core.limits.Crowded;
import io.github.wsbridge.core.limits.Holder;
import io.github.wsbridge.spi.AccessPolicy.Access.Granted;
import io.github.wsbridge.spi.BridgeListener;
import io.github.wsbridge.spi.Leg;
import io.github.wsbridge.spi.SetupTracer;
import io.github.wsbridge.spi.SetupTracer.Kind;
import io.github.wsbridge.spi.SetupTracer.Step;
import io.github.wsbridge.spi.Signaller;
import io.github.wsbridge.spi.TokenClaims;
import io.github.wsbridge.spi.TokenCodec;
import io.github.wsbridge.wire.relay.Pace;
import java.net.URI;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The first half of establishing a bridge: a requester arrives, a token is minted, the device is signalled. */
public final class Requests {

    public static final CloseReason REVOKED =
            new CloseReason(CloseReason.POLICY_VIOLATION, "the permission has been revoked");

    private static final int MAX_PRINCIPAL = 256;

    private static final Logger log = LoggerFactory.getLogger(Requests.class);

    private final URI publicUrl;
    private final NodeAddress self;
    private final TokenCodec codec;
    private final Signaller signaller;
    private final PendingBridges pending;
    private final BridgeSlots slots;
    private final Duration acceptTimeout;
    private final boolean tokensNameDevices;
    private final Bandwidth bandwidth;
    private final BridgeBook book;
    private final InstantSource clock;
    private final ScheduledExecutorService scheduler;
    private final BridgeListener events;
    private final SetupTracer tracer;
    private final SecureRandom random = new SecureRandom();
    private final Map<OwnedBridge, BooleanSupplier> revocable = new ConcurrentHashMap<>();

    public Requests(
            URI publicUrl,
            NodeAddress self,
            TokenCodec codec,
            Signaller signaller,
            PendingBridges pending,
            BridgeSlots slots,
            Duration acceptTimeout,
            boolean tokensNameDevices,
            Bandwidth bandwidth,
            BridgeBook book,
            InstantSource clock,
            ScheduledExecutorService scheduler,
            BridgeListener events,
            SetupTracer tracer) {
        this.publicUrl = publicUrl;
        this.self = self;
        this.codec = codec;
        this.signaller = signaller;
        this.pending = pending;
        this.slots = slots;
        this.acceptTimeout = acceptTimeout;
        this.tokensNameDevices = tokensNameDevices;
        this.bandwidth = bandwidth;
        this.book = book;
        this.clock = clock;
        this.scheduler = scheduler;
        this.events = events;
        this.tracer = tracer;
    }

    public Bridge request(BridgeRequest request, Requester by, Leg leg) {
        OwnedBridge bridge = new OwnedBridge(BridgeId.random(random), request.deviceId(), leg, pending::remove);
        Step step = new Step(Kind.CONNECT, bridge.id(), request.deviceId(), by.address());
        bridge.traced(tracer.start(step, by.trace(), TraceContext.NONE));
        CloseReason refusal = takeOn(bridge, request.requestData(), by.holder());
        if (refusal != null) {
            Crowded.tell(refusal, events);
            events.onRefused(by.where(), refusal.code(), by.address());
            bridge.open();
            bridge.end(refusal);
            return bridge;
        }
        BridgeListener.Client requester = new BridgeListener.Client(by.principal(), by.address());
        bridge.entry(book.own(bridge, requester, clock.instant()));
        events.onRequested(bridge, requester);
        bridge.requestedBy(shortened(by.principal()));
        if (by.valid() != Granted.ALWAYS) {
            revocable.put(bridge, by.valid());
        }
        Pace pace = bandwidth.of(by.holder().principal());
        if (pace != null) {
            bridge.pace(pace);
        }
        bridge.gone().thenAccept(reason -> {
            revocable.remove(bridge);
            bandwidth.release(by.holder().principal(), pace);
            book.remove(bridge.entry());
            events.onClosed(bridge, reason);
            slots.release(by.holder()); // last, since stop() waits for it
        });
        bridge.open();
        if (slots.cut() || !await(bridge)) {
            bridge.end(BridgeSlots.DRAINING); // stop() may have ended the pending bridges before this one was added
            return bridge;
        }
        if (!bridge.pending()) {
            return bridge; // the requester has already gone, so do not wake the device
        }
        try {
            if (by.valid().getAsBoolean()) {
                signal(bridge, request);
            } else {
                bridge.end(REVOKED); // closeRevoked() may have looked before this one was added
            }
        } catch (Throwable e) { // even an Error: the requester waits
            bridge.end(new CloseReason(CloseReason.UNREACHABLE, "the device could not be signalled"));
            log.warn("failed to signal the device for {}", bridge, e);
        }
        return bridge;
    }

    /** Closes the bridges whose requesters are no longer permitted. Returns their number. */
    public int closeRevoked() {
        int closed = 0;
        for (Map.Entry<OwnedBridge, BooleanSupplier> bridge : revocable.entrySet()) {
            if (!bridge.getValue().getAsBoolean()) {
                bridge.getKey().close(REVOKED);
                closed++;
            }
        }
        return closed;
    }

    private @Nullable CloseReason takeOn(OwnedBridge bridge, String target, Holder holder) {
        CloseReason refusal = slots.take(holder);
        if (refusal == null && !pending.add(bridge, target, holder)) {
            slots.release(holder);
            refusal = Crowded.WAITING;
        }
        return refusal;
    }

    /** Schedules the accept timeout. Returns false if the scheduler has been shut down. */
    private boolean await(OwnedBridge bridge) {
        CloseReason late = new CloseReason(CloseReason.TIMED_OUT, "the device did not accept in time");
        try {
            bridge.timeout(scheduler.schedule(() -> bridge.end(late), acceptTimeout.toNanos(), TimeUnit.NANOSECONDS));
            return true;
        } catch (RejectedExecutionException e) {
            return false;
        }
    }

    /** Invitations have room for a name of reasonable length only. */
    private static String shortened(String principal) {
        if (principal.length() <= MAX_PRINCIPAL) {
            return principal;
        }
        boolean splits = Character.isHighSurrogate(principal.charAt(MAX_PRINCIPAL - 1)); // half of it is no text
        return principal.substring(0, splits ? MAX_PRINCIPAL - 1 : MAX_PRINCIPAL) + "…";
    }

    private void signal(OwnedBridge bridge, BridgeRequest request) {
        Instant expiresAt = clock.instant().plus(acceptTimeout).truncatedTo(ChronoUnit.MILLIS);
        String device = tokensNameDevices ? request.deviceId() : "";
        BridgeToken token = codec.encode(new TokenClaims(bridge.id(), self, expiresAt, device));
        URI acceptUrl = Endpoints.accept(publicUrl, token, request.requestData());
        Invitation invitation = new Invitation(
                bridge.id(),
                request.deviceId(),
                token,
                acceptUrl,
                request.requestData(),
                bridge.principal(),
                request.reason(),
                expiresAt,
                bridge.trace());
        CompletionStage<Signaller.Result> signalled = signaller.signal(invitation);
        bridge.abandoned().thenRun(() -> signaller.withdraw(invitation));
        signalled.thenAccept(result -> {
            events.onSignalled(bridge, result);
            if (result instanceof Signaller.Result.Rejected rejected) {
                bridge.end(CloseReason.rejected(rejected.rejection()));
            } else if (result instanceof Signaller.Result.Unreachable unreachable) {
                bridge.end(new CloseReason(CloseReason.UNREACHABLE, unreachable.reason()));
            } else if (result instanceof Signaller.Result.Throttled throttled) {
                bridge.end(new CloseReason(CloseReason.OVER_LIMIT, throttled.reason()));
            }
        });
    }
}
