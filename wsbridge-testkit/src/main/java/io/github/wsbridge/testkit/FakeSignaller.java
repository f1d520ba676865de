package io.github.wsbridge.testkit;

import io.github.wsbridge.Invitation;
import io.github.wsbridge.spi.Signaller;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/**
 * A signaller that delivers invitations to the test. Every invitation is delivered, unless the test sets another
 * result. Thread-safe.
 */
public final class FakeSignaller implements Signaller {

    private final List<Invitation> all = new CopyOnWriteArrayList<>();
    private final BlockingQueue<Invitation> untaken = new LinkedBlockingQueue<>();
    private volatile Function<Invitation, CompletionStage<Result>> answer;
    private volatile boolean closed;

    /** Creates a signaller that delivers. */
    public FakeSignaller() {
        answer = invitation -> CompletableFuture.completedFuture(new Result.Delivered());
    }

    /** Returns this result from now on. */
    public FakeSignaller answer(Result result) {
        return answer(invitation -> CompletableFuture.completedFuture(result));
    }

    /** Fails from now on. */
    public FakeSignaller fail(Throwable failure) {
        return answer(invitation -> CompletableFuture.failedFuture(failure));
    }

    /** Returns the results of {@code answer} from now on, which may also throw. */
    public FakeSignaller answer(Function<Invitation, CompletionStage<Result>> answer) {
        this.answer = answer;
        return this;
    }

    @Override
    public CompletionStage<Result> signal(Invitation invitation) {
        all.add(invitation);
        untaken.add(invitation);
        return answer.apply(invitation);
    }

    /** Returns all invitations so far, including those already taken. */
    public List<Invitation> invitations() {
        return List.copyOf(all);
    }

    /** Waits for the next invitation and takes it. */
    public Invitation take(Duration patience) throws InterruptedException {
        Invitation next = untaken.poll(patience.toMillis(), TimeUnit.MILLISECONDS);
        if (next == null) {
            throw new AssertionError("no invitation arrived within " + patience);
        }
        return next;
    }

    @Override
    public void close() {
        closed = true;
    }

    /** Returns whether it was closed. */
    public boolean closed() {
        return closed;
    }
}
