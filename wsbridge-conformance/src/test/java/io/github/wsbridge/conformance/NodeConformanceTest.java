package io.github.wsbridge.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.wsbridge.core.access.ApiKeyPolicy;
import io.github.wsbridge.netty.NettyBridgeServer;
import io.github.wsbridge.tyrus.TyrusBridgeServer;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** This project's nodes keep all clauses. */
@Timeout(120)
final class NodeConformanceTest {

    private static final InetSocketAddress ANY = new InetSocketAddress("127.0.0.1", 0);

    @Test
    void netty_open() throws Exception {
        try (TestNode node =
                new TestNode(NettyBridgeServer.builder().address(ANY).bind(), "", b -> b.insecure())) {
            assertHolds(
                    check(node, Map.of(), Map.of()),
                    Clause.NODE_CREDENTIALS,
                    Clause.NODE_SIGNED,
                    Clause.NODE_SIGNED_ONCE);
        }
    }

    @Test
    @Tag("system")
    void netty_withKeys() throws Exception {
        String requester = ApiKeyPolicy.newKey();
        String device = ApiKeyPolicy.newKey();
        ApiKeyPolicy policy = ApiKeyPolicy.parse(List.of(
                "alice requester " + ApiKeyPolicy.hash(requester), "fleet device " + ApiKeyPolicy.hash(device) + " *"));
        try (TestNode node =
                new TestNode(NettyBridgeServer.builder().address(ANY).bind(), "", b -> b.accessPolicy(policy))) {
            assertHolds(check(node, NodeKit.apiKey(requester), NodeKit.apiKey(device)), Clause.NODE_OPEN_HOST);
        }
    }

    @Test
    @Tag("system")
    void tyrus_open() throws Exception {
        try (TestNode node =
                new TestNode(TyrusBridgeServer.builder().address(ANY).bind(), "", b -> b.insecure())) {
            assertHolds(
                    check(node, Map.of(), Map.of()),
                    Clause.NODE_CREDENTIALS,
                    Clause.NODE_SIGNED,
                    Clause.NODE_SIGNED_ONCE);
        }
    }

    private static Report check(TestNode node, Map<String, String> requester, Map<String, String> device)
            throws InterruptedException {
        return NodeKit.run(
                new Nodes(URI.create("ws://127.0.0.1:" + node.port()), Duration.ofSeconds(5), requester, device),
                Set.of());
    }

    /** Fails unless all clauses hold, but for those that may not apply. */
    static void assertHolds(Report report, Clause... perhapsNotApplicable) {
        StringWriter text = new StringWriter();
        report.print(new PrintWriter(text));
        assertThat(report.findings()).as(text.toString()).allSatisfy(entry -> {
            if (!List.of(perhapsNotApplicable).contains(entry.getKey())
                    || entry.getValue().state() != Report.State.NOT_APPLICABLE) {
                assertThat(entry.getValue().state()).isEqualTo(Report.State.PASSED);
            }
        });
    }
}
