package io.github.wsbridge.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A node in a network namespace of its own, and devices whose link to it begins to lose everything, without an error on
 * either side. Needs root.
 */
@Tag("system")
@Timeout(value = 4, unit = TimeUnit.MINUTES)
final class PartitionSystemTest {

    private static final Duration DEAD = Duration.ofSeconds(40);
    private static final String NOBODY = "02:00:00:00:00:01"; // an address that no interface has
    private static final List<String> TRANSPORTS = List.of("netty", "jdk", "tyrus");

    @TempDir
    private Path folder;

    private final String name = "wsb" + ProcessHandle.current().pid() % 100_000;
    private Programs programs;
    private Transfers transfers;
    private Launcher wsbridge;

    @BeforeEach
    void start() throws Exception {
        assumeTrue(System.getProperty("user.name").equals("root"), "network namespaces need root");
        programs = new Programs(folder);
        programs.run(List.of(Programs.find("ip", "iproute2"), "netns", "add", name));
        ip("-n " + name + " link set lo up");
        link("d", "10.203.7.1", "10.203.7.2");
        link("t", "10.203.7.5", "10.203.7.6");
        transfers = new Transfers();
        wsbridge = Launcher.install(Files.createDirectories(folder.resolve("installed here")));
    }

    @AfterEach
    void stop() throws Exception {
        if (programs != null) {
            programs.close();
            for (List<String> remains : List.of(
                    List.of("link", "del", name + "d"),
                    List.of("link", "del", name + "t"),
                    List.of("netns", "del", name))) {
                List<String> command = new ArrayList<>(List.of("ip"));
                command.addAll(remains);
                new ProcessBuilder(command).start().waitFor(10, TimeUnit.SECONDS);
            }
        }
        if (transfers != null) {
            transfers.close();
        }
    }

    /** Links this namespace and the node's. */
    private void link(String suffix, String here, String there) throws Exception {
        ip("link add " + name + suffix + " type veth peer name eth" + suffix + " netns " + name);
        ip("addr add " + here + "/30 dev " + name + suffix);
        ip("link set " + name + suffix + " up");
        ip("-n " + name + " addr add " + there + "/30 dev eth" + suffix);
        ip("-n " + name + " link set eth" + suffix + " up");
    }

    private void ip(String arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of("ip"));
        command.addAll(List.of(arguments.split(" ")));
        programs.run(command);
    }

    @Test
    void deviceIsCutOff_transfersEndAtBothEndsWithin40Seconds() throws Exception {
        List<String> node = new ArrayList<>(List.of("ip", "netns", "exec", name));
        node.addAll(wsbridge.command(
                "node", "--insecure", "--listen", "0.0.0.0:8080", "--public-url", "ws://10.203.7.2:8080"));
        programs.start(node).awaitLine("node ready: ");
        List<Future<Void>> ends = new ArrayList<>();
        for (String transport : TRANSPORTS) {
            start(transport, ends);
        }
        await().atMost(Duration.ofSeconds(60)).until(() -> transfers.served() == ends.size());
        long begun = System.nanoTime();
        await().atMost(Duration.ofSeconds(60)).until(() -> transfers.received() > 200_000_000);
        await().atMost(Duration.ofSeconds(10)) // until the first heartbeats have been exchanged
                .until(() -> System.nanoTime() - begun > TimeUnit.SECONDS.toNanos(3));

        ip("neigh replace 10.203.7.2 lladdr " + NOBODY + " dev " + name + "d nud permanent");
        ip("-n " + name + " neigh replace 10.203.7.1 lladdr " + NOBODY + " dev ethd nud permanent");
        long cut = System.nanoTime();
        for (Future<Void> end : ends) {
            end.get(DEAD.toNanos() - (System.nanoTime() - cut), TimeUnit.NANOSECONDS); // fails if it is still open
        }
        await("connections to the target end, too")
                .atMost(Duration.ofNanos(DEAD.toNanos() - (System.nanoTime() - cut)))
                .until(() -> transfers.served() == 0);
        System.out.printf("all ended %d ms after the partition%n", (System.nanoTime() - cut) / 1_000_000);
    }

    /** Starts a device and a tunnel to it, and opens an upload, a download, and an idle connection. */
    private void start(String transport, List<Future<Void>> ends) throws Exception {
        programs.start(wsbridge.command(
                        "device",
                        "--transport",
                        transport,
                        "--server",
                        "ws://10.203.7.2:8080",
                        "--id",
                        transport,
                        "--target",
                        "flood=127.0.0.1:" + transfers.targetPort()))
                .awaitLine("device ready: ");
        String ready = programs.start(wsbridge.command(
                        "tunnel",
                        "--transport",
                        transport,
                        "--server",
                        "ws://10.203.7.6:8080",
                        "--device",
                        transport,
                        "--target",
                        "flood",
                        "--listen",
                        "127.0.0.1:0"))
                .awaitLine("tunnel ready: ");
        int port = Integer.parseInt(ready.replaceAll("tunnel ready: \\S+:(\\d+) .*", "$1"));
        for (byte kind : List.of(Transfers.UP, Transfers.DOWN, Transfers.IDLE)) {
            ends.add(transfers.open(port, kind));
        }
        assertThat(ends).hasSizeLessThanOrEqualTo(3 * TRANSPORTS.size());
    }
}
