package io.github.wsbridge.signal.webhook;

import io.github.wsbridge.Invitation;
import io.github.wsbridge.spi.Signaller.Result;
import io.github.wsbridge.wire.concurrent.Backoff;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The delivery of one invitation: retries with delays until the receiver has answered or the invitation expires. */
final class Delivery {

    private final Invitation invitation;
    private final byte[] body;
    private final WebhookSignaller channel;
    private final Backoff backoff;
    private final Turns turns;
    private final ScheduledExecutorService scheduler;
    private final Consumer<Delivery> over;
    private final Runnable turn = this::attempt;
    private final CompletableFuture<Result> result = new CompletableFuture<>();

    // Guarded by this.
    private boolean ended;
    private int attempts;
    private @Nullable Future<?> timer; // the delay before the next attempt, or the deadline of this one
    private @Nullable Future<?> expiry;
    private @Nullable CompletableFuture<?> exchange;

    Delivery(
            Invitation invitation,
            WebhookSignaller channel,
            Turns turns,
            ScheduledExecutorService scheduler,
            Consumer<Delivery> over) {
        this.invitation = invitation;
        this.body = WebhookBody.write(invitation);
        this.channel = channel;
        this.backoff = channel.backoff();
        this.turns = turns;
        this.scheduler = scheduler;
        this.over = over;
    }

    CompletableFuture<Result> result() {
        return result;
    }

    void start() {
        Duration left = channel.left(invitation);
        try {
            synchronized (this) {
                expiry = scheduler.schedule(
                        () -> fail(new IOException("the invitation has expired")),
                        left.toNanos(),
                        TimeUnit.NANOSECONDS);
            }
        } catch (RejectedExecutionException e) {
            fail(new IOException("the signaller is closed"));
            return;
        }
        turns.enter(turn);
    }

    /** Makes one attempt, holding a turn. */
    private void attempt() {
        if (ended()) {
            turns.leave();
            return;
        }
        CompletableFuture<HttpResponse<byte[]>> sending = channel.send(invitation, body);
        CompletableFuture<HttpResponse<byte[]>> answer = sending.copy();
        boolean late;
        synchronized (this) {
            late = ended;
            attempts++;
            exchange = sending;
            timer = schedule(
                    () -> {
                        answer.cancel(false); // first, because aborting the exchange fails it with another exception
                        sending.cancel(true);
                    },
                    channel.requestTimeout());
        }
        if (late) {
            sending.cancel(true);
        }
        answer.whenComplete((response, failure) -> {
            turns.leave();
            answered(response, failure);
        });
    }

    private synchronized boolean ended() {
        return ended;
    }

    private void answered(@Nullable HttpResponse<byte[]> response, @Nullable Throwable failure) {
        synchronized (this) {
            exchange = null;
            cancel(timer);
        }
        Outcome outcome = response == null ? failed(failure) : Outcome.of(response, channel.now());
        if (outcome instanceof Outcome.Known known) {
            if (end()) {
                result.complete(known.result());
            }
        } else if (outcome instanceof Outcome.Retry retry) {
            retry(retry);
        } else if (outcome instanceof Outcome.Failed failed) {
            fail(failed.why());
        } else {
            end(); // the result is unknown and will not be reported
        }
    }

    private Outcome failed(@Nullable Throwable failure) {
        Throwable cause =
                failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
        if (cause instanceof CancellationException) {
            return new Outcome.Retry(new IOException("the webhook did not answer in time"), false, Duration.ZERO);
        }
        IOException why = channel.unreachable(cause);
        return cause instanceof IOException ? new Outcome.Retry(why, false, Duration.ZERO) : new Outcome.Failed(why);
    }

    private void retry(Outcome.Retry after) {
        int done;
        synchronized (this) {
            done = attempts;
        }
        Duration pause = after.pause().plus(backoff.next());
        if (done < channel.maxAttempts() && pause.compareTo(channel.left(invitation)) < 0) {
            synchronized (this) {
                if (!ended) {
                    timer = schedule(() -> turns.enter(turn), pause);
                }
            }
        } else if (!after.throttled()) {
            fail(after.why());
        } else if (end()) {
            result.complete(new Result.Throttled("the webhook is over its limit"));
        }
    }

    private @Nullable Future<?> schedule(Runnable task, Duration pause) {
        try {
            return scheduler.schedule(task, pause.toNanos(), TimeUnit.NANOSECONDS);
        } catch (RejectedExecutionException e) {
            return null; // closed, which ends this delivery, too
        }
    }

    /** Fails the delivery, aborting anything in progress. */
    void fail(IOException why) {
        if (end()) {
            result.completeExceptionally(why);
        }
    }

    /** Releases all resources; returns whether this was the first call. */
    private boolean end() {
        CompletableFuture<?> sending;
        synchronized (this) {
            if (ended) {
                return false;
            }
            ended = true;
            cancel(timer);
            cancel(expiry);
            sending = exchange;
        }
        turns.forget(turn);
        if (sending != null) {
            sending.cancel(true);
        }
        over.accept(this);
        return true;
    }

    private static void cancel(@Nullable Future<?> task) {
        if (task != null) {
            task.cancel(false);
        }
    }
}
