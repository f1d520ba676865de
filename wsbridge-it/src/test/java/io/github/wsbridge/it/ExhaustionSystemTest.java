package io.github.wsbridge.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.wsbridge.testkit.RawWebSocket;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A node that has run out of file descriptors. */
@Tag("system")
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ExhaustionSystemTest {

    private static final int DESCRIPTORS = 400; // of which the jars take about half

    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"netty", "tyrus"})
    void node_withoutDescriptors_waitsQuietly_andTakesTheNextRequest(String transport) throws Exception {
        Path log = folder.resolve("log");
        Launcher.install(folder); // jars, which the JVM keeps open, unlike folders of classes
        Process node = new ProcessBuilder(
                        "sh",
                        "-c",
                        "ulimit -n " + DESCRIPTORS + "; exec \"$@\"",
                        "sh",
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        folder.resolve("wsbridge-launcher/target/lib") + "/*",
                        "io.github.wsbridge.launcher.Main",
                        "node",
                        "--insecure",
                        "--listen",
                        "127.0.0.1:0",
                        "--handshake-timeout",
                        "60s",
                        "--audit",
                        "off",
                        "--transport",
                        transport)
                .redirectError(log.toFile())
                .start();
        List<Socket> sockets = new ArrayList<>();
        try (BufferedReader out = node.inputReader()) {
            int port = Integer.parseInt(out.readLine().replaceAll(".*listens on [^ ]*:(\\d+).*", "$1"));
            answers(port);
            for (int i = 0; i < DESCRIPTORS; i++) {
                sockets.add(new Socket(InetAddress.getLoopbackAddress(), port));
            }
            Awaitility.await().atMost(Duration.ofSeconds(20)).until(() -> Files.size(log) > 0);
            Duration before = cpu(node);
            assertThat(node.waitFor(3, TimeUnit.SECONDS)).isFalse();
            assertThat(cpu(node).minus(before)).isLessThan(Duration.ofMillis(1500));
            assertThat(Files.readAllLines(log)).as("told once").hasSizeLessThan(3);
            for (Socket socket : sockets) {
                socket.close();
            }
            answers(port);
        } finally {
            for (Socket socket : sockets) {
                socket.close();
            }
            node.destroy();
            assertThat(node.waitFor(60, TimeUnit.SECONDS)).isTrue();
        }
    }

    private static Duration cpu(Process process) {
        return process.info().totalCpuDuration().orElseThrow();
    }

    private static void answers(int port) throws IOException {
        try (RawWebSocket raw = RawWebSocket.dial(port)) {
            raw.writeRaw(RawWebSocket.request("/nothing", ""));
            assertThat(raw.readHead()).startsWith("HTTP/1.1 404 ");
        }
    }
}
