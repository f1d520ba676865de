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

/** Reads a listen socket all the time, so that pings are answered, and keeps its messages. */
final class Inbox implements AutoCloseable {

    private static final int MOST_MESSAGES = 1_000;
    private static final int LONGEST_MESSAGE = 64 * 1024; // as the protocol has it

    /** The end of the connection. */
    private static final Wire.Message END = new Wire.Message(-1, new byte[0], java.util.List.of());

    /** Looks for a message. */
    @FunctionalInterface
    interface Search<T> {

        /** Returns what has been looked for; null if this message is to be skipped. */
        @Nullable
        T see(Wire.Message message) throws IOException;
    }

    private final Wire wire;
    private final Duration patience;
    private final BlockingQueue<Wire.Message> messages = new LinkedBlockingQueue<>();

    Inbox(Wire wire, Duration patience) {
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
                Report.expect(message.payload().length <= LONGEST_MESSAGE, "a message of more than 64 KiB");
                messages.add(message);
            } while (message.opcode() != Frames.CLOSE && messages.size() < MOST_MESSAGES);
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
        return next(message -> message);
    }

    /** Returns what is found in one of the next messages. */
    <T> T next(Search<T> search) throws IOException {
        long end = System.nanoTime() + patience.toNanos();
        Wire.Message message = poll(patience);
        while (message != null) {
            T found = search.see(message);
            if (found != null) {
                return found;
            }
            long left = end - System.nanoTime();
            message = left <= 0 ? null : poll(Duration.ofNanos(left));
        }
        throw new Report.Broken("no message came in time");
    }

    @Override
    public void close() throws IOException {
        wire.close();
    }
}
