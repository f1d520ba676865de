package io.github.wsbridge.bench;

import io.github.wsbridge.Invitation;
import io.github.wsbridge.spi.InvitationSource;
import io.github.wsbridge.spi.Signaller;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** A secondary channel, for node and device, that is only a method call: the baseline. */
final class DirectChannel implements Signaller, InvitationSource {

    private volatile @Nullable Sink sink;

    @Override
    public void start(Sink to) {
        sink = to;
        to.listening();
    }

    @Override
    public CompletionStage<Result> signal(Invitation invitation) {
        Sink to = sink;
        if (to == null) {
            return CompletableFuture.completedFuture(new Result.Unreachable("the device has not started"));
        }
        to.offer(invitation);
        return CompletableFuture.completedFuture(new Result.Delivered());
    }

    @Override
    public void close() {
        sink = null;
    }
}
