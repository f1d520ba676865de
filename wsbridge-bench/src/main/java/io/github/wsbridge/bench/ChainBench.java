package io.github.wsbridge.bench;

import io.github.wsbridge.bench.Flows.Way;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Compares ways from a local TCP port to a port of a device: starting, memory, throughput in both directions, round
 * trips, and new connections per second, first through processes that have just started.
 */
final class ChainBench implements Bench {

    static final String CONNECTIONS = "connections-per-second";
    static final String CONNECTIONS_COLD = "connections-per-second-cold";
    static final String RESUMING = Subject.OURS + "-resuming";
    static final String SESSION = Subject.OURS + "-session";
    static final String START = "start-seconds";
    static final String RSS_IDLE = "rss-bytes-idle";
    static final String RSS_LOADED = "rss-bytes-loaded";

    private static final int FRAME = RelayBench.Size.KIB_64.bytes();
    private static final int CONCURRENCY = 16;
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final Family family;

    ChainBench(Family family) {
        this.family = family;
    }

    @Override
    public void run(Rig rig) throws IOException, InterruptedException {
        List<Child> before = rig.processes().running();
        try {
            Chain own = startOwn(rig);
            List<Chain> chains = new ArrayList<>(List.of(own));
            chains.addAll(startPeers(rig));
            if (family == Family.TUNNEL) {
                chains.add(new Chain(Subject.DIRECT, List.of(), rig.devices().port("far"), Map.of()));
            }
            measure(rig, own, chains);
            if (!family.exposes()) {
                end(rig, before);
                measureSession(rig);
            }
            if (family == Family.TUNNEL_TLS) {
                end(rig, before);
                measureResuming(rig);
            }
        } finally {
            end(rig, before);
        }
    }

    /** Ends all processes started since. */
    private static void end(Rig rig, List<Child> before) throws InterruptedException {
        for (Child child : rig.processes().running()) {
            if (!before.contains(child)) {
                rig.processes().end(child);
            }
        }
    }

    /** Starts ours several times, and measures new connections through the last ones while they are cold. */
    private Chain startOwn(Rig rig) throws IOException, InterruptedException {
        Plan plan = rig.plan();
        for (int start = 0; start < plan.starts(); start++) {
            List<Child> before = rig.processes().running();
            Chain chain = OwnChain.start(rig, family);
            Rig.pause(plan.rest());
            if (start > 0) { // the first may create what later ones use
                addProcesses(rig, start, chain, RSS_IDLE);
            }
            end(rig, before);
        }
        Chain chain = OwnChain.start(rig, family);
        Map<String, Double> cold = connections(rig, chain.subject(), 0, plan.cold());
        addProcesses(rig, plan.starts(), chain, "");
        rig.add(family.connections(), chain.name(), 0, Map.of(CONNECTIONS_COLD, cold.getOrDefault(CONNECTIONS, 0.0)));
        return chain;
    }

    /** Adds the times until ready and, under the given name unless it is empty, the memory. */
    private void addProcesses(Rig rig, int round, Chain chain, String memory) throws IOException {
        for (Child process : chain.processes()) {
            Map<String, Double> values = new LinkedHashMap<>();
            Double seconds = chain.startSeconds().get(process.name());
            if (seconds != null) {
                values.put(START, seconds);
            }
            if (!memory.isEmpty()) {
                values.put(memory, (double) ProcStat.residentBytes(process));
            }
            rig.add(family.processes(), process.name(), round, values);
        }
    }

    private List<Chain> startPeers(Rig rig) throws IOException, InterruptedException {
        List<Chain> chains = new ArrayList<>();
        for (Peer peer : family.peers()) {
            List<String> missing = peer.missing(Processes.path());
            if (!missing.isEmpty()) {
                rig.say("%s: without %s, which is not on the PATH", family.label(), String.join(" and ", missing));
                continue;
            }
            List<Child> before = rig.processes().running();
            try {
                Chain chain = peer.start(rig, family);
                chains.add(chain);
                double resident = ProcStat.residentBytes(chain.processes());
                rig.add(family.processes(), chain.name(), 1, Map.of(RSS_IDLE, resident));
            } catch (IOException e) {
                rig.fail(family.label() + "/" + peer.label(), e);
                end(rig, before);
            }
        }
        return chains;
    }

    private interface Step {
        void run(Chain chain, int round) throws IOException, InterruptedException;
    }

    private void measure(Rig rig, Chain own, List<Chain> chains) throws IOException, InterruptedException {
        Plan plan = rig.plan();
        for (Way way : Way.values()) {
            rig.flows().warmUp(own.subject(), way, FRAME);
        }
        rounds(rig, own, chains, (chain, round) -> rig.add(family.label(), chain.name(), round, rates(rig, chain)));
        rounds(rig, own, chains, (chain, round) -> {
            Map<String, Double> values = RttBench.measure(rig, chain.subject(), plan.window());
            rig.flows().drained();
            rig.add(family.roundTrips(), chain.name(), round, values);
        });
        connections(rig, own.subject(), 0, plan.warm());
        rounds(rig, own, chains, (chain, round) -> {
            Map<String, Double> values = connections(rig, chain.subject(), plan.settle(), plan.window());
            rig.add(family.connections(), chain.name(), round, values);
        });
        for (Child process : own.processes()) {
            Map<String, Double> values = Map.of(RSS_LOADED, (double) ProcStat.residentBytes(process));
            rig.add(family.processes(), process.name(), plan.starts(), values);
        }
    }

    /** Measures the tunnel with all connections in a session: new ones, cold and warm, and throughput. */
    private void measureSession(Rig rig) throws IOException, InterruptedException {
        Plan plan = rig.plan();
        Chain chain = OwnChain.startWithASession(rig, family);
        Map<String, Double> cold = connections(rig, chain.subject(), 0, plan.cold());
        rig.add(family.connections(), SESSION, 0, Map.of(CONNECTIONS_COLD, cold.getOrDefault(CONNECTIONS, 0.0)));
        for (Way way : Way.values()) {
            rig.flows().warmUp(chain.subject(), way, FRAME);
        }
        for (int round = 1; round <= plan.chainRounds(); round++) {
            rig.add(family.label(), SESSION, round, rates(rig, chain));
        }
        connections(rig, chain.subject(), 0, plan.warm());
        for (int round = 1; round <= plan.chainRounds(); round++) {
            rig.add(
                    family.connections(),
                    SESSION,
                    round,
                    connections(rig, chain.subject(), plan.settle(), plan.window()));
        }
    }

    /** Measures new connections whose handshakes resume sessions. */
    private void measureResuming(Rig rig) throws IOException, InterruptedException {
        Subject subject = OwnChain.startResuming(rig, family).subject();
        connections(rig, subject, 0, rig.plan().warm());
        for (int round = 1; round <= rig.plan().chainRounds(); round++) {
            Map<String, Double> values =
                    connections(rig, subject, rig.plan().settle(), rig.plan().window());
            rig.add(family.connections(), RESUMING, round, values);
        }
    }

    /** Takes turns. A peer that fails is left out from then on. */
    private void rounds(Rig rig, Chain own, List<Chain> chains, Step step) throws IOException, InterruptedException {
        for (int round = 1; round <= rig.plan().chainRounds(); round++) {
            for (Chain chain : Rig.order(chains, round)) {
                try {
                    step.run(chain, round);
                } catch (IOException e) {
                    if (chain == own) {
                        throw e;
                    }
                    rig.fail(family.label() + "/" + chain.name(), e);
                    chains.remove(chain);
                    for (Child child : chain.processes()) {
                        rig.processes().end(child);
                    }
                    rig.calm();
                }
            }
        }
    }

    private static Map<String, Double> rates(Rig rig, Chain chain) throws IOException, InterruptedException {
        Map<String, Double> values = new LinkedHashMap<>();
        double resident = 0;
        for (Way way : Way.values()) {
            for (Map.Entry<String, Double> value :
                    rig.flows().rate(chain.subject(), way, FRAME, 1).entrySet()) {
                if (value.getKey().equals(Results.RESIDENT)) {
                    resident = Math.max(resident, value.getValue());
                } else {
                    values.put(way.metric(value.getKey()), value.getValue());
                }
            }
        }
        if (resident > 0) {
            values.put(RSS_LOADED, resident);
        }
        return values;
    }

    /** Opens connections for {@code settle} milliseconds that are not counted, and then for {@code window}. */
    private static Map<String, Double> connections(Rig rig, Subject subject, int settle, int window)
            throws IOException, InterruptedException {
        Map<String, String> answer = rig.requesters()
                .ask(
                        "connections concurrency=" + CONCURRENCY + " warmup=" + settle + " millis=" + window
                                + " target=" + subject.urlFor("answer"),
                        PATIENCE.plusMillis(settle + window));
        rig.flows().drained();
        Map<String, Double> values = new LinkedHashMap<>();
        values.put(CONNECTIONS, Rig.number(answer, "rate"));
        values.put("failed", Rig.number(answer, "failed"));
        values.put(Results.P50, Rig.number(answer, "p50") / 1_000);
        values.put(Results.P99, Rig.number(answer, "p99") / 1_000);
        return values;
    }
}
