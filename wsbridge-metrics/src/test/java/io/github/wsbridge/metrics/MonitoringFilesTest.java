package io.github.wsbridge.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.wsbridge.client.BridgeClient;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The dashboard and the alerts ask only for what nodes say. */
final class MonitoringFilesTest {

    private static final Pattern METRIC =
            Pattern.compile("\\b((?:wsbridge|jvm|process|system)_[a-z_]+)(?:\\{([^}]*)})?");
    private static final Pattern LABEL = Pattern.compile("([a-z_]+)=");
    private static final Set<String> OF_PROMETHEUS = Set.of("instance", "job");

    @Test
    void queries_areOfMetricsAndLabelsThatThereAre(@TempDir Path proc) throws Exception {
        KernelMemoryTest.write(proc);
        List<String> queries = new ArrayList<>(Monitoring.dashboardQueries());
        assertThat(queries).hasSizeGreaterThan(20);
        assertThat(Monitoring.alertQueries()).hasSizeGreaterThan(10);
        queries.addAll(Monitoring.alertQueries());
        try (ScrapedNodes nodes = new ScrapedNodes(proc);
                BridgeClient client = BridgeClient.builder(nodes.url(0)).build()) {
            nodes.echoed(client, 10).close();
            nodes.refuse(0);
            Awaitility.await()
                    .atMost(Duration.ofSeconds(30))
                    .untilAsserted(() -> assertThat(unknown(queries, List.of(nodes.scrape(0), nodes.scrape(1))))
                            .isEmpty());
        }
    }

    private static Set<String> unknown(List<String> queries, List<Scrape> scrapes) {
        Set<String> unknown = new TreeSet<>();
        for (String query : queries) {
            Matcher metric = METRIC.matcher(query);
            while (metric.find()) {
                String family = metric.group(1);
                Set<String> labels = labels(family, scrapes);
                if (labels == null) {
                    unknown.add(family);
                    continue;
                }
                Matcher label = LABEL.matcher(metric.group(2) == null ? "" : metric.group(2));
                while (label.find()) {
                    if (!labels.contains(label.group(1)) && !OF_PROMETHEUS.contains(label.group(1))) {
                        unknown.add(family + " by " + label.group(1));
                    }
                }
            }
        }
        return unknown;
    }

    /** Returns the labels of a metric, or null if no node has it. */
    private static Set<String> labels(String name, List<Scrape> scrapes) {
        for (String family : List.of(name, name.replaceFirst("_(bucket|count|sum)$", ""))) {
            for (Scrape scrape : scrapes) {
                if (scrape.labels().containsKey(family)) {
                    return scrape.labels().get(family);
                }
            }
        }
        return null;
    }
}
