package io.github.wsbridge.signal.mqtt;

import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Lets so many messages at a time on their way as the broker takes unacknowledged; the others wait for their turn. The MQTT
 * client would let them wait, too, but then nobody could look once more whether a message is still worth sending. Whoever
 * publishes bounds how many there are. Thread-safe; does not block.
 */
final class Window {

    // Guarded by this.
    private final Queue<Runnable> waiting = new ArrayDeque<>();
    private int free;
    private boolean letting;

    /** A window of that size. */
    Window(int size) {
        free = size;
    }

    /** Sends when it is the message's turn; the turn of another comes after all that depends on this one's future has run. */
    <T> CompletableFuture<T> pass(Supplier<CompletableFuture<T>> send) {
        CompletableFuture<T> result = new CompletableFuture<>();
        synchronized (this) {
            waiting.add(() -> start(send).whenComplete((answer, failure) -> {
                if (failure == null) {
                    result.complete(answer);
                } else {
                    result.completeExceptionally(failure);
                }
                synchronized (this) {
                    free++;
                }
                letAllIn();
            }));
        }
        letAllIn();
        return result;
    }

    private static <T> CompletableFuture<T> start(Supplier<CompletableFuture<T>> send) {
        try {
            return send.get();
        } catch (RuntimeException | Error e) { // one that escaped would keep all others waiting
            return CompletableFuture.failedFuture(e);
        }
    }

    /** Where one is at it already, perhaps further up this stack, it sees the room that has become free. */
    private void letAllIn() {
        synchronized (this) {
            if (letting) {
                return;
            }
            letting = true;
        }
        for (Runnable next = next(); next != null; next = next()) {
            next.run();
        }
    }

    private synchronized @Nullable Runnable next() {
        Runnable next = free > 0 ? waiting.poll() : null;
        if (next == null) {
            letting = false;
        } else {
            free--;
        }
        return next;
    }
}
