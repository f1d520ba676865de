package io.github.wsbridge.client;

import io.github.wsbridge.spi.Leg;
import io.github.wsbridge.spi.Peer;
import io.github.wsbridge.spi.StreamTransport;
import io.github.wsbridge.wire.concurrent.Daemons;
import io.github.wsbridge.wire.net.SocketFile;
import io.github.wsbridge.wire.net.StreamAddress;
import java.io.IOException;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;

/** TCP connections and Unix sockets of the JDK, which block: two threads for each connection. */
final class BlockingStreams implements StreamTransport {

    private final Executor threads;

    /** Creates a transport whose connections are opened, read and written by tasks of {@code threads}. */
    BlockingStreams(Executor threads) {
        this.threads = threads;
    }

    @Override
    public CompletionStage<Leg> dial(SocketAddress address, Duration timeout) {
        CompletableFuture<Leg> leg = new CompletableFuture<>();
        try {
            SocketChannel channel = open(address);
            leg.whenComplete((opened, failure) -> {
                if (failure != null) {
                    new BlockingSocket(channel).close(false); // which wakes a thread that connects
                }
            });
            leg.orTimeout(Math.max(1, timeout.toMillis()), TimeUnit.MILLISECONDS);
            Executor connecting =
                    address instanceof UnixDomainSocketAddress ? BlockingStreams::onPlatformThread : threads;
            connecting.execute(() -> connect(channel, address, leg));
        } catch (IOException e) {
            leg.completeExceptionally(e);
        } catch (UnsupportedOperationException | RejectedExecutionException | OutOfMemoryError e) {
            leg.completeExceptionally(new IOException("cannot connect: " + e.getMessage(), e));
        }
        CompletableFuture<Leg> result = leg.handle((opened, failure) -> {
                    if (failure == null) {
                        return CompletableFuture.completedFuture(opened);
                    }
                    return CompletableFuture.<Leg>failedFuture(
                            failure instanceof IOException
                                    ? failure
                                    : new IOException("not connected in time", failure));
                })
                .thenCompose(outcome -> outcome);
        result.whenComplete((opened, failure) -> leg.cancel(true)); // no effect unless the caller has given up
        return result;
    }

    /** Unlike this one, a virtual thread would not wait for room in the backlog of a Unix socket. */
    private static void onPlatformThread(Runnable task) {
        Daemons.start("wsbridge-connect", task);
    }

    private static SocketChannel open(SocketAddress address) throws IOException {
        if (address instanceof UnixDomainSocketAddress file) {
            SocketFile.check(file);
            return SocketChannel.open(StandardProtocolFamily.UNIX);
        }
        return SocketChannel.open();
    }

    private void connect(SocketChannel channel, SocketAddress address, CompletableFuture<Leg> leg) {
        try {
            channel.connect(address);
            leg.complete(new BlockingLeg(BlockingSocket.of(channel), threads));
        } catch (IOException e) {
            leg.completeExceptionally(e);
        } catch (RuntimeException | Error e) {
            leg.completeExceptionally(new IOException("cannot connect", e));
        }
    }

    @Override
    public Listening listen(SocketAddress address, Limits limits, BiConsumer<Leg, Peer> accepted) throws IOException {
        boolean unix = address instanceof UnixDomainSocketAddress;
        ServerSocketChannel server;
        try {
            StreamAddress.of(address); // throws if it is invalid, before a socket's file is created
            server = unix ? ServerSocketChannel.open(StandardProtocolFamily.UNIX) : ServerSocketChannel.open();
        } catch (UnsupportedOperationException e) {
            throw new IOException("Unix sockets are not supported", e);
        } catch (IllegalArgumentException e) {
            throw new IOException("cannot listen: " + e.getMessage(), e);
        }
        try {
            if (address instanceof UnixDomainSocketAddress file) {
                SocketFile.deleteStale(file);
            } else {
                server.setOption(StandardSocketOptions.SO_REUSEADDR, true);
            }
            server.bind(address, limits.backlog());
            return new BlockingListener(server, limits.maxConnections(), threads, accepted);
        } catch (IOException | RuntimeException e) {
            server.close();
            throw e;
        }
    }
}
