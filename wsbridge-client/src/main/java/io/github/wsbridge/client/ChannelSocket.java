package io.github.wsbridge.client;

import io.github.wsbridge.BridgeException;
import io.github.wsbridge.CloseReason;
import io.github.wsbridge.wire.net.Reasons;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.SocketImpl;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.util.Objects;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;

/**
 * What a {@link BridgeSocket} does by means of a channel; {@code java.net.Socket} itself keeps the state and makes the
 * checks. Interrupts have the effect that they have on the JDK's own sockets: none, but on a virtual thread they close
 * the socket.
 */
final class ChannelSocket extends UnaddressedSocket {

    private final Supplier<CompletableFuture<BridgeChannel>> dial;
    private final InputStream input = new In();
    private final OutputStream output = new Out();
    private final CompletableFuture<BridgeChannel> channel = new CompletableFuture<>(); // cancelled by a close
    private volatile boolean closed;

    /**
     * Creates an unconnected one.
     *
     * @param dial opens a channel to connect to
     */
    ChannelSocket(Supplier<CompletableFuture<BridgeChannel>> dial) {
        this.dial = dial;
    }

    /** Connects it to a channel that exists; returns whether it could be. */
    boolean connected(BridgeChannel bridge) {
        address = named(bridge.bridgeId().toString());
        return channel.complete(bridge);
    }

    @Override
    protected void connect(SocketAddress to, int timeout) throws IOException {
        InetSocketAddress name = (InetSocketAddress) to;
        if (channel.isDone()) { // a socket whose connect has failed is of no more use, as with the JDK's own
            throw new SocketException("Socket closed");
        }
        CompletableFuture<BridgeChannel> dialling = dial.get();
        dialling.whenComplete((bridge, failure) -> {
            if (failure != null) {
                channel.completeExceptionally(failure);
            } else if (!channel.complete(bridge)) {
                bridge.drop();
            }
        });
        channel.whenComplete((bridge, failure) -> {
            if (failure != null) {
                dialling.cancel(true);
            }
        });
        address = name.isUnresolved() ? named(name.getHostString()) : name.getAddress();
        port = name.getPort();
        try {
            if (!await(timeout)) {
                throw new SocketTimeoutException("Connect timed out");
            }
        } catch (CancellationException e) {
            throw new SocketException("Socket closed");
        } catch (ExecutionException e) {
            throw refused(Dialer.unwrap(e.getCause() == null ? e : e.getCause()));
        }
    }

    /** Waits until it is connected; returns false after giving up. */
    private boolean await(int timeout) throws IOException, ExecutionException {
        boolean virtual = VirtualThreads.isCurrent();
        boolean interrupted = false;
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(timeout);
        try {
            while (true) {
                try {
                    if (timeout == 0) {
                        channel.get();
                    } else {
                        channel.get(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
                    }
                    return true;
                } catch (TimeoutException e) {
                    if (channel.cancel(true)) {
                        return false;
                    } // else it has come in the last moment, or has failed
                } catch (InterruptedException e) {
                    interrupted = true;
                    if (virtual) {
                        throw closedByInterrupt();
                    }
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private static IOException refused(IOException failure) {
        boolean late =
                failure instanceof BridgeException ended && ended.closeReason().code() == CloseReason.TIMED_OUT;
        IOException refused = late
                ? new SocketTimeoutException("Connect timed out: " + Reasons.of(failure))
                : new ConnectException("Connection refused: " + Reasons.of(failure));
        refused.initCause(failure);
        return refused;
    }

    @Override
    protected void listen(int backlog) throws SocketException {
        throw new SocketException("not a server socket");
    }

    @Override
    protected void accept(SocketImpl other) throws SocketException {
        throw new SocketException("not a server socket");
    }

    @Override
    protected InputStream getInputStream() {
        return input;
    }

    @Override
    protected OutputStream getOutputStream() {
        return output;
    }

    @Override
    protected int available() throws SocketException {
        return open().available();
    }

    @Override
    protected void close() {
        closed = true;
        if (!channel.cancel(true)) {
            channel.thenAccept(settings.resets() ? BridgeChannel::drop : BridgeChannel::close);
        }
    }

    @Override
    protected void shutdownInput() throws SocketException {
        open().incoming().shutdown();
    }

    @Override
    protected void shutdownOutput() throws IOException {
        Waiting waiting = new Waiting(0, VirtualThreads.isCurrent());
        try {
            open().outgoing().finish(waiting);
        } catch (InterruptedException e) {
            throw closedByInterrupt();
        } catch (ClosedChannelException | BridgeException e) {
            throw ended(e);
        } finally {
            waiting.end();
        }
    }

    private BridgeChannel open() throws SocketException {
        BridgeChannel bridge = closed || channel.isCompletedExceptionally() ? null : channel.getNow(null);
        if (bridge == null) {
            throw new SocketException("Socket closed");
        }
        return bridge;
    }

    /** Closes it; a {@code Socket} then knows that it is closed, and throws the right exception. */
    private InterruptedIOException closedByInterrupt() {
        Thread.currentThread().interrupt();
        close();
        return new InterruptedIOException("Closed by interrupt");
    }

    private SocketException ended(IOException why) {
        if (closed) {
            return new SocketException("Socket closed");
        }
        SocketException ended = new SocketException(
                why instanceof BridgeException ? "Connection reset: " + Reasons.of(why) : "Socket output is shutdown");
        ended.initCause(why);
        return ended;
    }

    private final class In extends InputStream {

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            Objects.checkFromIndexSize(offset, length, bytes.length);
            if (length == 0) {
                return 0;
            }
            Waiting waiting = new Waiting(settings.timeout(), VirtualThreads.isCurrent());
            try {
                return open().incoming().read(ByteBuffer.wrap(bytes, offset, length), waiting);
            } catch (InterruptedException e) {
                throw closedByInterrupt();
            } catch (ClosedChannelException | BridgeException e) {
                throw ended(e);
            } finally {
                waiting.end();
            }
        }

        @Override
        public int available() throws IOException {
            return ChannelSocket.this.available();
        }

        @Override
        public void close() {
            ChannelSocket.this.close();
        }
    }

    private final class Out extends OutputStream {

        @Override
        public void write(int b) throws IOException {
            write(new byte[] {(byte) b}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
            Waiting waiting = new Waiting(0, VirtualThreads.isCurrent());
            try {
                open().outgoing().write(ByteBuffer.wrap(bytes, offset, length), waiting);
            } catch (InterruptedException e) {
                throw closedByInterrupt();
            } catch (ClosedChannelException | BridgeException e) {
                throw ended(e);
            } finally {
                waiting.end();
            }
        }

        @Override
        public void close() {
            ChannelSocket.this.close();
        }
    }
}
