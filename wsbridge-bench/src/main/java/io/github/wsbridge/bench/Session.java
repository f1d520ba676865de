package io.github.wsbridge.bench;

import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** A WebSocket client on a {@link Loop}, for large numbers of connections. It answers pings and closes. */
final class Session implements Loop.Ready, FrameScanner.Listener {

    /** The events of a session; called on the loop's thread. */
    interface Events {
        /** The handshake is done. */
        default void onOpen(Session session) {}

        default void onText(Session session, String text) {}

        /** The last event; {@code failure} is the cause unless there was a close frame. */
        default void onEnd(Session session, @Nullable IOException failure) {}
    }

    /** Cycles through addresses of the loopback network: each has its own ports. */
    private static final AtomicInteger NEXT_SOURCE = new AtomicInteger();

    private static final int SOURCES = 100;
    private static final int SMALL_BUFFER = 64 * 1024;
    private static final int LONGEST_HEAD = 16 * 1024;

    private final Loop loop;
    private final Target target;
    private final boolean established;
    private final Events events;
    private final SocketChannel channel;
    private @Nullable StringBuilder head = new StringBuilder();
    private @Nullable FrameScanner scanner;
    private boolean stalled;
    private @Nullable ByteBuffer flood;
    private @Nullable IOException failure;
    private boolean closing;
    private boolean ended;
    private long sent;

    private Session(Loop loop, Target target, boolean established, Events events) throws IOException {
        this.loop = loop;
        this.target = target;
        this.established = established;
        this.events = events;
        channel = SocketChannel.open();
    }

    /**
     * Starts to connect; called on the loop's thread. Failures are reported to {@code events}.
     *
     * @param source the middle of the address to connect from, {@code 127.0.source.x}
     * @param established whether to offer the subprotocol that reports when a bridge is established
     */
    static Session open(Loop loop, Target target, int source, boolean established, Events events) throws IOException {
        Session session = new Session(loop, target, established, events);
        try {
            int last = 1 + Math.floorMod(NEXT_SOURCE.getAndIncrement(), SOURCES);
            session.channel.configureBlocking(false);
            session.channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            session.channel.bind(new InetSocketAddress(
                    InetAddress.getByAddress(new byte[] {127, 0, (byte) source, (byte) last}), 0));
            if (session.channel.connect(target.address())) {
                session.channel.register(loop.selector(), SelectionKey.OP_READ, session);
                session.connected();
            } else {
                session.channel.register(loop.selector(), SelectionKey.OP_CONNECT, session);
            }
        } catch (IOException e) {
            session.end(e);
        }
        return session;
    }

    @Override
    public void ready(SelectionKey key) {
        try {
            if (key.isValid() && key.isConnectable()) {
                channel.finishConnect();
                key.interestOps(SelectionKey.OP_READ);
                connected();
            }
            if (key.isValid() && key.isReadable()) {
                read();
            }
            if (key.isValid() && key.isWritable()) {
                pour();
            }
        } catch (IOException e) {
            end(e);
        }
    }

    private void connected() throws IOException {
        write(target.handshake(established));
    }

    private void read() throws IOException {
        ByteBuffer in = loop.buffer();
        if (channel.read(in) < 0) {
            end(closing ? null : new EOFException("ended without a close frame"));
            return;
        }
        in.flip();
        StringBuilder answer = head;
        while (answer != null && in.hasRemaining()) {
            answer.append((char) in.get());
            int length = answer.length();
            if (length > 3 && answer.charAt(length - 1) == '\n' && answer.charAt(length - 3) == '\n') {
                answered(answer.toString());
                answer = null;
            } else if (length > LONGEST_HEAD) {
                throw new IOException("the response is too long");
            }
        }
        FrameScanner frames = scanner;
        if (frames != null) {
            frames.scan(in);
        }
    }

    private void answered(String answer) throws IOException {
        if (!answer.startsWith("HTTP/1.1 101 ")) {
            throw new IOException(
                    target + " answers " + answer.lines().findFirst().orElse("nothing"));
        }
        head = null;
        scanner = new FrameScanner(this);
        events.onOpen(this);
    }

    /** Stops reading. */
    void stall() throws IOException {
        channel.setOption(StandardSocketOptions.SO_RCVBUF, SMALL_BUFFER);
        stalled = true;
        interest();
    }

    /** Sends these frames repeatedly, as fast as they are accepted. */
    void flood(ByteBuffer frames) throws IOException {
        channel.setOption(StandardSocketOptions.SO_SNDBUF, SMALL_BUFFER);
        flood = frames.duplicate();
        interest();
    }

    private void interest() {
        channel.keyFor(loop.selector())
                .interestOps((stalled ? 0 : SelectionKey.OP_READ) | (flood == null ? 0 : SelectionKey.OP_WRITE));
    }

    private void pour() throws IOException {
        ByteBuffer frames = flood;
        if (frames != null) {
            int written = channel.write(frames);
            sent += written;
            if (!frames.hasRemaining()) {
                frames.rewind();
            }
        }
    }

    /** Returns the number of bytes that a flood has sent. */
    long sent() {
        return sent;
    }

    private void write(ByteBuffer bytes) throws IOException {
        channel.write(bytes);
        if (bytes.hasRemaining()) {
            throw new IOException("no room for " + bytes.remaining() + " bytes"); // always a small write
        }
    }

    /** Asks for a pong. */
    void ping() {
        try {
            write(Frames.frame(Frames.PING, new byte[0], true));
        } catch (IOException e) {
            end(e);
        }
    }

    /** Drops the connection. */
    void drop() {
        end(null);
    }

    /** Closes the connection properly; one that floods cannot, and is dropped. */
    void close() {
        if (flood != null || scanner == null) {
            drop();
        } else if (!closing) {
            closing = true;
            try {
                write(Frames.close(true));
            } catch (IOException e) {
                end(e);
            }
        }
    }

    @Override
    public void onText(String text) {
        events.onText(this, text);
    }

    @Override
    public void onControl(int opcode, byte[] payload) throws IOException {
        if (opcode == Frames.PING) {
            write(Frames.frame(Frames.PONG, payload, true));
        } else if (opcode == Frames.CLOSE && !closing) {
            closing = true;
            int code = payload.length < 2 ? 1005 : (payload[0] & 0xff) << 8 | payload[1] & 0xff;
            if (code != 1000) {
                failure = new IOException("closed with " + code + " "
                        + new String(payload, 2, payload.length - 2, StandardCharsets.UTF_8));
            }
            write(Frames.frame(Frames.CLOSE, payload, true));
        }
    }

    private void end(@Nullable IOException why) {
        if (ended) {
            return;
        }
        ended = true;
        try {
            channel.close();
        } catch (IOException e) {
            // It is closed either way.
        }
        events.onEnd(this, failure == null ? why : failure);
    }
}
