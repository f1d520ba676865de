package io.github.wsbridge.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The script {@code wsbridge} as used by people, with each command as a separate process. */
@Tag("system")
@Timeout(value = 6, unit = TimeUnit.MINUTES)
final class LauncherSystemTest {

    private static final int NODES = 3;

    @TempDir
    private Path folder;

    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final CountDownLatch goOn = new CountDownLatch(1);
    private final byte[] page = Payloads.bytes(5_000_000, 1);
    private Programs programs;
    private Launcher wsbridge;
    private HttpServer web;

    @BeforeEach
    void start() throws Exception {
        programs = new Programs(folder);
        wsbridge = Launcher.install(Files.createDirectories(folder.resolve("installed here")));
        web = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 50);
        web.setExecutor(threads);
        web.createContext("/page", exchange -> {
            exchange.sendResponseHeaders(200, page.length);
            try (var out = exchange.getResponseBody()) {
                out.write(page);
            }
        });
        web.createContext("/slow", exchange -> {
            exchange.sendResponseHeaders(200, page.length);
            try (var out = exchange.getResponseBody()) {
                out.write(page, 0, 1_000_000);
                out.flush();
                await(goOn);
                out.write(page, 1_000_000, page.length - 1_000_000);
            }
        });
        web.start();
    }

    @AfterEach
    void stop() throws Exception {
        goOn.countDown();
        try {
            assertThat(leftovers()).as("processes that have not ended").isEmpty();
        } finally {
            programs.close();
            web.stop(0);
            threads.shutdownNow();
        }
    }

    @Test
    void threeNodesDeviceAndTunnel_withKeysAndPeers_carryHttpAndDrain() throws Exception {
        Path keys = folder.resolve("bridge.keys");
        programs.run(wsbridge.command("keys", "create", keys.toString()));
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(keys)))
                .isEqualTo("rw-------");
        assertThat(programs.run(wsbridge.command("keys", "list", keys.toString())))
                .contains("primary");
        Path apiKeys = folder.resolve("api-keys");
        Path requesterKey = apiKey(apiKeys, "alice", "requester");
        Path deviceKey = apiKey(apiKeys, "pi-7", "device");

        List<InetSocketAddress> addresses = Cluster.freePorts(NODES);
        List<Programs.Running> nodes = new ArrayList<>();
        try (RoundRobinFront front = new RoundRobinFront(addresses)) {
            String url = "ws://127.0.0.1:" + front.port();
            for (InetSocketAddress address : addresses) {
                nodes.add(node(address, url, keys, apiKeys, addresses));
            }
            for (Programs.Running node : nodes) {
                node.awaitLine("node ready: ");
            }
            Programs.Running device = programs.start(wsbridge.command(
                    "device",
                    "--server",
                    url,
                    "--id",
                    "pi-7",
                    "--api-key-file",
                    deviceKey.toString(),
                    "--target",
                    "web=127.0.0.1:" + web.getAddress().getPort()));
            device.awaitLine("device ready: ");
            Programs.Running tunnel = programs.start(wsbridge.command(
                    "tunnel",
                    "--server",
                    url,
                    "--device",
                    "pi-7",
                    "--target",
                    "web",
                    "--listen",
                    "127.0.0.1:0",
                    "--api-key-file",
                    requesterKey.toString()));
            String local = tunnel.awaitLine("tunnel ready: ").replaceAll("tunnel ready: (\\S+) .*", "http://$1");

            for (int i = 0; i < 5; i++) {
                Programs.Running curl = curl(local + "/page");
                assertThat(curl.exitCode()).as("%s", curl.complaints()).isZero();
                assertThat(Payloads.sha256(curl.out())).isEqualTo(Payloads.sha256(page));
            }
            wrongKeyIsRefused(url, deviceKey);

            Programs.Running slow = curl(local + "/slow");
            awaitBytes(slow, 1_000_000);
            nodes.forEach(node -> node.process().destroy()); // SIGTERM
            int live = 0;
            for (Programs.Running node : nodes) {
                live += node.awaitLine("node stopping: ").startsWith("node stopping: 0 ") ? 0 : 1;
            }
            assertThat(live).as("nodes that hold the live bridge").isPositive();
            goOn.countDown();
            assertThat(slow.exitCode()).as("a live bridge is drained: %s", slow).isZero();
            assertThat(Payloads.sha256(slow.out())).isEqualTo(Payloads.sha256(page));
            for (Programs.Running node : nodes) {
                assertThat(node.succeeded()).contains("node stopped");
                assertThat(node.complaints()).doesNotContain("Exception", "ERROR");
            }
            for (Programs.Running end : List.of(device, tunnel)) {
                end.process().destroy();
                end.succeeded();
                assertThat(end.complaints()).doesNotContain("Exception", "ERROR");
            }
        }
    }

    @Test
    void deviceListeningToTheBrokerOnly_isReached() throws Exception {
        try (EmbeddedBroker broker = new EmbeddedBroker(Files.createDirectory(folder.resolve("broker")))) {
            String mqtt = broker.uri().toString();
            InetSocketAddress address = Cluster.freePorts(1).get(0);
            String url = "ws://127.0.0.1:" + address.getPort();
            Programs.Running node = programs.start(wsbridge.command(
                    "node",
                    "--insecure",
                    "--listen",
                    "127.0.0.1:" + address.getPort(),
                    "--signal",
                    "mqtt",
                    "--mqtt-server",
                    mqtt));
            node.awaitLine("node ready: ");
            Programs.Running device = programs.start(wsbridge.command(
                    "device",
                    "--server",
                    url,
                    "--id",
                    "pi-7",
                    "--signal",
                    "mqtt",
                    "--mqtt-server",
                    mqtt,
                    "--target",
                    "web=127.0.0.1:" + web.getAddress().getPort()));
            assertThat(device.awaitLine("device ready: ")).contains("pi-7 listens at " + mqtt + ", ");
            Programs.Running tunnel = programs.start(wsbridge.command(
                    "tunnel", "--server", url, "--device", "pi-7", "--target", "web", "--listen", "127.0.0.1:0"));
            String local = tunnel.awaitLine("tunnel ready: ").replaceAll("tunnel ready: (\\S+) .*", "http://$1");
            Programs.Running curl = curl(local + "/page");
            assertThat(curl.exitCode()).as("%s", curl.complaints()).isZero();
            assertThat(Payloads.sha256(curl.out())).isEqualTo(Payloads.sha256(page));
            for (Programs.Running end : List.of(tunnel, device, node)) {
                end.process().destroy();
                end.succeeded();
            }
        }
    }

    @Test
    void demo_once_passesAllItsChecks() throws Exception {
        assertThat(programs.run(wsbridge.command("demo", "--once", "--size", "16MiB")))
                .contains("All checks passed.")
                .contains("16 MiB", "same SHA-256 at both ends");
    }

    @Test
    void commandsThatMakeNoSense_endWithCode2() throws Exception {
        Path keys = folder.resolve("bridge.keys");
        programs.run(wsbridge.command("keys", "create", keys.toString()));
        refused(2, "--api-keys", "node");
        refused(2, "--keys", "node", "--insecure", "--listen", "127.0.0.1:0", "--peers", "ws://127.0.0.1:1");
        refused(2, "--public-url", "node", "--insecure", "--keys", keys.toString(), "--peers", "ws://127.0.0.1:1");
        refused(2, "--target", "device", "--server", "ws://127.0.0.1:1", "--id", "d");
        refused(2, "--stdio", "tunnel", "--server", "ws://127.0.0.1:1", "--device", "d", "--target", "t");
        refused(2, "no-such-command", "no-such-command");
        refused(1, "exists", "keys", "create", keys.toString());
        refused(1, "missing", "node", "--keys", "missing", "--insecure", "--listen", "127.0.0.1:0");
    }

    private void refused(int code, String word, String... arguments) throws Exception {
        Programs.Running running = programs.start(wsbridge.command(arguments));
        assertThat(running.exitCode()).as("%s", running).isEqualTo(code);
        assertThat(running.complaints()).contains(word).doesNotContain("\tat ");
        assertThat(running.printed()).isEmpty();
    }

    private void wrongKeyIsRefused(String url, Path key) throws Exception {
        Programs.Running running = programs.start(wsbridge.command(
                "tunnel",
                "--server",
                url,
                "--device",
                "pi-7",
                "--target",
                "web",
                "--stdio",
                "--api-key-file",
                key.toString()));
        assertThat(running.exitCode()).isEqualTo(1);
        assertThat(running.complaints()).contains("403");
        assertThat(running.printed()).isEmpty();
    }

    /** Creates a key with the command, follows the printed instructions, and returns the key's file. */
    private Path apiKey(Path apiKeys, String name, String role) throws Exception {
        String printed = programs.run(wsbridge.command("keys", "api-key", name, role));
        String key = printed.replaceAll("(?s).*key: +(\\S{43})\n.*", "$1");
        String line = printed.replaceAll("(?s).*line: +([^\n]+)\n.*", "$1");
        assertThat(line).startsWith(name + " " + role + " ").doesNotContain(key);
        Files.writeString(
                apiKeys, (Files.exists(apiKeys) ? Files.readString(apiKeys) : "") + line + System.lineSeparator());
        return Files.writeString(folder.resolve(name + ".key"), key + "\n");
    }

    private Programs.Running node(
            InetSocketAddress address, String url, Path keys, Path apiKeys, List<InetSocketAddress> all)
            throws IOException {
        return programs.start(wsbridge.command(
                "node",
                "--listen",
                "127.0.0.1:" + address.getPort(),
                "--public-url",
                url,
                "--keys",
                keys.toString(),
                "--api-keys",
                apiKeys.toString(),
                "--grace",
                "2m",
                "--peers",
                String.join(
                        ",",
                        all.stream()
                                .map(peer -> "ws://127.0.0.1:" + peer.getPort())
                                .toList())));
    }

    private Programs.Running curl(String url) throws IOException {
        return programs.start(List.of(
                Programs.find("curl", "curl"),
                "--silent",
                "--show-error",
                "--fail",
                "--no-buffer",
                "--noproxy",
                "*",
                "--max-time",
                Long.toString(Programs.DEADLINE.toSeconds()),
                url));
    }

    private static void awaitBytes(Programs.Running running, long size) {
        Awaitility.await()
                .atMost(Programs.DEADLINE)
                .until(() ->
                        Files.size(running.out()) >= size || !running.process().isAlive());
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await(Programs.DEADLINE.toSeconds(), TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Returns all processes that run what was installed for this test. */
    private List<String> leftovers() {
        return ProcessHandle.allProcesses()
                .filter(ProcessHandle::isAlive)
                .flatMap(process -> process.info().commandLine().stream())
                .filter(command -> command.contains(folder.toString()))
                .toList();
    }
}
