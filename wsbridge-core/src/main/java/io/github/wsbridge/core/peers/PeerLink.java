package io.github.wsbridge.core.peers;

import com.grack.nanojson.JsonObject;
import io.github.wsbridge.CloseReason;
import io.github.wsbridge.Invitation;
import io.github.wsbridge.spi.Leg;
import io.github.wsbridge.wire.concurrent.Deadlines;
import io.github.wsbridge.wire.message.JsonMessage;
import io.github.wsbridge.wire.message.MessageLeg;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import java.util.function.LongFunction;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The connection to one peer. The link is dialled when it is first needed and again after it broke, but at most once a
 * second. Until then the peer counts as not holding any device. After a question that was not answered in time, further
 * ones wait only briefly until the peer gives a sign of life: a frozen peer must not delay all requests.
 */
final class PeerLink {

    private static final long REDIAL_NANOS = 1_000_000_000L;
    private static final Duration BRIEFLY = Duration.ofMillis(250);

    /**
     * An attempt to reach the peer.
     *
     * @param leg the connection
     * @param prove answers the peer's first message; returns null if that does not prove that it is the peer
     */
    record Dial(CompletionStage<Leg> leg, Function<JsonObject, @Nullable JsonObject> prove) {}

    private final Supplier<Dial> dial;
    private final Duration timeout;
    private final ScheduledExecutorService scheduler;
    private final LongSupplier nanoTime;
    private final Map<Long, Question> questions = new ConcurrentHashMap<>();
    private final AtomicLong numbers = new AtomicLong();
    private volatile boolean silent;
    // Guarded by this.
    private @Nullable CompletableFuture<MessageLeg> link;
    private long dialledAt;
    private boolean closed;

    PeerLink(Supplier<Dial> dial, Duration timeout, ScheduledExecutorService scheduler, LongSupplier nanoTime) {
        this.dial = dial;
        this.timeout = timeout;
        this.scheduler = scheduler;
        this.nanoTime = nanoTime;
        this.dialledAt = nanoTime.getAsLong() - REDIAL_NANOS;
    }

    /** A message that the peer answers with yes or no, and the link over which it was sent. */
    private record Question(
            LongFunction<JsonObject> message,
            CompletableFuture<MessageLeg> link,
            CompletableFuture<Boolean> answer,
            boolean again) {}

    /**
     * Asks the peer to deliver an invitation. Completes with whether it did; false also if the peer cannot be asked. If
     * the link breaks before the answer, asks once more over a new link: the old one may have been dead for some time,
     * and the device would wrongly count as unreachable.
     */
    CompletableFuture<Boolean> deliver(Invitation invitation) {
        return ask(number -> PeerMessages.deliver(number, invitation));
    }

    /** Asks the peer, in the same way, whether a signed URL of its own that is good for one bridge is still unused. */
    CompletableFuture<Boolean> spend(String nonce) {
        return ask(number -> PeerMessages.spend(number, nonce));
    }

    /** @param message given the number of the question */
    private CompletableFuture<Boolean> ask(LongFunction<JsonObject> message) {
        CompletableFuture<Boolean> answer = new CompletableFuture<>();
        boolean brief = silent && BRIEFLY.compareTo(timeout) < 0;
        ask(message, answer, false);
        return Deadlines.within(brief ? BRIEFLY : timeout, answer, scheduler).handle((delivered, failure) -> {
            boolean mute = failure instanceof TimeoutException && (!brief || silent); // else it has greeted meanwhile
            if (mute) {
                silent = true;
            }
            questions.forEach((number, question) -> {
                if (question.answer() == answer && questions.remove(number, question)) {
                    if (mute && question.link().isDone()) { // else it is being dialled
                        question.link().thenAccept(MessageLeg::abort); // redial a peer that does not answer
                    }
                }
            });
            return failure == null && delivered;
        });
    }

    private void ask(LongFunction<JsonObject> message, CompletableFuture<Boolean> answer, boolean again) {
        long number = numbers.incrementAndGet();
        CompletableFuture<MessageLeg> used = link();
        Question question = new Question(message, used, answer, again);
        questions.put(number, question);
        used.thenCompose(to -> to.send(message.apply(number))).whenComplete((sent, failure) -> {
            if (failure != null) {
                broken(number, question);
            }
        });
    }

    private void broken(long number, Question question) {
        if (questions.remove(number, question)) {
            if (question.again() || question.link().isCompletedExceptionally()) {
                question.answer().complete(false);
            } else {
                ask(question.message(), question.answer(), true);
            }
        }
    }

    /** Sends the peer a message that needs no answer. The message is lost if the peer cannot be reached. */
    void tell(JsonObject message) {
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
        Dial dialled;
        try {
            dialled = dial.get();
        } catch (Throwable e) { // even an Error: otherwise the link would be being dialled for ever
            dialled = new Dial(CompletableFuture.failedFuture(e), message -> null);
        }
        Function<JsonObject, @Nullable JsonObject> prove = dialled.prove();
        dialled.leg().whenComplete((leg, failure) -> {
            if (failure != null) {
                lost(fresh);
                fresh.completeExceptionally(failure);
                return;
            }
            Answers answers;
            try {
                answers = new Answers(fresh, leg, prove);
                Deadlines.within(timeout, fresh, scheduler).whenComplete((messages, late) -> {
                    if (late instanceof TimeoutException) {
                        leg.abort(); // a peer that does not greet is redialled, like one that does not answer
                    }
                });
                answers.messages.open();
            } catch (Throwable e) { // such as no memory: as if it had not been reached
                lost(fresh);
                fresh.completeExceptionally(e);
                leg.abort();
                return;
            }
            synchronized (this) {
                if (!closed) {
                    return;
                }
            }
            answers.messages.close(new CloseReason(CloseReason.GOING_AWAY, "stopping"));
        });
        return fresh;
    }

    /** Returns whether there is a connection, over which the peer has proved itself. */
    synchronized boolean up() {
        return link != null && link.isDone() && !link.isCompletedExceptionally();
    }

    /** The peer has been heard of, so it is worth a new attempt to dial it, even right after one that failed. */
    synchronized void heardOf() {
        silent = false;
        dialledAt = nanoTime.getAsLong() - REDIAL_NANOS;
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
        private final Function<JsonObject, @Nullable JsonObject> prove;
        private final MessageLeg messages;

        Answers(CompletableFuture<MessageLeg> which, Leg leg, Function<JsonObject, @Nullable JsonObject> prove) {
            this.which = which;
            this.prove = prove;
            this.messages = new MessageLeg(leg, this);
        }

        @Override
        public void onMessage(JsonObject message) {
            String type = JsonMessage.type(message);
            if (!which.isDone()) {
                greeted(type, message);
            } else if (type.equals(PeerMessages.ANSWER)) { // a newer peer may send other messages
                Question question = questions.remove(PeerMessages.number(message));
                if (question != null) {
                    question.answer().complete(PeerMessages.delivered(message));
                }
            }
        }

        /** Answers the first message, unless it comes from somebody else, who must not learn of any invitation. */
        private void greeted(String type, JsonObject message) {
            JsonObject proof = type.equals(PeerMessages.CHALLENGE) ? prove.apply(message) : null;
            if (proof == null) {
                messages.abort();
                return;
            }
            messages.send(proof);
            silent = false;
            which.complete(messages); // whatever waits for the link follows the proof
        }

        @Override
        public void onClosed(CloseReason reason) {
            lost(which); // first, so that questions are repeated on another link
            which.completeExceptionally(new IOException("the peer has not greeted"));
            questions.forEach((number, question) -> {
                if (question.link() == which) {
                    broken(number, question);
                }
            });
        }
    }
}
