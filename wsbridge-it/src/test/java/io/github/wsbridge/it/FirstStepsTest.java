package io.github.wsbridge.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.wsbridge.client.BridgeChannel;
import io.github.wsbridge.client.BridgeClient;
import io.github.wsbridge.client.BridgeDevice;
import io.github.wsbridge.core.BridgeNode;
import io.github.wsbridge.netty.NettyBridgeServer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The first program of the README: a node on any port, a device and a requester. */
@Timeout(60)
final class FirstStepsTest {

    @Test
    void nodeDeviceAndRequester_inOneProgram() throws Exception {
        try (NettyBridgeServer server = NettyBridgeServer.builder()
                        .address(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                        .bind();
                BridgeNode node = BridgeNode.builder()
                        .boundTo(server.address())
                        .insecure()
                        .build()) {
            server.serve(node);
            URI url = node.address().uri();
            try (BridgeDevice device = BridgeDevice.builder("device-1", url, incoming -> {
                                try (BridgeChannel bridge = incoming.accept().get()) {
                                    bridge.inputStream().transferTo(bridge.outputStream());
                                }
                            })
                            .build()
                            .start();
                    BridgeClient client = BridgeClient.builder(url).build()) {
                device.listening().toCompletableFuture().get(30, TimeUnit.SECONDS);
                try (BridgeChannel bridge = client.connect("device-1").get(30, TimeUnit.SECONDS)) {
                    bridge.write(ByteBuffer.wrap(new byte[] {1, 2, 3}));
                    bridge.shutdownOutput();
                    assertThat(bridge.inputStream().readAllBytes()).containsExactly(1, 2, 3);
                }
            }
        }
    }
}
