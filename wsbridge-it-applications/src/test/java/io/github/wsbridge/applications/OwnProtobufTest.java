package io.github.wsbridge.applications;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Timestamp;
import io.github.wsbridge.BridgeRequest;
import io.github.wsbridge.CloseReason;
import io.github.wsbridge.Endpoints;
import io.github.wsbridge.NodeAddress;
import io.github.wsbridge.core.BridgeNode;
import io.github.wsbridge.core.tokens.KeyFile;
import io.github.wsbridge.core.tokens.TokenKeys;
import io.github.wsbridge.spi.Connector;
import io.github.wsbridge.spi.Fragment;
import io.github.wsbridge.spi.Leg;
import io.github.wsbridge.testkit.FakeSignaller;
import io.github.wsbridge.testkit.RecordingReceiver;
import java.net.URI;
import java.net.URL;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** An application that embeds a node and uses its own version of protobuf-java. */
@Timeout(60)
class OwnProtobufTest {

    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final URI PUBLIC = URI.create("wss://bridge.example.com");

    @TempDir
    Path folder;

    private static RecordingReceiver open(BridgeNode node, URI url) throws Exception {
        Leg leg = node.connector()
                .connect(new Connector.Target(url, Map.of(), "", PATIENCE))
                .toCompletableFuture()
                .get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        RecordingReceiver end = new RecordingReceiver(leg).open();
        end.demandAlways();
        return end;
    }

    @Test
    void protobuf_isTheApplicationsOwn() throws Exception {
        URL jar = Timestamp.class.getProtectionDomain().getCodeSource().getLocation();
        assertThat(jar.getPath()).endsWith("/protobuf-java-" + System.getProperty("protobuf.version") + ".jar");
        Timestamp time = Timestamp.newBuilder().setSeconds(7).build();
        assertThat(Timestamp.parseFrom(time.toByteArray())).isEqualTo(time);
    }

    @Test
    void bridge_overATokenOfANode_carriesAMessage() throws Exception {
        Path file = folder.resolve("keys.json");
        TokenKeys.generate().withNewKey().write(file);
        FakeSignaller signaller = new FakeSignaller();
        try (BridgeNode node = BridgeNode.builder()
                .publicUrl(PUBLIC)
                .address(NodeAddress.parse("ws://10.0.0.1:8080"))
                .keys(KeyFile.read(file))
                .signaller(signaller)
                .insecure()
                .build()) {
            RecordingReceiver requester = open(node, Endpoints.connect(PUBLIC, new BridgeRequest("device")));
            RecordingReceiver device =
                    open(node, signaller.take(PATIENCE).acceptUrl());
            device.leg().send(Fragment.text("hello"));
            device.leg().close(CloseReason.normal());
            assertThat(requester.awaitClosed(PATIENCE)).isEqualTo(CloseReason.normal());
            assertThat(requester.messages()).containsExactly(Fragment.text("hello"));
        }
    }
}
