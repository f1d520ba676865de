package io.github.wsbridge.signal.iothub;

import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.azure.sdk.iot.device.Message;
import com.microsoft.azure.sdk.iot.device.MessageCallback;
import io.github.wsbridge.BridgeException;
import io.github.wsbridge.CloseReason;
import io.github.wsbridge.NodeAddress;
import io.github.wsbridge.client.BridgeChannel;
import io.github.wsbridge.client.BridgeClient;
import io.github.wsbridge.client.BridgeDevice;
import io.github.wsbridge.client.IncomingBridge;
import io.github.wsbridge.core.BridgeNode;
import io.github.wsbridge.core.tokens.TokenKeys;
import io.github.wsbridge.netty.NettyBridgeServer;
import io.github.wsbridge.netty.NettyConnector;
import io.github.wsbridge.spi.Signaller;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.qpid.proton.amqp.messaging.Accepted;
import org.apache.qpid.proton.amqp.messaging.Data;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * A whole bridge: a node, the real service SDK, a fake hub over TLS, a fake client of the device SDK, and a real
 * device.
 */
@ExtendWith(TrustsHub.class)
@Timeout(120)
class IotHubBridgeTest {

    private static final int SECONDS = 60;

    @Test
    void bridge_byDirectMethod_echoesOrIsRejected() throws Exception {
        try (FakeHub hub = new FakeHub()) {
            IotHubSignaller signaller = IotHubSignaller.builder(FakeHub.CONNECTION_STRING)
                    .proxy(hub.proxy())
                    .build();
            IotHubInvitations source = IotHubInvitations.builder(
                            HubDevices.client("device-1", hub.registered, hub.connected, new ConcurrentHashMap<>()))
                    .build();
            echo(signaller, source);
            assertThat(hub.calls).hasSize(3);
        }
    }

    @Test
    void bridge_byMessage_echoesOrIsRejected() throws Exception {
        Map<String, MessageCallback> devices = new ConcurrentHashMap<>();
        try (FakeAmqpHub hub = new FakeAmqpHub()) {
            hub.behaviour = (deviceId, sent) -> {
                MessageCallback device = devices.get(deviceId);
                if (device == null) {
                    return CloudToDeviceTest.rejected("amqp:not-found");
                }
                Message message = new Message(((Data) sent.getBody()).getValue().getArray());
                message.setProperty("wsbridge", (String)
                        sent.getApplicationProperties().getValue().get("wsbridge"));
                CompletableFuture.runAsync(() -> device.onCloudToDeviceMessageReceived(message, null));
                return Accepted.getInstance();
            };
            IotHubSignaller signaller = IotHubSignaller.builder(hub.connectionString())
                    .cloudToDevice()
                    .sslContext(HubKeys.clientContext())
                    .build();
            IotHubInvitations source = IotHubInvitations.builder(HubDevices.client(
                            "device-1", ConcurrentHashMap.newKeySet(), new ConcurrentHashMap<>(), devices))
                    .build();
            echo(signaller, source);
            assertThat(hub.messages).hasSize(3);
        }
    }

    private static void echo(Signaller signaller, IotHubInvitations source) throws Exception {
        byte[] payload = new byte[100_000];
        new Random(1).nextBytes(payload);
        int port = freePort();
        URI url = URI.create("ws://127.0.0.1:" + port);
        try (NettyConnector connector = NettyConnector.create();
                BridgeNode node = BridgeNode.builder()
                        .publicUrl(url)
                        .address(NodeAddress.parse(url.toString()))
                        .keys(TokenKeys.generate())
                        .insecure()
                        .connector(connector)
                        .signaller(signaller)
                        .build();
                NettyBridgeServer server = NettyBridgeServer.builder()
                        .address(new InetSocketAddress("127.0.0.1", port))
                        .bind();
                BridgeDevice device = BridgeDevice.builder("device-1", url, IotHubBridgeTest::answer)
                        .source(source)
                        .listen(false)
                        .build()
                        .start();
                BridgeClient client = BridgeClient.builder(url).build()) {
            server.serve(node);
            device.listening().toCompletableFuture().get(SECONDS, TimeUnit.SECONDS);
            try (BridgeChannel bridge = client.connect("device-1", "echo").get(SECONDS, TimeUnit.SECONDS)) {
                bridge.write(ByteBuffer.wrap(payload));
                bridge.shutdownOutput();
                assertThat(bridge.inputStream().readAllBytes()).isEqualTo(payload);
            }
            assertThat(reason(client, "device-1", "no")).isEqualTo(new CloseReason(CloseReason.REJECTED, "42 busy"));
            assertThat(reason(client, "device-2", "echo"))
                    .isEqualTo(new CloseReason(CloseReason.UNREACHABLE, "the IoT hub does not know the device"));
        }
    }

    private static void answer(IncomingBridge incoming) throws Exception {
        if (incoming.requestData().equals("no")) {
            incoming.reject(42, "busy");
            return;
        }
        try (BridgeChannel bridge = incoming.accept().get()) {
            bridge.inputStream().transferTo(bridge.outputStream());
            bridge.shutdownOutput();
        }
    }

    private static CloseReason reason(BridgeClient client, String deviceId, String requestData) throws Exception {
        try (BridgeChannel bridge = client.connect(deviceId, requestData).get(SECONDS, TimeUnit.SECONDS)) {
            throw new AssertionError("a bridge: " + bridge);
        } catch (ExecutionException e) {
            return ((BridgeException) e.getCause()).closeReason();
        }
    }

    /** The node's URL is in its tokens, so the port is needed before the server has it. */
    private static int freePort() throws Exception {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }
}
