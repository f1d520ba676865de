package io.github.wsbridge.client;

import io.github.wsbridge.BridgeException;
import io.github.wsbridge.CloseReason;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;

/**
 * Joins a bridge with a pair of streams, including half-close, with one blocking thread per direction. It has no idle
 * timeout.
 */
final class StreamRelay {

    private static final int BUFFER = 32 * 1024;

    /** The near side of a bridge. */
    interface Near {

        InputStream input() throws IOException;

        OutputStream output() throws IOException;

        /** Ends the output; the input stays open. */
        void finishOutput() throws IOException;

        /**
         * Closes both directions, normally if {@code inGoodOrder}, otherwise with a reset that the other side notices.
         */
        void close(boolean inGoodOrder);

        /** Returns how long to read and discard further input, so that a reset does not destroy the last output. */
        Duration linger();
    }

    private final BridgeChannel bridge;
    private final Near near;
    private final CompletableFuture<Void> inputDone = new CompletableFuture<>();

    private StreamRelay(BridgeChannel bridge, Near near) {
        this.bridge = bridge;
        this.near = near;
    }

    /**
     * Relays bytes until both directions have ended; then closes both sides.
     *
     * @param executor runs the other direction, on a thread that may block
     * @throws IOException if it did not end normally
     */
    static void run(BridgeChannel bridge, Near near, Executor executor) throws IOException {
        new StreamRelay(bridge, near).run(executor);
    }

    private void run(Executor executor) throws IOException {
        boolean inGoodOrder = false;
        try {
            executor.execute(this::carryInput);
            carryOutput();
            near.finishOutput();
            awaitInput();
            CloseReason reason = bridge.closeReason();
            if (reason != null && !Incoming.inGoodOrder(reason) && !bridge.bothFinished()) {
                throw new BridgeException(reason);
            }
            inGoodOrder = true;
        } finally {
            near.close(inGoodOrder);
            bridge.close(inGoodOrder ? CloseReason.normal() : CloseReason.vanished("connection reset"));
        }
    }

    private void carryOutput() throws IOException {
        OutputStream output = near.output();
        ByteBuffer buffer = ByteBuffer.allocate(BUFFER);
        while (bridge.read(buffer) >= 0) {
            output.write(buffer.array(), 0, buffer.position());
            output.flush();
            buffer.clear();
        }
    }

    /**
     * Called when the output has ended. Relaying the input continues until it or the bridge ends, unless the bridge has
     * ended already.
     */
    private void awaitInput() {
        CompletableFuture<Void> bridgeDone =
                bridge.closed().thenAccept(reason -> {}).toCompletableFuture();
        CompletableFuture.anyOf(inputDone, bridgeDone).join();
        inputDone
                .copy()
                .completeOnTimeout(null, near.linger().toMillis(), TimeUnit.MILLISECONDS)
                .join();
    }

    private void carryInput() {
        byte[] bytes = new byte[Outgoing.MAX_MESSAGE];
        boolean wanted = true;
        try {
            InputStream input = near.input();
            for (int n = input.read(bytes); n >= 0; n = input.read(bytes)) {
                wanted = wanted && write(ByteBuffer.wrap(bytes, 0, n));
            }
            if (wanted) {
                bridge.shutdownOutput();
            }
        } catch (IOException e) {
            bridge.close(CloseReason.vanished("connection reset"));
        } finally {
            inputDone.complete(null);
        }
    }

    /** Writes to the bridge; returns false if it has ended. The other direction reports the reason. */
    private boolean write(ByteBuffer bytes) {
        try {
            bridge.write(bytes);
            return true;
        } catch (IOException e) {
            return false;
        }
    }
}
