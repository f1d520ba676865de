package io.github.wsbridge.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.wsbridge.client.BridgeClient;
import io.github.wsbridge.core.tokens.TokenKeys;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A cluster that finds its nodes by a DNS name, to which another node is added. */
@Tag("system")
final class NewPeerSystemTest {

    @TempDir
    private Path folder;

    @Test
    @Timeout(120)
    void newNode_isKnownToTheOthersWithinFiveSeconds() throws Exception {
        int port = Cluster.freePorts(1).get(0).getPort();
        Path hosts = Files.writeString(folder.resolve("hosts"), "127.0.0.2 nodes.test\n");
        TokenKeys.generate().write(folder.resolve("keys"));
        try (Programs programs = new Programs(folder)) {
            programs.start(node("127.0.0.2:" + port, port, hosts)).awaitLine("node ready");
            programs.start(node("127.0.0.3:" + port, port, hosts)).awaitLine("node ready");
            try (EchoDevices devices = new EchoDevices(URI.create("ws://127.0.0.3:" + port), 1);
                    BridgeClient client = BridgeClient.builder(URI.create("ws://127.0.0.2:" + port))
                            .build()) {
                assertThat(connects(client)).as("the name has one address").isFalse();
                Files.writeString(hosts, "127.0.0.2 nodes.test\n127.0.0.3 nodes.test\n");
                await().atMost(Duration.ofSeconds(5))
                        .pollInterval(Duration.ofMillis(100))
                        .until(() -> connects(client));
            }
        }
    }

    private static boolean connects(BridgeClient client) throws InterruptedException {
        try {
            client.connect("device-0").get().close();
            return true;
        } catch (ExecutionException e) {
            return false;
        }
    }

    private List<String> node(String listen, int port, Path hosts) {
        return List.of(
                System.getProperty("java.home") + "/bin/java",
                "-Djdk.net.hosts.file=" + hosts,
                "-cp",
                System.getProperty("java.class.path"),
                "io.github.wsbridge.launcher.Main",
                "node",
                "--insecure",
                "--listen",
                listen,
                // Devices that accept reach the requester's node, whichever accepts they are sent to.
                "--public-url",
                "ws://127.0.0.3:" + port,
                "--keys",
                folder.resolve("keys").toString(),
                "--peers-dns",
                "nodes.test:" + port);
    }
}
