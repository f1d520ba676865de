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

/** A signaller that reaches no device but the test. It says that it has delivered, unless told otherwise. Thread-safe. */
public final class FakeSignaller implements Signaller {

    private final List<Invitation> all = new CopyOnWriteArrayList<>();
    private final BlockingQueue<Invitation> untaken = new LinkedBlockingQueue<>();
    private volatile Function<Invitation, CompletionStage<Result>> answer;
    private volatile boolean closed;

    /** A signaller that delivers. */
    public FakeSignaller() {
        answer = invitation -> CompletableFuture.completedFuture(new Result.Delivered());
    }

    /** Gives this result from now on. */
    public FakeSignaller answer(Result result) {
        return answer(invitation -> CompletableFuture.completedFuture(result));
    }

    /** Fails from now on. */
    public FakeSignaller fail(Throwable failure) {
        return answer(invitation -> CompletableFuture.failedFuture(failure));
    }

    /** Gives from now on what {@code answer} returns; it may also throw. */
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

    /** All invitations so far, taken or not. */
    public List<Invitation> invitations() {
        return List.copyOf(all);
    }

    /** Waits for the next invitation that was not taken yet. */
    public Invitation take(Duration patience) throws InterruptedException {
        Invitation next = untaken.poll(patience.toMillis(), TimeUnit.MILLISECONDS);
        if (next == null) {
            throw new AssertionError("no invitation came within " + patience);
        }
        return next;
    }

    @Override
    public void close() {
        closed = true;
    }

    /** Tells whether it was closed. */
    public boolean closed() {
        return closed;
    }
}
