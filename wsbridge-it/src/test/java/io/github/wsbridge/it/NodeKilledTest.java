package io.github.wsbridge.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.wsbridge.CloseReason;
import io.github.wsbridge.client.BridgeChannel;
import io.github.wsbridge.client.BridgeClient;
import io.github.wsbridge.core.tokens.TokenKeys;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Three nodes in separate processes, one of which is killed while it has open bridges. */
final class NodeKilledTest {

    private static final int DEVICES = 10;
    private static final int BRIDGES = 200;
    private static final Duration BACK = Duration.ofSeconds(15); // a third of a second on an idle machine

    @TempDir
    private Path folder;

    @Test
    @Timeout(180)
    void nodeKilledUnder200Bridges_endsItsOwnOnly_andServiceIsBackSoon() throws Exception {
        List<InetSocketAddress> addresses = Cluster.freePorts(3);
        Path keys = folder.resolve("keys");
        TokenKeys.generate().write(keys);
        try (Programs programs = new Programs(folder);
                RoundRobinFront front = new RoundRobinFront(addresses)) {
            URI url = URI.create("ws://127.0.0.1:" + front.port());
            List<Programs.Running> nodes = new ArrayList<>();
            for (InetSocketAddress address : addresses) {
                nodes.add(programs.start(node(address, addresses, url, keys)));
            }
            for (Programs.Running node : nodes) {
                node.awaitLine("node ready");
            }
            try (EchoDevices devices = new EchoDevices(url, DEVICES);
                    BridgeClient client = BridgeClient.builder(url).build()) {
                List<BridgeChannel> bridges = new ArrayList<>();
                for (int i = 0; i < BRIDGES; i++) {
                    bridges.add(client.connect("device-" + i % DEVICES).get(30, TimeUnit.SECONDS));
                }
                for (BridgeChannel bridge : bridges) {
                    assertThat(echoes(bridge)).isTrue();
                }
                kill(nodes.get(0), client, bridges, devices);
            }
        }
    }

    private static void kill(
            Programs.Running node, BridgeClient client, List<BridgeChannel> bridges, EchoDevices devices)
            throws Exception {
        long killed = System.nanoTime();
        node.process().destroyForcibly();
        Set<String> away = new LinkedHashSet<>();
        for (int i = 0; i < DEVICES; i++) {
            away.add("device-" + i);
        }
        await().atMost(BACK)
                .pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(20))
                .until(() -> {
                    for (String device : List.copyOf(away)) {
                        if (connects(client, device)) {
                            away.remove(device);
                        }
                    }
                    return away.isEmpty();
                });
        System.out.println("service is back after " + TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - killed)
                + " ms for all " + DEVICES + " devices");

        List<BridgeChannel> alive =
                bridges.stream().filter(NodeKilledTest::echoes).toList();
        List<BridgeChannel> dead =
                bridges.stream().filter(bridge -> !alive.contains(bridge)).toList();
        System.out.println("killed one of three nodes under " + BRIDGES + " bridges: " + dead.size() + " ended");
        assertThat(alive).as("bridges of the other nodes").isNotEmpty();
        assertThat(dead).as("bridges of the killed node").isNotEmpty();
        for (BridgeChannel bridge : dead) {
            CloseReason reason = bridge.closed().toCompletableFuture().get(10, TimeUnit.SECONDS);
            assertThat(reason.code()).isIn(CloseReason.VANISHED, CloseReason.GOING_AWAY);
        }
        // At the devices, in addition to those that connects() has closed with 1000.
        await().atMost(Duration.ofSeconds(10))
                .untilAsserted(() -> assertThat(devices.ends.stream()
                                .map(CloseReason::code)
                                .filter(code -> code != CloseReason.NORMAL)
                                .collect(Collectors.toList()))
                        .hasSize(dead.size())
                        .allMatch(code -> code == CloseReason.VANISHED || code == CloseReason.GOING_AWAY));
    }

    private static boolean connects(BridgeClient client, String device) throws InterruptedException {
        try (BridgeChannel bridge = client.connect(device).get()) {
            return echoes(bridge);
        } catch (ExecutionException e) {
            return false; // the device has not reconnected yet
        }
    }

    private static boolean echoes(BridgeChannel bridge) {
        try {
            bridge.readTimeout(Duration.ofSeconds(10));
            ByteBuffer sent = ByteBuffer.wrap(Payloads.bytes(1_000, 1));
            bridge.write(sent.duplicate());
            ByteBuffer back = ByteBuffer.allocate(1_000);
            while (back.hasRemaining() && bridge.read(back) >= 0) {
                // until all devices have reconnected
            }
            return back.flip().equals(sent);
        } catch (IOException e) {
            return false;
        }
    }

    private static List<String> node(InetSocketAddress address, List<InetSocketAddress> all, URI publicUrl, Path keys) {
        String peers =
                all.stream().map(peer -> "ws://127.0.0.1:" + peer.getPort()).collect(Collectors.joining(","));
        return List.of(
                System.getProperty("java.home") + "/bin/java",
                "-cp",
                System.getProperty("java.class.path"),
                "io.github.wsbridge.launcher.Main",
                "node",
                "--insecure",
                "--listen",
                "127.0.0.1:" + address.getPort(),
                "--public-url",
                publicUrl.toString(),
                "--keys",
                keys.toString(),
                "--peers",
                peers);
    }
}
