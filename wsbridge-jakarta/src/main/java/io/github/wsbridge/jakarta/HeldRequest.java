package io.github.wsbridge.jakarta;

import io.github.wsbridge.spi.Admission;
import io.github.wsbridge.spi.Door;
import io.github.wsbridge.wire.websocket.ServerUpgrade;
import jakarta.servlet.AsyncContext;
import jakarta.servlet.AsyncEvent;
import jakarta.servlet.AsyncListener;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A request that waits for the door without holding a thread. */
final class HeldRequest implements ServerUpgrade.Answer, AsyncListener {

    private static final Logger log = LoggerFactory.getLogger(HeldRequest.class);
    private static final int HANDSHAKE_SECONDS = 10;

    /** How long a container may take to hand over a connection once the request has ended. */
    private static final int HANDOVER_SECONDS = 2;

    private final ServerUpgrade upgrade;
    private final ServletContainer.Upgradable upgradable;
    private final AsyncContext request;
    private final OpenLegs legs;
    private @Nullable Future<?> deadline; // guarded by this
    private boolean over; // guarded by this
    private volatile boolean upgrading;
    private final CountDownLatch completed = new CountDownLatch(1);

    HeldRequest(ServerUpgrade upgrade, ServletContainer.Upgradable upgradable, AsyncContext request, OpenLegs legs) {
        this.upgrade = upgrade;
        this.upgradable = upgradable;
        this.request = request;
        this.legs = legs;
    }

    /** Asks the door, and answers the request with its decision. */
    void ask(Door door) {
        request.setTimeout(0); // no container timeout: the door and the handshake have their own
        request.addListener(this);
        if (!legs.add(this)) {
            refuse(ServerUpgrade.UNAVAILABLE);
            return;
        }
        schedule(HANDSHAKE_SECONDS, this::onDeadline);
        upgrade.ask(door, legs.timer(), this);
    }

    private void onDeadline() {
        if (upgrade.timedOut()) {
            refuse(ServerUpgrade.UNAVAILABLE);
        }
    }

    /** Refuses the request because the server is stopping. */
    void stop() {
        upgrade.lost();
        refuse(ServerUpgrade.UNAVAILABLE);
    }

    /** Waits for the container to have finished the request; returns false if it has not in time. */
    boolean awaitCompleted(Duration time) throws InterruptedException {
        return completed.await(time.toNanos(), TimeUnit.NANOSECONDS);
    }

    private void schedule(int seconds, Runnable task) {
        try {
            Future<?> timer = legs.timer().schedule(task, seconds, TimeUnit.SECONDS);
            synchronized (this) {
                deadline = timer;
            }
        } catch (RejectedExecutionException e) {
            log.debug("The server is stopping", e);
        }
    }

    /** Ends the wait; returns whether this is the first call. */
    private boolean end() {
        Future<?> timer;
        synchronized (this) {
            if (over) {
                return false;
            }
            over = true;
            timer = deadline;
        }
        if (timer != null) {
            timer.cancel(false);
        }
        legs.remove(this);
        return true;
    }

    @Override
    public void grant(Admission.Granted granted) {
        if (!end()) {
            upgrade.lost();
            return;
        }
        HttpServletResponse response = (HttpServletResponse) request.getResponse();
        try {
            response.setStatus(HttpServletResponse.SC_SWITCHING_PROTOCOLS);
            response.setHeader("Upgrade", "websocket");
            response.setHeader("Connection", "Upgrade");
            response.setHeader("Sec-WebSocket-Accept", upgrade.acceptKey());
            if (!granted.subprotocol().isEmpty()) {
                response.setHeader("Sec-WebSocket-Protocol", granted.subprotocol());
            }
            boolean done = upgradable.upgrade(connection -> open(granted, connection));
            upgrading = true;
            if (done) {
                request.complete();
            }
        } catch (IOException | ServletException | RuntimeException e) {
            log.warn("The container could not upgrade a connection", e);
            upgrade.lost();
            answer(ServerUpgrade.UNAVAILABLE, true);
        }
    }

    private void open(Admission.Granted granted, UpgradedConnection connection) {
        UpgradedLeg leg = legs.add(connection, granted.subprotocol());
        leg.start();
        upgrade.open(granted, leg);
    }

    @Override
    public void refuse(Admission.Refused refused) {
        if (end()) {
            answer(refused, false);
        }
    }

    private void answer(Admission.Refused refused, boolean afterUpgrade) {
        HttpServletResponse response = (HttpServletResponse) request.getResponse();
        try {
            if (afterUpgrade) {
                response.reset(); // removes the upgrade's header fields; fails if they have been sent
            }
            response.setStatus(refused.status());
            ServerUpgrade.fields(refused, response::setHeader);
            byte[] body = ServerUpgrade.body(refused);
            response.setContentLength(body.length);
            response.getOutputStream().write(body); // short, so an idle socket accepts it at once
        } catch (IOException | RuntimeException e) {
            log.debug("A refusal could not be sent", e);
        }
        complete();
    }

    private void complete() {
        try {
            request.complete();
        } catch (RuntimeException e) {
            log.debug("The request had already ended", e);
        }
    }

    @Override
    public void onError(AsyncEvent event) {
        completed.countDown();
        end();
        upgrade.lost();
        if (!upgrading) {
            complete();
        }
    }

    @Override
    public void onComplete(AsyncEvent event) {
        completed.countDown();
        end();
        if (upgrading) {
            schedule(HANDOVER_SECONDS, upgrade::lost); // if the client has gone, there is no connection to hand over
        }
    }

    @Override
    public void onTimeout(AsyncEvent event) {}

    @Override
    public void onStartAsync(AsyncEvent event) {}
}
