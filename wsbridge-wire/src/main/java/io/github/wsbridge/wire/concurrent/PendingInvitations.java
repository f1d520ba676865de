package io.github.wsbridge.wire.concurrent;

import io.github.wsbridge.Invitation;
import io.github.wsbridge.spi.Signaller.Result;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The invitations of a signaller that wait for their results: at most 10,000, and none for longer than it is valid.
 * Thread-safe.
 */
public final class PendingInvitations {

    private static final Logger log = LoggerFactory.getLogger(PendingInvitations.class);
    private static final int MOST = 10_000;
    private static final Result STOPPING = new Result.Unreachable("the node is stopping");

    private final String place;
    private final InstantSource clock;
    private final Capacity room = new Capacity(MOST);
    private final Set<CompletableFuture<Result>> pending = ConcurrentHashMap.newKeySet();
    private volatile boolean closed;

    /** @param place what carries the invitations, for people, such as NATS */
    public PendingInvitations(String place, InstantSource clock) {
        this.place = place;
        this.clock = clock;
    }

    /** Sends an invitation. */
    @FunctionalInterface
    public interface Sending {

        /**
         * Sends it, without blocking. If this fails, the device counts as unreachable.
         *
         * @param left for how long the invitation is still valid
         * @param result to be completed with what is learned, or cancelled when nothing will be: then the node's accept
         *     timeout decides. Ends by itself when the invitation expires, and when the signaller is closed
         */
        void send(Duration left, CompletableFuture<Result> result);
    }

    /** Sends an invitation, unless it has expired, there is no room, or the signaller is closed. */
    public CompletionStage<Result> signal(Invitation invitation, Sending sending) {
        if (closed) {
            return CompletableFuture.completedFuture(STOPPING);
        }
        Duration left = Duration.between(clock.instant(), invitation.expiresAt());
        if (left.isNegative() || left.isZero()) {
            return CompletableFuture.completedFuture(new Result.Unreachable("the invitation has expired"));
        }
        if (!room.take()) {
            return CompletableFuture.completedFuture(
                    new Result.Throttled("too many pending invitations over " + place));
        }
        CompletableFuture<Result> told = new CompletableFuture<>();
        CompletableFuture<Result> result = new CompletableFuture<>();
        pending.add(result);
        result.whenComplete((said, nothing) -> {
            pending.remove(result);
            room.release();
            if (said != null) {
                told.complete(said);
            }
        });
        result.orTimeout(left.toNanos(), TimeUnit.NANOSECONDS);
        try {
            sending.send(left, result);
        } catch (RuntimeException e) {
            log.debug("{} could not be sent over {}: {}", invitation, place, e.getMessage());
            result.complete(new Result.Unreachable(place + " did not take the invitation"));
        }
        if (closed) {
            result.complete(STOPPING); // close() may have missed it
        }
        return told.minimalCompletionStage();
    }

    /** The number of invitations for which state is kept. */
    public int size() {
        return pending.size();
    }

    /** Gives up all invitations, and refuses further ones. */
    public void close() {
        closed = true;
        pending.forEach(result -> result.complete(STOPPING));
    }
}
