package io.github.wsbridge.core.bridges;

import io.github.wsbridge.CloseReason;
import io.github.wsbridge.spi.Admission;
import io.github.wsbridge.spi.Fragment;
import io.github.wsbridge.spi.Leg;
import io.github.wsbridge.wire.relay.EndAwaiter;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The leg of a requester whose handshake is answered only once its bridge is established. Then the requester is
 * upgraded, and this leg delegates to the resulting one. If the leg ends before that, the handshake is refused with an
 * HTTP status.
 */
public final class WaitingRequester implements Leg {

    private static final CloseReason GONE = CloseReason.vanished("the requester has gone");

    private final String subprotocol;
    private final UnaryOperator<Leg> wrap;
    private final CompletableFuture<Admission.Decision> decision = new CompletableFuture<>();
    private final CompletableFuture<Optional<CloseReason>> upgraded = new CompletableFuture<>();
    private final Object lock = new Object(); // never held while foreign code is called
    private @Nullable Receiver receiver; // guarded by lock
    private @Nullable CloseReason end; // guarded by lock; of a requester that was not upgraded
    private volatile @Nullable Leg leg;

    /**
     * Creates the leg of a waiting requester.
     *
     * @param subprotocol the subprotocol to negotiate
     * @param wrap applied to the leg once the requester is upgraded
     */
    public WaitingRequester(String subprotocol, UnaryOperator<Leg> wrap) {
        this.subprotocol = subprotocol;
        this.wrap = wrap;
    }

    /** Returns the admission for the transport. */
    public Admission.Later admission(Duration timeout) {
        return new Admission.Later(decision, timeout, () -> end(GONE));
    }

    /** Upgrades the requester. Completes, always normally, with whether that succeeded. */
    CompletionStage<Optional<CloseReason>> upgrade() {
        decision.complete(new Admission.Granted(subprotocol, this::arrive));
        return upgraded;
    }

    private void arrive(Leg transport) {
        Leg arrived = wrap.apply(transport);
        Receiver to;
        CloseReason ended;
        synchronized (lock) {
            to = receiver;
            ended = end;
            if (ended == null) {
                leg = arrived;
            }
        }
        if (ended != null) {
            EndAwaiter.of(arrived, ended);
        } else if (to != null) { // always true: a bridge opens its requester before it can be claimed
            try {
                arrived.open(to);
            } finally { // a leg that fails to open is aborted, and the splice ends with it
                upgraded.complete(Optional.empty());
            }
        }
    }

    /** Ends a requester that has not been upgraded. */
    private boolean end(CloseReason reason) {
        Receiver to;
        synchronized (lock) {
            if (leg != null || end != null) {
                return false;
            }
            end = reason;
            to = receiver;
        }
        decision.complete(refusal(reason));
        if (to != null) {
            to.onClosed(reason);
        }
        upgraded.complete(Optional.of(reason));
        return true;
    }

    private static Admission.Refused refusal(CloseReason reason) {
        int status = status(reason.code());
        Duration retryAfter = switch (status) {
            case 429 -> Duration.ofSeconds(1);
            case 503 -> Duration.ofSeconds(5);
            default -> null;
        };
        return new Admission.Refused(status, reason.reason().replaceAll("\\p{Cntrl}+", " "), retryAfter); // one line
    }

    /** Converts a close code. Those from 4400 to 4599 are HTTP status codes plus 4000. */
    private static int status(int code) {
        if (code == CloseReason.POLICY_VIOLATION) {
            return 403; // the permission has been revoked, so trying again does not help
        }
        return code >= 4400 && code < 4600 ? code - 4000 : 503;
    }

    @Override
    public String subprotocol() {
        return subprotocol;
    }

    @Override
    public void open(Receiver opened) {
        CloseReason ended;
        synchronized (lock) {
            receiver = opened;
            ended = end;
        }
        if (ended != null) {
            opened.onClosed(ended);
        }
    }

    @Override
    public void demand() {
        Leg now = leg;
        if (now != null) {
            now.demand();
        }
    }

    @Override
    public CompletionStage<Void> send(Fragment fragment) {
        Leg now = leg;
        return now != null
                ? now.send(fragment)
                : CompletableFuture.failedFuture(new IOException("the requester has not been upgraded"));
    }

    @Override
    public void ping() {
        Leg now = leg;
        if (now != null) {
            now.ping();
        }
    }

    @Override
    public void heartbeat(Duration next) {
        Leg now = leg;
        if (now != null) {
            now.heartbeat(next);
        }
    }

    @Override
    public void close(CloseReason reason) {
        if (!end(reason)) {
            Leg now = leg;
            if (now != null) {
                now.close(reason);
            }
        }
    }

    @Override
    public void abort() {
        if (!end(GONE)) {
            Leg now = leg;
            if (now != null) {
                now.abort();
            }
        }
    }

    @Override
    public Leg transport() {
        Leg now = leg;
        return now == null ? this : now.transport();
    }

    @Override
    public CompletionStage<Void> shareThread(Leg other) {
        Leg now = leg;
        return now == null ? CompletableFuture.completedStage(null) : now.shareThread(other);
    }

    @Override
    public boolean takesTransfers() {
        Leg now = leg;
        return now != null && now.takesTransfers();
    }

    @Override
    public boolean transferTo(Leg target) {
        Leg now = leg;
        return now != null && now.transferTo(target);
    }
}
