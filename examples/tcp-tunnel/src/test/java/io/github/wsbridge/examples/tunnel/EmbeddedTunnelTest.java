package io.github.wsbridge.examples.tunnel;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.wsbridge.NodeAddress;
import io.github.wsbridge.client.BridgeClient;
import io.github.wsbridge.client.BridgeDevice;
import io.github.wsbridge.client.TcpTunnel;
import io.github.wsbridge.core.BridgeNode;
import io.github.wsbridge.core.tokens.TokenKeys;
import io.github.wsbridge.tyrus.TyrusBridgeServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class EmbeddedTunnelTest {

    private TyrusBridgeServer server;
    private BridgeNode node;
    private URI url;

    @BeforeEach
    void startNode() throws IOException {
        server = TyrusBridgeServer.builder()
                .address(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .bind();
        url = URI.create("ws://127.0.0.1:" + server.address().getPort());
        node = BridgeNode.builder()
                .publicUrl(url)
                .address(new NodeAddress(url))
                .keys(TokenKeys.generate())
                .insecure()
                .build();
        server.serve(node);
    }

    @AfterEach
    void stopNode() {
        node.close();
        server.close();
    }

    @Test
    void connection_throughBothRoles_carriesBytesAndHalfClose() throws Exception {
        try (ServerSocket echo = echo();
                BridgeDevice device =
                        EmbeddedTunnel.device(url, "device-1", List.of("echo=127.0.0.1:" + echo.getLocalPort()));
                BridgeClient client = EmbeddedTunnel.client(url);
                TcpTunnel tunnel = EmbeddedTunnel.requester(client, "device-1", "echo")) {
            device.listening().toCompletableFuture().get(10, TimeUnit.SECONDS);
            for (int i = 0; i < 3; i++) {
                try (Socket socket = new Socket(
                        tunnel.address().getAddress(), tunnel.address().getPort())) {
                    socket.setSoTimeout(10_000);
                    socket.getOutputStream().write(("hello " + i).getBytes(StandardCharsets.UTF_8));
                    socket.shutdownOutput();
                    assertThat(socket.getInputStream().readAllBytes())
                            .asString()
                            .isEqualTo("hello " + i);
                }
            }
        }
    }

    /** Echoes until the end of the input. */
    private static ServerSocket echo() throws IOException {
        ServerSocket port = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
        Thread thread = new Thread(() -> {
            while (!port.isClosed()) {
                try (Socket socket = port.accept()) {
                    socket.getInputStream().transferTo(socket.getOutputStream());
                } catch (IOException e) {
                    // closed, or the next one
                }
            }
        });
        thread.setDaemon(true);
        thread.start();
        return port;
    }
}
