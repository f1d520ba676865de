package io.github.wsbridge.session;

import io.github.wsbridge.BridgeException;
import io.github.wsbridge.CloseReason;
import io.github.wsbridge.client.BridgeLeg;
import io.github.wsbridge.client.DeviceDialer;
import io.github.wsbridge.wire.net.Reasons;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The sessions with one device. The first is begun when it is needed, another when there is no room for a stream in
 * those there are. A device that knows no sessions gets a bridge for each stream, and is asked again some time later.
 * No foreign code is called with the lock held. Thread-safe.
 */
final class DevicePool implements RequesterSession.User {

    private static final Logger log = LoggerFactory.getLogger(DevicePool.class);

    /** How long a device that takes no sessions is not asked again. */
    private static final long PLAIN_NANOS = TimeUnit.MINUTES.toNanos(1);

    /** The same after a session that ended before it had begun; doubled with each further one, up to the above. */
    private static final long DOUBT_NANOS = TimeUnit.SECONDS.toNanos(1);

    private static final int FIRST_SERVER_ERROR = 500;

    private final String deviceId;
    private final DeviceDialer bridges;
    private final PoolSettings settings;
    private final Object lock = new Object();
    // All guarded by lock.
    private final List<RequesterSession> sessions = new ArrayList<>();
    private final Set<RequesterSession> living = new HashSet<>(); // and those that take no more streams
    private final Set<Wish> waiting = new LinkedHashSet<>();
    private final Rate rate;
    private boolean dialling;
    private boolean plain;
    private long plainSince;
    private long plainFor;
    private long doubt = DOUBT_NANOS; // after the next session that ends before it has begun
    private int entering;
    private boolean closed;

    DevicePool(String deviceId, DeviceDialer bridges, PoolSettings settings) {
        this.deviceId = deviceId;
        this.bridges = bridges;
        this.settings = settings;
        this.rate = new Rate(settings.ownBridges(), System.nanoTime());
    }

    /** Keeps the pool from being forgotten until {@link #open} has returned. */
    DevicePool enter() {
        synchronized (lock) {
            entering++;
        }
        return this;
    }

    /** Returns whether nothing would be lost with this pool. */
    boolean unused() {
        synchronized (lock) {
            return entering == 0 && living.isEmpty() && waiting.isEmpty() && !dialling && !plain();
        }
    }

    CompletableFuture<BridgeLeg> open(String requestData) {
        Wish wish = new Wish(requestData, settings.session().openTimeout());
        if (rare()) {
            bridge(wish);
        } else {
            grant(wish);
        }
        synchronized (lock) {
            entering--;
        }
        return wish.result;
    }

    private boolean rare() {
        synchronized (lock) {
            return !closed && rate.happens(System.nanoTime());
        }
    }

    private void grant(Wish wish) {
        Runnable act;
        synchronized (lock) {
            act = decide(wish);
        }
        act.run();
    }

    /** Decides, with the lock held, what to do without it. */
    private Runnable decide(Wish wish) {
        if (closed) {
            return () -> wish.result.completeExceptionally(closedHere());
        }
        if (plain()) {
            return () -> bridge(wish);
        }
        RequesterSession session = waiting.isEmpty() ? roomiest() : null;
        if (session != null) {
            return () -> open(session, wish);
        }
        if (waiting.size() >= settings.maxWaiting()) {
            return () -> wish.result.completeExceptionally(new BridgeException(
                    new CloseReason(CloseReason.OVER_LIMIT, "too many streams wait for the device")));
        }
        waiting.add(wish);
        return () -> {
            limit(wish);
            serve();
        };
    }

    private boolean plain() {
        plain = plain && System.nanoTime() - plainSince < plainFor;
        return plain;
    }

    private void setPlain(long nanos) {
        plain = true;
        plainSince = System.nanoTime();
        plainFor = nanos;
    }

    /** Returns how long a device is not asked again whose session ended, for this reason, before it had begun. */
    private long plainAfter(CloseReason reason) {
        if (reason.code() == CloseReason.PROTOCOL_ERROR || reason.code() == CloseReason.REJECTED) {
            return PLAIN_NANOS; // it does not know how, or does not want to
        }
        long nanos = doubt; // the connection may have been lost, or the device or its node be stopping
        doubt = Math.min(2 * nanos, PLAIN_NANOS);
        return nanos;
    }

    /** Reserves a stream in the session with the least streams; null if there is no room. */
    private @Nullable RequesterSession roomiest() {
        RequesterSession best = null;
        for (RequesterSession session : sessions) {
            if (session.hasRoom() && (best == null || session.load() < best.load())) {
                best = session;
            }
        }
        return best != null && best.reserve() ? best : null;
    }

    /** A wish that waits has a deadline, and leaves the line when it is given up. */
    private void limit(Wish wish) {
        var timer = SessionLoops.shared().schedule(wish::late, wish.nanosLeft(), TimeUnit.NANOSECONDS);
        wish.result.whenComplete((leg, failure) -> {
            timer.cancel(false);
            synchronized (lock) {
                waiting.remove(wish);
            }
        });
    }

    /** Grants wishes that wait, as far as possible, and begins a session if it is not. */
    private void serve() {
        for (Runnable act = next(); act != null; act = next()) {
            act.run();
        }
    }

    private @Nullable Runnable next() {
        synchronized (lock) {
            Iterator<Wish> first = waiting.iterator();
            if (!first.hasNext()) {
                return null;
            }
            Wish wish = first.next();
            if (plain()) {
                first.remove();
                return () -> bridge(wish);
            }
            RequesterSession session = roomiest();
            if (session != null) {
                first.remove();
                return () -> open(session, wish);
            }
            if (dialling || closed || sessions.size() >= settings.maxSessions() || undecided()) {
                return null;
            }
            dialling = true;
            return this::dial;
        }
    }

    /** Returns whether there may be more room soon, once a device has said how many streams there may be. */
    private boolean undecided() {
        return sessions.stream().anyMatch(session -> !session.confirmed());
    }

    private void open(RequesterSession session, Wish wish) {
        CompletableFuture<BridgeLeg> attempt = new CompletableFuture<>();
        attempt.whenComplete((leg, failure) -> {
            if (failure instanceof StreamsLost lost && !forbidden(lost.closeReason()) && wish.again()) {
                log.debug("A stream to {} is tried again: {}", deviceId, failure.getMessage());
                if (lost.needsPause()) {
                    grantLater(wish);
                } else {
                    grant(wish);
                }
            } else {
                wish.take(leg, failure);
            }
        });
        wish.abandon(attempt);
        session.open(wish.requestData, attempt);
    }

    /** Grants a wish after a pause, in which the pool must not be forgotten. */
    private void grantLater(Wish wish) {
        synchronized (lock) {
            entering++;
        }
        Runnable end = () -> {
            grant(wish);
            synchronized (lock) {
                entering--;
            }
        };
        SessionLoops.shared().schedule(end, wish.pauseNanos(), TimeUnit.NANOSECONDS);
    }

    private void bridge(Wish wish) {
        CompletableFuture<BridgeLeg> attempt = leg(wish.requestData);
        attempt.whenComplete(wish::take);
        wish.abandon(attempt);
    }

    private CompletableFuture<BridgeLeg> leg(String requestData) {
        try {
            return bridges.leg(deviceId, requestData);
        } catch (RuntimeException e) { // or streams would wait for a session that nobody begins
            return CompletableFuture.failedFuture(e);
        }
    }

    private void dial() {
        leg(BridgeSessions.REQUEST_DATA)
                .thenCompose(leg -> RequesterSession.start(leg, settings.session(), SessionLoops.shared(), this))
                .whenComplete((session, failure) -> {
                    if (failure == null) {
                        begun(session);
                    } else {
                        refused(
                                failure instanceof CompletionException && failure.getCause() != null
                                        ? failure.getCause()
                                        : failure);
                    }
                });
    }

    private void begun(RequesterSession session) {
        boolean late;
        synchronized (lock) {
            dialling = false;
            late = closed;
            living.add(session);
            if (!closed && !session.leaving()) {
                sessions.add(session);
            }
        }
        session.whenOver(() -> {
            synchronized (lock) {
                living.remove(session);
            }
        });
        if (late) {
            session.close(closedHere().closeReason());
        }
        serve();
    }

    private void refused(Throwable failure) {
        boolean fallBack = !settings.required()
                && failure instanceof BridgeException e
                && e.closeReason().code() == CloseReason.REJECTED;
        List<Wish> all;
        synchronized (lock) {
            dialling = false;
            if (!sessions.isEmpty()) {
                return; // they serve those who wait
            }
            if (fallBack && !busy(failure)) {
                setPlain(PLAIN_NANOS);
            }
            all = List.copyOf(waiting);
            waiting.clear();
        }
        if (fallBack) {
            log.info("{} takes no session ({}): each stream gets a bridge", deviceId, Reasons.of(failure));
            all.forEach(this::bridge);
        } else {
            all.forEach(wish -> wish.result.completeExceptionally(failure));
        }
    }

    /** Returns whether the device takes sessions, as it seems, but not now. */
    private static boolean busy(Throwable failure) {
        String reason = failure instanceof BridgeException e ? e.closeReason().reason() : "";
        String code = reason.split(" ", 2)[0];
        return code.matches("\\d{1,4}") && Integer.parseInt(code) >= FIRST_SERVER_ERROR;
    }

    /** Returns whether a session was rejected after its bridge was accepted, as inside TLS, and nothing else may be. */
    private boolean forbidden(CloseReason reason) {
        return settings.required() && reason.code() == CloseReason.REJECTED;
    }

    @Override
    public void onConfirmed() {
        synchronized (lock) {
            doubt = DOUBT_NANOS;
        }
        serve();
    }

    @Override
    public void onRoom() {
        serve();
    }

    @Override
    public void onLeaving(RequesterSession session) {
        CloseReason reason = session.endReason();
        List<Wish> refused = List.of();
        synchronized (lock) {
            sessions.remove(session);
            if (!session.confirmed() && !settings.required() && !closed) {
                setPlain(plainAfter(reason));
                log.info(
                        "{} has begun no session ({}): each stream gets a bridge for {} s",
                        deviceId,
                        reason,
                        TimeUnit.NANOSECONDS.toSeconds(plainFor));
            } else if (forbidden(reason) && sessions.isEmpty()) {
                refused = List.copyOf(waiting);
                waiting.clear();
            }
        }
        refused.forEach(wish -> wish.result.completeExceptionally(new BridgeException(reason)));
        serve();
    }

    int sessions() {
        synchronized (lock) {
            return sessions.size();
        }
    }

    void close() {
        List<RequesterSession> open;
        List<Wish> all;
        synchronized (lock) {
            closed = true;
            open = List.copyOf(living);
            all = List.copyOf(waiting);
            waiting.clear();
        }
        all.forEach(wish -> wish.result.completeExceptionally(closedHere()));
        open.forEach(session -> session.close(closedHere().closeReason()));
    }

    private static BridgeException closedHere() {
        return new BridgeException(new CloseReason(CloseReason.GOING_AWAY, "closed"));
    }
}
