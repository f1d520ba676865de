package io.github.wsbridge.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.wsbridge.client.BridgeChannel;
import io.github.wsbridge.client.BridgeClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Compares docs/metrics.md with what nodes say that have done all that is counted. */
final class MetricsDocumentTest {

    private static final Pattern ROW =
            Pattern.compile("(?m)^\\| `(wsbridge_[a-z_]+)` \\| ([a-z]+) \\|([^|]*)\\| .* \\|$");
    private static final Pattern WORD = Pattern.compile("`([a-z_]+)`");

    /** What a page or a scrape says of each metric: its type and its labels. */
    private static Map<String, String> documented() throws Exception {
        Map<String, String> all = new TreeMap<>();
        Matcher row = ROW.matcher(Files.readString(Path.of("..", "docs", "metrics.md")));
        while (row.find()) {
            Set<String> labels = new TreeSet<>();
            Matcher word = WORD.matcher(row.group(3));
            while (word.find()) {
                labels.add(word.group(1));
            }
            all.put(row.group(1), row.group(2) + " " + labels);
        }
        return all;
    }

    @Test
    void document_listsWhatNodesSay(@TempDir Path proc) throws Exception {
        KernelMemoryTest.write(proc);
        try (ScrapedNodes nodes = new ScrapedNodes(proc);
                BridgeClient client = BridgeClient.builder(nodes.url(0)).build()) {
            nodes.echoed(client, 10).close();
            nodes.refuse(0);
            Map<String, String> documented = documented();
            assertThat(documented).hasSizeGreaterThan(20);
            Awaitility.await()
                    .atMost(Duration.ofSeconds(30))
                    .untilAsserted(() -> assertThat(said(nodes)).isEqualTo(documented));
            for (String name : nodes.scrape(0).types().keySet()) {
                assertThat(name).matches("(wsbridge|jvm|process|system)_.*");
            }
        }
    }

    private static Map<String, String> said(ScrapedNodes nodes) {
        Map<String, String> all = new TreeMap<>();
        for (int i = 0; i < 2; i++) {
            Scrape scrape = nodes.scrape(i);
            scrape.types().forEach((name, type) -> {
                if (name.startsWith("wsbridge_")) {
                    all.put(name, type + " " + scrape.labels().get(name));
                }
            });
        }
        return all;
    }

    @Test
    void values_areThoseOfWhatHappened(@TempDir Path proc) throws Exception {
        try (ScrapedNodes nodes = new ScrapedNodes(proc);
                BridgeClient client = BridgeClient.builder(nodes.url(0)).build()) {
            BridgeChannel bridge = nodes.echoed(client, 100_000);
            Awaitility.await() // bytes are counted after they have been passed on
                    .atMost(Duration.ofSeconds(30))
                    .until(() -> Stream.of("to_device", "to_requester")
                            .allMatch(direction -> nodes.scrape(0)
                                            .value("wsbridge_bridge_bytes_total{direction=\"" + direction + "\"}")
                                    >= 100_000));

            Scrape owner = nodes.scrape(0);
            Scrape forwarding = nodes.scrape(1);
            assertThat(owner.value("wsbridge_bridges_active")).isEqualTo(1);
            assertThat(owner.value("wsbridge_bridges_pending")).isZero();
            assertThat(owner.value("wsbridge_bridges_established_total{hop=\"forwarded\"}"))
                    .isEqualTo(1);
            assertThat(owner.value("wsbridge_bridge_bytes_total{direction=\"to_device\"}"))
                    .isEqualTo(100_000);
            assertThat(owner.value("wsbridge_bridge_bytes_total{direction=\"to_requester\"}"))
                    .isEqualTo(100_000);
            assertThat(owner.value("wsbridge_bridge_setup_seconds_count{channel=\"listen\"}"))
                    .isEqualTo(1);
            assertThat(owner.value("wsbridge_signal_seconds_count{channel=\"listen\",outcome=\"delivered\"}"))
                    .isEqualTo(1);
            assertThat(owner.value("wsbridge_peers")).isEqualTo(1);
            assertThat(owner.value("wsbridge_peers_linked")).isEqualTo(1);
            assertThat(owner.value("wsbridge_limit_hits_total{limit=\"bridges\"}"))
                    .isZero();
            assertThat(owner.value("wsbridge_node_draining")).isZero();
            assertThat(forwarding.value("wsbridge_listeners")).isEqualTo(1);
            assertThat(forwarding.value("wsbridge_forwards_active")).isEqualTo(1);
            assertThat(forwarding.value("wsbridge_forward_bytes_total{direction=\"to_device\"}"))
                    .isGreaterThanOrEqualTo(100_000);
            assertThat(forwarding.value("wsbridge_server_connections{server=\"public\"}"))
                    .isGreaterThanOrEqualTo(2);

            bridge.close();
            Awaitility.await().atMost(Duration.ofSeconds(30)).untilAsserted(() -> {
                Scrape after = nodes.scrape(0);
                assertThat(after.value("wsbridge_bridges_active")).isZero();
                assertThat(after.value("wsbridge_bridges_ended_total{code=\"1000\",stage=\"established\"}"))
                        .isEqualTo(1);
                assertThat(after.value("wsbridge_bridge_bytes_total{direction=\"to_device\"}"))
                        .isEqualTo(100_000);
                assertThat(nodes.scrape(1).value("wsbridge_forwards_ended_total{code=\"1000\"}"))
                        .isEqualTo(1);
            });
        }
    }
}
