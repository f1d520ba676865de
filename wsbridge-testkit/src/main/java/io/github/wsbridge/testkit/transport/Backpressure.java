package io.github.wsbridge.testkit.transport;

import static org.awaitility.Awaitility.await;

import io.github.wsbridge.spi.Fragment;
import io.github.wsbridge.spi.Leg;
import io.github.wsbridge.testkit.RawWebSocket;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import org.awaitility.core.ConditionTimeoutException;

/** Senders that continue until they are held back, and a check whether they are. */
public final class Backpressure {

    private static final int PIECE = 32_000;

    /** After how long a pending send is considered to wait for the peer, and not for a busy machine. */
    private static final Duration STUCK = Duration.ofMillis(1_700);

    private static final Duration STALLED = Duration.ofMillis(400);

    private Backpressure() {}

    /**
     * Writes binary messages until the connection breaks. Blocks under backpressure.
     *
     * @param sent counts the bytes, headers included
     * @throws UncheckedIOException when the connection breaks
     */
    public static void flood(RawWebSocket raw, AtomicLong sent) {
        try {
            byte[] message = RawWebSocket.frame(RawWebSocket.BINARY, true, true, new byte[8_000]);
            while (true) {
                raw.writeRaw(message);
                sent.addAndGet(message.length);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Returns whether a count that has started to grow stays unchanged for 400 ms. */
    public static boolean stalled(AtomicLong count) {
        long before = count.get();
        try {
            await().pollDelay(Duration.ZERO).atMost(STALLED).until(() -> count.get() != before);
            return false;
        } catch (ConditionTimeoutException e) {
            return before > 0;
        }
    }

    /** Sends until a send does not complete, and returns that send. */
    public static CompletableFuture<Void> sendUntilStuck(Leg leg) throws Exception {
        for (int i = 0; i < 10_000; i++) {
            CompletableFuture<Void> sent =
                    leg.send(Fragment.binary(ByteBuffer.allocate(PIECE))).toCompletableFuture();
            try {
                sent.get(STUCK.toMillis(), TimeUnit.MILLISECONDS);
            } catch (TimeoutException e) {
                return sent;
            }
        }
        throw new AssertionError("never stuck");
    }
}
