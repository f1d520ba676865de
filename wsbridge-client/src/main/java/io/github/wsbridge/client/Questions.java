package io.github.wsbridge.client;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * The open questions of a {@link Consent}, of which those of one principal for one target are one, and the answers that
 * still count. Thread-safe; no method blocks.
 */
final class Questions {

    /** What nodes call those who need no credential. */
    private static final Set<String> UNKNOWN = Set.of("", "anonymous");

    private static final int MOST_REMEMBERED = 1000;

    private final Consent.Asker asker;
    private final int most;
    private final long rememberNanos;

    private final Object lock = new Object(); // never held while others are called
    private final Map<Subject, Question> shared = new HashMap<>(); // guarded by lock
    private final Map<Subject, Long> permitted = new HashMap<>(); // until when; guarded by lock
    private int open; // guarded by lock

    Questions(Consent.Asker asker, int most, Duration remember) {
        this.asker = asker;
        this.most = most;
        this.rememberNanos = remember.toNanos();
    }

    private record Subject(String principal, String requestData) {}

    private static final class Question {
        final CompletableFuture<Boolean> asked = new CompletableFuture<>();
        int waiting; // guarded by lock
    }

    /**
     * Asks, or waits for the answer to the same question.
     *
     * @return completes with the answer; null if too many questions are open. Cancelled by the caller if it waits no
     *     longer
     */
    @Nullable
    CompletableFuture<Boolean> ask(IncomingBridge incoming, Duration limit) {
        Subject subject = UNKNOWN.contains(incoming.principal())
                ? null // may be anybody, so one's yes is no other's
                : new Subject(incoming.principal(), incoming.requestData());
        Question question;
        boolean first;
        synchronized (lock) {
            Long until = permitted.get(subject);
            if (until != null && until - System.nanoTime() > 0) {
                return CompletableFuture.completedFuture(true);
            }
            Question same = shared.get(subject);
            first = same == null;
            if (first && open >= most) {
                return null;
            }
            question = same == null ? new Question() : same;
            question.waiting++;
            if (first) {
                open++;
                if (subject != null) {
                    shared.put(subject, question);
                }
            }
        }
        if (first) {
            question.asked.whenComplete((yes, failure) -> over(subject, question, Boolean.TRUE.equals(yes)));
            start(question.asked, incoming, limit);
        }
        CompletableFuture<Boolean> answer = question.asked.copy();
        answer.whenComplete((yes, failure) -> left(subject, question));
        return answer;
    }

    private void start(CompletableFuture<Boolean> asked, IncomingBridge incoming, Duration limit) {
        try {
            CompletableFuture<Boolean> asking = asker.ask(incoming, limit).toCompletableFuture();
            asked.whenComplete((yes, failure) -> asking.cancel(true)); // no effect if it is complete
            asking.whenComplete((yes, failure) -> {
                if (failure == null) {
                    asked.complete(yes);
                } else {
                    asked.completeExceptionally(failure);
                }
            });
        } catch (RuntimeException e) {
            asked.completeExceptionally(e);
        }
    }

    private void left(@Nullable Subject subject, Question question) {
        boolean last;
        synchronized (lock) {
            last = --question.waiting == 0;
            if (last && subject != null && !question.asked.isDone()) {
                shared.remove(subject, question); // who comes from now on asks anew
            }
        }
        if (last) {
            question.asked.cancel(true); // no effect if it is answered
        }
    }

    private void over(@Nullable Subject subject, Question question, boolean yes) {
        synchronized (lock) {
            open--;
            if (subject == null) {
                return;
            }
            shared.remove(subject, question);
            long now = System.nanoTime();
            permitted.values().removeIf(until -> until - now <= 0);
            if (yes && rememberNanos > 0 && permitted.size() < MOST_REMEMBERED) {
                permitted.put(subject, now + rememberNanos);
            }
        }
    }
}
