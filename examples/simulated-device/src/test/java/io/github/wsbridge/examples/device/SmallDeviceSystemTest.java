package io.github.wsbridge.examples.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.wsbridge.BridgeException;
import io.github.wsbridge.client.BridgeChannel;
import io.github.wsbridge.client.BridgeClient;
import io.github.wsbridge.core.BridgeNode;
import io.github.wsbridge.netty.NettyBridgeServer;
import io.github.wsbridge.spi.BridgeListener;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.spi.ToolProvider;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The small jar that the build makes of the device and its libraries, on a Java runtime of its own. */
@Tag("system")
@Timeout(240)
class SmallDeviceSystemTest {

    private static final Path JAR = Path.of("target", "device.jar").toAbsolutePath();
    private static final int MOST_KB = 300;
    private static final int MOST_MB_OF_RUNTIME = 40;

    @TempDir
    private Path folder;

    /** Makes the runtime that docs/firmware.md describes. */
    private Path runtime() throws IOException {
        Path runtime = folder.resolve("runtime");
        boolean old = Runtime.version().feature() < 21;
        int failed = ToolProvider.findFirst("jlink")
                .orElseThrow()
                .run(
                        System.out,
                        System.err,
                        "--add-modules",
                        "java.base,java.net.http,java.logging" + (old ? ",jdk.crypto.ec" : ""),
                        "--strip-debug",
                        "--no-header-files",
                        "--no-man-pages",
                        "--compress",
                        old ? "2" : "zip-6",
                        "--output",
                        runtime.toString());
        assertThat(failed).isZero();
        return runtime;
    }

    @Test
    void device_bridges() throws Exception {
        assertThat(Files.size(JAR)).isLessThan(MOST_KB * 1000);
        Path runtime = runtime();
        assertThat(size(runtime)).isLessThan(MOST_MB_OF_RUNTIME * 1_000_000L);
        NettyBridgeServer server = NettyBridgeServer.builder()
                .address(new InetSocketAddress("127.0.0.1", 0))
                .bind();
        CountDownLatch listening = new CountDownLatch(1);
        BridgeNode node = BridgeNode.builder()
                .boundTo(server.address())
                .insecure()
                .listener(new BridgeListener() {
                    @Override
                    public void onListening(String deviceId) {
                        listening.countDown();
                    }
                })
                .build();
        URI url = node.address().uri();
        try (server;
                node;
                BridgeClient client = BridgeClient.builder(url).build()) {
            server.serve(node);
            Process device = new ProcessBuilder(
                            runtime.resolve("bin/java").toString(),
                            "-XX:+UseSerialGC",
                            "-XX:TieredStopAtLevel=1",
                            "-Xmx16m",
                            "-Xss256k",
                            "-jar",
                            JAR.toString(),
                            url.toString(),
                            "device-1")
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD) // the test's own is read by the build
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            try {
                assertThat(listening.await(60, TimeUnit.SECONDS)).isTrue();
                for (int i = 0; i < 3; i++) {
                    assertThat(page(client)).startsWith("HTTP/1.1 200 OK").contains("The home page of device-1");
                }
                assertThatThrownBy(() -> client.connect("device-1", "ssh").get(30, TimeUnit.SECONDS))
                        .cause()
                        .isInstanceOf(BridgeException.class)
                        .hasMessageContaining("only a web page is available");
            } finally {
                device.destroy();
                if (!device.waitFor(20, TimeUnit.SECONDS)) {
                    device.destroyForcibly().waitFor(20, TimeUnit.SECONDS);
                }
            }
        }
    }

    private static String page(BridgeClient client) throws Exception {
        try (BridgeChannel bridge = client.connect("device-1").get(30, TimeUnit.SECONDS)) {
            bridge.readTimeout(Duration.ofSeconds(30));
            bridge.write(StandardCharsets.US_ASCII.encode("GET / HTTP/1.1\r\nHost: device-1\r\n\r\n"));
            return new String(bridge.inputStream().readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private static long size(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            List<Path> all = files.filter(Files::isRegularFile).toList();
            long sum = 0;
            for (Path file : all) {
                sum += Files.size(file);
            }
            return sum;
        }
    }
}
