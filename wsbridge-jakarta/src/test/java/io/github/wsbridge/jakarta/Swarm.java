package io.github.wsbridge.jakarta;

import io.github.wsbridge.testkit.RawWebSocket;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;

/** Many WebSocket clients on one thread, which send and receive as fast as possible. */
final class Swarm implements AutoCloseable {

    /** The frame that each client sends repeatedly: 16 KiB with mask 0. */
    static final byte[] BLOCK = new byte[16 * 1024];

    private static final byte[] FRAME;

    static {
        new Random(7).nextBytes(BLOCK);
        FRAME = RawWebSocket.frame(RawWebSocket.BINARY, true, new byte[4], BLOCK);
    }

    private final Selector selector;
    private final Thread thread;
    private final CopyOnWriteArrayList<End> all = new CopyOnWriteArrayList<>();
    private final CopyOnWriteArrayList<End> opening = new CopyOnWriteArrayList<>();
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(256 * 1024);

    Swarm() throws IOException {
        selector = Selector.open();
        thread = new Thread(this::run, "swarm");
        thread.setDaemon(true);
        thread.start();
    }

    /** Returns the SHA-256 of the given number of blocks. */
    static String digest(long blocks) {
        MessageDigest digest = sha256();
        for (long i = 0; i < blocks; i++) {
            digest.update(BLOCK);
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }

    /** One client. */
    final class End {
        private final SocketChannel channel;
        private final ByteBuffer request;
        private final ByteBuffer frame = ByteBuffer.wrap(FRAME);
        private final MessageDigest digest;
        private final long expected;
        private volatile boolean reads;
        private long unsent; // frames
        private boolean upgraded;
        private int tail;
        private long inFrame; // remaining bytes of the current frame
        private boolean control; // whether it is a control frame
        private final byte[] header = new byte[10];
        private int headerBytes;
        volatile long received;
        volatile int frames;
        final StringBuilder head = new StringBuilder();
        final CompletableFuture<Void> upgrade = new CompletableFuture<>();

        /** Completes with the SHA-256 when all expected blocks have arrived, or with what arrived instead. */
        final CompletableFuture<String> done = new CompletableFuture<>();

        private End(int port, String target, long blocks, long expectedBlocks, boolean digested, boolean reads)
                throws IOException {
            channel = SocketChannel.open(new InetSocketAddress("127.0.0.1", port));
            channel.configureBlocking(false);
            request = ByteBuffer.wrap(RawWebSocket.request(target, "").getBytes(StandardCharsets.US_ASCII));
            unsent = blocks;
            expected = expectedBlocks * BLOCK.length;
            digest = digested ? sha256() : null;
            this.reads = reads;
            frame.position(frame.limit());
        }

        private void ready(SelectionKey key) {
            try {
                if (key.isWritable()) {
                    write(key);
                }
                if (key.isReadable()) {
                    read(key);
                }
            } catch (IOException | RuntimeException e) {
                fail(e);
                key.cancel();
            }
        }

        private void fail(Throwable e) {
            upgrade.completeExceptionally(e);
            done.completeExceptionally(e);
        }

        private void write(SelectionKey key) throws IOException {
            if (request.hasRemaining()) {
                channel.write(request);
            }
            if (!upgraded) {
                if (!request.hasRemaining()) {
                    key.interestOps(SelectionKey.OP_READ);
                }
                return;
            }
            for (int turn = 0; turn < 16; turn++) {
                if (!frame.hasRemaining()) {
                    if (unsent == 0) {
                        key.interestOps(reads ? SelectionKey.OP_READ : 0);
                        return;
                    }
                    unsent--;
                    frame.clear();
                }
                if (channel.write(frame) == 0) {
                    return;
                }
            }
        }

        private void read(SelectionKey key) throws IOException {
            buffer.clear();
            if (channel.read(buffer) < 0) {
                fail(new IOException("the end, after " + received + " bytes; " + head));
                key.cancel();
                return;
            }
            buffer.flip();
            while (!upgraded && buffer.hasRemaining()) {
                int b = buffer.get() & 0xFF;
                head.append((char) b);
                tail = tail << 8 | b;
                if (tail == 0x0D0A0D0A) {
                    if (!head.toString().startsWith("HTTP/1.1 101")) {
                        throw new IOException(head.toString());
                    }
                    upgraded = true;
                    upgrade.complete(null);
                    key.interestOps((reads ? SelectionKey.OP_READ : 0) | SelectionKey.OP_WRITE);
                }
            }
            while (buffer.hasRemaining()) {
                if (inFrame == 0) {
                    readHeader();
                } else {
                    take((int) Math.min(inFrame, buffer.remaining()));
                }
            }
            if (received == expected && received > 0 && inFrame == 0) {
                done.complete(digest == null ? "" : HexFormat.of().formatHex(digest.digest()));
            }
        }

        private void readHeader() throws IOException {
            header[headerBytes++] = buffer.get();
            int seven = headerBytes < 2 ? -1 : header[1] & 0x7F;
            if (headerBytes < (seven < 0 ? 2 : seven < 126 ? 2 : seven == 126 ? 4 : 10)) {
                return;
            }
            if ((header[0] & 0x0F) == 8) {
                throw new IOException("closed");
            }
            ByteBuffer of = ByteBuffer.wrap(header);
            inFrame = seven < 126 ? seven : seven == 126 ? of.getShort(2) & 0xFFFF : of.getLong(2);
            headerBytes = 0;
            control = (header[0] & 0x08) != 0;
            if (!control) {
                frames++;
            }
        }

        /** Handles a piece of a frame; those of heartbeats are ignored. */
        private void take(int length) throws IOException {
            ByteBuffer piece = buffer.slice().limit(length);
            buffer.position(buffer.position() + length);
            inFrame -= length;
            if (control) {
                return;
            }
            if (digest != null) {
                digest.update(piece.duplicate());
            }
            while (piece.hasRemaining()) {
                int at = (int) (received % BLOCK.length);
                int run = Math.min(piece.remaining(), BLOCK.length - at);
                ByteBuffer same = piece.slice().limit(run);
                if (!same.equals(ByteBuffer.wrap(BLOCK, at, run))) {
                    throw new IOException("other bytes at " + received);
                }
                piece.position(piece.position() + run);
                received += run;
            }
        }

        /** Starts to read. */
        void startReading() {
            reads = true;
            SelectionKey key = channel.keyFor(selector);
            key.interestOpsOr(SelectionKey.OP_READ);
            selector.wakeup();
        }

        void close() throws IOException {
            channel.close();
        }
    }

    /** Opens a client that sends a number of blocks and is done when it has received the expected number. */
    End open(int port, String target, long blocks, long expected) throws IOException {
        return start(new End(port, target, blocks, expected, false, true));
    }

    /** The same, with a digest of the received bytes. */
    End openDigested(int port, String target, long blocks, long expected) throws IOException {
        return start(new End(port, target, blocks, expected, true, true));
    }

    /** The same, but it does not read until {@link End#startReading}. */
    End openUnread(int port, String target, long blocks, long expected) throws IOException {
        return start(new End(port, target, blocks, expected, false, false));
    }

    private End start(End end) {
        all.add(end);
        opening.add(end);
        selector.wakeup();
        return end;
    }

    private void run() {
        try {
            while (selector.isOpen()) {
                selector.select(1_000);
                for (End end : opening) {
                    end.channel.register(selector, SelectionKey.OP_WRITE, end);
                    opening.remove(end);
                }
                for (SelectionKey key : selector.selectedKeys()) {
                    if (key.isValid()) {
                        ((End) key.attachment()).ready(key);
                    }
                }
                selector.selectedKeys().clear();
            }
        } catch (IOException | java.nio.channels.ClosedSelectorException e) {
            // closed
        }
    }

    @Override
    public void close() throws IOException {
        selector.close();
        for (End end : all) {
            end.close();
        }
    }
}
