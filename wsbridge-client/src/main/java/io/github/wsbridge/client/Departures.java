package io.github.wsbridge.client;

import io.github.wsbridge.wire.net.SocketTable;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Notices clients of a tunnel that go away while their bridges are being set up, on Linux: any that reset the
 * connection, even if the transport does not read, and those on the same host that close it after they have waited. One
 * that closes at once is left alone, since it may have sent all it has to say, and so is one that only ends its output.
 * Thread-safe; no method blocks.
 */
final class Departures {

    private static final Logger log = LoggerFactory.getLogger(Departures.class);

    /** Between two looks, and before the first: most bridges are established by then, and cost nothing. */
    private static final long PAUSE_MILLIS = 200;

    private static final int MISSES = 2; // a table that changes while it is read may miss an entry

    private final int port; // 0 if clients cannot be seen
    private final Set<Attempt> attempts = ConcurrentHashMap.newKeySet();
    private final AtomicBoolean looking = new AtomicBoolean();

    /** Creates one for the clients of a local address. */
    Departures(SocketAddress listening) {
        port = listening instanceof InetSocketAddress tcp && SocketTable.exists() ? tcp.getPort() : 0;
    }

    /**
     * Cancels an attempt if its client goes away before it is complete.
     *
     * @param client the client's IP address and port, or an empty string
     */
    void watch(String client, CompletableFuture<?> bridge) {
        if (port == 0 || client.isEmpty() || bridge.isDone()) {
            return;
        }
        Attempt attempt = new Attempt(client, bridge);
        attempts.add(attempt);
        bridge.whenComplete((established, failure) -> attempts.remove(attempt));
        lookLater();
    }

    private void lookLater() {
        if (!attempts.isEmpty() && looking.compareAndSet(false, true)) {
            CompletableFuture.delayedExecutor(PAUSE_MILLIS, TimeUnit.MILLISECONDS)
                    .execute(this::look);
        }
    }

    private void look() {
        try {
            long now = System.nanoTime();
            if (attempts.stream().anyMatch(attempt -> attempt.waits(now))) {
                SocketTable table = SocketTable.of(port);
                if (table.complete()) {
                    attempts.forEach(attempt -> attempt.look(table));
                }
            }
        } catch (IOException | RuntimeException | Error e) { // must not be the last look
            log.debug("Cannot see whether clients have gone", e);
        } finally {
            looking.set(false);
            lookLater();
        }
    }

    /** A client and the bridge that it waits for. Its state is used by one look at a time. */
    private static final class Attempt {
        private final String client;
        private final CompletableFuture<?> bridge;
        private final long since = System.nanoTime();
        private boolean waited; // seen by an earlier look
        private int missed;

        Attempt(String client, CompletableFuture<?> bridge) {
            this.client = client;
            this.bridge = bridge;
        }

        boolean waits(long now) {
            return now - since >= TimeUnit.MILLISECONDS.toNanos(PAUSE_MILLIS);
        }

        void look(SocketTable table) {
            int colon = client.lastIndexOf(':'); // what is before it is never a name
            InetSocketAddress from =
                    new InetSocketAddress(client.substring(0, colon), Integer.parseInt(client.substring(colon + 1)));
            missed = table.connected(from) ? 0 : missed + 1;
            if (missed >= MISSES || waited && table.abandoned(from)) {
                bridge.cancel(true);
            }
            waited |= table.held(from);
        }
    }
}
