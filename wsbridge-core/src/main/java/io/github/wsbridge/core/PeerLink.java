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
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The way to ask one peer. The link is dialled when it is first needed and again after it broke, but not within a second of
 * a failed dial: until then the peer counts as knowing nothing.
 */
final class PeerLink {

    private static final long REDIAL_NANOS = 1_000_000_000L;

    private final Supplier<CompletionStage<Leg>> dial;
    private final Duration timeout;
    private final ScheduledExecutorService scheduler;
    private final Map<Long, CompletableFuture<Boolean>> questions = new ConcurrentHashMap<>();
    private final AtomicLong numbers = new AtomicLong();
    // Guarded by this.
    private @Nullable CompletableFuture<MessageLeg> link;
    private long failedAt = System.nanoTime() - REDIAL_NANOS;
    private boolean closed;

    PeerLink(Supplier<CompletionStage<Leg>> dial, Duration timeout, ScheduledExecutorService scheduler) {
        this.dial = dial;
        this.timeout = timeout;
        this.scheduler = scheduler;
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
            if (closed || System.nanoTime() - failedAt < REDIAL_NANOS) {
                return CompletableFuture.failedFuture(new IOException("the peer cannot be reached"));
            }
            fresh = new CompletableFuture<>();
            link = fresh;
        }
        dial.get().whenComplete((leg, failure) -> {
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
            failedAt = System.nanoTime();
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
            lost(which);
            questions.values().forEach(answer -> answer.complete(false));
        }
    }
}
