package io.github.wsbridge.signal.iothub;

import io.github.wsbridge.Invitation;
import io.github.wsbridge.spi.Signaller.Result;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** One of the ways in which a hub takes an invitation to a device. Thread-safe; no method blocks. */
interface Carrier extends AutoCloseable {

    /** Carries it, and completes {@code result} as soon as something is known, which may be never. */
    void carry(Invitation invitation, CompletableFuture<Result> result);

    /** How many invitations something is kept for. */
    int kept();

    @Override
    void close();

    /** How long an invitation is good; nothing where it has expired. */
    static Duration left(Invitation invitation, InstantSource clock) {
        Duration left = Duration.between(clock.instant(), invitation.expiresAt());
        return left.isNegative() ? Duration.ZERO : left;
    }

    /** Completes a result with what a hub's failure means; leaves it alone where that is nothing. */
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

    /** The same for a failure that may be missing. */
    static void settle(CompletableFuture<Result> result, @Nullable Exception failure) {
        if (failure == null) {
            result.complete(new Result.Delivered());
        } else {
            fail(result, failure);
        }
    }
}
