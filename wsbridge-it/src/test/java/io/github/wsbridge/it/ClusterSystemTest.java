package io.github.wsbridge.it;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.wsbridge.core.tokens.TokenKeys;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A cluster as it may be installed, each part on a host of its own: HAProxy, three nodes, an MQTT broker, devices, and
 * tunnels to them. What docs/operations.md promises of faults is tested one after the other. Needs root.
 */
@Tag("system")
@Tag("alone") // it measures how soon a cluster recovers
@Timeout(180)
final class ClusterSystemTest {

    private static final List<String> NODES = List.of("n1", "n2", "n3");
    private static final int LISTENING = 9001; // the tunnels' ports, by the device's secondary channel
    private static final int BY_MQTT = 9002;
    private static final int ENOUGH = 10;
    private static final Path FAKETIME = Path.of(
            "/usr/lib",
            (System.getProperty("os.arch").equals("aarch64") ? "aarch64" : "x86_64") + "-linux-gnu",
            "faketime/libfaketime.so.1");

    @TempDir
    private static Path folder;

    private static Programs programs;
    private static Hosts hosts;
    private static Launcher wsbridge;
    private static final Map<String, Programs.Running> RUNNING = new HashMap<>();

    @BeforeAll
    static void start() throws Exception {
        assumeTrue(System.getProperty("user.name").equals("root"), "network namespaces need root");
        programs = new Programs(folder);
        hosts = new Hosts(programs);
        wsbridge = Launcher.install(Files.createDirectories(folder.resolve("installed here")));
        TokenKeys.generate().write(folder.resolve("keys"));
        for (String host : List.of("lb", "n1", "n2", "n3", "mq", "dev", "req")) {
            hosts.add(host);
        }
        startBroker();
        for (String node : NODES) {
            startNode(node, List.of());
        }
        hosts.start(
                "lb",
                List.of(
                        Programs.find("haproxy", "haproxy"),
                        "-db",
                        "-f",
                        balancer().toString()));
        hosts.start(
                "dev", List.of(Programs.find("socat", "socat"), "TCP-LISTEN:7,fork,reuseaddr,bind=127.0.0.1", "PIPE"));
        String server = "ws://" + hosts.address("lb") + ":8000";
        device(server, "listens", "--signal", "listen");
        device(server, "by-mqtt", "--signal", "mqtt", "--mqtt-server", "mqtt://" + hosts.address("mq"));
        tunnel(server, "listens", LISTENING);
        tunnel(server, "by-mqtt", BY_MQTT);
    }

    @AfterAll
    static void stop() throws Exception {
        try {
            if (programs != null) {
                programs.close();
            }
        } finally {
            if (hosts != null) {
                hosts.close();
            }
        }
    }

    private static void startBroker() throws Exception {
        Path config = Files.writeString(
                folder.resolve("mosquitto.conf"),
                "listener 1883 " + hosts.address("mq") + "\nallow_anonymous true\nuser root\n");
        Programs.Running broker =
                hosts.start("mq", List.of(Programs.find("mosquitto", "mosquitto"), "-c", config.toString()));
        RUNNING.put("mq", broker);
        broker.awaitLine("running");
    }

    private static void startNode(String node, List<String> environment) throws Exception {
        List<String> command = new ArrayList<>(environment);
        List<String> peers = NODES.stream()
                .map(peer -> "ws://" + hosts.address(peer) + ":8080")
                .toList();
        command.addAll(wsbridge.command(
                "node",
                "--insecure",
                "--listen",
                hosts.address(node) + ":8080",
                "--public-url",
                "ws://" + hosts.address("lb") + ":8000",
                "--peers",
                String.join(",", peers),
                "--keys",
                folder.resolve("keys").toString(),
                "--audit",
                "off",
                "--signal",
                "mqtt",
                "--mqtt-server",
                "mqtt://" + hosts.address("mq")));
        Programs.Running started = hosts.start(node, command);
        RUNNING.put(node, started);
        started.awaitLine("node ready: ");
    }

    private static Path balancer() throws IOException {
        Path deploy = Path.of("").toAbsolutePath();
        while (!Files.exists(deploy.resolve("deploy"))) {
            deploy = deploy.getParent();
        }
        String text = Files.readString(deploy.resolve("deploy/haproxy.cfg"));
        for (int i = 0; i < NODES.size(); i++) {
            assertThat(text).contains("node-" + (i + 1) + ":8080");
            text = text.replace("node-" + (i + 1) + ":8080", hosts.address(NODES.get(i)) + ":8080");
        }
        return Files.writeString(folder.resolve("haproxy.cfg"), text);
    }

    private static void device(String server, String id, String... signal) throws Exception {
        List<String> command =
                wsbridge.command("device", "--server", server, "--id", id, "--target", "echo=127.0.0.1:7");
        command.addAll(List.of(signal));
        hosts.start("dev", command).awaitLine("device ready: ");
    }

    private static void tunnel(String server, String device, int port) throws Exception {
        String listen = hosts.address("req") + ":" + port;
        hosts.start(
                        "req",
                        wsbridge.command(
                                "tunnel",
                                "--server",
                                server,
                                "--device",
                                device,
                                "--target",
                                "echo",
                                "--listen",
                                listen,
                                "--session",
                                "off"))
                .awaitLine("tunnel ready: ");
    }

    @BeforeEach
    void awaitHealth() {
        for (String node : NODES) {
            assertThat(RUNNING.get(node).process().isAlive()).isTrue();
        }
        recovered("before a fault", LISTENING, Duration.ofSeconds(40));
        recovered("before a fault", BY_MQTT, Duration.ofSeconds(40));
    }

    @Test
    void nodeIsKilled_othersServeWithinFiveSeconds_andItReturns() throws Exception {
        RUNNING.get("n2").process().destroyForcibly();
        try {
            recovered("after a node was killed", LISTENING, Duration.ofSeconds(5));
            recovered("after a node was killed", BY_MQTT, Duration.ofSeconds(5));
        } finally {
            startNode("n2", List.of());
        }
    }

    @Test
    void nodeFreezes_othersServeWithin15Seconds() throws Exception {
        signal("n1", "STOP");
        try {
            recovered("after a node froze", LISTENING, Duration.ofSeconds(15));
            recovered("after a node froze", BY_MQTT, Duration.ofSeconds(15));
        } finally {
            signal("n1", "CONT");
        }
    }

    @Test
    void nodeLosesItsPeers_everyConnectEndsSoon_andAllIsWellWithin15SecondsAfterwards() throws Exception {
        for (String other : List.of("n1", "n2")) {
            hosts.deafen("n3", other, true);
        }
        try {
            for (int i = 0; i < 12; i++) {
                long begun = System.nanoTime();
                echoes(LISTENING, Duration.ofSeconds(20));
                assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(Duration.ofSeconds(15));
            }
        } finally {
            for (String other : List.of("n1", "n2")) {
                hosts.deafen("n3", other, false);
            }
        }
        recovered("after nodes could not reach each other", LISTENING, Duration.ofSeconds(15));
    }

    @Test
    void brokerRestarts_itsDevicesAreReachableWithinFiveSeconds_andOthersAllTheTime() throws Exception {
        RUNNING.get("mq").process().destroyForcibly();
        RUNNING.get("mq").exitCode();
        try {
            for (int i = 0; i < ENOUGH; i++) {
                assertThat(echoes(LISTENING, Duration.ofSeconds(5))).isTrue();
            }
        } finally {
            startBroker();
        }
        recovered("after the broker was back", BY_MQTT, Duration.ofSeconds(5));
    }

    @Test
    void clockIsAMinuteAhead_allWorks_andItIsTold() throws Exception {
        assertThat(FAKETIME).as("Debian's package faketime").exists();
        RUNNING.get("n2").process().destroy();
        RUNNING.get("n2").exitCode();
        startNode("n2", List.of("env", "LD_PRELOAD=" + FAKETIME, "FAKETIME=+60s", "FAKETIME_DONT_FAKE_MONOTONIC=1"));
        try {
            recovered("with a wrong clock", LISTENING, Duration.ofSeconds(10));
            recovered("with a wrong clock", BY_MQTT, Duration.ofSeconds(10));
            for (int i = 0; i < 3 * ENOUGH; i++) {
                assertThat(echoes(LISTENING, Duration.ofSeconds(5))).isTrue();
                assertThat(echoes(BY_MQTT, Duration.ofSeconds(5))).isTrue();
            }
            await().atMost(Duration.ofSeconds(10)).until(() -> {
                StringBuilder complaints = new StringBuilder();
                for (String node : NODES) {
                    complaints.append(RUNNING.get(node).complaints());
                }
                return complaints.toString().contains("clock");
            });
        } finally {
            RUNNING.get("n2").process().destroy();
            RUNNING.get("n2").exitCode();
            startNode("n2", List.of());
        }
    }

    @Test
    void linkFlaps_devicesAreReachableWithin15Seconds() throws Exception {
        for (int i = 0; i < 5; i++) {
            hosts.plug("dev", false);
            pass(Duration.ofSeconds(1));
            hosts.plug("dev", true);
            pass(Duration.ofSeconds(1));
        }
        recovered("after its link flapped", LISTENING, Duration.ofSeconds(15));
        recovered("after its link flapped", BY_MQTT, Duration.ofSeconds(15));
    }

    private static void pass(Duration time) {
        long from = System.nanoTime();
        await().pollInterval(Duration.ofMillis(50)).until(() -> System.nanoTime() - from > time.toNanos());
    }

    private static void signal(String host, String name) throws Exception {
        programs.run(List.of(
                "kill", "-" + name, Long.toString(RUNNING.get(host).process().pid())));
    }

    /**
     * Waits until a number of connections in a row are served, and tells after what time the first of them was begun.
     */
    private static void recovered(String when, int port, Duration within) {
        long from = System.nanoTime();
        long begun = from;
        int served = 0;
        while (served < ENOUGH) {
            if (served == 0) {
                begun = System.nanoTime();
                assertThat(Duration.ofNanos(begun - from)).as(when).isLessThan(within);
            }
            served = echoes(port, Duration.ofSeconds(3)) ? served + 1 : 0;
        }
        System.out.printf("%s: port %d served after %d ms%n", when, port, (begun - from) / 1_000_000);
    }

    /** Returns whether a new connection is served in time. */
    private static boolean echoes(int port, Duration within) {
        byte[] some = "ping".getBytes(US_ASCII);
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(hosts.address("req"), port), 1_000);
            socket.setSoTimeout((int) within.toMillis());
            socket.getOutputStream().write(some);
            return Arrays.equals(socket.getInputStream().readNBytes(some.length), some);
        } catch (IOException e) {
            return false;
        }
    }
}
