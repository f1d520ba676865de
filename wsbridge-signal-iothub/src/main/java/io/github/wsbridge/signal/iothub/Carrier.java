package io.github.wsbridge.signal.iothub;

import io.github.wsbridge.Invitation;
import io.github.wsbridge.spi.Signaller.Result;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** One of the ways to deliver an invitation through a hub. Thread-safe; no method blocks. */
interface Carrier extends AutoCloseable {

    /** Sends an invitation, and completes {@code result} once the outcome is known, which may be never. */
    void carry(Invitation invitation, CompletableFuture<Result> result);

    /** The number of invitations for which state is kept. */
    int kept();

    @Override
    void close();

    /** Returns how long an invitation is still valid; zero if it has expired. */
    static Duration left(Invitation invitation, InstantSource clock) {
        Duration left = Duration.between(clock.instant(), invitation.expiresAt());
        return left.isNegative() ? Duration.ZERO : left;
    }

    /** Completes a result with the meaning of a hub's failure, if it has one. */
    static void fail(CompletableFuture<Result> result, Exception failure) {
        try {
            Result meaning = HubFailures.meaning(failure);
            if (meaning != null) {
                result.complete(meaning);
            }
        } catch (IOException trouble) {
            result.completeExceptionally(trouble);
        }
    }

    /** Completes a result from a failure, or from success if it is null. */
    static void settle(CompletableFuture<Result> result, @Nullable Exception failure) {
        if (failure == null) {
            result.complete(new Result.Delivered());
        } else {
            fail(result, failure);
        }
    }
}
