package io.github.wsbridge.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.wsbridge.testkit.RawWebSocket;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The cases of the Autobahn test suite through bridges over one node and over two, to a device with Python's package
 * "websockets": at its defaults for all messages of up to 1 MiB. docs/security.md has the results.
 */
@Tag("system")
@Timeout(value = 15, unit = TimeUnit.MINUTES)
final class FramingSystemTest {

    private static final int LONGEST = 16 << 20;

    @TempDir
    private Path folder;

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void autobahnCases_throughABridge_areAsRequired(int nodes) throws Exception {
        List<String> failed = new ArrayList<>();
        Map<Integer, Integer> passed = new TreeMap<>();
        try (Cluster cluster = Cluster.start(nodes);
                Programs programs = new Programs(folder)) {
            Python.needs(programs, "websockets", "python3-websockets");
            String accepting = cluster.url(nodes - 1).toString();
            start(programs, accepting, "defaults");
            start(programs, accepting, "long", String.valueOf(LONGEST));
            run(cluster.url(0), "defaults", FramingCases.ofShortMessages(), passed, failed);
            run(cluster.url(0), "long", FramingCases.ofLongMessages(), passed, failed);
            assertThat(cluster.crossings.forwarded() > 0).isEqualTo(nodes > 1);
        }
        int all = passed.values().stream().mapToInt(Integer::intValue).sum();
        System.out.println("Autobahn cases passed over " + nodes + " nodes, by category: " + passed + ", all " + all);
        assertThat(failed).isEmpty();
        assertThat(passed).hasSize(9);
    }

    private void start(Programs programs, String base, String device, String... more) throws Exception {
        List<String> arguments = new ArrayList<>(List.of(base, device));
        arguments.addAll(List.of(more));
        programs.start(Python.command(folder, "echo_device.py", arguments.toArray(String[]::new)))
                .awaitLine("listening");
    }

    private static void run(
            URI node, String device, List<FramingCases.Case> cases, Map<Integer, Integer> passed, List<String> failed)
            throws Exception {
        URI url = URI.create(node + "/bridge/connect?wait=true&deviceId=" + device);
        for (FramingCases.Case one : cases) {
            try (RawWebSocket socket = RawWebSocket.connect(url, Map.of(), "")) {
                one.script().run(new FramingEnd(socket.timeout(Duration.ofSeconds(60))));
                passed.merge(Integer.valueOf(one.category()), 1, Integer::sum);
            } catch (Exception | AssertionError e) {
                failed.add(one.id() + ": " + e);
            }
        }
    }
}
