package io.github.wsbridge.examples.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.wsbridge.BridgeException;
import io.github.wsbridge.CloseReason;
import io.github.wsbridge.NodeAddress;
import io.github.wsbridge.client.BridgeChannel;
import io.github.wsbridge.client.BridgeClient;
import io.github.wsbridge.client.BridgeDevice;
import io.github.wsbridge.core.BridgeNode;
import io.github.wsbridge.core.tokens.TokenKeys;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class SimulatedDeviceTest {

    private static final URI SERVER = URI.create("ws://bridge.example.com");

    private final BridgeNode node = BridgeNode.builder()
            .publicUrl(SERVER)
            .address(new NodeAddress(SERVER))
            .keys(TokenKeys.generate())
            .insecure()
            .build();
    private final BridgeDevice device = SimulatedDevice.describe("device-1", SERVER)
            .connector(node.connector())
            .build();
    private final BridgeClient client =
            BridgeClient.builder(SERVER).connector(node.connector()).build();

    @BeforeEach
    void start() throws Exception {
        device.start().listening().toCompletableFuture().get(10, TimeUnit.SECONDS);
    }

    @AfterEach
    void stop() {
        client.close();
        device.close();
        node.close();
    }

    @Test
    void get_anyPath_returnsThePage() throws Exception {
        try (BridgeChannel bridge = client.connect("device-1").get(10, TimeUnit.SECONDS)) {
            bridge.readTimeout(Duration.ofSeconds(10));
            bridge.write(StandardCharsets.US_ASCII.encode("GET / HTTP/1.1\r\nHost: device-1\r\n\r\n"));
            String answer = new String(bridge.inputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(answer).startsWith("HTTP/1.1 200 OK\r\n").contains("The home page of device-1");
        }
    }

    @Test
    void connect_otherRequestData_isRejected() {
        assertThatThrownBy(() -> client.connect("device-1", "ssh").get(10, TimeUnit.SECONDS))
                .cause()
                .isInstanceOfSatisfying(
                        BridgeException.class,
                        failure -> assertThat(failure.closeReason().code()).isEqualTo(CloseReason.REJECTED));
    }

    @Test
    void connect_repeatedly_worksEachTime() throws Exception {
        for (int i = 0; i < 20; i++) {
            try (BridgeChannel bridge = client.connect("device-1", "web").get(10, TimeUnit.SECONDS)) {
                bridge.readTimeout(Duration.ofSeconds(10));
                bridge.write(ByteBuffer.wrap("GET / HTTP/1.1\r\n\r\n".getBytes(StandardCharsets.US_ASCII)));
                assertThat(bridge.inputStream().readAllBytes()).isNotEmpty();
            }
        }
    }
}
