package io.github.wsbridge.wire.relay;

import io.github.wsbridge.CloseReason;
import io.github.wsbridge.spi.Fragment;
import io.github.wsbridge.spi.Leg;
import java.util.concurrent.CompletableFuture;

/** A receiver that waits for the end of a leg and ignores everything else. */
public final class EndAwaiter implements Leg.Receiver {

    private final CompletableFuture<CloseReason> ended;

    public EndAwaiter(CompletableFuture<CloseReason> ended) {
        this.ended = ended;
    }

    /** Opens a leg only to close it. The future completes when the leg has ended. */
    public static CompletableFuture<CloseReason> of(Leg leg, CloseReason reason) {
        CompletableFuture<CloseReason> ended = new CompletableFuture<>();
        leg.open(new EndAwaiter(ended));
        leg.close(reason);
        return ended;
    }

    @Override
    public void onFragment(Fragment fragment) {}

    @Override
    public void onClosed(CloseReason reason) {
        ended.complete(reason);
    }
}
