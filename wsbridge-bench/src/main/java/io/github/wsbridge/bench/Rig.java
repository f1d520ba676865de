package io.github.wsbridge.bench;

import java.io.IOException;
import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** The common base of all measurements: generators, proxies, a warm node, and the results. */
final class Rig {

    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final Duration LOOK = Duration.ofMillis(10);

    /** HAProxy's own default for {@code tune.bufsize}. */
    private static final int HAPROXY_BUFFER = 16_384;

    private static final int BIG_BUFFER = 65_536;

    private final Processes processes;
    private final Plan plan;
    private final Node.Settings settings;
    private final PrintStream progress;
    private final Results results = new Results();
    private final Generator devices;
    private final Generator requesters;
    private final Map<String, Subject> subjects = new LinkedHashMap<>();
    private final Peers peers;
    private final List<Node> started = new ArrayList<>(); // for one measurement each
    private int flows;

    Rig(Processes processes, Plan plan, Node.Settings settings, PrintStream progress)
            throws IOException, InterruptedException {
        this.processes = processes;
        this.plan = plan;
        this.settings = settings;
        this.progress = progress;
        devices = new Generator(processes, "devices");
        requesters = new Generator(processes, "requesters");
        peers = new Peers(processes, devices);
    }

    Processes processes() {
        return processes;
    }

    Plan plan() {
        return plan;
    }

    Results results() {
        return results;
    }

    Generator requesters() {
        return requesters;
    }

    Generator devices() {
        return devices;
    }

    /** Starts another node, which is cold. */
    Node startNode() throws IOException, InterruptedException {
        Node node = Node.start(processes, devices, settings);
        started.add(node);
        return node;
    }

    /** Returns a subject by its name, starting it on first use. */
    Subject subject(String name) throws IOException, InterruptedException {
        Subject known = subjects.get(name);
        if (known == null) {
            known = start(name);
            subjects.put(name, known);
        }
        return known;
    }

    private Subject start(String name) throws IOException, InterruptedException {
        switch (name) {
            case Subject.OURS:
                return Node.start(processes, devices, settings).subject(); // lives as long as the rig
            case Subject.DIRECT:
                return peers.direct();
            case Subject.HAPROXY_TCP:
                return peers.haproxyTcp(name, HAPROXY_BUFFER);
            case Subject.HAPROXY_TCP_BIG:
                return peers.haproxyTcp(name, BIG_BUFFER);
            case Subject.HAPROXY_WS:
                return peers.haproxyWebSocket(name, HAPROXY_BUFFER);
            case Subject.HAPROXY_WS_BIG:
                return peers.haproxyWebSocket(name, BIG_BUFFER);
            case Subject.HAPROXY_SECOND:
                return peers.behind(name, subject(Subject.HAPROXY_TCP), HAPROXY_BUFFER);
            case Subject.NGINX_WS:
                return peers.nginxWebSocket(name, "");
            case Subject.NGINX_WS_BIG:
                return peers.nginxWebSocket(
                        name, "proxy_buffer_size 64k; proxy_buffers 8 64k; proxy_busy_buffers_size 128k;");
            default:
                throw new IllegalArgumentException(name);
        }
    }

    /** Prints progress. */
    void say(String format, Object... arguments) {
        progress.printf(format + "%n", arguments);
    }

    /** Makes the node carry frames for a while, so that its code is compiled. */
    void warmUp(Subject subject, int frame) throws IOException, InterruptedException {
        rate(subject, frame, 1, plan.warmup());
    }

    /** Measures the throughput and the CPU time of the servers. */
    Map<String, Double> rate(Subject subject, int frame, int connections) throws IOException, InterruptedException {
        return rate(subject, frame, connections, plan.window());
    }

    private Map<String, Double> rate(Subject subject, int frame, int connections, int window)
            throws IOException, InterruptedException {
        int first = flows + 1;
        double begin = counted("payload");
        for (int i = 0; i < connections; i++) {
            startFlow(subject, frame);
        }
        awaitPayload(subject, begin);
        pause(plan.settle());
        Map<String, String> before = devices.ask("count");
        double cpuBefore = ProcStat.cpuSeconds(subject.servers());
        double generatorsBefore = generatorsCpuSeconds();
        pause(window);
        awaitPayload(subject, number(before, "payload")); // on a busy machine, nothing may have run
        Map<String, String> after = devices.ask("count");
        double cpu = ProcStat.cpuSeconds(subject.servers()) - cpuBefore;
        double generators = generatorsCpuSeconds() - generatorsBefore;
        stopFlows(first, flows);
        drained();
        double bytes = difference(before, after, "payload");
        double nanos = difference(before, after, "nanos");
        Map<String, Double> rate = new LinkedHashMap<>();
        rate.put(Results.GBIT, bytes * 8 / nanos);
        if (!subject.servers().isEmpty()) {
            rate.put(Results.CPU_PER_GB, cpu / (bytes / 1e9));
        }
        rate.put(Results.GENERATORS_CPU_PER_GB, generators / (bytes / 1e9));
        return rate;
    }

    private double generatorsCpuSeconds() throws IOException {
        return ProcStat.cpuSeconds(List.of(requesters.child(), devices.child()));
    }

    private void awaitPayload(Subject subject, double before) throws IOException, InterruptedException {
        Waiting.until(PATIENCE, LOOK, () -> subject.name() + " carries no data", () -> counted("payload") > before);
    }

    /** Starts sending; returns a number for {@link #stopFlow}. */
    int startFlow(Subject subject, int frame) throws IOException, InterruptedException {
        flows++;
        requesters.ask("flow id=" + flows + " frame=" + frame + " target=" + subject.urlFor("sink"));
        return flows;
    }

    void stopFlow(int id) throws IOException, InterruptedException {
        stopFlows(id, id);
    }

    private void stopFlows(int from, int to) throws IOException, InterruptedException {
        requesters.ask("stop from=" + from + " to=" + to);
    }

    private interface Step {
        void run() throws IOException, InterruptedException;
    }

    /** Cleans up after a failed measurement, so that nothing it left running disturbs the next one. */
    void clear() throws InterruptedException {
        for (Node node : started) {
            node.stop();
        }
        started.clear();
        List<Step> steps = List.of(
                () -> stopFlows(1, flows),
                () -> requesters.ask("release"),
                () -> devices.ask("drop"),
                this::drained,
                () -> Waiting.until(PATIENCE, LOOK, () -> "some bridges have not ended", () -> counted("held") == 0));
        for (Step step : steps) {
            try {
                step.run();
            } catch (IOException e) { // such as a broken flow; the other steps are still needed
                say("while cleaning up: %s", e.toString());
            }
        }
    }

    /** Waits until nothing of the last measurement is active. */
    void drained() throws IOException, InterruptedException {
        Waiting.until(PATIENCE, LOOK, () -> "some connections have not ended", () -> counted("active") == 0);
    }

    /** Adds a round to the results and prints it. */
    void add(String measurement, String subject, int round, Map<String, Double> values) {
        results.add(measurement, subject, round, values);
        StringBuilder line = new StringBuilder();
        values.forEach((metric, value) -> line.append(String.format("  %s %.3f", metric, value)));
        say("%-16s %-24s round %d%s", measurement, subject, round, line);
    }

    /**
     * Orders the subjects of a round: each round starts with a different one, and every second one is reversed, so no
     * subject always follows the same one.
     */
    static <T> List<T> order(List<T> subjects, int round) {
        List<T> order = new ArrayList<>(subjects);
        Collections.rotate(order, round - 1);
        if (round % 2 == 0) {
            Collections.reverse(order);
        }
        return order;
    }

    private double counted(String name) throws IOException, InterruptedException {
        return number(devices.ask("count"), name);
    }

    static double difference(Map<String, String> before, Map<String, String> after, String name) {
        return number(after, name) - number(before, name);
    }

    static double number(Map<String, String> answer, String name) {
        return Double.parseDouble(String.valueOf(answer.get(name)));
    }

    /** Waits for the duration of a measurement. */
    static void pause(int millis) throws InterruptedException {
        TimeUnit.MILLISECONDS.sleep(millis);
    }
}
