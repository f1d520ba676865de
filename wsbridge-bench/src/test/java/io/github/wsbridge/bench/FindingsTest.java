package io.github.wsbridge.bench;

import static org.assertj.core.api.Assertions.assertThat;

import com.grack.nanojson.JsonObject;
import com.grack.nanojson.JsonParser;
import java.util.List;
import java.util.Map;
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
