package io.github.wsbridge.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.wsbridge.BridgeId;
import io.github.wsbridge.CloseReason;
import io.github.wsbridge.core.tokens.TokenKeys;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Four nodes of the real launcher, as the pods of the Helm chart, behind HAProxy, under traffic. When there are fewer
 * bridges, an autoscaler with the chart's metric and policy removes two of the nodes, each as Kubernetes removes a pod.
 * Times that are long in the chart are shorter here.
 */
@Tag("system")
@Tag("alone") // it has a deadline for the ends of bridges
@Timeout(180)
final class ScaleDownSystemTest {

    private static final int MOST = 4;
    private static final int LEAST = 2;

    /** Active bridges per node that the autoscaler aims at; 5,000 in the chart. */
    private static final int TARGET = 18;

    private static final int STREAMS = MOST * TARGET;
    private static final int REMAINING = 24;

    /** Of the node; a minute in the chart. */
    private static final Duration GRACE = Duration.ofSeconds(9);

    /** For how long a smaller number must be enough, and how often a node is removed; 10 minutes in the chart. */
    private static final Duration SCALE_DOWN = Duration.ofSeconds(5);

    /** What Kubernetes waits for longer than a node, before it kills it. */
    private static final Duration MORE = Duration.ofSeconds(24);

    @TempDir
    private Path folder;

    private final List<Pod> pods = new ArrayList<>();
    private final List<Pod> leaving = new ArrayList<>();
    private final HttpClient http = HttpClient.newHttpClient();

    /** A node and its management port. */
    private static final class Pod {
        private final Programs.Running node;
        private final URI metrics;
        private volatile long told;
        private volatile long ended;

        Pod(Programs.Running node, URI metrics) {
            this.node = node;
            this.metrics = metrics;
        }

        /** Returns whether a bridge has passed through the node, as its audit says. */
        boolean held(BridgeId bridge) throws Exception {
            return node.complaints().contains(bridge.toString());
        }
    }

    @Test
    void autoscalerRemovesTwoNodes_noConnectFails_onlyTheirBridgesEnd() throws Exception {
        chartIsAsExpected();
        try (Programs programs = new Programs(folder)) {
            int front = start(programs);
            Traffic traffic = new Traffic(URI.create("ws://127.0.0.1:" + front), 20, STREAMS);
            List<BridgeId> before;
            List<BridgeId> after;
            try {
                traffic.start();
                Autoscaler autoscaler = new Autoscaler();
                pass(autoscaler, SCALE_DOWN);
                assertThat(pods).as("with a full load").hasSize(MOST);
                traffic.release(STREAMS - REMAINING);
                before = traffic.open();
                runUntil(
                        autoscaler,
                        () -> leaving.size() == MOST - LEAST && leaving.stream().allMatch(pod -> pod.ended != 0));
                pass(autoscaler, Duration.ofSeconds(3));
                after = traffic.open();
            } finally {
                traffic.close();
            }
            report(traffic, before, after);
            assertThat(pods).as("with this load").hasSize(LEAST);
            assertThat(traffic.attempts)
                    .hasSizeGreaterThan(100)
                    .filteredOn(attempt -> !attempt.failure().isEmpty())
                    .isEmpty();
            bridgesEndedAsPromised(traffic, before, after);
        }
    }

    private void bridgesEndedAsPromised(Traffic traffic, List<BridgeId> before, List<BridgeId> after) throws Exception {
        for (Pod pod : leaving) {
            assertThat(Duration.ofNanos(pod.ended - pod.told))
                    .as("before Kubernetes would kill the node")
                    .isLessThan(GRACE.plus(MORE));
        }
        assertThat(traffic.ends).isNotEmpty();
        for (Traffic.End end : traffic.ends) {
            assertThat(end.reason().code()).as("%s", end.reason()).isEqualTo(CloseReason.GOING_AWAY);
            boolean atTheEndOfAGracePeriod = false;
            for (Pod pod : leaving) {
                atTheEndOfAGracePeriod |= pod.held(end.bridge())
                        && end.at() - pod.told > GRACE.toNanos() - TimeUnit.MILLISECONDS.toNanos(500)
                        && end.at() < pod.ended + TimeUnit.SECONDS.toNanos(1);
            }
            assertThat(atTheEndOfAGracePeriod).as("%s", end).isTrue();
        }
        List<BridgeId> untouched = new ArrayList<>(before);
        for (Pod pod : leaving) {
            for (BridgeId bridge : before) {
                if (pod.held(bridge)) {
                    untouched.remove(bridge);
                }
            }
        }
        assertThat(untouched).isNotEmpty();
        assertThat(after).as("bridges of the nodes that remain").containsAll(untouched);
    }

    private void report(Traffic traffic, List<BridgeId> before, List<BridgeId> after) {
        System.out.printf(
                "scale-down from %d to %d nodes: %d connects, %d failed; %d of %d streams ended, %d untouched: %s;"
                        + " nodes took %s ms%n",
                MOST,
                LEAST,
                traffic.attempts.size(),
                traffic.attempts.stream()
                        .filter(attempt -> !attempt.failure().isEmpty())
                        .count(),
                traffic.ends.size(),
                before.size(),
                before.stream().filter(after::contains).count(),
                traffic.ends.stream()
                        .collect(Collectors.groupingBy(end -> end.reason().code(), Collectors.counting())),
                leaving.stream().map(pod -> (pod.ended - pod.told) / 1_000_000).toList());
    }

    /** What this test does in place of Kubernetes is what the chart asks for. */
    private static void chartIsAsExpected() throws Exception {
        assertThat(Deploy.read("helm/wsbridge/templates/autoscaler.yaml"))
                .contains(
                        "metric: {name: wsbridge_bridges_active}",
                        "target: {type: AverageValue, averageValue: {{ .Values.autoscaling.bridgesPerNode | quote }}}",
                        "stabilizationWindowSeconds: {{ .Values.autoscaling.scaleDownSeconds }}",
                        "{type: Pods, value: 1, periodSeconds: {{ .Values.autoscaling.scaleDownSeconds }}}");
        assertThat(Deploy.read("helm/wsbridge/templates/deployment.yaml"))
                .contains("{{ add .Values.graceSeconds .Values.preStopSleepSeconds " + MORE.toSeconds() + " }}");
        assertThat(value("preStopSleepSeconds")).as("SIGTERM comes at once").isZero();
        assertThat(value("scaleDownSeconds")).isGreaterThanOrEqualTo(value("graceSeconds"));
    }

    /** Returns a number in the chart's values. */
    private static int value(String name) throws Exception {
        Matcher matcher =
                Pattern.compile("(?m)^ *" + name + ": (\\d+)$").matcher(Deploy.read("helm/wsbridge/values.yaml"));
        assertThat(matcher.find()).as(name).isTrue();
        return Integer.parseInt(matcher.group(1));
    }

    /** Starts the nodes and HAProxy. Returns its port. */
    private int start(Programs programs) throws Exception {
        Launcher wsbridge = Launcher.install(folder);
        TokenKeys.generate().write(folder.resolve("keys"));
        List<InetSocketAddress> free = Cluster.freePorts(2 * MOST + 1);
        List<InetSocketAddress> nodes = free.subList(0, MOST);
        int front = free.get(2 * MOST).getPort();
        String peers = nodes.stream()
                .map(address -> "ws://127.0.0.1:" + address.getPort())
                .collect(Collectors.joining(","));
        for (int i = 0; i < MOST; i++) {
            int management = free.get(MOST + i).getPort();
            pods.add(new Pod(
                    programs.start(wsbridge.command(
                            "node",
                            "--insecure",
                            "--listen=127.0.0.1:" + nodes.get(i).getPort(),
                            "--management-listen=127.0.0.1:" + management,
                            "--public-url=ws://127.0.0.1:" + front,
                            "--keys=" + folder.resolve("keys"),
                            "--grace=" + GRACE.toSeconds() + "s",
                            "--drain-delay=" + value("drainDelaySeconds") + "s",
                            "--peers=" + peers)),
                    URI.create("http://127.0.0.1:" + management + "/metrics")));
        }
        for (Pod pod : pods) {
            pod.node.awaitLine("node ready");
        }
        Balancer balancer = Balancer.haproxy(programs, folder, front, nodes);
        await().atMost(Duration.ofSeconds(30)).until(() -> balancer.up() == MOST);
        return front;
    }

    private void pass(Autoscaler autoscaler, Duration time) {
        long from = System.nanoTime();
        runUntil(autoscaler, () -> System.nanoTime() - from > time.toNanos());
    }

    /** Lets the autoscaler look again and again. */
    private void runUntil(Autoscaler autoscaler, BooleanSupplier over) {
        await().atMost(Duration.ofMinutes(1))
                .pollInterval(Duration.ofMillis(250))
                .until(() -> {
                    double sum = 0;
                    for (Pod pod : pods) {
                        sum += active(pod);
                    }
                    if (autoscaler.replicas(pods.size(), sum / pods.size(), System.nanoTime()) < pods.size()) {
                        remove(pods.get(pods.size() - 1)); // Kubernetes prefers the newest
                    }
                    return over.getAsBoolean();
                });
    }

    private double active(Pod pod) throws Exception {
        return http.send(
                        HttpRequest.newBuilder(pod.metrics)
                                .timeout(Duration.ofSeconds(20))
                                .build(),
                        HttpResponse.BodyHandlers.ofString())
                .body()
                .lines()
                .filter(line -> line.startsWith("wsbridge_bridges_active"))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' '))))
                .sum();
    }

    /** Sends SIGTERM, and SIGKILL when the grace period of the pod is over. */
    private void remove(Pod pod) {
        pods.remove(pod);
        leaving.add(pod);
        Process process = pod.node.process();
        pod.told = System.nanoTime();
        process.onExit()
                .orTimeout(GRACE.plus(MORE).toSeconds(), TimeUnit.SECONDS)
                .whenComplete((exit, late) -> {
                    process.destroyForcibly();
                    pod.ended = System.nanoTime();
                });
        process.destroy();
    }

    /** A HorizontalPodAutoscaler with an average value and a policy for scaling down. */
    private static final class Autoscaler {

        private static final double TOLERANCE = 0.1;

        private record Advice(long at, int replicas) {}

        private final Deque<Advice> window = new ArrayDeque<>();
        private final long since = System.nanoTime();
        private long removed = since - SCALE_DOWN.toNanos();

        /** Returns how many nodes there should be: in a period, one fewer at most. */
        int replicas(int current, double average, long now) {
            double ratio = average / TARGET;
            int wanted = Math.abs(ratio - 1) <= TOLERANCE ? current : (int) Math.ceil(ratio * current);
            window.add(new Advice(now, Math.max(LEAST, Math.min(MOST, wanted))));
            while (now - window.element().at() > SCALE_DOWN.toNanos()) {
                window.remove();
            }
            int stable = window.stream().mapToInt(Advice::replicas).max().orElse(current);
            if (stable >= current || now - since < SCALE_DOWN.toNanos() || now - removed < SCALE_DOWN.toNanos()) {
                return current;
            }
            removed = now;
            return current - 1;
        }
    }
}
