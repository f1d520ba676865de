package io.github.wsbridge.conformance;

import io.github.wsbridge.wire.concurrent.Daemons;
import io.github.wsbridge.wire.websocket.Frames;
import java.io.EOFException;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Reads a connection all the time, so that pings are answered, and keeps its messages. */
final class Inbox implements AutoCloseable {

    /** The end of the connection. */
    private static final Wire.Message END = new Wire.Message(-1, new byte[0], java.util.List.of());

    private final Wire wire;
    private final Duration patience;
    private final BlockingQueue<Wire.Message> messages = new LinkedBlockingQueue<>();

    Inbox(Wire wire, Duration patience) throws IOException {
        this.wire = wire;
        this.patience = patience;
        wire.patience(Duration.ofHours(1));
        Daemons.start("conformance-inbox", this::read);
    }

    private void read() {
        try {
            Wire.Message message;
            do {
                message = wire.message();
                if (message.opcode() == Frames.CLOSE && !wire.closeSent()) {
                    wire.frame(0x80 | Frames.CLOSE, message.payload());
                }
                messages.add(message);
            } while (message.opcode() != Frames.CLOSE);
        } catch (IOException e) {
            // it has ended
        } finally {
            messages.add(END);
        }
    }

    Wire wire() {
        return wire;
    }

    /** Returns the next message; null if none comes in time. */
    Wire.@Nullable Message poll(Duration time) throws IOException {
        try {
            Wire.Message message = messages.poll(time.toMillis(), TimeUnit.MILLISECONDS);
            if (message == END) {
                messages.add(END);
                throw new EOFException("the connection has ended");
            }
            return message;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    Wire.Message next() throws IOException {
        Wire.Message message = poll(patience);
        if (message == null) {
            throw new Report.Broken("no message came in time");
        }
        return message;
    }

    @Override
    public void close() throws IOException {
        wire.close();
    }
}
