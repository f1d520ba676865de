package io.github.wsbridge.conformance;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.github.wsbridge.wire.concurrent.Daemons;
import io.github.wsbridge.wire.websocket.Frames;
import io.github.wsbridge.wire.websocket.Heartbeat;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One end of a connection, before and after the upgrade. It sends anything, valid or not, and answers nothing by itself
 * but pings, while it waits for a message. One thread may read while another writes.
 *
 * <p>Whatever is awaited has to be there within the patience, all of it: a peer that sends a little now and then gets
 * no more time. One that sends, or takes, much gets a second for each 64 KiB.
 */
final class Wire implements AutoCloseable {

    private static final int LONGEST_HEAD = 64 * 1024;
    private static final int LONGEST_FRAME = 16 << 20;
    private static final int LONGEST_BODY = 64 * 1024;
    private static final int MOST_AT_ONCE = 32 << 20;
    private static final long BYTES_A_SECOND = 64 * 1024;
    private static final Duration GRACE = Duration.ofMillis(500);
    private static final ScheduledExecutorService TIMER = Daemons.newTimer("conformance-timer");

    /** Something that reads, several times perhaps. */
    @FunctionalInterface
    interface Reading<T> {
        T read() throws IOException;
    }

    /**
     * A frame.
     *
     * @param first the first byte: FIN, reserved bits and opcode
     * @param key the masking key; null if the frame is not masked
     * @param payload the bytes, unmasked
     */
    record Frame(int first, @Nullable Integer key, byte[] payload) {

        int opcode() {
            return first & 0x0F;
        }

        boolean last() {
            return (first & 0x80) != 0;
        }

        /** Returns a close frame's code, or 1005. */
        int code() {
            return payload.length < 2 ? 1005 : (payload[0] & 0xFF) << 8 | payload[1] & 0xFF;
        }

        String text() {
            int from = opcode() == Frames.CLOSE ? Math.min(2, payload.length) : 0;
            return new String(payload, from, payload.length - from, UTF_8);
        }

        @Override
        public String toString() {
            return switch (opcode()) {
                case Frames.CONTINUATION -> "a continuation of " + payload.length + " bytes";
                case Frames.TEXT -> "text: " + shortened(text());
                case Frames.BINARY -> payload.length + " bytes";
                case Frames.CLOSE -> "a close with " + code() + (text().isEmpty() ? "" : " " + text());
                case Frames.PING -> "a ping";
                case Frames.PONG -> "a pong";
                default -> "a frame with opcode " + opcode();
            };
        }
    }

    /**
     * A message, or a close.
     *
     * @param opcode {@link Frames#TEXT}, {@link Frames#BINARY} or {@link Frames#CLOSE}
     * @param frames the sizes of its frames
     */
    record Message(int opcode, byte[] payload, List<Integer> frames) {

        boolean closes(int code) {
            return opcode == Frames.CLOSE && frame().code() == code;
        }

        Frame frame() {
            return new Frame(0x80 | opcode, null, payload);
        }

        String text() {
            return frame().text();
        }

        @Override
        public String toString() {
            return frame().toString();
        }
    }

    private final Socket socket;
    private final Socket transport;
    private final DataInputStream in;
    private final OutputStream out;
    private final boolean client;
    private final Duration sendPatience;
    private volatile Duration patience;
    private boolean reading; // in within(); this and the next two are used by the reader
    private long deadline; // in System.nanoTime
    private long received; // since the deadline was set
    private final List<Integer> keys = new ArrayList<>(); // used by the reader
    private @Nullable Integer unmasked; // the opcode of the first one; used by the reader
    private long promised; // by the last heartbeat, in System.nanoTime; 0 for none; used by the reader
    private boolean promiseBroken; // used by the reader
    private int promises; // used by the reader
    private volatile int answered;
    private volatile boolean closeSent;

    Wire(Socket socket, boolean client, Duration patience) throws IOException {
        this(socket, socket, client, patience);
    }

    /**
     * @param transport what {@code socket} is layered over, or itself
     * @param patience the longest time to wait for anything
     */
    Wire(Socket socket, Socket transport, boolean client, Duration patience) throws IOException {
        this.socket = socket;
        this.transport = transport;
        this.client = client;
        this.sendPatience = patience;
        this.patience = patience;
        socket.setTcpNoDelay(true);
        in = new DataInputStream(new BufferedInputStream(new Timed(socket.getInputStream()), 65_536));
        out = socket.getOutputStream();
    }

    /** What the socket receives until the deadline. */
    private final class Timed extends InputStream {

        private final InputStream from;

        Timed(InputStream from) {
            this.from = from;
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
        }

        @Override
        public int read(byte[] to, int offset, int length) throws IOException {
            Report.expect(received <= MOST_AT_ONCE, "more than 32 MiB in place of what was awaited");
            long left = deadline - System.nanoTime();
            if (left <= 0) {
                throw late();
            }
            socket.setSoTimeout((int) (left / 1_000_000) + 1);
            // Below TLS, the socket's own limit begins anew with each byte.
            Future<?> limit = limit(left + GRACE.toNanos());
            try {
                int count = from.read(to, offset, length);
                received += Math.max(0, count);
                deadline += nanos(Math.max(0, count));
                return count;
            } catch (SocketTimeoutException e) {
                throw late();
            } catch (IOException e) {
                throw deadline - System.nanoTime() <= 0 ? late() : e; // the limit has closed the connection
            } finally {
                limit.cancel(false);
            }
        }

        private SocketTimeoutException late() {
            return new SocketTimeoutException(
                    received == 0 ? "nothing came in time" : "not all of it came in time, only " + received + " bytes");
        }
    }

    private static long nanos(int bytes) {
        return bytes * TimeUnit.SECONDS.toNanos(1) / BYTES_A_SECOND;
    }

    private Future<?> limit(long nanos) {
        return TIMER.schedule(
                () -> {
                    try {
                        transport.close();
                    } catch (IOException e) {
                        // closed either way
                    }
                },
                nanos,
                TimeUnit.NANOSECONDS);
    }

    /** Reads with one deadline for all of it. */
    <T> T within(Reading<T> all) throws IOException {
        if (reading) {
            return all.read();
        }
        deadline = System.nanoTime() + patience.toNanos();
        received = 0;
        reading = true;
        try {
            return all.read();
        } finally {
            reading = false;
        }
    }

    private static String shortened(String text) {
        return text.length() > 120 ? text.substring(0, 120) + "…" : text;
    }

    /** Changes how long to wait for what is read. */
    void patience(Duration time) {
        patience = time;
    }

    /** Reads up to the empty line after an HTTP header. */
    String head() throws IOException {
        return within(() -> {
            StringBuilder head = new StringBuilder();
            while (head.indexOf("\r\n\r\n", Math.max(0, head.length() - 4)) < 0) {
                int next = in.read();
                if (next < 0) {
                    throw new EOFException("the connection ended after " + head.length() + " bytes of an HTTP header");
                }
                Report.expect(head.length() < LONGEST_HEAD, "an HTTP header of more than 64 KiB");
                head.append((char) next);
            }
            return head.toString();
        });
    }

    byte[] bytes(int count) throws IOException {
        return within(() -> {
            byte[] bytes = new byte[count];
            in.readFully(bytes);
            return bytes;
        });
    }

    byte[] toTheEnd() throws IOException {
        byte[] bytes = within(() -> in.readNBytes(LONGEST_BODY + 1));
        Report.expect(bytes.length <= LONGEST_BODY, "a body of more than 64 KiB");
        return bytes;
    }

    /** Returns whether bytes arrive within a time. */
    boolean speaks(Duration time) throws IOException {
        Duration before = patience;
        in.mark(1);
        try {
            patience(time);
            return within(in::read) >= 0;
        } catch (SocketTimeoutException e) {
            return false;
        } finally {
            in.reset();
            patience(before);
        }
    }

    void raw(byte... bytes) throws IOException {
        synchronized (out) {
            long most = sendPatience.toNanos() + nanos(bytes.length);
            long end = System.nanoTime() + most;
            Future<?> limit = limit(most);
            try {
                out.write(bytes);
                out.flush();
            } catch (IOException e) {
                // By the clock: the limit may not have finished closing the connection.
                throw end - System.nanoTime() <= 0 ? new SocketTimeoutException("the other end does not read") : e;
            } finally {
                limit.cancel(false);
            }
        }
    }

    void raw(String text) throws IOException {
        raw(text.getBytes(ISO_8859_1));
    }

    /** Sends a frame, masked as it should be. */
    void frame(int first, byte... payload) throws IOException {
        frame(first, client, payload);
    }

    void frame(int first, boolean masked, byte... payload) throws IOException {
        closeSent |= (first & 0x0F) == Frames.CLOSE;
        ByteBuffer frame = ByteBuffer.allocate(payload.length + Frames.overhead() + 16);
        int key = ThreadLocalRandom.current().nextInt(1, Integer.MAX_VALUE);
        Frames.write(frame, first, ByteBuffer.wrap(payload.clone()), masked, key);
        byte[] bytes = new byte[frame.position()];
        frame.flip().get(bytes);
        raw(bytes);
    }

    void text(String message) throws IOException {
        frame(0x80 | Frames.TEXT, message.getBytes(UTF_8));
    }

    void binary(byte... message) throws IOException {
        frame(0x80 | Frames.BINARY, message);
    }

    void close(int code, String reason) throws IOException {
        byte[] words = reason.getBytes(UTF_8);
        frame(
                0x80 | Frames.CLOSE,
                ByteBuffer.allocate(2 + words.length)
                        .putShort((short) code)
                        .put(words)
                        .array());
    }

    /** Reads any frame. */
    Frame frame() throws IOException {
        return within(this::nextFrame);
    }

    private Frame nextFrame() throws IOException {
        int first = in.readUnsignedByte();
        int second = in.readUnsignedByte();
        long length = second & 0x7F;
        if (length == 126) {
            length = in.readUnsignedShort();
        } else if (length == 127) {
            length = in.readLong();
        }
        Report.expect(length >= 0 && length <= LONGEST_FRAME, "a frame of " + length + " bytes");
        Integer key = (second & 0x80) == 0 ? null : in.readInt();
        byte[] payload = bytes((int) length);
        if (key != null) {
            ByteBuffer plain = ByteBuffer.allocate(payload.length);
            Frames.append(plain, ByteBuffer.wrap(payload), key);
            payload = plain.array();
            keys.add(key);
        } else if (unmasked == null) {
            unmasked = first & 0x0F;
        }
        Frame frame = new Frame(first, key, payload);
        promise(frame);
        return frame;
    }

    private void promise(Frame frame) {
        long now = System.nanoTime();
        // Twice the time, and a second: the kit's own pauses are no silence of the peer.
        promiseBroken |= promised != 0 && now - promised > 0;
        Duration next = frame.opcode() == Frames.PONG ? Heartbeat.read(frame.payload()) : null;
        promises += next == null ? 0 : 1;
        promised = next == null ? 0 : now + 2 * next.toNanos() + TimeUnit.SECONDS.toNanos(1);
    }

    /** Returns the next message or close; answers pings, and skips pongs. */
    Message message() throws IOException {
        return within(this::nextMessage);
    }

    private Message nextMessage() throws IOException {
        ByteArrayOutputStream whole = new ByteArrayOutputStream();
        List<Integer> frames = new ArrayList<>();
        int opcode = -1;
        while (true) {
            Frame frame = frame();
            switch (frame.opcode()) {
                case Frames.PING -> frame(0x80 | Frames.PONG, frame.payload());
                case Frames.PONG -> answered += frame.text().startsWith("heartbeat ") ? 0 : 1;
                case Frames.CLOSE -> {
                    return new Message(Frames.CLOSE, frame.payload(), List.of());
                }
                default -> {
                    Report.expect((frame.first() & 0x70) == 0, "a frame with reserved bits");
                    Report.expect(
                            opcode < 0 == (frame.opcode() != Frames.CONTINUATION),
                            opcode < 0 ? "a continuation of nothing" : "a message inside another");
                    opcode = opcode < 0 ? frame.opcode() : opcode;
                    whole.writeBytes(frame.payload());
                    frames.add(frame.payload().length);
                    if (frame.last()) {
                        return new Message(opcode, whole.toByteArray(), frames);
                    }
                }
            }
        }
    }

    /** Sends a ping, and returns whether its pong comes before the next message. */
    boolean answersPing(String payload) throws IOException {
        byte[] words = payload.getBytes(UTF_8);
        frame(0x80 | Frames.PING, words);
        return within(() -> {
            while (true) {
                Frame frame = frame();
                if (frame.opcode() == Frames.PONG && Arrays.equals(frame.payload(), words)) {
                    return true;
                }
                if (frame.opcode() == Frames.PING) {
                    frame(0x80 | Frames.PONG, frame.payload());
                } else if (frame.opcode() != Frames.PONG) {
                    throw new Report.Broken(frame + " in place of a pong");
                }
            }
        });
    }

    /**
     * Reads to the end of the connection, and answers a close; a server then ends the connection, and a client waits
     * for that (RFC 6455, section 7.1.1).
     *
     * @return the close that came; null if none did
     */
    @Nullable
    Message end() throws IOException {
        return within(this::nextEnd).orElse(null);
    }

    private Optional<Message> nextEnd() throws IOException {
        Message close = null;
        try {
            do {
                Message next = message();
                close = next.opcode() == Frames.CLOSE ? next : null;
            } while (close == null);
            if (!closeSent) {
                frame(
                        0x80 | Frames.CLOSE,
                        close.payload().length < 2 ? new byte[0] : Arrays.copyOf(close.payload(), 2));
            }
            if (!client) {
                return Optional.of(close);
            }
            while (in.read() >= 0) {
                // nothing should follow; what matters is that it ends
            }
        } catch (SocketTimeoutException e) {
            throw new Report.Broken((close == null ? "no close came" : close + " came") + ", and the connection stays");
        } catch (EOFException | SocketException e) {
            // it has ended
        }
        return Optional.ofNullable(close);
    }

    List<Integer> keys() {
        return keys;
    }

    @Nullable
    Integer unmasked() {
        return unmasked;
    }

    /** Returns the number of pongs, other than heartbeats, that {@link #message} has skipped. */
    int answered() {
        return answered;
    }

    boolean closeSent() {
        return closeSent;
    }

    int promises() {
        return promises;
    }

    boolean promiseBroken() {
        return promiseBroken;
    }

    void shutdownOutput() throws IOException {
        socket.shutdownOutput();
    }

    void reset() throws IOException {
        socket.setSoLinger(true, 0);
        socket.close();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
