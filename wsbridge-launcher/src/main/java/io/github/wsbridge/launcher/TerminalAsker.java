package io.github.wsbridge.launcher;

import io.github.wsbridge.client.Consent;
import io.github.wsbridge.client.IncomingBridge;
import io.github.wsbridge.wire.concurrent.Daemons;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** Asks a person at the terminal, one question after the other. Thread-safe. */
final class TerminalAsker implements Consent.Asker {

    /** Who answers faster may have meant the question that has just disappeared. */
    private static final Duration TOO_FAST = Duration.ofMillis(700);

    private static final int SHOWN = 100;

    private final InputStream in;
    private final PrintStream out;
    private final Object lock = new Object(); // never held while others are called, except for printing
    private final Deque<Question> questions = new ArrayDeque<>(); // guarded by lock; the first one is shown
    private boolean reading; // guarded by lock
    private boolean ended; // guarded by lock
    private long notBefore = System.nanoTime(); // guarded by lock

    private record Question(String text, CompletableFuture<Boolean> answer) {}

    /**
     * Creates one that starts to read with the first question.
     *
     * @param in what the person types
     * @param out where the questions are shown
     */
    TerminalAsker(InputStream in, PrintStream out) {
        this.in = in;
        this.out = out;
    }

    @Override
    public CompletionStage<Boolean> ask(IncomingBridge incoming, Duration limit) {
        Question question = new Question(text(incoming, limit), new CompletableFuture<>());
        boolean closed;
        synchronized (lock) {
            closed = ended;
            if (!closed) {
                questions.add(question);
                if (questions.size() == 1) {
                    show(question);
                }
                if (!reading) {
                    reading = true;
                    Daemons.start("wsbridge-terminal", this::read);
                }
            }
        }
        if (closed) {
            return CompletableFuture.failedFuture(new IOException("the terminal is closed"));
        }
        question.answer().whenComplete((yes, failure) -> over(question, failure != null));
        return question.answer();
    }

    private static String text(IncomingBridge incoming, Duration limit) {
        String who = incoming.principal().isEmpty() ? "Somebody whom the node does not name" : incoming.principal();
        String why = incoming.reason().isEmpty() ? "" : ", because of \"" + shown(incoming.reason()) + "\"";
        return shown(who) + " asks for \"" + shown(incoming.requestData()) + "\" of " + incoming.deviceId() + why
                + ". Permit it? [y/N, within " + limit.toSeconds() + " s] ";
    }

    /** What others have written must not move the cursor, or hide the question. */
    private static String shown(String text) {
        String cut = text.length() > SHOWN ? text.substring(0, SHOWN) + "..." : text;
        return cut.replaceAll("\\p{C}", "?");
    }

    private void show(Question question) {
        out.print(question.text());
        out.flush();
    }

    private void over(Question question, boolean unanswered) {
        synchronized (lock) {
            boolean shown = questions.peek() == question;
            questions.remove(question);
            if (!shown) {
                return;
            }
            if (unanswered) {
                out.println("too late");
                notBefore = System.nanoTime() + TOO_FAST.toNanos();
            }
            Question next = questions.peek();
            if (next != null) {
                show(next);
            }
        }
    }

    private void read() {
        BufferedReader lines = new BufferedReader(new InputStreamReader(in, Terminal.charset()));
        try {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                answer(line.strip().toLowerCase(Locale.ROOT));
            }
        } catch (IOException e) {
            // as at the end
        }
        Deque<Question> left;
        synchronized (lock) {
            ended = true;
            left = new ArrayDeque<>(questions);
        }
        left.forEach(question -> question.answer().completeExceptionally(new IOException("the terminal is closed")));
    }

    private void answer(String word) {
        Question question = taken(word);
        if (question != null) {
            question.answer().complete(word.equals("y") || word.equals("yes"));
        }
    }

    /** Returns the question that a word answers; null, after asking again, if it answers none. */
    private @Nullable Question taken(String word) {
        synchronized (lock) {
            Question question = questions.peek();
            if (question == null) {
                return null;
            }
            boolean clear = word.isEmpty() || word.matches("y|yes|n|no");
            if (clear && System.nanoTime() - notBefore >= 0) {
                return question;
            }
            out.println(clear ? "That was too fast for this question." : "Please answer y or n.");
            show(question);
            return null;
        }
    }
}
