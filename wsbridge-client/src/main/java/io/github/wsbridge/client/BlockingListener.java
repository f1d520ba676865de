package io.github.wsbridge.client;

import io.github.wsbridge.spi.Leg;
import io.github.wsbridge.spi.Peer;
import io.github.wsbridge.spi.StreamTransport;
import io.github.wsbridge.wire.concurrent.Daemons;
import io.github.wsbridge.wire.net.SocketFile;
import io.github.wsbridge.wire.net.StreamAddress;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.concurrent.Executor;
import java.util.concurrent.Semaphore;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Accepts connections on a thread of its own; those beyond the limit wait in the backlog. */
final class BlockingListener implements StreamTransport.Listening {

    private static final Logger log = LoggerFactory.getLogger(BlockingListener.class);
    private static final int PAUSE_MILLIS = 100;

    private final ServerSocketChannel server;
    private final SocketAddress address;
    private final @Nullable SocketFile file;
    private final Semaphore room;
    private final Executor threads;
    private final BiConsumer<Leg, Peer> accepted;
    private boolean told; // used by the thread only

    /** Starts to accept connections of a bound channel. */
    BlockingListener(ServerSocketChannel server, int maxConnections, Executor threads, BiConsumer<Leg, Peer> accepted)
            throws IOException {
        this.server = server;
        this.address = server.getLocalAddress();
        this.file = address instanceof UnixDomainSocketAddress unix ? SocketFile.at(unix.getPath()) : null;
        this.room = new Semaphore(maxConnections);
        this.threads = threads;
        this.accepted = accepted;
        Daemons.start("wsbridge-tunnel-" + StreamAddress.of(address), this::listen);
    }

    @Override
    public SocketAddress address() {
        return address;
    }

    private void listen() {
        while (server.isOpen()) {
            try {
                room.acquire(); // until then, connections wait in the backlog
            } catch (InterruptedException e) {
                return;
            }
            try {
                accept(server.accept());
                told = false;
            } catch (IOException | RuntimeException | Error e) {
                room.release();
                failed(e);
            }
        }
    }

    private void accept(SocketChannel channel) throws IOException {
        BlockingLeg leg;
        Peer client;
        try {
            client = new Peer(client(channel.getRemoteAddress()));
            leg = new BlockingLeg(BlockingSocket.of(channel), threads);
        } catch (IOException | RuntimeException | Error e) {
            channel.close();
            throw e;
        }
        leg.over().thenRun(room::release);
        try {
            accepted.accept(leg, client);
        } catch (RuntimeException | Error e) { // must not end the listener
            leg.abort();
            log.warn("A connection to {} cannot be served", address, e);
        }
    }

    private static String client(SocketAddress address) {
        return address instanceof InetSocketAddress inet
                ? inet.getAddress().getHostAddress() + ":" + inet.getPort()
                : "";
    }

    private void failed(Throwable failure) {
        if (server.isOpen()) {
            tell(failure);
            try {
                Thread.sleep(PAUSE_MILLIS); // most likely out of file descriptors
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Logs the first of several failures. */
    private void tell(Throwable failure) {
        try {
            if (!told) {
                told = true;
                log.warn(
                        "The listener at {} cannot accept connections and keeps trying: {}",
                        address,
                        failure.toString());
            }
        } catch (Throwable e) {
            // there may be no memory even for this, and it must not end the thread
        }
    }

    @Override
    public void close() {
        if (!server.isOpen()) {
            return;
        }
        try {
            server.close();
            if (file != null) {
                file.delete();
            }
        } catch (IOException e) {
            log.debug("The listener did not close", e);
        }
    }
}
