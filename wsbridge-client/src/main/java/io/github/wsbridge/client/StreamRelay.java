package io.github.wsbridge.client;

import io.github.wsbridge.BridgeException;
import io.github.wsbridge.CloseReason;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;

/**
 * Joins a bridge with a pair of streams, including half-close, with one blocking thread per direction. It has no idle
 * timeout.
 */
final class StreamRelay {

    private static final int BUFFER = 32 * 1024;

    private final BridgeChannel bridge;
    private final InputStream input;
    private final OutputStream output;
    private final CompletableFuture<Void> inputDone = new CompletableFuture<>();

    private StreamRelay(BridgeChannel bridge, InputStream input, OutputStream output) {
        this.bridge = bridge;
        this.input = input;
        this.output = output;
    }

    /**
     * Relays bytes until both directions have ended; then closes both sides.
     *
     * @param executor runs the other direction, on a thread that may block
     * @throws IOException if it did not end normally
     */
    static void run(BridgeChannel bridge, InputStream input, OutputStream output, Executor executor)
            throws IOException {
        new StreamRelay(bridge, input, output).run(executor);
    }

    private void run(Executor executor) throws IOException {
        boolean inGoodOrder = false;
        try {
            executor.execute(this::carryInput);
            carryOutput();
            output.close();
            awaitInput();
            CloseReason reason = bridge.closeReason();
            if (reason != null && !Incoming.inGoodOrder(reason) && !bridge.bothFinished()) {
                throw new BridgeException(reason);
            }
            inGoodOrder = true;
        } finally {
            closeStreams();
            bridge.close(inGoodOrder ? CloseReason.normal() : CloseReason.vanished("connection reset"));
        }
    }

    private void carryOutput() throws IOException {
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
    }

    private void closeStreams() {
        try (input;
                output) {
            output.flush();
        } catch (IOException e) {
            // They are closed either way.
        }
    }

    private void carryInput() {
        byte[] bytes = new byte[Outgoing.MAX_MESSAGE];
        boolean wanted = true;
        try {
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
