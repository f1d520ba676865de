package io.github.wsbridge.client.tls;

import io.github.wsbridge.BridgeException;
import io.github.wsbridge.CloseReason;
import io.github.wsbridge.spi.Fragment;
import io.github.wsbridge.spi.Leg;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;

/** Reads the line with which a stream begins, and leaves what follows to whoever opens the stream next. */
final class FirstLine implements Leg.Receiver {

    private static final int MAX_BYTES = 16 * 1024;

    private final TlsLeg leg;
    private final ByteBuffer line = ByteBuffer.allocate(MAX_BYTES);
    private final CompletableFuture<String> read = new CompletableFuture<>();

    private FirstLine(TlsLeg leg) {
        this.leg = leg;
    }

    /**
     * Opens a stream and reads a line of UTF-8, which ends with LF.
     *
     * @return completes with the line when the stream can be opened again; fails with a {@link BridgeException}
     */
    static CompletableFuture<String> of(TlsLeg leg) {
        FirstLine first = new FirstLine(leg);
        leg.open(first);
        leg.demand();
        return first.read;
    }

    @Override
    public void onFragment(Fragment fragment) {
        ByteBuffer bytes = fragment.payload();
        while (bytes.hasRemaining() && line.hasRemaining()) {
            byte next = bytes.get();
            if (next == '\n') {
                leg.giveBack(bytes);
                read.complete(StandardCharsets.UTF_8.decode(line.flip()).toString());
                return;
            }
            line.put(next);
        }
        if (line.hasRemaining()) {
            leg.demand();
        } else {
            leg.close(new CloseReason(CloseReason.PROTOCOL_ERROR, "the first line inside TLS is too long"));
        }
    }

    @Override
    public void onClosed(CloseReason reason) {
        read.completeExceptionally(new BridgeException(reason));
    }
}
