package io.github.wsbridge.client;

import io.github.wsbridge.BridgeException;
import io.github.wsbridge.CloseReason;
import io.github.wsbridge.Endpoints;
import io.github.wsbridge.HandshakeException;
import io.github.wsbridge.TraceContext;
import io.github.wsbridge.Watch;
import io.github.wsbridge.spi.Connector;
import io.github.wsbridge.spi.Fragment;
import io.github.wsbridge.spi.Leg;
import io.github.wsbridge.spi.SetupTracer;
import io.github.wsbridge.spi.SetupTracer.Span;
import io.github.wsbridge.wire.concurrent.Daemons;
import io.github.wsbridge.wire.concurrent.TaskThreads;
import io.github.wsbridge.wire.net.Reasons;
import io.github.wsbridge.wire.relay.WatchedLeg;
import io.github.wsbridge.wire.trace.GuardedTracer;
import io.github.wsbridge.wire.trace.TraceFields;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CancellationException;
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
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Opens watched legs and bridges, for requester and device alike, and ends them all when it is closed. */
final class Dialer implements AutoCloseable {

    /** The settings common to both builders. */
    static final class Settings {
        final HandshakeHeaders headers = new HandshakeHeaders();

        @Nullable
        Connector connector;

        @Nullable
        ScheduledExecutorService scheduler;

        Executor executor = TaskThreads.shared();
        Duration connectTimeout = Duration.ofSeconds(45);
        Watch watch = new Watch(Duration.ofSeconds(13), Duration.ofHours(24));
        SetupTracer tracer = SetupTracer.NONE;
        Watch listenWatch = new Watch(Duration.ofMillis(2500), Duration.ofHours(24));
    }

    private static final int KNOCK_SECONDS = 10;

    private final HandshakeHeaders headers;
    private final Connector connector;
    private final boolean ownConnector;
    private final ScheduledExecutorService scheduler;
    private final boolean ownScheduler;
    private final Executor executor;
    private final Watch watch;
    private final Watch listenWatch;
    private final Duration timeout;
    private final SetupTracer tracer;
    private final Set<CompletableFuture<?>> pending = ConcurrentHashMap.newKeySet();
    private final Set<Consumer<CloseReason>> bridges = ConcurrentHashMap.newKeySet(); // which close them
    private volatile boolean closed;

    Dialer(Settings settings) {
        headers = settings.headers.copy();
        ownConnector = settings.connector == null;
        connector = settings.connector == null ? JdkConnector.create() : settings.connector;
        ownScheduler = settings.scheduler == null;
        scheduler = settings.scheduler == null ? newTimer() : settings.scheduler;
        executor = settings.executor;
        watch = settings.watch;
        listenWatch = settings.listenWatch;
        timeout = settings.connectTimeout;
        tracer = GuardedTracer.of(settings.tracer);
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

    SetupTracer tracer() {
        return tracer;
    }

    /** Opens a leg that is watched from the start; the server may not agree to {@code subprotocol}. */
    private CompletionStage<Leg> leg(URI uri, String subprotocol, TraceContext trace) {
        return connect(uri, subprotocol, timeout, trace).thenApply(leg -> new WatchedLeg(leg, watch, scheduler));
    }

    /** Opens a listen socket, which its node reads at all times. */
    CompletionStage<Leg> listen(URI uri) {
        return connect(uri, Endpoints.SUBPROTOCOL, timeout, TraceContext.NONE)
                .thenApply(leg -> WatchedLeg.alwaysRead(leg, listenWatch, scheduler));
    }

    private CompletionStage<Leg> connect(URI uri, String subprotocol, Duration within, TraceContext trace) {
        try {
            Map<String, String> fields = TraceFields.with(trace, headers.now());
            return Redirection.connect(connector, new Connector.Target(uri, fields, subprotocol, within));
        } catch (IOException | RuntimeException | Error e) {
            return CompletableFuture.failedFuture(e); // a connector should not throw, but might
        }
    }

    /** Runs a task that may block. If the executor rejects it or has no thread, the futures must still complete. */
    private void complete(Runnable task) {
        try {
            executor.execute(task);
        } catch (RejectedExecutionException | OutOfMemoryError e) {
            task.run();
        }
    }

    /**
     * Opens a URL only to deliver its query parameters, and waits briefly for the server to close it. A server that
     * cannot be reached or is stopping is tried again for a limited time.
     */
    void knock(URI uri, Duration life, TraceContext trace) {
        AcceptAttempts.<Leg>start(
                        () -> closed
                                ? CompletableFuture.failedFuture(closedHere())
                                : leg(uri, "", trace).toCompletableFuture(),
                        Leg::close,
                        life,
                        scheduler)
                .thenAccept(leg -> {
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
     * Opens a bridge at the first of {@code uris} that can be reached; completes, on the executor, when it is
     * established. If the future ends earlier for any reason, the leg is closed.
     *
     * @param principal who requested the bridge, as the invitation says; empty if it does not, or for a requester
     * @param span ends with the future
     */
    CompletableFuture<BridgeChannel> channel(List<URI> uris, String principal, Span span) {
        return open(uris, principal, span, BridgeChannel::over, BridgeChannel::close, this::complete);
    }

    /** The same as a leg, which completes on a thread of the transport. */
    CompletableFuture<BridgeLeg> bridge(List<URI> uris, String principal, Span span) {
        return open(uris, principal, span, leg -> leg, BridgeLeg::close, Runnable::run);
    }

    private <B> CompletableFuture<B> open(
            List<URI> uris,
            String principal,
            Span span,
            Function<GreetedLeg, B> form,
            BiConsumer<B, CloseReason> close,
            Executor completer) {
        Opening<B> opening = new Opening<>(principal, span, form, close, completer);
        CompletableFuture<B> result = opening.result;
        result.whenComplete((made, failure) -> span.end(failure == null ? null : reason(failure)));
        pending.add(result);
        result.whenComplete((made, failure) -> pending.remove(result));
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
            result.whenComplete((made, failure) -> timer.cancel(false));
            opening.attempt(uris, System.nanoTime() + timeout.toNanos());
        } catch (RejectedExecutionException e) {
            result.completeExceptionally(closedHere());
        }
        return result;
    }

    /** A bridge on its way, and what is to become of its leg. */
    private final class Opening<B> {
        private final String principal;
        private final Span span;
        private final Function<GreetedLeg, B> form;
        private final BiConsumer<B, CloseReason> close;
        private final Executor completer;
        private final CompletableFuture<B> result = new CompletableFuture<>();

        Opening(
                String principal,
                Span span,
                Function<GreetedLeg, B> form,
                BiConsumer<B, CloseReason> close,
                Executor completer) {
            this.principal = principal;
            this.span = span;
            this.form = form;
            this.close = close;
            this.completer = completer;
        }

        void attempt(List<URI> uris, long deadline) {
            Duration left = Duration.ofNanos(Math.max(1_000_000, (deadline - System.nanoTime()) / uris.size()));
            CompletionStage<Leg> connecting = connect(uris.get(0), Endpoints.SUBPROTOCOL, left, span.context());
            result.whenComplete((made, failure) -> {
                if (failure != null) {
                    connecting.toCompletableFuture().cancel(true);
                }
            });
            connecting.whenComplete((leg, failure) -> {
                if (failure == null) {
                    greet(leg);
                } else if (uris.size() > 1 && elsewhere(unwrap(failure)) && !result.isDone()) {
                    attempt(uris.subList(1, uris.size()), deadline);
                } else {
                    completer.execute(() -> result.completeExceptionally(unwrap(failure)));
                }
            });
        }

        private void greet(Leg leg) {
            if (!leg.subprotocol().equals(Endpoints.SUBPROTOCOL)) {
                CloseReason reason = new CloseReason(
                        CloseReason.PROTOCOL_ERROR, "no bridge: it does not speak " + Endpoints.SUBPROTOCOL);
                leg.close(reason);
                completer.execute(() -> result.completeExceptionally(new BridgeException(reason)));
                return;
            }
            Leg watched = new WatchedLeg(leg, watch, scheduler);
            new Greeting<>(watched, principal, this::made, result, completer).start();
            result.whenComplete((made, failure) -> {
                if (failure != null) {
                    watched.close(new CloseReason(CloseReason.GOING_AWAY, "gave up"));
                }
            });
        }

        private B made(GreetedLeg leg) {
            span.bridge(leg.bridgeId());
            if (!result.isDone()) {
                span.end(null); // now: what the caller has waiting for the future may take its time
            }
            B bridge = form.apply(leg);
            Consumer<CloseReason> closer = reason -> close.accept(bridge, reason);
            bridges.add(closer);
            leg.ended().thenAccept(reason -> bridges.remove(closer));
            if (closed) {
                closer.accept(closedHere().closeReason());
            }
            return bridge;
        }
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

    /** Returns why a bridge was not opened. A refusal with an HTTP status has that as the code, plus 4000. */
    static CloseReason reason(Throwable failure) {
        IOException cause = unwrap(failure);
        if (cause instanceof BridgeException no) {
            return no.closeReason();
        }
        return failure instanceof CancellationException
                ? new CloseReason(CloseReason.GOING_AWAY, "gave up")
                : CloseReason.vanished(Reasons.of(cause));
    }

    private static ClosedHere closedHere() {
        return new ClosedHere();
    }

    /** A bridge was not opened because the client or the device has been closed. */
    static final class ClosedHere extends BridgeException {
        private static final long serialVersionUID = 1L;

        private ClosedHere() {
            super(new CloseReason(CloseReason.GOING_AWAY, "closed"));
        }
    }

    @Override
    public void close() {
        closed = true;
        pending.forEach(result -> result.completeExceptionally(closedHere()));
        bridges.forEach(bridge -> bridge.accept(closedHere().closeReason()));
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
