package io.github.wsbridge.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The {@code bench} command: starts all processes, measures, and reports. */
@Command(
        name = "wsbridge bench",
        description = {
            "Benchmarks bridge nodes and tunnels against other programs, on this machine and in the same run.",
            ""
        },
        mixinStandardHelpOptions = true,
        sortOptions = false)
@SuppressWarnings("NullAway.Init")
final class BenchCommand implements Callable<Integer> {

    @Option(names = "--quick", description = "Shorter rounds and fewer measurements, in about seven minutes")
    boolean quick;

    @Option(names = "--smoke", hidden = true, description = "Only check that everything runs")
    boolean smoke;

    @Option(names = "--rounds", paramLabel = "N", description = "Number of rounds for each measurement (default 5)")
    @Nullable
    Integer rounds;

    @Option(
            names = "--only",
            paramLabel = "NAME",
            split = ",",
            description = {
                "Run only these measurements: relay, forward, rtt, parallel, setup, idle, listen, listen-tls, stalled,"
                        + " relay-tls, tunnel, tunnel-tls, expose, expose-tls, session, and, skipped by --quick,"
                        + " jammed, channels"
            })
    @Nullable
    List<String> only;

    @Option(names = "--json", paramLabel = "FILE", description = "Write all results to a JSON file")
    @Nullable
    Path json;

    @Option(names = "--chart", paramLabel = "FILE", description = "Draw throughput and CPU time to a PNG file")
    @Nullable
    Path chart;

    @Option(names = "--transport", paramLabel = "NAME", description = "The --transport of nodes, devices and tunnels")
    String transport = "";

    @Option(
            names = "--node-java-opts",
            paramLabel = "OPTIONS",
            description = "JVM options for nodes, devices and tunnels (default: those in WSBRIDGE_JAVA_OPTS)")
    @Nullable
    String nodeJavaOptions;

    @Spec
    CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        long begin = System.nanoTime();
        Map<String, Bench> benches = chosen();
        Map<String, String> failed = new LinkedHashMap<>();
        Path folder = Files.createTempDirectory("wsbridge-bench");
        try (Processes processes = new Processes(folder)) {
            Rig rig = new Rig(processes, plan(), settings(processes), System.err);
            Bystanders bystanders = new Bystanders(processes);
            for (Map.Entry<String, Bench> bench : benches.entrySet()) {
                try {
                    bench.getValue().run(rig);
                } catch (IOException e) { // the other measurements are still useful
                    failed.put(bench.getKey(), e.toString());
                    rig.say("%s failed: %s", bench.getKey(), e.toString());
                    rig.clear();
                }
                rig.say("%s done after %d s", bench.getKey(), secondsSince(begin));
            }
            failed.putAll(rig.failed());
            report(rig, failed, secondsSince(begin), bystanders.cores());
        }
        return failed.isEmpty() ? 0 : 1;
    }

    private static long secondsSince(long begin) {
        return TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - begin);
    }

    private void report(Rig rig, Map<String, String> failed, long seconds, double bystanders)
            throws IOException, InterruptedException {
        Findings findings = new Findings(rig.results());
        Table.print(rig.results(), findings, System.out);
        failed.forEach((bench, why) -> System.out.printf("%n%s failed: %s%n", bench, why));
        if (bystanders > Bystanders.FEW) {
            System.out.printf(
                    "%nOther processes used %.2f cores: run the benchmarks on an idle machine.%n", bystanders);
        }
        if (json != null) {
            Map<String, Object> run = new LinkedHashMap<>();
            run.put("plan", rig.plan().name());
            run.put("transport", transport);
            run.put("started-with", rig.settings().launcher().script().isEmpty() ? "class path" : "script");
            run.put("seconds", seconds);
            run.put("cores-busy-with-others", bystanders);
            Files.writeString(json, Json.text(run, Machine.facts(), failed, rig.results(), findings));
        }
        if (chart != null) {
            Chart.write(rig.results(), chart);
        }
    }

    private Map<String, Bench> chosen() {
        Map<String, Bench> all = new LinkedHashMap<>();
        all.put("relay", new RelayBench());
        all.put("forward", new ForwardBench());
        all.put("rtt", new RttBench());
        all.put("parallel", new ParallelBench());
        all.put("setup", new SetupBench());
        all.put(IdleBench.NAME, new IdleBench());
        all.put(ListenBench.NAME, ListenBench.plain());
        all.put(ListenBench.TLS, ListenBench.tls());
        all.put(StalledBench.NAME, StalledBench.oneWay());
        all.put(TlsRelayBench.NAME, new TlsRelayBench());
        for (Family family : Family.values()) {
            all.put(family.label(), new ChainBench(family));
        }
        all.put(SessionBench.NAME, new SessionBench());
        all.put(StalledBench.JAMMED, StalledBench.bothWays());
        all.put(ChannelsBench.NAME, new ChannelsBench());
        if (only != null) {
            if (!all.keySet().containsAll(only)) {
                throw new ParameterException(spec.commandLine(), "--only must be some of " + all.keySet());
            }
            all.keySet().retainAll(only);
        } else if (quick) {
            all.keySet().removeAll(List.of(StalledBench.JAMMED, ChannelsBench.NAME));
        }
        return all;
    }

    private Plan plan() {
        if (smoke) {
            return Plan.smoke();
        }
        int count = rounds == null ? 5 : rounds;
        return quick ? Plan.quick(count) : Plan.full(count);
    }

    private Node.Settings settings(Processes processes) throws IOException, InterruptedException {
        Launcher launcher = Launcher.ofEnvironment(System.getenv());
        if (nodeJavaOptions != null) {
            launcher = launcher.withJavaOptions(nodeJavaOptions);
        }
        return new Node.Settings(launcher, transport, Node.createKeys(processes, launcher));
    }
}
