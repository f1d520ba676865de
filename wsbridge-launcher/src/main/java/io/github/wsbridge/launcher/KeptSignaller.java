package io.github.wsbridge.launcher;

import io.github.wsbridge.Invitation;
import io.github.wsbridge.spi.Signaller;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** A signaller whose connection is kept open. Without one, no device can be reached by it. */
final class KeptSignaller implements Signaller {

    private final String channel;
    private final KeptOpen<Signaller> kept;

    KeptSignaller(String channel, String place, KeptOpen.Opening<Signaller> opening) {
        this.channel = channel;
        this.kept = new KeptOpen<>(place, opening, new KeptOpen.Listener<>() {});
    }

    @Override
    public String channel() {
        return channel;
    }

    @Override
    public CompletionStage<Result> signal(Invitation invitation) {
        Signaller now = kept.end();
        return now == null
                ? CompletableFuture.completedFuture(new Result.Unreachable(channel + " is not connected"))
                : now.signal(invitation);
    }

    @Override
    public void close() {
        Signaller now = kept.end();
        if (now != null) {
            now.close();
        }
        kept.close();
    }
}
