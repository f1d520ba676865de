package io.github.wsbridge.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.wsbridge.BridgeException;
import io.github.wsbridge.CloseReason;
import io.github.wsbridge.client.BridgeChannel;
import io.github.wsbridge.client.BridgeClient;
import io.github.wsbridge.client.BridgeDevice;
import io.github.wsbridge.client.IncomingBridge;
import io.github.wsbridge.client.JdkConnector;
import io.github.wsbridge.spi.Connector;
import io.github.wsbridge.spi.Leg;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * An independent implementation of {@code wsbridge.v1}: one end is Python on plain sockets, written from the protocol's
 * description, and the other is this project's.
 */
@Tag("system")
@Timeout(value = 6, unit = TimeUnit.MINUTES)
final class SubprotocolSystemTest {

    private static final String DEVICE = "device/ä +&=%";
    private static final List<Integer> SIZES = List.of(0, 1, 125, 126, 65535, 65536, 1 << 20, 64 << 20);
    private static final List<String> CLOSES =
            List.of("1000 done", "1001 going", "3000 registered", "4999 private, with ümlaut", "1000");

    @TempDir
    private Path folder;

    private final BlockingQueue<String> ends = new LinkedBlockingQueue<>();
    private final BlockingQueue<Leg> legs = new LinkedBlockingQueue<>();
    private Programs programs;

    @BeforeEach
    void start() {
        programs = new Programs(folder);
    }

    @AfterEach
    void stop() throws Exception {
        programs.close();
    }

    @Test
    void pythonRequester_projectsDevice_overOneNode() throws Exception {
        try (Cluster cluster = Cluster.start(1)) {
            pythonRequester(cluster, 0, 0);
        }
    }

    @Test
    void pythonRequester_projectsDevice_acrossNodes() throws Exception {
        try (Cluster cluster = Cluster.start(3)) {
            pythonRequester(cluster, 0, 1);
            assertThat(cluster.crossings.forwarded()).isPositive();
        }
    }

    private void pythonRequester(Cluster cluster, int connectNode, int listenNode) throws Exception {
        try (JdkConnector jdk = JdkConnector.builder().build();
                BridgeDevice device = BridgeDevice.builder(DEVICE, cluster.url(listenNode), this::serve)
                        .allowOrigin(cluster.url())
                        .connector(remembering(jdk))
                        .build()
                        .start()) {
            device.listening().toCompletableFuture().get(30, TimeUnit.SECONDS);
            String base = cluster.url(connectNode).toString();
            String printed = programs.run(Python.command(folder, "wsbridge_v1.py", "requester", base, DEVICE));
            assertThat(printed).contains(" passed, 0 failed");

            List<String> expected = new ArrayList<>(CLOSES);
            expected.add(Integer.toString(CloseReason.NO_STATUS));
            expected.addAll(List.of("4000", "4000", "4000"));
            List<String> seen = new ArrayList<>();
            for (int i = 0; i < expected.size(); i++) {
                String end = ends.poll(30, TimeUnit.SECONDS);
                assertThat(end).as("an end after %s", seen).isNotNull();
                seen.add(end.startsWith("4000") ? "4000" : end);
            }
            assertThat(seen).containsExactlyInAnyOrderElementsOf(expected);
            assertThat(ends).isEmpty();
        }
    }

    /** Serves a bridge as specified in the Python program. */
    private void serve(IncomingBridge incoming) throws Exception {
        String[] words = incoming.requestData().split(" ", 3);
        try (BridgeChannel bridge = incoming.accept().get()) {
            InputStream in = bridge.inputStream();
            OutputStream out = bridge.outputStream();
            switch (words[0]) {
                case "digest" -> {
                    out.write(summary(in.readAllBytes()).getBytes(StandardCharsets.UTF_8));
                    bridge.shutdownOutput();
                    closed(bridge);
                }
                case "source" -> {
                    out.write(content(Integer.parseInt(words[1])));
                    bridge.shutdownOutput();
                    in.readAllBytes();
                    closed(bridge);
                }
                case "echo" -> {
                    in.transferTo(out);
                    bridge.shutdownOutput();
                    closed(bridge);
                }
                case "close" -> {
                    bridge.close(new CloseReason(Integer.parseInt(words[1]), words.length > 2 ? words[2] : ""));
                    closed(bridge);
                }
                case "closed" -> {
                    try {
                        in.readAllBytes();
                    } catch (BridgeException e) {
                        assertThat(e.closeReason()).isEqualTo(closed(bridge));
                    }
                    ends.add(closed(bridge).toString());
                }
                case "reset" -> {
                    for (Leg leg = legs.poll(); leg != null; leg = legs.poll()) {
                        leg.abort(); // all earlier ones have ended
                    }
                    closed(bridge);
                }
                default -> throw new IllegalArgumentException(incoming.requestData());
            }
        }
    }

    private static CloseReason closed(BridgeChannel bridge) throws Exception {
        return bridge.closed().toCompletableFuture().get(30, TimeUnit.SECONDS);
    }

    /** Keeps the legs of bridges, because a channel cannot be dropped without a close frame. */
    private Connector remembering(Connector connector) {
        return target -> connector.connect(target).thenApply(leg -> {
            if (!target.uri().getPath().endsWith("/listen")) {
                legs.add(leg);
            }
            return leg;
        });
    }

    @Test
    void pythonDevice_projectsClient_overOneNode() throws Exception {
        try (Cluster cluster = Cluster.start(1)) {
            pythonDevice(cluster, 0, 0);
        }
    }

    @Test
    void pythonDevice_projectsClient_acrossNodes() throws Exception {
        try (Cluster cluster = Cluster.start(3)) {
            pythonDevice(cluster, 0, 1);
            assertThat(cluster.crossings.forwarded()).isPositive();
        }
    }

    private void pythonDevice(Cluster cluster, int connectNode, int listenNode) throws Exception {
        String base = cluster.url(listenNode).toString();
        Programs.Running device = programs.start(
                Python.command(folder, "wsbridge_v1.py", "device", base, DEVICE), ProcessBuilder.Redirect.PIPE);
        device.awaitLine("device ready");
        try (JdkConnector jdk = JdkConnector.builder().build();
                BridgeClient client = BridgeClient.builder(cluster.url(connectNode))
                        .connector(remembering(jdk))
                        .build()) {
            for (int size : SIZES) {
                byte[] content = content(size);
                assertThat(new String(exchange(client, "digest", content), StandardCharsets.UTF_8))
                        .as("%d bytes to the device", size)
                        .isEqualTo(summary(content));
                assertThat(Arrays.equals(exchange(client, "source " + size, new byte[0]), content))
                        .as("%d bytes from the device", size)
                        .isTrue();
            }
            byte[] much = content(32 << 20);
            assertThat(Arrays.equals(exchange(client, "echo", much), much)).isTrue();
            assertThat(exchange(client, "text", new byte[0])).isEqualTo("a€😀ümore".getBytes(StandardCharsets.UTF_8));
            closes(client, device);
        }
        device.process().getOutputStream().close();
        device.succeeded();
        assertThat(device.complaints()).isEmpty();
    }

    private void closes(BridgeClient client, Programs.Running device) throws Exception {
        for (String close : CLOSES) {
            try (BridgeChannel bridge = connect(client, "close " + close)) {
                if (close.startsWith("1000")) {
                    assertThat(bridge.inputStream().readAllBytes()).isEmpty();
                } else {
                    assertThatThrownBy(() -> bridge.inputStream().readAllBytes())
                            .isInstanceOf(BridgeException.class);
                }
                assertThat(closed(bridge)).hasToString(close);
            }
            try (BridgeChannel bridge = connect(client, "closed")) {
                String[] words = close.split(" ", 2);
                bridge.close(new CloseReason(Integer.parseInt(words[0]), words.length > 1 ? words[1] : ""));
                assertThat(endAtDevice(device, bridge)).isEqualTo(close);
            }
        }
        try (BridgeChannel bridge = connect(client, "close empty")) {
            assertThat(bridge.inputStream().readAllBytes()).isEmpty();
            assertThat(closed(bridge).code()).isEqualTo(CloseReason.NO_STATUS);
        }
        for (String going : List.of("reset", "disconnect")) {
            try (BridgeChannel bridge = connect(client, going)) {
                assertThatThrownBy(() -> bridge.inputStream().readAllBytes()).isInstanceOf(BridgeException.class);
                assertThat(closed(bridge).code()).as(going).isEqualTo(CloseReason.VANISHED);
            }
        }
        legs.clear();
        try (BridgeChannel bridge = connect(client, "closed")) {
            legs.remove().abort();
            assertThat(endAtDevice(device, bridge)).startsWith("4000");
            assertThat(closed(bridge).code()).isEqualTo(CloseReason.VANISHED);
        }
    }

    private static String endAtDevice(Programs.Running device, BridgeChannel bridge) throws Exception {
        String said = bridge.bridgeId() + " ended ";
        return device.awaitLine(said).substring(said.length()).strip();
    }

    private static byte[] exchange(BridgeClient client, String what, byte[] sent) throws Exception {
        try (BridgeChannel bridge = connect(client, what)) {
            CompletableFuture<Void> writing = CompletableFuture.runAsync(() -> {
                try {
                    bridge.write(ByteBuffer.wrap(sent));
                    bridge.shutdownOutput();
                } catch (IOException e) {
                    throw new IllegalStateException(e);
                }
            });
            ByteArrayOutputStream received = new ByteArrayOutputStream();
            bridge.inputStream().transferTo(received);
            writing.get(60, TimeUnit.SECONDS);
            assertThat(closed(bridge)).isEqualTo(CloseReason.normal());
            return received.toByteArray();
        }
    }

    private static BridgeChannel connect(BridgeClient client, String what) throws Exception {
        BridgeChannel bridge = client.connect(DEVICE, what).get(30, TimeUnit.SECONDS);
        bridge.readTimeout(Duration.ofSeconds(60));
        return bridge;
    }

    private static String summary(byte[] bytes) {
        return bytes.length + " " + Payloads.sha256(bytes);
    }

    /** Returns the same bytes as in the Python program. */
    private static byte[] content(int size) throws Exception {
        byte[] block = MessageDigest.getInstance("SHA-256")
                .digest(Integer.toString(size).getBytes(StandardCharsets.UTF_8));
        byte[] bytes = new byte[size];
        for (int i = 0; i < size; i++) {
            bytes[i] = block[i % block.length];
        }
        return bytes;
    }
}
