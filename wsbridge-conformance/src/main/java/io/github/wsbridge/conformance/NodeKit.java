package io.github.wsbridge.conformance;

import java.io.IOException;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

/** Plays clients against a node. */
final class NodeKit {

    private NodeKit() {}

    /** Checks a node, which takes as long as its accept timeout, twice, or its heartbeats. */
    static Report run(Nodes nodes, Set<Clause> only) throws InterruptedException {
        Report report = new Report(Clause.of("node"), only);
        // What mostly waits, at the same time as the others.
        Thread slow = new Thread(() -> bridges(nodes, report, NodeBridges::runSlow), "conformance-slow");
        slow.setDaemon(true);
        slow.start();
        new NodeRequests(nodes, report).run();
        bridges(nodes, report, NodeBridges::run);
        slow.join();
        return report;
    }

    /** Checks with a device of their own. */
    private interface Checks {
        void run(NodeBridges bridges) throws InterruptedException;
    }

    private static void bridges(Nodes nodes, Report report, Checks checks) {
        try {
            checks.run(new NodeBridges(nodes, report, "conformance ä/" + UUID.randomUUID()));
        } catch (IOException e) {
            report.broken(Clause.NODE_INVITATION, "a device cannot listen: " + e.getMessage());
            report.unreached("a device cannot listen: " + e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    static Map<String, String> apiKey(String key) {
        return key.isEmpty() ? Map.of() : Map.of("X-Api-Key", key);
    }
}
