package io.github.wsbridge.wire.relay;

import io.github.wsbridge.CloseReason;
import io.github.wsbridge.spi.Fragment;
import io.github.wsbridge.spi.Leg;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Two joined legs. When one leg ends, the other is closed with the same reason and awaited. The first end determines
 * the reason of the splice.
 */
public final class Splice {

    private static final Logger log = LoggerFactory.getLogger(Splice.class);

    private final Gate left;
    private final Gate right;
    private final Pump leftToRight;
    private final Pump rightToLeft;
    private final AtomicReference<@Nullable CloseReason> reason = new AtomicReference<>();
    private final AtomicBoolean awaited = new AtomicBoolean();
    private final AtomicInteger legs = new AtomicInteger(2);
    private final CompletableFuture<CloseReason> told = new CompletableFuture<>();
    private final CompletableFuture<CloseReason> gone = new CompletableFuture<>();

    public Splice(Gate left, Gate right) {
        this.left = left;
        this.right = right;
        this.leftToRight = new Pump(left.leg(), right.leg(), why -> ended(right.leg(), why));
        this.rightToLeft = new Pump(right.leg(), left.leg(), why -> ended(left.leg(), why));
    }

    /** Limits the rate of both directions together. Called before {@link #start}; costs the legs' direct connection. */
    public void pace(Pace pace) {
        leftToRight.pace(pace);
        rightToLeft.pace(pace);
    }

    /**
     * Starts relaying. A greeting, if any, is the first thing that a leg's peer receives.
     *
     * @param greetLeft sent first to the left leg; null for none
     * @param greetRight sent first to the right leg; null for none
     */
    public void start(@Nullable Fragment greetLeft, @Nullable Fragment greetRight) {
        awaitEnds();
        right.leg().shareThread(left.leg().transport()).whenComplete((done, failure) -> {
            try {
                greet(right.leg(), greetRight, leftToRight);
                greet(left.leg(), greetLeft, rightToLeft);
            } catch (Throwable e) { // such as no memory: without their pumps, the legs would stay open and silent
                log.warn("Two legs cannot be joined", e);
                abort();
            }
        });
    }

    private void awaitEnds() {
        if (!awaited.getAndSet(true)) {
            left.pass(leftToRight);
            right.pass(rightToLeft);
        }
    }

    /** Drops both legs, for when the splice cannot be started. Their ends count as otherwise. */
    public void abort() {
        awaitEnds();
        left.leg().abort();
        right.leg().abort();
    }

    private static void greet(Leg leg, @Nullable Fragment greeting, Pump towardsIt) {
        if (greeting == null) {
            towardsIt.next();
        } else {
            Sending.send(leg, greeting).whenComplete((done, failure) -> {
                if (failure == null) {
                    towardsIt.next();
                }
            });
        }
    }

    public long bytesToRight() {
        return leftToRight.bytes();
    }

    public long bytesToLeft() {
        return rightToLeft.bytes();
    }

    /** Closes both legs with the same reason. */
    public void close(CloseReason why) {
        if (reason.compareAndSet(null, why)) {
            left.leg().close(why);
            right.leg().close(why);
            told.complete(why);
        }
    }

    private void ended(Leg other, CloseReason why) {
        if (reason.compareAndSet(null, why)) {
            other.close(why);
            told.complete(why);
        }
        if (legs.decrementAndGet() == 0) {
            CloseReason first = Objects.requireNonNull(reason.get());
            told.complete(first); // if both legs end within close(), it has not been completed there yet
            gone.complete(first);
        }
    }

    /** Completes with the first reason once both legs have been told to close. */
    public CompletionStage<CloseReason> told() {
        return told;
    }

    /** Completes with the first reason once both legs have ended and nothing is held any longer. */
    public CompletionStage<CloseReason> gone() {
        return gone;
    }
}
