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
import org.jspecify.annotations.Nullable;

/** The common base of all measurements: generators, proxies, a warm node, and the results. */
final class Rig {

    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final Duration LOOK = Duration.ofMillis(10);

    /** HAProxy's own default for {@code tune.bufsize}. */
    static final int HAPROXY_BUFFER = 16_384;

    static final int BIG_BUFFER = 65_536;

    private final Processes processes;
    private final Plan plan;
    private final Node.Settings settings;
    private final PrintStream progress;
    private final Results results = new Results();
    private final Generator devices;
    private final Generator requesters;
    private final Map<String, Subject> subjects = new LinkedHashMap<>();
    private final Flows flows;
    private final Peers peers;
    private final WebProxies webProxies;
    private final TlsFiles tls;
    private final List<Node> started = new ArrayList<>(); // for one measurement each
    private final Map<String, String> failed = new LinkedHashMap<>();

    Rig(Processes processes, Plan plan, Node.Settings settings, PrintStream progress)
            throws IOException, InterruptedException {
        this.processes = processes;
        this.plan = plan;
        this.settings = settings;
        this.progress = progress;
        tls = new TlsFiles(processes.folder());
        devices = new Generator(processes, "devices");
        requesters = new Generator(processes, "requesters");
        flows = new Flows(plan, requesters, devices);
        peers = new Peers(processes, devices);
        webProxies = new WebProxies(processes, devices);
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

    Flows flows() {
        return flows;
    }

    WebProxies webProxies() {
        return webProxies;
    }

    Node.Settings settings() {
        return settings;
    }

    /** Returns the key for TLS, which is created on first use. */
    TlsFiles tls() throws IOException, InterruptedException {
        return tls.create(processes);
    }

    /** Starts another node, which is cold. */
    Node startNode() throws IOException, InterruptedException {
        return startNode(settings, null, Node.DEVICES);
    }

    /**
     * Starts another node, which is cold, for {@code listening} devices of the generator.
     *
     * @param keys for a node with TLS; null for one without
     */
    Node startNode(Node.Settings settings, @Nullable TlsFiles keys, int listening, String... options)
            throws IOException, InterruptedException {
        Node node = Node.start(processes, settings, keys, options);
        started.add(node);
        node.listen(devices, listening);
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
                Node node = Node.start(processes, settings, null); // lives as long as the rig
                node.listen(devices, Node.DEVICES);
                return node.subject();
            case Subject.DIRECT:
                return peers.direct();
            case Subject.HAPROXY_TCP:
                return peers.haproxyTcp(name, HAPROXY_BUFFER);
            case Subject.HAPROXY_TCP_BIG:
                return peers.haproxyTcp(name, BIG_BUFFER);
            case Subject.HAPROXY_WS:
                return webProxies.haproxy(name, HAPROXY_BUFFER, null);
            case Subject.HAPROXY_WS_BIG:
                return webProxies.haproxy(name, BIG_BUFFER, null);
            case Subject.HAPROXY_SECOND:
                return peers.behind(name, subject(Subject.HAPROXY_TCP), HAPROXY_BUFFER);
            case Subject.NGINX_WS:
                return webProxies.nginx(name, "", null);
            case Subject.NGINX_WS_BIG:
                return webProxies.nginx(name, WebProxies.NGINX_BIG_BUFFERS, null);
            default:
                throw new IllegalArgumentException(name);
        }
    }

    /** Prints progress. */
    void say(String format, Object... arguments) {
        progress.printf(format + "%n", arguments);
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
        calm();
    }

    /** Ends what the generators are still doing. */
    void calm() throws InterruptedException {
        List<Step> steps = List.of(
                flows::stopAll,
                () -> requesters.ask("release"),
                () -> devices.ask("drop"),
                flows::drained,
                () -> Waiting.until(PATIENCE, LOOK, () -> "some bridges have not ended", () -> counted("held") == 0));
        for (Step step : steps) {
            try {
                step.run();
            } catch (IOException e) { // such as a broken flow; the other steps are still needed
                say("while cleaning up: %s", e.toString());
            }
        }
    }

    /** Adds a round to the results and prints it. */
    void add(String measurement, String subject, int round, Map<String, Double> values) {
        results.add(measurement, subject, round, values);
        StringBuilder line = new StringBuilder();
        values.forEach((metric, value) -> line.append(String.format("  %s %.3f", metric, value)));
        say("%-22s %-24s round %d%s", measurement, subject, round, line);
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

    /** Notes the failure of a part of a measurement whose other parts are still useful. */
    void fail(String what, IOException why) {
        failed.put(what, why.toString());
        say("%s failed: %s", what, why.toString());
    }

    /** Returns what has failed, with the reasons. */
    Map<String, String> failed() {
        return failed;
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
