package io.github.wsbridge.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.wsbridge.client.BridgeChannel;
import io.github.wsbridge.client.BridgeClient;
import io.github.wsbridge.core.tokens.TokenKeys;
import java.net.URI;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The keys of three nodes are replaced, one node after the other, while bridges are being set up. */
final class KeyRotationTest {

    private static final int NODES = 3;
    private static final int WORKERS = 3;
    private static final int ROUNDS = 2;

    private final List<AtomicReference<TokenKeys>> keys = new ArrayList<>();
    private final AtomicInteger bridges = new AtomicInteger();
    private final AtomicBoolean over = new AtomicBoolean();
    private final Queue<Throwable> failures = new ConcurrentLinkedQueue<>();

    @Test
    @Timeout(120)
    void keysReplacedTwice_noBridgeIsLost() throws Exception {
        TokenKeys first = TokenKeys.generate();
        for (int i = 0; i < NODES; i++) {
            keys.add(new AtomicReference<>(first));
        }
        AtomicInteger built = new AtomicInteger();
        try (Cluster cluster = Cluster.start(NODES, node -> node.keys(keys.get(built.getAndIncrement())::get));
                EchoDevices devices = new EchoDevices(cluster.url(), NODES)) {
            List<Thread> workers = new ArrayList<>();
            for (int i = 0; i < WORKERS; i++) {
                URI node = cluster.url(i % NODES);
                Thread worker = new Thread(() -> connectAgainAndAgain(node), "worker-" + i);
                workers.add(worker);
                worker.start();
            }
            try {
                for (int i = 0; i < ROUNDS; i++) {
                    rotate();
                }
            } finally {
                over.set(true);
                for (Thread worker : workers) {
                    worker.join(TimeUnit.SECONDS.toMillis(30));
                }
            }
            assertThat(failures).isEmpty();
            assertThat(cluster.crossings.forwarded()).isPositive();
            assertThat(cluster.crossings.forwarded() + cluster.crossings.direct())
                    .isEqualTo(bridges.get());
        }
    }

    /** As docs/recipes.md describes it: add on all nodes, then make primary on all nodes, then remove on all nodes. */
    private void rotate() {
        TokenKeys old = keys.get(0).get();
        int oldKey = primary(old);
        TokenKeys both = old.withNewKey();
        int newKey = both.keys().get(both.keys().size() - 1).id();
        onEachNode(before -> both);
        onEachNode(before -> before.withPrimary(newKey));
        moreBridges(2 * WORKERS); // the tokens made with the old key have been used
        onEachNode(before -> before.without(oldKey));
        assertThat(keys.get(0).get().keys()).hasSize(1);
    }

    private static int primary(TokenKeys keys) {
        return keys.keys().stream()
                .filter(TokenKeys.Key::primary)
                .findAny()
                .orElseThrow()
                .id();
    }

    private void onEachNode(UnaryOperator<TokenKeys> change) {
        for (AtomicReference<TokenKeys> node : keys) {
            node.updateAndGet(change);
            moreBridges(2 * WORKERS);
        }
    }

    /** Waits for bridges that have been set up with the keys as they are now. */
    private void moreBridges(int count) {
        int before = bridges.get();
        await().atMost(Duration.ofSeconds(30))
                .pollInterval(Duration.ofMillis(5))
                .until(() -> bridges.get() >= before + count || !failures.isEmpty());
    }

    private void connectAgainAndAgain(URI node) {
        try (BridgeClient client = BridgeClient.builder(node).build()) {
            for (int i = 0; !over.get(); i++) {
                try (BridgeChannel bridge =
                        client.connect("device-" + i % NODES).get(30, TimeUnit.SECONDS)) {
                    bridge.write(ByteBuffer.wrap(new byte[] {42}));
                    if (bridge.read(ByteBuffer.allocate(1)) != 1) {
                        throw new AssertionError("no echo");
                    }
                }
                bridges.incrementAndGet();
            }
        } catch (Throwable e) {
            failures.add(e);
        }
    }
}
