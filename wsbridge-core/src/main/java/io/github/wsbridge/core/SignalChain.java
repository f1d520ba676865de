package io.github.wsbridge.core;

import io.github.wsbridge.Invitation;
import io.github.wsbridge.spi.Signaller;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Several secondary channels in order: the first that knows the device decides; failure falls through to the next. */
final class SignalChain implements Signaller {

    private static final Logger log = LoggerFactory.getLogger(SignalChain.class);

    private final List<Signaller> channels;

    SignalChain(List<Signaller> channels) {
        this.channels = List.copyOf(channels);
    }

    @Override
    public CompletionStage<Result> signal(Invitation invitation) {
        return signal(invitation, 0, new Result.Unreachable("device not reachable"));
    }

    private CompletionStage<Result> signal(Invitation invitation, int index, Result last) {
        if (index == channels.size()) {
            return CompletableFuture.completedFuture(last);
        }
        Signaller channel = channels.get(index);
        CompletionStage<Result> attempt;
        try {
            attempt = Objects.requireNonNull(channel.signal(invitation), "a signaller gave no stage");
        } catch (RuntimeException e) {
            attempt = CompletableFuture.failedFuture(e);
        }
        return attempt.handle((result, failure) -> {
                    if (failure == null) {
                        return result;
                    }
                    log.warn("{} failed for {}", channel.getClass().getSimpleName(), invitation, failure);
                    return new Result.Unreachable("secondary channel failed");
                })
                .thenCompose(result -> result instanceof Result.Unreachable
                        ? signal(invitation, index + 1, result)
                        : CompletableFuture.completedFuture(result));
    }

    @Override
    public void close() {
        for (Signaller channel : channels) {
            try {
                channel.close();
            } catch (RuntimeException e) {
                log.warn("{} failed to close", channel.getClass().getSimpleName(), e);
            }
        }
    }
}
