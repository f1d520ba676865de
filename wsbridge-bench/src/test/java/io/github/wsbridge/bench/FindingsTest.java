package io.github.wsbridge.bench;

import static org.assertj.core.api.Assertions.assertThat;

import com.grack.nanojson.JsonObject;
import com.grack.nanojson.JsonParser;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

final class FindingsTest {

    private final Results results = new Results();

    @Test
    void ratio_isMedianOverMedian() {
        relay("relay-64KiB", Subject.OURS, 1, 9, 5);
        relay("relay-64KiB", Subject.HAPROXY_TCP, 10, 10, 1);
        relay("relay-64KiB", Subject.HAPROXY_TCP_BIG, 20, 20, 20);
        relay("relay-64KiB", Subject.NGINX_WS_BIG, 10, 10, 10);

        Findings findings = new Findings(results);
        assertThat(findings.ratios())
                .containsEntry("relay-64KiB.throughput.vs.haproxy-tcp", 0.5)
                .containsEntry("relay-64KiB.throughput.vs.haproxy-tcp-64k-buffers", 0.25)
                .containsEntry("relay-64KiB.throughput.vs.nginx-ws-64k-buffers", 0.5);
        assertThat(findings.bars())
                .filteredOn(bar -> bar.name().equals("relay-64KiB.throughput.vs.haproxy-tcp"))
                .singleElement()
                .satisfies(bar -> assertThat(bar.reached(findings.value(bar))).isFalse());
    }

    @Test
    void ratio_smallFrames_usesTheBestBufferSize() {
        relay("relay-128B", Subject.OURS, 5);
        relay("relay-128B", Subject.HAPROXY_TCP, 5);
        relay("relay-128B", Subject.HAPROXY_TCP_BIG, 10);

        assertThat(new Findings(results).ratios()).containsEntry("relay-128B.throughput.vs.haproxy-tcp", 0.5);
    }

    @Test
    void ratio_ofAChain_isThatOfTheWorseDirection() {
        results.add("tunnel", Subject.OURS, 1, chain(8, 1, 6, 3));
        results.add("tunnel", "socat", 1, chain(10, 1, 10, 2));

        Findings findings = new Findings(results);
        assertThat(findings.ratios())
                .containsEntry("tunnel.throughput.vs.socat", 0.6)
                .containsEntry("tunnel.throughput-up.vs.socat", 0.8)
                .containsEntry("tunnel.throughput-down.vs.socat", 0.6)
                .containsEntry("tunnel.cpu-per-gb.vs.socat", 1.5);
        assertThat(reached(findings))
                .containsEntry("tunnel.throughput.vs.socat", false)
                .containsEntry("tunnel.cpu-per-gb.vs.socat", true);
    }

    @Test
    void ratios_ofRelays_haveBarsForLargeBuffersAndTls() {
        relay("relay-1KiB", Subject.OURS, 5);
        relay("relay-1KiB", Subject.HAPROXY_WS_BIG, 10);
        relay("relay-tls-64KiB", Subject.OURS, 5);
        relay("relay-tls-64KiB", "haproxy-tls", 4);
        relay("relay-tls-64KiB", "nginx-tls", 10);

        Findings findings = new Findings(results);
        assertThat(findings.ratios())
                .containsEntry("relay-1KiB.throughput.vs.haproxy-ws-64k-buffers", 0.5)
                .containsEntry("relay-tls-64KiB.throughput.vs.haproxy-tls", 1.25);
        assertThat(reached(findings))
                .containsEntry("relay-1KiB.throughput.vs.haproxy-ws-64k-buffers", false)
                .containsEntry("relay-tls-64KiB.throughput.vs.haproxy-tls", true)
                .containsEntry("relay-tls-64KiB.throughput.vs.nginx-tls", false);
    }

    @Test
    void figures_ofChains_nameTheProcess() {
        results.add("tunnel-rtt", Subject.OURS, 1, Map.of(Results.P50, 100.0, Results.P99, 250.0));
        results.add("tunnel-connections", Subject.OURS, 0, Map.of(ChainBench.CONNECTIONS_COLD, 700.0));
        results.add("tunnel-connections", Subject.OURS, 1, Map.of(ChainBench.CONNECTIONS, 1_500.0));
        results.add("tunnel-processes", "device", 1, Map.of(ChainBench.RSS_IDLE, 5e7, ChainBench.START, 0.4));
        results.add("tunnel-tls-processes", "node", 1, Map.of(ChainBench.RSS_IDLE, 9e7));
        results.add("expose-processes", "node", 1, Map.of(ChainBench.START, 0.7));

        Findings findings = new Findings(results);
        assertThat(findings.ratios()).containsEntry("tunnel.rtt-p99.vs.own-p50", 2.5);
        assertThat(findings.figures())
                .containsEntry("tunnel.connections-per-second-cold", 700.0)
                .containsEntry("tunnel.connections-per-second", 1_500.0)
                .containsEntry("device.rss-bytes-idle", 5e7)
                .containsEntry("device.start-seconds", 0.4)
                .containsEntry("node-tls.rss-bytes-idle", 9e7)
                .containsEntry("expose-node.start-seconds", 0.7);
        assertThat(reached(findings))
                .containsEntry("tunnel.rtt-p99.vs.own-p50", true)
                .containsEntry("tunnel.connections-per-second-cold", true)
                .containsEntry("tunnel.connections-per-second", false)
                .containsEntry("device.rss-bytes-idle", true);
    }

    private static Map<String, Boolean> reached(Findings findings) {
        return findings.bars().stream().collect(Collectors.toMap(Bar::name, bar -> bar.reached(findings.value(bar))));
    }

    private static Map<String, Double> chain(double up, double cpuUp, double down, double cpuDown) {
        return Map.of(
                "gbit-up", up, "cpu-seconds-per-gb-up", cpuUp, "gbit-down", down, "cpu-seconds-per-gb-down", cpuDown);
    }

    @Test
    void ratio_withoutPeer_isMissing() {
        relay("relay-64KiB", Subject.OURS, 5);

        Findings findings = new Findings(results);
        assertThat(findings.ratios()).isEmpty();
        assertThat(findings.bars()).isEmpty();
    }

    @Test
    void json_holdsRatiosFiguresAndRounds() throws Exception {
        relay("relay-64KiB", Subject.OURS, 5);
        relay("relay-64KiB", Subject.HAPROXY_TCP, 10);
        results.add(SetupBench.NAME, Subject.OURS, 1, Map.of(SetupBench.RATE, 3_000.0));
        Findings findings = new Findings(results);

        JsonObject json = JsonParser.object().from(Json.text(Map.of(), Map.of(), Map.of(), results, findings));
        assertThat(json.getObject("ratios").getDouble("relay-64KiB.throughput.vs.haproxy-tcp"))
                .isEqualTo(0.5);
        assertThat(json.getObject("figures").getDouble("setup.bridges-per-second"))
                .isEqualTo(3_000);
        assertThat(json.getArray("rounds")).hasSize(3);
    }

    @Test
    void range_isFromMinimumToMaximum() {
        relay("relay-64KiB", Subject.OURS, 9, 1, 5);
        relay("relay-1KiB", Subject.OURS, 5);

        assertThat(results.range("relay-64KiB", Subject.OURS, Results.GBIT)).contains(new Results.Range(1, 9));
        assertThat(results.range("relay-1KiB", Subject.OURS, Results.GBIT)).isEmpty();
    }

    @Test
    void order_putsEachSubjectAfterDifferentOnes() {
        assertThat(Rig.order(List.of("a", "b", "c"), 1)).containsExactly("a", "b", "c");
        assertThat(Rig.order(List.of("a", "b", "c"), 2)).containsExactly("b", "a", "c");
        assertThat(Rig.order(List.of("a", "b", "c"), 3)).containsExactly("b", "c", "a");
    }

    private void relay(String measurement, String subject, double... gbit) {
        for (int i = 0; i < gbit.length; i++) {
            results.add(measurement, subject, i + 1, Map.of(Results.GBIT, gbit[i]));
        }
    }
}
