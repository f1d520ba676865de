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
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A request that waits for the door, and holds no thread meanwhile. */
final class HeldRequest implements ServerUpgrade.Answer, AsyncListener {

    private static final Logger log = LoggerFactory.getLogger(HeldRequest.class);
    private static final int HANDSHAKE_SECONDS = 10;

    private final ServerUpgrade upgrade;
    private final ServletContainer.Upgradable upgradable;
    private final AsyncContext request;
    private final OpenLegs legs;
    private @Nullable Future<?> deadline; // guarded by this
    private boolean over; // guarded by this

    HeldRequest(ServerUpgrade upgrade, ServletContainer.Upgradable upgradable, AsyncContext request, OpenLegs legs) {
        this.upgrade = upgrade;
        this.upgradable = upgradable;
        this.request = request;
        this.legs = legs;
    }

    void ask(Door door) {
        request.setTimeout(0); // the deadlines are the door's and the one below
        request.addListener(this);
        if (!legs.hold(this)) {
            refuse(ServerUpgrade.UNAVAILABLE);
            return;
        }
        after(HANDSHAKE_SECONDS, this::late);
        upgrade.ask(door, legs.timer(), this);
    }

    private void late() {
        if (upgrade.timedOut()) {
            refuse(ServerUpgrade.UNAVAILABLE);
        }
    }

    /** The server is stopping. */
    void stop() {
        upgrade.lost();
        refuse(ServerUpgrade.UNAVAILABLE);
    }

    private void after(int seconds, Runnable task) {
        try {
            Future<?> timer = legs.timer().schedule(task, seconds, TimeUnit.SECONDS);
            synchronized (this) {
                deadline = timer;
            }
        } catch (RejectedExecutionException e) {
            log.debug("The server is stopping", e);
        }
    }

    /** Tells whether the request was open until now. */
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
        legs.release(this);
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
            upgradable.upgrade(response, connection -> open(granted, connection));
            after(HANDSHAKE_SECONDS, upgrade::lost);
            request.complete();
        } catch (IOException | ServletException | RuntimeException e) {
            log.warn("The container could not upgrade a connection", e);
            upgrade.lost();
            complete();
        }
    }

    private void open(Admission.Granted granted, UpgradedConnection connection) {
        UpgradedLeg leg = legs.add(connection, granted.subprotocol());
        leg.start();
        upgrade.open(granted, leg);
    }

    @Override
    public void refuse(Admission.Refused refused) {
        if (!end()) {
            return;
        }
        HttpServletResponse response = (HttpServletResponse) request.getResponse();
        try {
            response.setStatus(refused.status());
            ServerUpgrade.fields(refused, response::setHeader);
            byte[] body = ServerUpgrade.body(refused);
            response.setContentLength(body.length);
            response.getOutputStream().write(body); // which fits into the container's buffer
        } catch (IOException | RuntimeException e) {
            log.debug("A refusal could not be sent", e);
        }
        complete();
    }

    private void complete() {
        try {
            request.complete();
        } catch (RuntimeException e) {
            log.debug("A request had ended before", e);
        }
    }

    @Override
    public void onError(AsyncEvent event) {
        end();
        upgrade.lost();
        complete();
    }

    @Override
    public void onComplete(AsyncEvent event) {
        end();
    }

    @Override
    public void onTimeout(AsyncEvent event) {}

    @Override
    public void onStartAsync(AsyncEvent event) {}
}
