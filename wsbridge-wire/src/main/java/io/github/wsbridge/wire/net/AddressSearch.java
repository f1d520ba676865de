package io.github.wsbridge.wire.net;

import io.github.wsbridge.HandshakeException;
import io.github.wsbridge.spi.Leg;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Connects to servers with several addresses by means of a library that connects to one (RFC 8305): the address that
 * {@linkplain AddressProbe answers} first gets the handshake, and if that fails, the one that answers next. So the
 * server never sees two requests of one attempt that might both succeed. What a lookup found is used for a second.
 * Thread-safe.
 */
public final class AddressSearch implements AutoCloseable {

    private static final long LIFE = TimeUnit.SECONDS.toNanos(1);
    private static final int MOST_KNOWN = 256;

    /** Looks up a name; may block. */
    public interface Lookup {
        /** Returns the addresses; none if the handshake finds its own way, as through a proxy. */
        List<InetSocketAddress> addresses(HostPort server) throws IOException;
    }

    /** Begins to connect to an address; does not block. */
    public interface Handshake {
        /**
         * Begins a connection, which a cancellation of the result ends.
         *
         * @param address null if the lookup found none
         * @param first whether it is the one that the system puts first, which libraries use
         */
        CompletableFuture<Leg> begin(@Nullable InetSocketAddress address, boolean first, Duration timeout);
    }

    /** What is known of a server: all addresses in the system's order, and the one that answered last. */
    private record Known(List<InetSocketAddress> addresses, InetSocketAddress answered, long nanos) {}

    private final Executor threads;
    private final Map<HostPort, Known> known = new ConcurrentHashMap<>();
    private final Set<CompletableFuture<Leg>> attempts = ConcurrentHashMap.newKeySet();
    private volatile boolean closed;

    /**
     * Creates a search.
     *
     * @param threads runs lookups and waits for answers; may block
     */
    public AddressSearch(Executor threads) {
        this.threads = threads;
    }

    /** Connects; a failure is an {@link IOException}. Does not block. */
    public CompletionStage<Leg> connect(HostPort server, Duration timeout, Lookup lookup, Handshake handshake) {
        CompletableFuture<Leg> result = new CompletableFuture<>();
        attempts.add(result);
        result.whenComplete((opened, failure) -> attempts.remove(result));
        Attempt attempt = new Attempt(server, timeout, lookup, handshake, result);
        Known last = known.get(server);
        if (last != null && System.nanoTime() - last.nanos() < LIFE) {
            attempt.start(last.addresses());
            attempt.use(last.answered());
        } else {
            attempt.seek();
        }
        within(timeout, result);
        if (closed) {
            result.completeExceptionally(closedFailure());
        }
        return result;
    }

    /** A lookup may take longer. */
    private static void within(Duration timeout, CompletableFuture<Leg> result) {
        CompletableFuture<Void> over = new CompletableFuture<>();
        result.whenComplete((opened, failure) -> over.complete(null));
        over.orTimeout(timeout.toNanos(), TimeUnit.NANOSECONDS).exceptionally(late -> {
            result.completeExceptionally(new IOException("not connected within " + timeout.toMillis() + " ms"));
            return null;
        });
    }

    /** Fails all attempts. */
    @Override
    public void close() {
        closed = true;
        attempts.forEach(result -> result.completeExceptionally(closedFailure()));
    }

    private static IOException closedFailure() {
        return new IOException("the connector is closed");
    }

    /** One attempt. One thread at a time works on it, since each step starts the next one. */
    private final class Attempt {
        private final HostPort server;
        private final long deadline;
        private final Lookup lookup;
        private final Handshake handshake;
        private final CompletableFuture<Leg> result;
        private List<InetSocketAddress> addresses = List.of();
        private Deque<InetSocketAddress> left = new ArrayDeque<>();
        private @Nullable IOException failure; // a server's answer, or else the first one

        Attempt(HostPort server, Duration timeout, Lookup lookup, Handshake handshake, CompletableFuture<Leg> result) {
            this.server = server;
            this.deadline = System.nanoTime() + timeout.toNanos();
            this.lookup = lookup;
            this.handshake = handshake;
            this.result = result;
        }

        void start(List<InetSocketAddress> found) {
            addresses = found;
            left = AddressTurns.alternating(found);
        }

        void seek() {
            try {
                threads.execute(this::next);
            } catch (RuntimeException | Error e) { // rejected, or the system has no more threads
                fail(new IOException(closed ? "the connector is closed" : "there is no thread for a name lookup", e));
            }
        }

        private void next() {
            if (result.isDone()) {
                return;
            }
            try {
                if (addresses.isEmpty()) {
                    List<InetSocketAddress> found = lookup.addresses(server);
                    if (found.isEmpty()) {
                        shake(null, false, timeLeft());
                        return;
                    }
                    start(found);
                }
                InetSocketAddress answered = addresses.size() == 1
                        ? addresses.get(0)
                        : AddressProbe.first(left, timeLeft(), () -> !result.isDone());
                remember(answered);
                use(answered);
            } catch (IOException e) {
                fail(failure == null ? e : failure);
            } catch (RuntimeException | Error e) {
                fail(new IOException("cannot connect", e));
            }
        }

        private Duration timeLeft() {
            return Duration.ofNanos(Math.max(1, deadline - System.nanoTime()));
        }

        private void remember(InetSocketAddress answered) {
            if (known.size() >= MOST_KNOWN) {
                known.clear();
            }
            known.put(server, new Known(addresses, answered, System.nanoTime()));
        }

        void use(InetSocketAddress address) {
            left.remove(address);
            shake(address, address.equals(addresses.get(0)), timeLeft().dividedBy(left.size() + 1L));
        }

        private void shake(@Nullable InetSocketAddress address, boolean first, Duration patience) {
            CompletableFuture<Leg> outcome = handshake.begin(address, first, patience);
            result.whenComplete((opened, why) -> outcome.cancel(true)); // no effect on one that is complete
            outcome.whenComplete((opened, why) -> {
                if (why == null) {
                    if (!result.complete(opened)) {
                        opened.abort(); // the caller has given up
                    }
                } else {
                    failed(why instanceof CompletionException && why.getCause() != null ? why.getCause() : why);
                }
            });
        }

        private void failed(Throwable why) {
            IOException reason = why instanceof IOException e ? e : new IOException("cannot connect", why);
            if (failure == null || why instanceof HandshakeException) {
                failure = reason;
            }
            if (why instanceof HandshakeException refused && refused.status() < 500) {
                fail(reason); // the server's decision, which holds for all addresses
                return;
            }
            known.remove(server);
            if (left.isEmpty() || result.isDone()) {
                fail(failure);
            } else {
                seek();
            }
        }

        private void fail(IOException why) {
            result.completeExceptionally(why);
        }
    }
}
