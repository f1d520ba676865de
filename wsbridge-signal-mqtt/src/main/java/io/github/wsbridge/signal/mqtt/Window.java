package io.github.wsbridge.signal.mqtt;

import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Limits messages in flight to the number that the broker accepts unacknowledged; others wait for their turn. The MQTT
 * client would queue them, too, but then it could not be checked at the last moment whether a message is still worth
 * sending. The caller bounds the number of messages. Thread-safe; does not block.
 */
final class Window {

    // Guarded by this.
    private final Queue<Runnable> waiting = new ArrayDeque<>();
    private int free;
    private boolean letting;

    /** Creates a window of the given size. */
    Window(int size) {
        free = size;
    }

    /**
     * Sends a message when its turn comes. The next message is sent after everything that depends on this one's future
     * has run.
     */
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
        } catch (RuntimeException | Error e) { // otherwise all others would wait forever
            return CompletableFuture.failedFuture(e);
        }
    }

    /** If another call is already doing this, perhaps further up the stack, that call sees the free slot. */
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
