package io.github.wsbridge.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.wsbridge.BridgeException;
import io.github.wsbridge.CloseReason;
import io.github.wsbridge.client.BridgeChannel;
import io.github.wsbridge.client.BridgeClient;
import io.github.wsbridge.client.BridgeDevice;
import io.github.wsbridge.client.IncomingBridge;
import io.github.wsbridge.netty.NettyConnector;
import io.github.wsbridge.session.BridgeSessions;
import io.github.wsbridge.session.SessionHandler;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Sessions with another HTTP/2: one end is Python with the library "h2", and the other is this project's. */
@Tag("system")
@Timeout(value = 6, unit = TimeUnit.MINUTES)
final class SessionSystemTest {

    private static final String DEVICE = "device/ä +&=%";
    private static final int SECONDS = 60;

    @TempDir
    private Path folder;

    private Programs programs;

    @BeforeEach
    void start() throws Exception {
        programs = new Programs(folder);
        Python.needs(programs, "h2", "python3-h2");
    }

    @AfterEach
    void stop() throws Exception {
        programs.close();
    }

    @Test
    void pythonRequester_projectsDevice() throws Exception {
        try (Cluster cluster = Cluster.start(1);
                NettyConnector connector = NettyConnector.create();
                BridgeDevice device = BridgeDevice.builder(
                                DEVICE, cluster.url(), SessionHandler.over(SessionSystemTest::serve))
                        .connector(connector)
                        .daemon(true)
                        .build()
                        .start()) {
            device.listening().toCompletableFuture().get(SECONDS, TimeUnit.SECONDS);

            String printed =
                    programs.run(Python.command(folder, "session_h2.py", "requester", "" + cluster.url(), DEVICE));

            assertThat(printed).contains("all is well");
        }
    }

    /** Serves a stream as specified in the Python program. */
    private static void serve(IncomingBridge incoming) throws Exception {
        String[] words = incoming.requestData().split(" ", 3);
        if (words[0].equals("no")) {
            incoming.reject(Integer.parseInt(words[1]), words[2]);
            return;
        }
        try (BridgeChannel channel = incoming.accept().get()) {
            if (words[0].equals("echo")) {
                channel.inputStream().transferTo(channel.outputStream());
                return;
            }
            channel.read(ByteBuffer.allocate(1));
            channel.close(
                    words[0].equals("reset")
                            ? CloseReason.vanished("")
                            : new CloseReason(Integer.parseInt(words[1]), ""));
        }
    }

    @Test
    void projectsRequester_pythonDevice() throws Exception {
        try (Cluster cluster = Cluster.start(1);
                NettyConnector connector = NettyConnector.create();
                BridgeClient client =
                        BridgeClient.builder(cluster.url()).connector(connector).build();
                BridgeSessions sessions =
                        BridgeSessions.builder(client).required(true).build()) {
            Programs.Running python = programs.start(
                    Python.command(folder, "session_h2.py", "device", "" + cluster.url(), DEVICE),
                    ProcessBuilder.Redirect.PIPE);
            python.awaitLine("device ready");
            BridgeSessions.DeviceSessions device = sessions.session(DEVICE);
            List<BridgeChannel> many = new ArrayList<>();
            for (int i = 0; i < 50; i++) {
                many.add(device.open("echo").get(SECONDS, TimeUnit.SECONDS));
            }
            for (int i = 0; i < 50; i++) {
                assertEchoes(many.get(i), ("stream " + i).getBytes(StandardCharsets.UTF_8));
            }
            assertEchoes(device.open("echo").get(SECONDS, TimeUnit.SECONDS), Payloads.bytes(8 << 20, 3));
            for (String no : List.of("404 näin/%", "502 gone", "1234 own")) {
                assertThatThrownBy(() -> device.open("no " + no).get(SECONDS, TimeUnit.SECONDS))
                        .hasMessageContaining("4403 " + no);
            }
            for (Map.Entry<String, Integer> end :
                    Map.of("reset", 4000, "close 4999", 4999).entrySet()) {
                BridgeChannel channel = device.open(end.getKey()).get(SECONDS, TimeUnit.SECONDS);
                channel.write(ByteBuffer.wrap(new byte[10]));
                assertThatThrownBy(() -> channel.read(ByteBuffer.allocate(1)))
                        .isInstanceOfSatisfying(
                                BridgeException.class,
                                failure ->
                                        assertThat(failure.closeReason().code()).isEqualTo(end.getValue()));
            }
            assertThat(cluster.crossings.direct()).isEqualTo(1);
            assertThat(python.complaints()).isEmpty();
        }
    }

    private static void assertEchoes(BridgeChannel channel, byte[] data) throws Exception {
        CompletableFuture<Void> sending = CompletableFuture.runAsync(() -> {
            try {
                channel.write(ByteBuffer.wrap(data));
                channel.shutdownOutput();
            } catch (IOException e) {
                throw new IllegalStateException(e);
            }
        });
        assertThat(channel.inputStream().readAllBytes()).isEqualTo(data);
        sending.get(SECONDS, TimeUnit.SECONDS);
    }
}
