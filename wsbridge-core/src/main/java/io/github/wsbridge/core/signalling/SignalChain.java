package io.github.wsbridge.core.signalling;

import io.github.wsbridge.BridgeId;
import io.github.wsbridge.DeviceIdPattern;
import io.github.wsbridge.Invitation;
import io.github.wsbridge.Rejection;
import io.github.wsbridge.spi.BridgeListener;
import io.github.wsbridge.spi.Signaller;
import java.time.InstantSource;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.BiConsumer;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A list of secondary channels, each for the devices whose ids match its pattern. The first that knows the device
 * decides. The next channel is tried when one fails, or when it has not answered within a share of the remaining time.
 */
public final class SignalChain implements Signaller {

    private static final Logger log = LoggerFactory.getLogger(SignalChain.class);

    /** A channel and the devices that it serves. */
    public record Route(DeviceIdPattern devices, Signaller channel) {

        /** A channel for all devices. */
        public Route(Signaller channel) {
            this(new DeviceIdPattern("*"), channel);
        }
    }

    private final List<Route> routes;
    private final Predicate<BridgeId> wanted;
    private final BiConsumer<BridgeId, Rejection> late;
    private final InstantSource clock;
    private final ScheduledExecutorService scheduler;
    private final BridgeListener events;
    private final SignalSpans spans;

    /**
     * Creates a chain.
     *
     * @param wanted tests whether a bridge still waits for its device
     * @param late receives a device's rejection that arrives after the stage of {@link #signal} has completed
     */
    public SignalChain(
            List<Route> routes,
            Predicate<BridgeId> wanted,
            BiConsumer<BridgeId, Rejection> late,
            InstantSource clock,
            ScheduledExecutorService scheduler,
            BridgeListener events,
            SignalSpans spans) {
        this.routes = List.copyOf(routes);
        this.wanted = wanted;
        this.late = late;
        this.clock = clock;
        this.scheduler = scheduler;
        this.events = events;
        this.spans = spans;
    }

    @Override
    public CompletionStage<Result> signal(Invitation invitation) {
        List<Signaller> channels = channels(invitation);
        if (channels.isEmpty()) {
            return CompletableFuture.completedFuture(new Result.Unreachable("the device cannot be reached"));
        }
        return new SignalRound(channels, invitation, wanted, late, clock, scheduler, events, spans).start();
    }

    private List<Signaller> channels(Invitation invitation) {
        return routes.stream()
                .filter(route -> route.devices().matches(invitation.deviceId()))
                .map(Route::channel)
                .distinct()
                .toList();
    }

    /** Withdraws an invitation on all channels of its device. */
    @Override
    public void withdraw(Invitation invitation) {
        for (Signaller channel : channels(invitation)) {
            try {
                channel.withdraw(invitation);
            } catch (RuntimeException e) {
                log.warn("{} failed to withdraw {}", channel.getClass().getSimpleName(), invitation, e);
            }
        }
    }

    @Override
    public void close() {
        Set<Signaller> closed = Collections.newSetFromMap(new IdentityHashMap<>()); // one may have two patterns
        for (Route route : routes) {
            if (closed.add(route.channel())) {
                close(route.channel());
            }
        }
    }

    private static void close(Signaller channel) {
        try {
            channel.close();
        } catch (RuntimeException e) {
            log.warn("failed to close {}", channel.getClass().getSimpleName(), e);
        }
    }
}
