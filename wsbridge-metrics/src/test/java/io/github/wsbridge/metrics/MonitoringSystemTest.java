package io.github.wsbridge.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.wsbridge.client.BridgeClient;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What Prometheus' own tool says of the metrics, the alerts and the dashboard. */
@Tag("system")
final class MonitoringSystemTest {

    private static String promtool(Path input, String... args) throws Exception {
        Process process = new ProcessBuilder(Stream.concat(Stream.of("promtool"), List.of(args).stream())
                        .toList())
                .redirectErrorStream(true)
                .redirectInput(
                        input == null ? ProcessBuilder.Redirect.PIPE : ProcessBuilder.Redirect.from(input.toFile()))
                .start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).as(said).isZero();
        return said;
    }

    @Test
    void alerts_areValidAndFire() throws Exception {
        assertThat(promtool(null, "check", "rules", Monitoring.ALERTS.toString()))
                .contains("13 rules found");
        assertThat(promtool(null, "test", "rules", Monitoring.ALERTS_TEST.toString()))
                .contains("SUCCESS");
    }

    @Test
    void dashboard_hasValidQueries(@TempDir Path dir) throws Exception {
        StringBuilder rules = new StringBuilder("groups:\n  - name: dashboard\n    rules:\n");
        List<String> queries = Monitoring.dashboardQueries();
        for (int i = 0; i < queries.size(); i++) {
            rules.append("      - record: query:")
                    .append(i)
                    .append("\n        expr: '")
                    .append(queries.get(i))
                    .append("'\n");
        }
        Path file = Files.writeString(dir.resolve("rules.yml"), rules);
        assertThat(promtool(null, "check", "rules", file.toString())).contains(queries.size() + " rules found");
    }

    @Test
    void scrape_isWellFormed(@TempDir Path dir) throws Exception {
        KernelMemoryTest.write(dir.resolve("proc"));
        try (ScrapedNodes nodes = new ScrapedNodes(dir.resolve("proc"));
                BridgeClient client = BridgeClient.builder(nodes.url(0)).build()) {
            nodes.echoed(client, 10).close();
            String own = nodes.text(0)
                    .lines()
                    .filter(line -> line.contains("wsbridge_"))
                    .collect(Collectors.joining("\n", "", "\n"));
            promtool(Files.writeString(dir.resolve("scrape"), own), "check", "metrics");
        }
    }
}
