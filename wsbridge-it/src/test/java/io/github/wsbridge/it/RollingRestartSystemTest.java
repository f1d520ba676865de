package io.github.wsbridge.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.wsbridge.CloseReason;
import io.github.wsbridge.core.tokens.TokenKeys;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Three nodes of the real launcher, behind the load balancers of {@code deploy/}, are restarted in turn, or one is
 * killed, under traffic: 30 devices, 50 open streams, 20 new connects a second.
 */
@Tag("system")
@Tag("alone") // it compares set-up times
@Timeout(600)
final class RollingRestartSystemTest {

    /** Longer than HAProxy and then the devices take to leave a node: 2 s and 1 s. */
    private static final Duration DRAIN_DELAY = Duration.ofSeconds(4);

    /** Leaves time for those who have come last. */
    private static final Duration GRACE = Duration.ofSeconds(6);

    private static final Duration CALM = Duration.ofSeconds(6);
    /** What the start of a JVM on the same cores may cost. */
    private static final long STARTING = Duration.ofMillis(500).toNanos();

    private static final long KILLED = Duration.ofSeconds(2).toNanos();

    /** When a node was told to end, and when its process had ended. */
    private record Stop(long told, long ended) {}

    @TempDir
    private Path folder;

    private final List<InetSocketAddress> addresses = new ArrayList<>();
    private final List<Programs.Running> nodes = new ArrayList<>();
    private final List<Stop> stops = new ArrayList<>();
    private int front;
    private Launcher wsbridge;

    @BeforeEach
    void install() throws IOException {
        wsbridge = Launcher.install(folder);
        List<InetSocketAddress> free = Cluster.freePorts(4);
        addresses.addAll(free.subList(0, 3));
        front = free.get(3).getPort();
        TokenKeys.generate().write(folder.resolve("keys"));
    }

    @Test
    void haproxy_nodesAreTerminatedInTurn_noConnectFails() throws Exception {
        rollTerminating(true);
    }

    @Test
    void nginx_nodesAreTerminatedInTurn_noConnectFails() throws Exception {
        rollTerminating(false);
    }

    @Test
    void haproxy_aNodeIsKilled_onlyWhatTouchedItFails() throws Exception {
        rollKilling(true);
    }

    @Test
    void nginx_aNodeIsKilled_onlyWhatTouchedItFails() throws Exception {
        rollKilling(false);
    }

    private void rollTerminating(boolean haproxy) throws Exception {
        try (Programs programs = new Programs(folder);
                Traffic traffic = roll(programs, haproxy, false)) {
            assertThat(failures(traffic)).isEmpty();
            for (Traffic.End end : traffic.ends) {
                assertThat(end.reason().code()).as("%s", end.reason()).isEqualTo(CloseReason.GOING_AWAY);
                assertThat(stops)
                        .as("at the end of a grace period")
                        .anyMatch(stop -> end.at() - stop.told() > GRACE.toNanos() - TimeUnit.MILLISECONDS.toNanos(500)
                                && end.at() < stop.ended() + TimeUnit.SECONDS.toNanos(1));
            }
            long before = p99(traffic, false);
            assertThat(p99(traffic, true)).as("p99 of the roll in ns").isLessThan(Math.max(5 * before, STARTING));
        }
    }

    private void rollKilling(boolean haproxy) throws Exception {
        try (Programs programs = new Programs(folder);
                Traffic traffic = roll(programs, haproxy, true)) {
            assertThat(traffic.attempts)
                    .filteredOn(attempt -> !attempt.failure().isEmpty())
                    .allMatch(attempt -> stops.stream()
                            .anyMatch(stop -> attempt.startedAt() + attempt.nanos() > stop.told()
                                    && attempt.startedAt() < stop.told() + KILLED));
            assertThat(traffic.ends)
                    .allMatch(end ->
                            stops.stream().anyMatch(stop -> end.at() > stop.told() && end.at() < stop.told() + KILLED));
        }
    }

    /** Restarts all nodes in turn, or kills and restarts one, and returns the traffic when it is over. */
    private Traffic roll(Programs programs, boolean haproxy, boolean kill) throws Exception {
        for (int i = 0; i < 3; i++) {
            nodes.add(programs.start(node(i)));
        }
        for (Programs.Running node : nodes) {
            node.awaitLine("node ready");
        }
        Balancer balancer = haproxy
                ? Balancer.haproxy(programs, folder, front, addresses)
                : Balancer.nginx(programs, folder, front, addresses);
        Traffic traffic = new Traffic(URI.create("ws://127.0.0.1:" + front), 30, 50);
        try {
            traffic.start();
            pass(traffic, CALM);
            for (int i = 0; i < (kill ? 1 : 3); i++) {
                long told = System.nanoTime();
                Process process = nodes.get(i).process();
                if (kill) {
                    process.destroyForcibly();
                } else {
                    process.destroy();
                }
                nodes.get(i).exitCode();
                stops.add(new Stop(told, System.nanoTime()));
                nodes.set(i, programs.start(node(i)));
                nodes.get(i).awaitLine("node ready");
                if (haproxy) {
                    await().atMost(Duration.ofSeconds(30)).until(() -> balancer.up() == 3);
                }
                if (kill) {
                    pass(traffic, Duration.ofSeconds(5));
                }
            }
            pass(traffic, CALM);
        } finally {
            traffic.close();
        }
        report(traffic, haproxy, kill);
        return traffic;
    }

    private void report(Traffic traffic, boolean haproxy, boolean kill) {
        List<String> failures = failures(traffic);
        System.out.printf(
                "%s, %s: %d connects, %d failed, and %d to replace a stream; p99 %.0f ms before, %.0f ms during the"
                        + " roll; %d streams ended: %s%n",
                haproxy ? "HAProxy" : "nginx",
                kill ? "SIGKILL" : "SIGTERM",
                traffic.attempts.stream().filter(attempt -> !attempt.replaces()).count(),
                failures.stream()
                        .filter(failure -> !failure.contains(Traffic.REPLACES))
                        .count(),
                failures.stream()
                        .filter(failure -> failure.contains(Traffic.REPLACES))
                        .count(),
                p99(traffic, false) / 1e6,
                p99(traffic, true) / 1e6,
                traffic.ends.size(),
                traffic.ends.stream()
                        .collect(Collectors.groupingBy(end -> end.reason().code(), Collectors.counting())));
        failures.forEach(System.out::println);
    }

    /** Waits until the traffic has gone on for a while. */
    private static void pass(Traffic traffic, Duration time) {
        long from = System.nanoTime();
        await().atMost(time.plusMinutes(1))
                .pollInterval(Duration.ofMillis(100))
                .until(() -> System.nanoTime() - from > time.toNanos() && !traffic.attempts.isEmpty());
    }

    private List<String> failures(Traffic traffic) {
        return traffic.attempts.stream()
                .filter(attempt -> !attempt.failure().isEmpty())
                .map(attempt -> (attempt.startedAt() - stops.get(0).told()) / 1_000_000 + " ms: " + attempt.failure()
                        + " after " + attempt.nanos() / 1_000_000 + " ms")
                .toList();
    }

    /** Returns the 99th percentile of the set-up times before the first stop, or from then until the last is over. */
    private long p99(Traffic traffic, boolean during) {
        long first = stops.get(0).told();
        long last = stops.get(stops.size() - 1).ended() + TimeUnit.SECONDS.toNanos(5);
        long[] sorted = traffic.attempts.stream()
                .filter(attempt -> attempt.failure().isEmpty())
                .filter(attempt -> during
                        ? attempt.startedAt() >= first && attempt.startedAt() < last
                        : attempt.startedAt() < first)
                .mapToLong(Traffic.Attempt::nanos)
                .sorted()
                .toArray();
        return sorted[Math.max(0, (int) Math.ceil(sorted.length * 0.99) - 1)];
    }

    private List<String> node(int index) {
        return wsbridge.command(
                "node",
                "--insecure",
                "--listen",
                "127.0.0.1:" + addresses.get(index).getPort(),
                "--public-url",
                "ws://127.0.0.1:" + front,
                "--keys",
                folder.resolve("keys").toString(),
                "--grace",
                GRACE.toSeconds() + "s",
                "--drain-delay",
                DRAIN_DELAY.toSeconds() + "s",
                "--peers",
                addresses.stream()
                        .map(address -> "ws://127.0.0.1:" + address.getPort())
                        .collect(Collectors.joining(",")));
    }
}
