package io.github.wsbridge.conformance;

import io.github.wsbridge.client.BridgeDevice;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** This project's clients keep all clauses. */
@Timeout(120)
final class ClientConformanceTest {

    private static final Duration PATIENCE = Duration.ofSeconds(5);
    private static final Duration START_TIME = Duration.ofSeconds(20);

    @Test
    void requester() throws Exception {
        try (KitNode node = new KitNode(PATIENCE)) {
            NodeConformanceTest.assertHolds(
                    requester(node, node.url(), PATIENCE, Set.of()), Clause.CLIENT_HEARTBEAT, Clause.REQUESTER_WAIT);
        }
    }

    /** @param url where the requester connects */
    static Report requester(KitNode node, String url, Duration patience, Set<Clause> only) throws InterruptedException {
        Thread requester = new Thread(() -> OwnClients.request(URI.create(url)), "requester");
        requester.start();
        try {
            return RequesterKit.run(
                    node, List.of(), false, OwnClients.DEVICE, OwnClients.DATA, START_TIME, patience, only);
        } finally {
            requester.interrupt();
            node.close();
            requester.join();
        }
    }

    @Test
    @Tag("system") // some seconds, to see that the device waits
    void device() throws Exception {
        try (KitNode node = new KitNode(PATIENCE)) {
            NodeConformanceTest.assertHolds(device(node, node.url(), PATIENCE, Set.of()));
        }
    }

    /** @param url where the device listens */
    static Report device(KitNode node, String url, Duration patience, Set<Clause> only) throws InterruptedException {
        try (BridgeDevice device = OwnClients.device(URI.create(url))) {
            return DeviceKit.run(node, OwnClients.DEVICE, OwnClients.DATA, START_TIME, patience, only);
        }
    }
}
