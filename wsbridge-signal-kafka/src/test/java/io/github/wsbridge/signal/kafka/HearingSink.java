package io.github.wsbridge.signal.kafka;

import io.github.wsbridge.CloseReason;
import io.github.wsbridge.DeviceState;
import io.github.wsbridge.Invitation;
import io.github.wsbridge.spi.InvitationSource;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/** A device that accepts and records everything. */
final class HearingSink implements InvitationSource.Sink {

    private static final int PATIENCE_SECONDS = 60;

    final Semaphore listening = new Semaphore(0);
    final BlockingQueue<Invitation> heard = new LinkedBlockingQueue<>();
    final BlockingQueue<DeviceState> states = new LinkedBlockingQueue<>();
    final BlockingQueue<CloseReason> ended = new LinkedBlockingQueue<>();

    @Override
    public void listening() {
        listening.release();
    }

    @Override
    public void state(DeviceState state) {
        states.add(state);
    }

    @Override
    public CompletionStage<InvitationSource.Answer> offer(Invitation invitation) {
        heard.add(invitation);
        return CompletableFuture.completedFuture(new InvitationSource.Answer.Accepted());
    }

    @Override
    public void ended(CloseReason reason) {
        ended.add(reason);
    }

    void awaitListening() throws InterruptedException {
        if (!listening.tryAcquire(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
            throw new AssertionError("not listening");
        }
    }

    Invitation next() throws InterruptedException {
        return present(heard.poll(PATIENCE_SECONDS, TimeUnit.SECONDS));
    }

    String nextState() throws InterruptedException {
        return present(states.poll(PATIENCE_SECONDS, TimeUnit.SECONDS)).toString();
    }

    private static <T> T present(T event) {
        if (event == null) {
            throw new AssertionError("nothing came");
        }
        return event;
    }
}
