package io.github.wsbridge.launcher;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Tests how the flags of {@code --signal mqtt} affect the packets sent to the broker. */
@Timeout(120)
final class MqttFlagsTest {

    private static final int CONNECT = 1;
    private static final int SUBSCRIBE = 8;
    private static final int PING = 12;
    private static final int VERSION_AT = 6;

    @TempDir
    private Path folder;

    private final ServerSocket server = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
    private final BlockingQueue<byte[]> connects = new LinkedBlockingQueue<>();
    private final BlockingQueue<byte[]> subscribes = new LinkedBlockingQueue<>();
    private final AtomicInteger connections = new AtomicInteger();

    MqttFlagsTest() throws IOException {
        thread(() -> {
            while (true) {
                Socket socket = server.accept();
                connections.incrementAndGet();
                thread(() -> {
                    try (socket) {
                        serve(socket);
                    } finally {
                        connections.decrementAndGet();
                    }
                });
            }
        });
    }

    @AfterEach
    void stop() throws IOException {
        server.close();
    }

    private interface Work {
        void run() throws IOException;
    }

    private static void thread(Work work) {
        Thread thread = new Thread(() -> {
            try {
                work.run();
            } catch (IOException e) {
                // closed
            }
        });
        thread.setDaemon(true);
        thread.start();
    }

    /** A minimal broker, which accepts connections and subscriptions. */
    private void serve(Socket socket) throws IOException {
        DataInputStream in = new DataInputStream(socket.getInputStream());
        boolean five = true;
        while (true) {
            int type = in.readUnsignedByte() >> 4;
            byte[] body = new byte[in.readUnsignedByte()]; // the lengths of all packets here fit into one byte
            in.readFully(body);
            if (type == CONNECT) {
                five = body[VERSION_AT] == 5;
                connects.add(body);
                socket.getOutputStream().write(five ? new byte[] {0x20, 3, 0, 0, 0} : new byte[] {0x20, 2, 0, 0});
            } else if (type == PING) {
                socket.getOutputStream().write(new byte[] {(byte) 0xd0, 0}); // otherwise the client would disconnect
            } else if (type == SUBSCRIBE) {
                subscribes.add(body);
                socket.getOutputStream()
                        .write(
                                five
                                        ? new byte[] {(byte) 0x90, 4, body[0], body[1], 0, 1}
                                        : new byte[] {(byte) 0x90, 3, body[0], body[1], 1});
            }
        }
    }

    private static byte[] take(BlockingQueue<byte[]> packets) throws InterruptedException {
        byte[] packet = packets.poll(Run.PATIENCE.toSeconds(), TimeUnit.SECONDS);
        assertThat(packet).as("a packet").isNotNull();
        return packet;
    }

    private static String text(byte[] packet) {
        return new String(packet, ISO_8859_1);
    }

    private String[] device(String... more) {
        return mqtt("device --server ws://127.0.0.1:1 --id d --target t=127.0.0.1:1", more);
    }

    private String[] node(String... more) {
        return mqtt("node --insecure --listen 127.0.0.1:0", more);
    }

    private String[] mqtt(String command, String... more) {
        List<String> all = new ArrayList<>(Arrays.asList(command.split(" ")));
        all.add("--mqtt-server=mqtt://127.0.0.1:" + server.getLocalPort());
        all.addAll(Arrays.asList(more));
        if (Arrays.stream(more).noneMatch(argument -> argument.startsWith("--signal"))) {
            all.add("--signal=mqtt");
        }
        return all.toArray(String[]::new);
    }

    @Test
    void device_withoutFlags_speaksMqtt5OnTheUsualTopic() throws Exception {
        try (Run device = Run.of(device())) {
            byte[] connect = take(connects);
            assertThat(connect[VERSION_AT]).isEqualTo((byte) 5);
            assertThat(text(connect)).contains("wsbridge-device-d");
            assertThat(text(take(subscribes))).contains("wsbridge/v1/devices/d/invitations");
            device.ready();
        }
    }

    @Test
    void device_versionClientIdAndTopic_comeFromTheFlags() throws Exception {
        try (Run device = Run.of(
                device("--mqtt-version=3", "--mqtt-client-id=me-myself", "--mqtt-topic=plant/{deviceId}/calls"))) {
            byte[] connect = take(connects);
            assertThat(connect[VERSION_AT]).as("MQTT 3.1.1").isEqualTo((byte) 4);
            assertThat(text(connect)).contains("me-myself").doesNotContain("wsbridge");
            assertThat(text(take(subscribes))).contains("plant/d/calls");
            device.ready();
        }
    }

    @Test
    void node_answerTopic_comesFromTheFlagOrTheEnvironment() throws Exception {
        try (Run node = Run.of(node("--mqtt-answer-topic=plant/nodes/{nodeId}"))) {
            assertThat(text(take(subscribes))).containsPattern("plant/nodes/[0-9a-f]{32}");
            node.ready();
        }
        try (Run node = Run.with(Map.of("WSBRIDGE_MQTT_ANSWER_TOPIC", "other/{nodeId}"), node())) {
            assertThat(text(take(subscribes))).containsPattern("other/[0-9a-f]{32}");
            node.ready();
        }
    }

    @Test
    void node_onePatternAndAnother_connectsOnce() throws Exception {
        try (Run node = Run.of(node("--signal=lab-*=mqtt,field-*=mqtt", "--mqtt-client-id=only-one"))) {
            node.ready();
            take(subscribes);
        }
        await().atMost(Run.PATIENCE).until(() -> connections.get() == 0); // so no further packets arrive
        assertThat(connects).hasSize(1);
    }

    @Test
    void device_channelNamedTwice_connectsOnce() throws Exception {
        try (Run device = Run.of(device("--signal=mqtt,mqtt"))) {
            device.ready();
        }
        await().atMost(Run.PATIENCE).until(() -> connections.get() == 0);
        assertThat(connects).hasSize(1);
    }

    @Test
    void node_thatCannotListen_leavesNoConnectionBehind() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                Run node = Run.of(mqtt("node --insecure --listen 127.0.0.1:" + taken.getLocalPort()))) {
            assertThat(node.code()).isEqualTo(1);
            take(connects);
            await().atMost(Run.PATIENCE).until(() -> connections.get() == 0);
        }
    }

    @Test
    void password_withoutAUser_isRefused() throws Exception {
        Path file = Files.writeString(folder.resolve("password"), "secret-word");
        for (Run run : List.of(
                Run.of(node("--mqtt-password-file=" + file)),
                Run.with(Map.of(MqttOptions.PASSWORD, "secret-word"), device()))) {
            assertThat(run.code()).isEqualTo(2);
            assertThat(run.err()).contains("--mqtt-user").doesNotContain("secret-word");
        }
    }
}
