package io.github.wsbridge.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.wsbridge.BridgeRequest;
import io.github.wsbridge.Endpoints;
import io.github.wsbridge.NodeAddress;
import io.github.wsbridge.core.BridgeNode;
import io.github.wsbridge.core.cluster.PeerDirectory;
import io.github.wsbridge.core.tokens.TokenKeys;
import io.github.wsbridge.netty.NettyBridgeServer;
import io.github.wsbridge.netty.NettyConnector;
import io.github.wsbridge.testkit.LogCapture;
import io.github.wsbridge.testkit.RawWebSocket;
import io.github.wsbridge.wire.message.JsonMessage;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A node dies, and a program that is no node gets its address, as a pod's IP goes to another pod. */
final class ReusedAddressTest {

    private final Queue<String> heard = new ConcurrentLinkedQueue<>();

    @Test
    @Timeout(60)
    void strangerAtADeadNodesAddress_learnsNoTokenAndNoData() throws Exception {
        TokenKeys keys = TokenKeys.generate();
        try (NettyConnector connector = NettyConnector.create();
                NettyBridgeServer dying = bind();
                NettyBridgeServer living = bind();
                LogCapture log = new LogCapture()) {
            NodeAddress dead = NodeAddress.parse(url(dying));
            NodeAddress alive = NodeAddress.parse(url(living));
            BridgeNode first = node(keys, dead, Set.of(dead, alive), connector);
            dying.serve(first);
            try (BridgeNode second = node(keys, alive, Set.of(dead, alive), connector)) {
                living.serve(second);
                RawWebSocket listening = open(Endpoints.listen(alive.uri(), "device"));
                RawWebSocket requester = open(Endpoints.connect(dead.uri(), new BridgeRequest("device")));
                String acceptUrl =
                        JsonMessage.string(JsonMessage.read(listening.read().text()), "acceptUrl");
                String token = acceptUrl.substring(acceptUrl.indexOf('=') + 1);
                requester.close();
                first.close();
                dying.close();
                InetAddress loopback = InetAddress.getByName("127.0.0.1");
                try (ServerSocket stranger = new ServerSocket(dead.uri().getPort(), 50, loopback)) {
                    start(() -> answerAll(stranger));
                    RawWebSocket device = open(URI.create(acceptUrl));
                    device.writeText("my password");
                    RawWebSocket.Frame end = device.read();
                    assertThat(end.opcode()).isEqualTo(RawWebSocket.CLOSE);
                    assertThat(end.closeCode()).isEqualTo(4502);
                    device.close();
                    RawWebSocket other = open(Endpoints.connect(alive.uri(), new BridgeRequest("elsewhere")));
                    assertThat(other.read().closeCode())
                            .as("the stranger has no devices")
                            .isEqualTo(4404);
                    other.close();
                }
                listening.close();
                assertThat(heard).anyMatch(what -> what.contains("GET /bridge/accept HTTP/1.1"));
                assertThat(heard)
                        .noneMatch(what -> what.contains(token)
                                || what.contains("my password")
                                || what.contains("bridgeToken")
                                || what.contains("elsewhere"));
                assertThat(log.loud())
                        .anyMatch(line -> line.contains(dead + " does not prove to be a node of this cluster"));
            }
        }
    }

    private void answerAll(ServerSocket stranger) {
        while (!stranger.isClosed()) {
            try {
                Socket socket = stranger.accept();
                start(() -> answer(socket));
            } catch (IOException e) {
                return;
            }
        }
    }

    /** Upgrades a connection, says what a node might say, and notes all that it hears. */
    private void answer(Socket connection) {
        try (RawWebSocket socket = RawWebSocket.server(connection)) {
            String request = socket.readHead();
            heard.add(request);
            socket.writeRaw(RawWebSocket.answer(request, ""));
            socket.writeText("{\"type\":\"challenge\",\"challenge\":\"AAAA\",\"proof\":\"AAAA\"}");
            heard.add(socket.read().text());
        } catch (IOException e) {
            // the node hangs up
        }
    }

    private static void start(Runnable task) {
        Thread thread = new Thread(task, "stranger");
        thread.setDaemon(true);
        thread.start();
    }

    private static RawWebSocket open(URI url) throws IOException {
        return RawWebSocket.connect(url, Map.of(), "");
    }

    private static BridgeNode node(TokenKeys keys, NodeAddress self, Set<NodeAddress> all, NettyConnector connector) {
        NodeAddress other =
                all.stream().filter(one -> !one.equals(self)).findAny().orElseThrow();
        return BridgeNode.builder()
                .publicUrl(other.uri()) // devices accept there
                .address(self)
                .keys(keys)
                .insecure()
                .connector(connector)
                .peers(PeerDirectory.of(all))
                .build();
    }

    private static NettyBridgeServer bind() throws IOException {
        return NettyBridgeServer.builder()
                .address(new InetSocketAddress("127.0.0.1", 0))
                .bind();
    }

    private static String url(NettyBridgeServer server) {
        return "ws://127.0.0.1:" + server.address().getPort();
    }
}
