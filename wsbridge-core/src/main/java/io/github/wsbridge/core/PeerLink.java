package io.github.wsbridge.core;

import com.grack.nanojson.JsonObject;
import io.github.wsbridge.CloseReason;
import io.github.wsbridge.Invitation;
import io.github.wsbridge.spi.Leg;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The way to ask one peer. The link is dialled when it is first needed and again after it broke, but once a second at the
 * most: until then the peer counts as knowing nothing.
 */
final class PeerLink {

    private static final long REDIAL_NANOS = 1_000_000_000L;

    private final Supplier<CompletionStage<Leg>> dial;
    private final Duration timeout;
    private final ScheduledExecutorService scheduler;
    private final LongSupplier nanoTime;
    private final Map<Long, CompletableFuture<Boolean>> questions = new ConcurrentHashMap<>();
    private final AtomicLong numbers = new AtomicLong();
    // Guarded by this.
    private @Nullable CompletableFuture<MessageLeg> link;
    private long dialledAt;
    private boolean closed;

    PeerLink(
            Supplier<CompletionStage<Leg>> dial,
            Duration timeout,
            ScheduledExecutorService scheduler,
            LongSupplier nanoTime) {
        this.dial = dial;
        this.timeout = timeout;
        this.scheduler = scheduler;
        this.nanoTime = nanoTime;
        this.dialledAt = nanoTime.getAsLong() - REDIAL_NANOS;
    }

    /** Asks the peer to deliver an invitation; completes with whether it did, false also where it cannot be asked. */
    CompletableFuture<Boolean> deliver(Invitation invitation) {
        long number = numbers.incrementAndGet();
        CompletableFuture<Boolean> answer = new CompletableFuture<>();
        questions.put(number, answer);
        CompletableFuture<MessageLeg> used = link();
        used.thenCompose(to -> to.send(Messages.deliver(number, invitation))).whenComplete((sent, failure) -> {
            if (failure != null) {
                answer.complete(false);
            }
        });
        return Deadlines.within(timeout, answer, scheduler).handle((delivered, failure) -> {
            questions.remove(number);
            if (failure instanceof TimeoutException) {
                used.thenAccept(MessageLeg::abort); // a peer that does not answer is dialled afresh
            }
            return failure == null && delivered;
        });
    }

    /** Tells the peer something that needs no answer; lost if the peer cannot be reached. */
    void tell(String message) {
        link().thenCompose(to -> to.send(message)).exceptionally(failure -> null);
    }

    private CompletableFuture<MessageLeg> link() {
        CompletableFuture<MessageLeg> fresh;
        synchronized (this) {
            if (link != null) {
                return link;
            }
            long now = nanoTime.getAsLong();
            if (closed || now - dialledAt < REDIAL_NANOS) {
                return CompletableFuture.failedFuture(new IOException("the peer cannot be reached"));
            }
            dialledAt = now;
            fresh = new CompletableFuture<>();
            link = fresh;
        }
        CompletionStage<Leg> dialled;
        try {
            dialled = dial.get();
        } catch (RuntimeException e) {
            dialled = CompletableFuture.failedFuture(e);
        }
        dialled.whenComplete((leg, failure) -> {
            if (failure != null) {
                lost(fresh);
                fresh.completeExceptionally(failure);
                return;
            }
            MessageLeg messages = new MessageLeg(leg, new Answers(fresh));
            messages.open();
            fresh.complete(messages);
            synchronized (this) {
                if (!closed) {
                    return;
                }
            }
            messages.close(new CloseReason(CloseReason.GOING_AWAY, "stopping"));
        });
        return fresh;
    }

    private synchronized void lost(CompletableFuture<MessageLeg> which) {
        if (link == which) {
            link = null;
        }
    }

    void close() {
        CompletableFuture<MessageLeg> last;
        synchronized (this) {
            closed = true;
            last = link;
        }
        if (last != null) {
            last.thenAccept(messages -> messages.close(new CloseReason(CloseReason.GOING_AWAY, "stopping")));
        }
    }

    private final class Answers implements MessageLeg.Handler {
        private final CompletableFuture<MessageLeg> which;

        Answers(CompletableFuture<MessageLeg> which) {
            this.which = which;
        }

        @Override
        public void onMessage(JsonObject message) {
            if ("answer".equals(message.getString("type"))) {
                CompletableFuture<Boolean> answer = questions.remove(message.getLong("number"));
                if (answer != null) {
                    answer.complete(message.getBoolean("delivered"));
                }
            }
        }

        @Override
        public void onClosed(CloseReason reason) {
            questions.values().forEach(answer -> answer.complete(false)); // before any is asked on another link
            lost(which);
        }
    }
}
