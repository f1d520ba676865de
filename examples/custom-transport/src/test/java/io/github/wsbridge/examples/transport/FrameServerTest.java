package io.github.wsbridge.examples.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.github.wsbridge.HandshakeException;
import io.github.wsbridge.NodeAddress;
import io.github.wsbridge.client.BridgeChannel;
import io.github.wsbridge.client.BridgeClient;
import io.github.wsbridge.client.BridgeDevice;
import io.github.wsbridge.core.BridgeNode;
import io.github.wsbridge.core.tokens.TokenKeys;
import io.github.wsbridge.spi.Admission;
import io.github.wsbridge.spi.Connector.Target;
import io.github.wsbridge.spi.Fragment;
import io.github.wsbridge.spi.Leg;
import io.github.wsbridge.testkit.RecordingReceiver;
import io.github.wsbridge.testkit.transport.FakeDoor;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Tests the server with a door, and a whole bridge. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class FrameServerTest {

    private static final Duration LONG = Duration.ofMinutes(5);

    private final FakeDoor door = new FakeDoor();
    private final FrameConnector connector = new FrameConnector();
    private final FrameServer server = new FrameServer(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 10);

    FrameServerTest() throws Exception {}

    @AfterEach
    void stop() {
        connector.close();
        server.close();
        assertThat(door.violations()).isEmpty();
    }

    private URI url() {
        return URI.create("ws://localhost:" + server.address().getPort());
    }

    private CompletableFuture<Leg> connect() {
        return connector.connect(new Target(url(), Map.of(), "", LONG)).toCompletableFuture();
    }

    @Test
    void later_granted_connectsThen() throws Exception {
        FakeDoor.Waiting waiting = door.keepsWaiting(LONG);
        server.serve(door);
        CompletableFuture<Leg> leg = connect();
        door.takeHandshake();
        await().during(Duration.ofMillis(300)).until(() -> !leg.isDone());
        waiting.grant("v1");
        RecordingReceiver near = new RecordingReceiver(leg.get(20, TimeUnit.SECONDS)).open();
        assertThat(near.leg().subprotocol()).isEqualTo("v1");
        near.send(Fragment.text("first words"));
        assertThat(door.takeEnd().nextText()).isEqualTo("first words");
        assertThat(waiting.abandoned()).isZero();
    }

    @Test
    void later_refused_failsWithTheStatus() throws Exception {
        FakeDoor.Waiting waiting = door.keepsWaiting(LONG);
        server.serve(door);
        CompletableFuture<Leg> leg = connect();
        waiting.refuse(new Admission.Refused(404, "nobody of that name"));
        assertThatThrownBy(() -> leg.get(20, TimeUnit.SECONDS)).hasCauseInstanceOf(HandshakeException.class);
        assertThat(waiting.abandoned()).isZero();
    }

    @Test
    void later_notInTime_isAbandoned() throws Exception {
        FakeDoor.Waiting waiting = door.keepsWaiting(Duration.ofMillis(200));
        server.serve(door);
        assertThatThrownBy(() -> connect().get(20, TimeUnit.SECONDS)).hasCauseInstanceOf(HandshakeException.class);
        assertThat(waiting.abandoned()).isEqualTo(1);
    }

    @Test
    void later_clientLeaves_isAbandoned() throws Exception {
        FakeDoor.Waiting waiting = door.keepsWaiting(LONG);
        server.serve(door);
        connect();
        door.takeHandshake();
        connector.close();
        await().until(() -> waiting.abandoned() == 1);
        waiting.grant("");
        assertThat(door.legs()).isZero();
    }

    @Test
    void bridge_overThisTransport_carriesBytes() throws Exception {
        try (BridgeNode node = BridgeNode.builder()
                        .publicUrl(url())
                        .address(new NodeAddress(url()))
                        .keys(TokenKeys.generate())
                        .insecure()
                        .build();
                BridgeDevice device = BridgeDevice.builder("device-1", url(), incoming -> {
                            try (BridgeChannel bridge = incoming.accept().get()) {
                                bridge.inputStream().transferTo(bridge.outputStream());
                            }
                        })
                        .connector(connector)
                        .build();
                BridgeClient client =
                        BridgeClient.builder(url()).connector(connector).build()) {
            server.serve(node);
            device.start().listening().toCompletableFuture().get(20, TimeUnit.SECONDS);
            try (BridgeChannel bridge = client.connect("device-1").get(20, TimeUnit.SECONDS)) {
                bridge.outputStream().write("over and out".getBytes(StandardCharsets.UTF_8));
                bridge.shutdownOutput();
                assertThat(bridge.inputStream().readAllBytes()).asString().isEqualTo("over and out");
            }
        }
    }
}
