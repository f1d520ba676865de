package io.github.wsbridge.bench;

import io.github.wsbridge.bench.Flows.Way;
import java.util.List;
import java.util.OptionalDouble;
import java.util.function.DoubleBinaryOperator;

/** Evaluates the results of tunnels and exposed ports. A ratio without a direction is the worse of the two. */
final class ChainFindings {

    private static final double MB = 1e6;

    private final Findings findings;
    private final Results results;

    private ChainFindings(Findings findings) {
        this.findings = findings;
        results = findings.results();
    }

    /** Adds everything that was measured. */
    static void add(Findings findings) {
        ChainFindings chains = new ChainFindings(findings);
        for (Family family : Family.values()) {
            chains.family(family);
        }
        chains.bars();
    }

    private void family(Family family) {
        for (Peer peer : family.peers()) {
            peer(family, peer.label());
        }
        String name = family.label();
        OptionalDouble p50 = results.median(family.roundTrips(), Subject.OURS, Results.P50);
        OptionalDouble p99 = results.median(family.roundTrips(), Subject.OURS, Results.P99);
        if (p50.isPresent() && p99.isPresent()) {
            findings.ratio(name + ".rtt-p99.vs.own-p50", OptionalDouble.of(p99.getAsDouble() / p50.getAsDouble()));
        }
        for (Way way : Way.values()) {
            String gbit = way.metric(Results.GBIT);
            findings.figure(name + "." + gbit, name, Subject.OURS, gbit);
        }
        for (String metric : List.of(ChainBench.CONNECTIONS, ChainBench.CONNECTIONS_COLD)) {
            findings.figure(name + "." + metric, family.connections(), Subject.OURS, metric);
        }
        findings.figure(
                name + "." + ChainBench.CONNECTIONS + "-resuming",
                family.connections(),
                ChainBench.RESUMING,
                ChainBench.CONNECTIONS);
        if (!family.exposes()) {
            for (String metric : List.of(ChainBench.CONNECTIONS, ChainBench.CONNECTIONS_COLD)) {
                findings.figure(name + "." + metric + "-session", family.connections(), ChainBench.SESSION, metric);
            }
            bothWays(name, "session-throughput", ChainBench.SESSION, Subject.OURS, Results.GBIT, Math::min);
        }
        String suffix = name.substring(family.exposes() ? "expose".length() : "tunnel".length());
        for (String process : List.of(OwnChain.NODE, OwnChain.DEVICE, OwnChain.TUNNEL)) {
            String prefix = (family.exposes() ? "expose-" : "") + process + suffix + ".";
            for (String metric : List.of(ChainBench.START, ChainBench.RSS_IDLE, ChainBench.RSS_LOADED)) {
                findings.figure(prefix + metric, family.processes(), process, metric);
            }
        }
    }

    private void peer(Family family, String peer) {
        String name = family.label();
        bothWays(name, "throughput", Subject.OURS, peer, Results.GBIT, Math::min);
        bothWays(name, "cpu-per-gb", Subject.OURS, peer, Results.CPU_PER_GB, Math::max);
        findings.ratio(
                name + ".rtt-p50.vs." + peer, results.ratio(family.roundTrips(), Subject.OURS, peer, Results.P50));
        findings.ratio(
                name + ".connections.vs." + peer,
                results.ratio(family.connections(), Subject.OURS, peer, ChainBench.CONNECTIONS));
    }

    private void bothWays(
            String family, String what, String ours, String peer, String metric, DoubleBinaryOperator worse) {
        OptionalDouble up = results.ratio(family, ours, peer, Way.UP.metric(metric));
        OptionalDouble down = results.ratio(family, ours, peer, Way.DOWN.metric(metric));
        if (up.isPresent() && down.isPresent()) {
            String end = ".vs." + peer;
            findings.ratio(
                    family + "." + what + end,
                    OptionalDouble.of(worse.applyAsDouble(up.getAsDouble(), down.getAsDouble())));
            findings.ratio(family + "." + Way.UP.metric(what) + end, up);
            findings.ratio(family + "." + Way.DOWN.metric(what) + end, down);
        }
    }

    private void bars() {
        findings.bar(Bar.atLeast("tunnel.throughput.vs.socat", 0.8));
        findings.bar(Bar.atMost("tunnel.cpu-per-gb.vs.socat", 1.5));
        findings.bar(Bar.atLeast("expose.throughput.vs.wstunnel", 0.8));
        findings.bar(Bar.atMost("expose.cpu-per-gb.vs.wstunnel", 1.5));
        findings.bar(Bar.atLeast("tunnel-tls.throughput.vs.ssh", 1.5));
        findings.bar(Bar.atLeast("expose-tls.throughput.vs.wstunnel", 0.7));
        findings.bar(Bar.atMost("expose-tls.cpu-per-gb.vs.wstunnel", 1.5));
        findings.bar(Bar.atMost("tunnel.rtt-p50.vs.socat", 1.5));
        findings.bar(Bar.atMost("tunnel.rtt-p99.vs.own-p50", 3));
        findings.bar(Bar.atLeast("tunnel.session-throughput.vs." + Subject.OURS, 0.6));
        findings.bar(Bar.atLeast("tunnel.connections-per-second", 2_000));
        findings.bar(Bar.atLeast("tunnel-tls.connections-per-second", 1_000));
        for (String family : List.of("tunnel", "tunnel-tls")) {
            findings.bar(Bar.atLeast(family + ".connections-per-second-session", 5_000));
            findings.bar(Bar.atLeast(family + ".connections-per-second-cold-session", 1_500));
        }
        findings.bar(Bar.atLeast("tunnel.connections-per-second-cold", 600));
        findings.bar(Bar.atLeast("tunnel-tls.connections-per-second-cold", 600));
        findings.bar(Bar.atMost("device.rss-bytes-idle", 64 * MB));
        findings.bar(Bar.atMost("tunnel.rss-bytes-idle", 64 * MB));
        findings.bar(Bar.atMost("node.rss-bytes-idle", 96 * MB));
        findings.bar(Bar.atMost("device.start-seconds", 0.5));
        findings.bar(Bar.atMost("tunnel.start-seconds", 0.5));
        findings.bar(Bar.atMost("node.start-seconds", 0.8));
    }
}
