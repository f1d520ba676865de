package io.github.wsbridge.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.ThreadLocalRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Two nodes configured as peers on their command lines. */
@Timeout(120)
class ClusterTest {

    @TempDir
    Path folder;

    @Test
    void tunnel_atTheOtherNode_reachesTheDevice() throws Exception {
        Path keys = folder.resolve("keys.json");
        assertThat(Run.of("keys", "create", keys.toString()).code()).isZero();
        // Peers are configured before they start, so their ports are chosen here.
        int first;
        int second;
        try (ServerSocket one = free();
                ServerSocket other = free()) {
            first = one.getLocalPort();
            second = other.getLocalPort();
        }
        String peers = url(first) + "," + url(second);
        try (EchoPort echo = new EchoPort();
                Run nodeA = node(first, url(first), peers, keys);
                Run nodeB = node(second, url(first), peers, keys)) {
            nodeA.ready();
            nodeB.ready();
            try (Run device = Run.of(
                    "device", "--server", url(first), "--id", "d", "--target", "echo=127.0.0.1:" + echo.number())) {
                device.ready();
                ByteArrayOutputStream data = new ByteArrayOutputStream();
                Run tunnel = Run.piped(
                        new ByteArrayInputStream("across".getBytes(StandardCharsets.UTF_8)),
                        data,
                        "tunnel",
                        "--server",
                        url(second),
                        "--device",
                        "d",
                        "--target",
                        "echo",
                        "--stdio");
                assertThat(tunnel.code()).as(tunnel.err()).isZero();
                assertThat(data.toString(StandardCharsets.UTF_8)).isEqualTo("across");
            }
        }
    }

    private static Run node(int port, String publicUrl, String peers, Path keys) {
        return Run.of(
                "node",
                "--insecure",
                "--listen",
                "127.0.0.1:" + port,
                "--public-url",
                publicUrl,
                "--peers",
                peers,
                "--keys",
                keys.toString());
    }

    static ServerSocket free() throws IOException {
        // Below the range of ephemeral ports, so that nothing else gets this one by chance.
        for (int tries = 0; ; tries++) {
            int port = ThreadLocalRandom.current().nextInt(20_000, 30_000);
            try {
                return new ServerSocket(port, 1, InetAddress.getByName("127.0.0.1"));
            } catch (BindException e) {
                if (tries == 1_000) {
                    throw e;
                }
            }
        }
    }

    private static String url(int port) {
        return "ws://127.0.0.1:" + port;
    }
}
