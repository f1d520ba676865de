package io.github.wsbridge.bench;

import io.github.wsbridge.bench.RelayBench.Size;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;

/** Evaluates the results: ratios to the other subjects of the same run, our own figures, and the bars for both. */
final class Findings {

    private static final double KIB = 1_024;

    private final Results results;
    private final Map<String, Double> ratios = new LinkedHashMap<>();
    private final Map<String, Double> figures = new LinkedHashMap<>();
    private final List<Bar> bars = new ArrayList<>();

    Findings(Results results) {
        this.results = results;
        for (Size size : Size.values()) {
            relay(size);
        }
        tlsRelay(Size.KIB_64);
        tlsRelay(Size.KIB_1);
        for (String other : List.of(TlsRelayBench.HAPROXY, TlsRelayBench.NGINX)) {
            bars.add(Bar.atLeast("relay-tls-64KiB.throughput.vs." + other, 1));
            bars.add(Bar.atMost("relay-tls-64KiB.cpu-per-gb.vs." + other, 1.1));
        }
        ratio("forward-64KiB.throughput.vs.haproxy-tcp", ForwardBench.NAME, Subject.HAPROXY_TCP, Results.GBIT);
        ratio("forward-64KiB.cpu-per-gb.vs.haproxy-tcp", ForwardBench.NAME, Subject.HAPROXY_TCP, Results.CPU_PER_GB);
        ratio(
                "forward-64KiB.cpu-per-gb.vs." + Subject.HAPROXY_SECOND,
                ForwardBench.NAME,
                Subject.HAPROXY_SECOND,
                Results.CPU_PER_GB);
        bars.add(Bar.atMost("forward-64KiB.cpu-per-gb.vs.haproxy-tcp", 1.2));
        for (String name : List.of(RttBench.ALONE, RttBench.LOADED)) {
            ratio(name + ".p50.vs.haproxy-tcp", name, Subject.HAPROXY_TCP, Results.P50);
            ratio(name + ".p99.vs.haproxy-tcp", name, Subject.HAPROXY_TCP, Results.P99);
            bars.add(Bar.atMost(name + ".p50.vs.haproxy-tcp", 1.3));
        }
        parallel();
        figure("setup.bridges-per-second", SetupBench.NAME, SetupBench.RATE);
        bars.add(Bar.atLeast("setup.bridges-per-second", 3_000));
        for (String channel : Channels.NAMES) {
            figure(
                    ChannelsBench.NAME + "." + channel + "." + ChannelsBench.P50,
                    ChannelsBench.NAME,
                    channel,
                    ChannelsBench.P50);
            figure(
                    ChannelsBench.NAME + "." + channel + "." + ChannelsBench.P99,
                    ChannelsBench.NAME,
                    channel,
                    ChannelsBench.P99);
        }
        figure("idle.bridges", IdleBench.NAME, "bridges");
        figure("idle.rss-bytes-per-bridge", IdleBench.NAME, IdleBench.RSS);
        figure("idle.cpu-cores", IdleBench.NAME, IdleBench.CPU);
        bars.add(Bar.atLeast("idle.bridges", 9_000));
        bars.add(Bar.atMost("idle.rss-bytes-per-bridge", 12 * KIB));
        bars.add(Bar.atMost("idle.cpu-cores", 0.05));
        figure("listen.rss-bytes-per-device", ListenBench.NAME, ListenBench.RSS);
        figure("listen.cpu-cores", ListenBench.NAME, ListenBench.CPU);
        bars.add(Bar.atMost("listen.rss-bytes-per-device", 12 * KIB));
        figure("stalled.rss-bytes-per-bridge", StalledBench.NAME, StalledBench.RSS);
        figure("stalled.rate-of-others", StalledBench.NAME, StalledBench.OTHERS);
        bars.add(Bar.atMost("stalled.rss-bytes-per-bridge", 300 * KIB));
        bars.add(Bar.atLeast("stalled.rate-of-others", 0.8));
        figure("jammed.rss-bytes-per-bridge", StalledBench.JAMMED, StalledBench.RSS);
        bars.add(Bar.atMost("jammed.rss-bytes-per-bridge", 300 * KIB));
        ChainFindings.add(this);
        SessionBench.add(this);
    }

    private void relay(Size size) {
        String name = size.relay();
        boolean small = size.bytes() < Size.KIB_16.bytes();
        // For large frames, compares with its default; for small ones, with the buffer size that suits it best.
        String haproxy = small
                ? results.best(name, Results.GBIT, Subject.HAPROXY_TCP, Subject.HAPROXY_TCP_BIG)
                : Subject.HAPROXY_TCP;
        ratio(name + ".throughput.vs.haproxy-tcp", name, haproxy, Results.GBIT);
        ratio(name + ".cpu-per-gb.vs.haproxy-tcp", name, haproxy, Results.CPU_PER_GB);
        bars.add(Bar.atLeast(
                name + ".throughput.vs.haproxy-tcp", size == Size.B_128 ? 0.85 : size == Size.KIB_1 ? 0.8 : 0.9));
        if (!small) {
            bars.add(Bar.atMost(name + ".cpu-per-gb.vs.haproxy-tcp", 1.4));
        }
        if (size != Size.B_128) {
            bars.add(Bar.atLeast(name + ".throughput.vs." + Subject.HAPROXY_WS_BIG, 1));
            bars.add(Bar.atMost(name + ".cpu-per-gb.vs." + Subject.HAPROXY_WS_BIG, 1.2));
        }
        for (String other : List.of(Subject.HAPROXY_TCP_BIG, Subject.HAPROXY_WS_BIG, Subject.NGINX_WS_BIG)) {
            ratio(name + ".throughput.vs." + other, name, other, Results.GBIT);
            ratio(name + ".cpu-per-gb.vs." + other, name, other, Results.CPU_PER_GB);
        }
        for (String other : List.of(Subject.HAPROXY_WS, Subject.NGINX_WS)) {
            ratio(name + ".throughput.vs." + other, name, other, Results.GBIT);
            ratio(name + ".cpu-per-gb.vs." + other, name, other, Results.CPU_PER_GB);
            bars.add(Bar.atLeast(name + ".throughput.vs." + other, 1));
        }
    }

    private void tlsRelay(Size size) {
        String name = TlsRelayBench.name(size);
        for (String other : List.of(
                TlsRelayBench.HAPROXY, TlsRelayBench.NGINX, TlsRelayBench.HAPROXY_BIG, TlsRelayBench.NGINX_BIG)) {
            ratio(name + ".throughput.vs." + other, name, other, Results.GBIT);
            ratio(name + ".cpu-per-gb.vs." + other, name, other, Results.CPU_PER_GB);
        }
    }

    private void parallel() {
        OptionalDouble many = results.median(ParallelBench.NAME, Subject.OURS, Results.GBIT);
        OptionalDouble one = results.median(ParallelBench.NAME, Subject.OURS + ParallelBench.ONE, Results.GBIT);
        if (many.isPresent() && one.isPresent()) {
            ratios.put("parallel.throughput.vs.one", many.getAsDouble() / one.getAsDouble());
        }
        bars.add(Bar.atLeast("parallel.throughput.vs.one", 0.85));
    }

    private void ratio(String name, String measurement, String other, String metric) {
        ratio(name, results.ratio(measurement, Subject.OURS, other, metric));
    }

    /** Adds a ratio if it was measured. */
    void ratio(String name, OptionalDouble value) {
        value.ifPresent(number -> ratios.put(name, number));
    }

    /** Adds what a ratio or a figure must be. */
    void bar(Bar bar) {
        bars.add(bar);
    }

    Results results() {
        return results;
    }

    private void figure(String name, String measurement, String metric) {
        figure(name, measurement, Subject.OURS, metric);
    }

    /** Adds the median of a subject as a figure if it was measured. */
    void figure(String name, String measurement, String subject, String metric) {
        results.median(measurement, subject, metric).ifPresent(value -> figures.put(name, value));
    }

    Map<String, Double> ratios() {
        return ratios;
    }

    Map<String, Double> figures() {
        return figures;
    }

    /** Returns the bars whose ratio or figure was measured. */
    List<Bar> bars() {
        return bars.stream()
                .filter(bar -> ratios.containsKey(bar.name()) || figures.containsKey(bar.name()))
                .toList();
    }

    /** Returns the measured value for one of {@link #bars}. */
    double value(Bar bar) {
        Map<String, Double> values = ratios.containsKey(bar.name()) ? ratios : figures;
        return values.getOrDefault(bar.name(), Double.NaN);
    }
}
