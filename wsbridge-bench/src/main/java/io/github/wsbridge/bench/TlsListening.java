package io.github.wsbridge.bench;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.function.Consumer;

/** A listen socket over TLS, which {@link Session}s do not support. It answers pings. */
final class TlsListening implements FrameScanner.Listener {

    private static final int READ = 32 * 1024;

    private final Wire wire;
    private final Consumer<String> invited;

    private TlsListening(Wire wire, Consumer<String> invited) {
        this.wire = wire;
        this.invited = invited;
    }

    /** Passes on invitations until the connection ends, on the calling thread. */
    static void run(Wire wire, Consumer<String> invited) {
        TlsListening listening = new TlsListening(wire, invited);
        FrameScanner scanner = new FrameScanner(listening);
        ByteBuffer buffer = ByteBuffer.allocateDirect(READ);
        try (wire) {
            while (wire.read(buffer.clear()) >= 0) {
                scanner.scan(buffer.flip());
            }
        } catch (IOException e) {
            // The node has stopped.
        }
    }

    @Override
    public void onText(String text) {
        invited.accept(text);
    }

    @Override
    public void onControl(int opcode, byte[] payload) throws IOException {
        if (opcode == Frames.PING) {
            wire.write(Frames.frame(Frames.PONG, payload, true));
        }
    }
}
