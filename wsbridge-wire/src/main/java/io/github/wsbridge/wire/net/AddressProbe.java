package io.github.wsbridge.wire.net;

import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Finds out which of a server's addresses answers first (RFC 8305): each further one is tried when the one before it
 * has failed or has not connected within a quarter of a second. The connections are closed at once, for libraries that
 * make their own. Blocks; used once, by one thread.
 */
final class AddressProbe implements AutoCloseable {

    private static final long HEAD_START = TimeUnit.MILLISECONDS.toNanos(AddressTurns.HEAD_START_MILLIS);
    private static final int LOOK_MILLIS = 100;

    private final Selector selector;
    private final Collection<InetSocketAddress> addresses;
    private final Deque<InetSocketAddress> waiting;
    private int connecting;
    private long turn = System.nanoTime(); // when the next address is tried
    private @Nullable IOException failure;

    private AddressProbe(Collection<InetSocketAddress> addresses) throws IOException {
        this.addresses = addresses;
        waiting = new ArrayDeque<>(addresses);
        selector = Selector.open();
    }

    /**
     * Returns the first address that accepts a connection.
     *
     * @param addresses resolved, in the order in which they are tried; those that fail are removed
     * @param needed asked from time to time whether the answer is still needed
     * @throws IOException the first failure if none accepts one in time
     */
    static InetSocketAddress first(Collection<InetSocketAddress> addresses, Duration timeout, BooleanSupplier needed)
            throws IOException {
        long deadline = System.nanoTime() + timeout.toNanos();
        try (AddressProbe probe = new AddressProbe(addresses)) {
            while (needed.getAsBoolean() && deadline - System.nanoTime() > 0) {
                InetSocketAddress answered = probe.look();
                if (answered != null) {
                    return answered;
                }
            }
            throw probe.failure("not connected within " + timeout.toMillis() + " ms");
        }
    }

    private IOException failure(String otherwise) {
        return failure == null ? new IOException(otherwise) : failure;
    }

    private @Nullable InetSocketAddress look() throws IOException {
        if (!waiting.isEmpty() && (connecting == 0 || turn - System.nanoTime() <= 0)) {
            InetSocketAddress next = waiting.remove();
            if (begin(next)) {
                return next;
            }
        }
        if (connecting == 0) {
            if (waiting.isEmpty()) {
                throw failure("no address");
            }
            return null;
        }
        long millis = waiting.isEmpty()
                ? LOOK_MILLIS
                : Math.min(LOOK_MILLIS, TimeUnit.NANOSECONDS.toMillis(turn - System.nanoTime()) + 1);
        selector.select(Math.max(1, millis));
        for (SelectionKey key : selector.selectedKeys()) {
            if (connected(key)) {
                return (InetSocketAddress) key.attachment();
            }
        }
        selector.selectedKeys().clear();
        return null;
    }

    /** Returns whether the address has answered at once. */
    private boolean begin(InetSocketAddress address) throws IOException {
        turn = System.nanoTime() + HEAD_START;
        SocketChannel channel = SocketChannel.open();
        try {
            channel.configureBlocking(false);
            if (channel.connect(address)) {
                channel.close();
                return true;
            }
            channel.register(selector, SelectionKey.OP_CONNECT, address);
            connecting++;
        } catch (IOException | RuntimeException e) {
            channel.close();
            failed(address, e);
        }
        return false;
    }

    private boolean connected(SelectionKey key) throws IOException {
        try {
            return ((SocketChannel) key.channel()).finishConnect();
        } catch (IOException e) {
            key.channel().close();
            connecting--;
            failed((InetSocketAddress) key.attachment(), e);
            return false;
        }
    }

    private void failed(InetSocketAddress address, Exception why) {
        addresses.remove(address);
        turn = System.nanoTime();
        if (failure == null) {
            failure = new ConnectException("cannot connect to " + address + ": " + why.getMessage());
            failure.initCause(why);
        }
    }

    @Override
    public void close() throws IOException {
        for (SelectionKey key : selector.keys()) {
            key.channel().close();
        }
        selector.close();
    }
}
