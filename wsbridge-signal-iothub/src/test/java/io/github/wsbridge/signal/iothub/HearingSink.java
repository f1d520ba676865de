package io.github.wsbridge.signal.iothub;

import io.github.wsbridge.CloseReason;
import io.github.wsbridge.Invitation;
import io.github.wsbridge.spi.InvitationSource;
import io.github.wsbridge.spi.InvitationSource.Answer;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/** A device that receives invitations and answers as the test decides. */
final class HearingSink implements InvitationSource.Sink {

    final List<Invitation> heard = new CopyOnWriteArrayList<>();
    private final CountDownLatch listening = new CountDownLatch(1);
    private final Function<Invitation, CompletionStage<Answer>> answer;

    HearingSink(Function<Invitation, CompletionStage<Answer>> answer) {
        this.answer = answer;
    }

    void awaitListening() throws InterruptedException {
        if (!listening.await(20, TimeUnit.SECONDS)) {
            throw new AssertionError("the device is not listening");
        }
    }

    @Override
    public void listening() {
        listening.countDown();
    }

    @Override
    public CompletionStage<Answer> offer(Invitation invitation) {
        heard.add(invitation);
        return answer.apply(invitation);
    }

    @Override
    public void ended(CloseReason reason) {
        throw new AssertionError(reason);
    }
}
