package io.github.wsbridge.client;

import io.github.wsbridge.BridgeException;
import io.github.wsbridge.CloseReason;
import io.github.wsbridge.Endpoints;
import io.github.wsbridge.HandshakeException;
import io.github.wsbridge.Watch;
import io.github.wsbridge.spi.Connector;
import io.github.wsbridge.spi.Fragment;
import io.github.wsbridge.spi.Leg;
import io.github.wsbridge.wire.concurrent.Daemons;
import io.github.wsbridge.wire.relay.WatchedLeg;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Opens watched legs and channels, for requester and device alike, and ends them all when it is closed. */
final class Dialer implements AutoCloseable {

    /** The settings common to both builders. */
    static final class Settings {
        final Map<String, String> headers = new LinkedHashMap<>();

        @Nullable
        Connector connector;

        @Nullable
        ScheduledExecutorService scheduler;

        Executor executor = TaskThreads.shared();
        Duration connectTimeout = Duration.ofSeconds(45);
        Watch watch = new Watch(Duration.ofSeconds(20), Duration.ofMinutes(15));

        /** Rejects values that a handshake cannot carry, such as a key that still has the line break from its file. */
        void header(String name, String value) {
            if (value.chars().anyMatch(c -> c != '\t' && Character.isISOControl(c))) {
                throw new IllegalArgumentException("the value of " + name + " contains control characters");
            }
            headers.put(name, value);
        }
    }

    private static final int KNOCK_SECONDS = 10;

    private final Map<String, String> headers;
    private final Connector connector;
    private final boolean ownConnector;
    private final ScheduledExecutorService scheduler;
    private final boolean ownScheduler;
    private final Executor executor;
    private final Watch watch;
    private final Duration timeout;
    private final Set<CompletableFuture<BridgeChannel>> pending = ConcurrentHashMap.newKeySet();
    private final Set<BridgeChannel> channels = ConcurrentHashMap.newKeySet();
    private volatile boolean closed;

    Dialer(Settings settings) {
        headers = Map.copyOf(settings.headers);
        ownConnector = settings.connector == null;
        connector = settings.connector == null ? JdkConnector.create() : settings.connector;
        ownScheduler = settings.scheduler == null;
        scheduler = settings.scheduler == null ? newTimer() : settings.scheduler;
        executor = settings.executor;
        watch = settings.watch;
        timeout = settings.connectTimeout;
    }

    private static ScheduledExecutorService newTimer() {
        ScheduledThreadPoolExecutor timer = Daemons.newTimer("wsbridge-timer");
        timer.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
        return timer;
    }

    ScheduledExecutorService scheduler() {
        return scheduler;
    }

    Executor executor() {
        return executor;
    }

    /** Opens a leg that is watched from the start; the server may not agree to {@code subprotocol}. */
    CompletionStage<Leg> leg(URI uri, String subprotocol) {
        return connect(uri, subprotocol, timeout).thenApply(leg -> new WatchedLeg(leg, watch, scheduler));
    }

    private CompletionStage<Leg> connect(URI uri, String subprotocol, Duration within) {
        try {
            return connector.connect(new Connector.Target(uri, headers, subprotocol, within));
        } catch (RuntimeException e) {
            return CompletableFuture.failedFuture(e); // a connector should not throw, but might
        }
    }

    /** Runs a task that may block. If the executor rejects it, the futures must still complete. */
    private void complete(Runnable task) {
        try {
            executor.execute(task);
        } catch (RejectedExecutionException e) {
            task.run();
        }
    }

    /** Opens a URL only to deliver its query parameters, and waits briefly for the server to close it. */
    void knock(URI uri) {
        leg(uri, "").thenAccept(leg -> {
            leg.open(new Silence());
            leg.demand();
            try {
                scheduler.schedule(() -> leg.close(CloseReason.normal()), KNOCK_SECONDS, TimeUnit.SECONDS);
            } catch (RejectedExecutionException e) {
                leg.close(CloseReason.normal());
            }
        });
    }

    /**
     * Opens a bridge at the first of {@code uris} that can be reached; completes when it is established. Whatever ends the
     * future early closes the leg.
     */
    CompletableFuture<BridgeChannel> channel(List<URI> uris) {
        CompletableFuture<BridgeChannel> result = new CompletableFuture<>();
        pending.add(result);
        result.whenComplete((channel, failure) -> settled(result, channel));
        if (closed) {
            result.completeExceptionally(closedHere());
            return result;
        }
        try {
            CloseReason late = new CloseReason(CloseReason.TIMED_OUT, "no bridge within " + timeout.toMillis() + " ms");
            ScheduledFuture<?> timer = scheduler.schedule(
                    () -> complete(() -> result.completeExceptionally(new BridgeException(late))),
                    timeout.toNanos(),
                    TimeUnit.NANOSECONDS);
            result.whenComplete((channel, failure) -> timer.cancel(false));
            attempt(uris, System.nanoTime() + timeout.toNanos(), result);
        } catch (RejectedExecutionException e) {
            result.completeExceptionally(closedHere());
        }
        return result;
    }

    private void settled(CompletableFuture<BridgeChannel> result, @Nullable BridgeChannel channel) {
        pending.remove(result);
        if (channel != null) {
            channels.add(channel);
            channel.closed().thenAccept(reason -> channels.remove(channel));
            if (closed) {
                channel.close(closedHere().closeReason());
            }
        }
    }

    private void attempt(List<URI> uris, long deadline, CompletableFuture<BridgeChannel> result) {
        Duration left = Duration.ofNanos(Math.max(1_000_000, (deadline - System.nanoTime()) / uris.size()));
        CompletionStage<Leg> connecting = connect(uris.get(0), Endpoints.SUBPROTOCOL, left);
        result.whenComplete((channel, failure) -> {
            if (failure != null) {
                connecting.toCompletableFuture().cancel(true);
            }
        });
        connecting.whenComplete((leg, failure) -> {
            if (failure == null) {
                greet(leg, result);
            } else if (uris.size() > 1 && elsewhere(unwrap(failure)) && !result.isDone()) {
                attempt(uris.subList(1, uris.size()), deadline, result);
            } else {
                complete(() -> result.completeExceptionally(unwrap(failure)));
            }
        });
    }

    private void greet(Leg leg, CompletableFuture<BridgeChannel> result) {
        if (!leg.subprotocol().equals(Endpoints.SUBPROTOCOL)) {
            CloseReason reason = new CloseReason(
                    CloseReason.PROTOCOL_ERROR, "no bridge: it does not speak " + Endpoints.SUBPROTOCOL);
            leg.close(reason);
            complete(() -> result.completeExceptionally(new BridgeException(reason)));
            return;
        }
        Leg watched = new WatchedLeg(leg, watch, scheduler);
        new Greeting(watched, result, this::complete).start();
        result.whenComplete((channel, failure) -> {
            if (failure != null) {
                watched.close(new CloseReason(CloseReason.GOING_AWAY, "gave up"));
            }
        });
    }

    /** Whether another server may do better: this one was not reached, or is in trouble itself. */
    private static boolean elsewhere(Throwable failure) {
        return failure instanceof HandshakeException refused
                ? refused.status() >= 500
                : !(failure instanceof BridgeException);
    }

    static IOException unwrap(Throwable failure) {
        Throwable cause =
                failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
        return cause instanceof IOException e ? e : new IOException(cause);
    }

    private static BridgeException closedHere() {
        return new BridgeException(new CloseReason(CloseReason.GOING_AWAY, "closed"));
    }

    @Override
    public void close() {
        closed = true;
        pending.forEach(result -> result.completeExceptionally(closedHere()));
        channels.forEach(channel -> channel.close(closedHere().closeReason()));
        if (ownConnector) {
            connector.close();
        }
        if (ownScheduler) {
            scheduler.shutdown();
        }
    }

    /** Ignores all events. */
    private static final class Silence implements Leg.Receiver {

        @Override
        public void onFragment(Fragment fragment) {}

        @Override
        public void onClosed(CloseReason reason) {}
    }
}
