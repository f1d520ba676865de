package io.github.wsbridge.client;

import com.grack.nanojson.JsonObject;
import io.github.wsbridge.CloseReason;
import io.github.wsbridge.DeviceState;
import io.github.wsbridge.Endpoints;
import io.github.wsbridge.HandshakeException;
import io.github.wsbridge.Invitation;
import io.github.wsbridge.Rejection;
import io.github.wsbridge.spi.InvitationSource;
import io.github.wsbridge.spi.Leg;
import io.github.wsbridge.wire.concurrent.Backoff;
import io.github.wsbridge.wire.message.InvitationJson;
import io.github.wsbridge.wire.message.JsonMessage;
import io.github.wsbridge.wire.message.MessageLeg;
import io.github.wsbridge.wire.message.MoveJson;
import io.github.wsbridge.wire.message.RejectionJson;
import io.github.wsbridge.wire.message.WithdrawalJson;
import io.github.wsbridge.wire.net.Reasons;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The built-in secondary channel: a WebSocket to a node. It is reopened whenever it ends: slowly if a newer listener
 * has replaced it, since two devices with one id would otherwise replace each other all the time. If the node tells the
 * device to move, another socket is opened first, and the old one then closed.
 */
final class ListenSocket implements InvitationSource {

    private static final Logger log = LoggerFactory.getLogger(ListenSocket.class);

    /** After this time, a connection has worked, and the next pause is short again. */
    private static final Duration WORKED = Duration.ofSeconds(5);

    /** The longest pause while the server has no room at the moment, as during its restart. */
    private static final Duration BUSY = Duration.ofSeconds(5);

    /**
     * The longest pause while the device moves: a load balancer may lead it back to the node that it is to leave, which
     * will not serve it for long.
     */
    private static final Duration MOVING = Duration.ofSeconds(1);

    /** The longest pause after another listener has taken over, however short the others are. */
    private static final Duration REPLACED = Duration.ofMinutes(1);

    /** How long a socket that has been superseded stays open, for invitations on their way to it. */
    private static final Duration OVERLAP = Duration.ofSeconds(1);

    private final Dialer dialer;
    private final List<URI> servers;
    private final String deviceId;
    private final Backoff backoff;
    private final SeenInvitations seen = new SeenInvitations();
    private @Nullable Sink sink; // set by start, before anything else

    // Guarded by this.
    private @Nullable Connection connection;
    private @Nullable Connection former; // superseded, and closed soon
    private @Nullable ScheduledFuture<?> retry;
    private boolean connecting; // or about to
    private boolean stopped;
    private int at; // the server in use
    private int tried; // how many servers have failed since the last pause
    private volatile boolean lost; // so that the log also shows the reconnection
    private volatile boolean quiet; // only the first failure is logged as a warning

    /** Creates a socket to the first of {@code servers} that accepts it. */
    ListenSocket(Dialer dialer, List<URI> servers, String deviceId, Backoff backoff) {
        this.dialer = dialer;
        this.servers = List.copyOf(servers);
        this.deviceId = deviceId;
        this.backoff = backoff;
    }

    @Override
    public void start(Sink to) {
        sink = to;
        synchronized (this) {
            connecting = true;
        }
        connect();
    }

    private Sink sink() {
        Sink started = sink;
        if (started == null) {
            throw new IllegalStateException("not started");
        }
        return started;
    }

    private synchronized URI server() {
        return servers.get(at);
    }

    /** Turns to the next server after a failed attempt; returns whether all have failed, which calls for a pause. */
    private synchronized boolean next() {
        at = (at + 1) % servers.size();
        tried = (tried + 1) % servers.size();
        return tried == 0;
    }

    private void connect() {
        sink().state(new DeviceState.Connecting(server().toString()));
        dialer.listen(Endpoints.listen(server(), deviceId)).whenComplete((leg, failure) -> {
            if (failure != null) {
                failed(Dialer.unwrap(failure));
            } else {
                try {
                    connected(leg);
                } catch (Throwable e) { // such as no memory; nobody else would try again
                    leg.abort();
                    failed(new IOException("cannot listen", e));
                }
            }
        });
    }

    private void connected(Leg leg) {
        Connection opened = new Connection(leg);
        Connection old;
        boolean late;
        synchronized (this) {
            connecting = false;
            tried = 0;
            late = stopped;
            old = connection;
            if (!late) {
                connection = opened;
                former = old;
            }
        }
        if (late) {
            leg.close(CloseReason.normal());
            return;
        }
        quiet = true;
        if (lost) {
            log.info("Device {} is listening again", deviceId);
        } else {
            log.debug("Device {} is listening", deviceId);
        }
        sink().listening(); // first, since the socket may end at once
        opened.open();
        if (old != null) {
            old.supersede();
        }
    }

    private void failed(IOException failure) {
        String place = server().toString();
        if (!next() && !stopped()) {
            log.info(
                    "Device {} cannot listen at {} and tries another server: {}", deviceId, place, Reasons.of(failure));
            sink().state(new DeviceState.Retrying(place, Reasons.of(failure), Duration.ZERO));
            connect();
            return;
        }
        int status = failure instanceof HandshakeException refused ? refused.status() : 0;
        if (status > 0 && status < 500 && status != 429) {
            log.warn("The server refuses to let device {} listen: {}", deviceId, Reasons.of(failure));
            Duration pause = backoff.longest(); // only a configuration change helps, here or at the server
            sink().state(new DeviceState.Refused(place, Reasons.of(failure), pause));
            retryIn(pause);
        } else {
            if (quiet) {
                log.debug("Device {} cannot listen: {}", deviceId, Reasons.of(failure));
            } else {
                log.warn("Device {} cannot reach the server and keeps trying: {}", deviceId, Reasons.of(failure));
            }
            quiet = true;
            Duration pause = backoff.next(moving() ? MOVING : status == 503 ? BUSY : backoff.longest());
            sink().state(new DeviceState.Retrying(place, Reasons.of(failure), pause));
            retryIn(pause);
        }
    }

    /** Called when the node wants the device to move. Devices do so at random times, or they would all come at once. */
    private void move() {
        synchronized (this) {
            if (connecting || stopped) {
                return;
            }
            connecting = true;
        }
        log.debug("Device {} moves to another node", deviceId);
        backoff.reset();
        retryIn(backoff.next());
    }

    private void ended(Connection which, CloseReason reason) {
        boolean moving;
        synchronized (this) {
            if (connection != which) {
                return; // a newer one has taken its place
            }
            connection = null;
            moving = connecting;
            connecting = true;
            if (!moving) {
                at = (at + 1) % servers.size();
            }
        }
        if (moving) {
            log.debug("Device {} has lost its listen socket while it moves: {}", deviceId, reason);
        } else if (reason.code() == CloseReason.REPLACED && !stopped()) {
            lost = true;
            Duration pause = backoff.nearLongest(REPLACED);
            log.warn(
                    "Another listener has taken over device {}; if it is another device, give it another id."
                            + " Trying again in {} s",
                    deviceId,
                    pause.toSeconds());
            sink().state(new DeviceState.Replaced(which.place, reason.toString(), pause));
            retryIn(pause);
        } else if (!stopped()) {
            lost = true;
            log.info("Device {} has lost its listen socket: {}", deviceId, reason);
            Duration pause = backoff.next();
            sink().state(new DeviceState.Retrying(which.place, reason.toString(), pause));
            retryIn(pause);
        }
    }

    /** Returns whether the device is about to leave a socket that still serves it. */
    private synchronized boolean moving() {
        return connection != null;
    }

    private synchronized boolean stopped() {
        return stopped;
    }

    private synchronized void retryIn(Duration pause) {
        if (!stopped) {
            retry = schedule(this::connect, pause);
        }
    }

    private @Nullable ScheduledFuture<?> schedule(Runnable task, Duration pause) {
        try {
            return dialer.scheduler().schedule(task, pause.toNanos(), TimeUnit.NANOSECONDS);
        } catch (RejectedExecutionException e) {
            return null; // the scheduler is shutting down
        }
    }

    @Override
    public CompletionStage<Boolean> reject(Invitation invitation, Rejection rejection) {
        Connection open;
        synchronized (this) {
            open = connection;
        }
        return open == null
                ? CompletableFuture.completedFuture(false)
                : open.messages
                        .send(RejectionJson.write(invitation.token(), rejection))
                        .handle((sent, failure) -> failure == null);
    }

    @Override
    public void close() {
        Connection open;
        Connection old;
        synchronized (this) {
            stopped = true;
            open = connection;
            old = former;
            if (retry != null) {
                retry.cancel(false);
            }
        }
        if (old != null) {
            old.messages.close(CloseReason.normal());
        }
        if (open != null) {
            open.messages.close(CloseReason.normal());
        }
    }

    /** A single WebSocket connection. */
    private final class Connection implements MessageLeg.Handler {
        private final MessageLeg messages;
        private final String place = server().toString();
        private volatile @Nullable ScheduledFuture<?> stable;

        Connection(Leg leg) {
            this.messages = new MessageLeg(leg, this);
        }

        void open() {
            stable = schedule(backoff::reset, WORKED);
            messages.open();
        }

        void supersede() {
            if (schedule(() -> messages.close(CloseReason.normal()), OVERLAP) == null) {
                messages.close(CloseReason.normal());
            }
        }

        @Override
        public void onMessage(JsonObject message) {
            switch (JsonMessage.type(message)) {
                case InvitationJson.TYPE -> {
                    Invitation invitation = InvitationJson.read(message, deviceId);
                    if (seen.add(invitation.token())) { // both nodes deliver it while the device moves
                        sink().offer(invitation);
                    }
                }
                case WithdrawalJson.TYPE -> sink().withdrawn(WithdrawalJson.readToken(message));
                case MoveJson.TYPE -> move();
                default -> {} // a newer node may send other messages
            }
        }

        /** Skips them: a device that disconnected because of one message would miss the others. */
        @Override
        public boolean skipsLongMessages() {
            return true;
        }

        @Override
        public void onClosed(CloseReason reason) {
            ScheduledFuture<?> timer = stable;
            if (timer != null) {
                timer.cancel(false);
            }
            ended(this, reason);
        }
    }
}
