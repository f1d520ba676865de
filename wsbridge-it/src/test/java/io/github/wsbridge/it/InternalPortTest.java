package io.github.wsbridge.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.wsbridge.NodeAddress;
import io.github.wsbridge.client.BridgeChannel;
import io.github.wsbridge.client.BridgeClient;
import io.github.wsbridge.core.BridgeNode;
import io.github.wsbridge.core.cluster.PeerDirectory;
import io.github.wsbridge.core.cluster.PeerNetworks;
import io.github.wsbridge.core.tokens.TokenKeys;
import io.github.wsbridge.netty.NettyBridgeServer;
import io.github.wsbridge.netty.NettyConnector;
import io.github.wsbridge.testkit.LogCapture;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Two nodes that serve everybody on one port, and each other on another. */
final class InternalPortTest {

    private final List<NettyBridgeServer> outside = new ArrayList<>();
    private final List<NettyBridgeServer> inside = new ArrayList<>();

    @Test
    @Timeout(60)
    void bridgeAcrossTwoNodes_usesTheirInternalPorts() throws Exception {
        Set<NodeAddress> all = new LinkedHashSet<>();
        for (int i = 0; i < 2; i++) {
            outside.add(bind());
            inside.add(bind());
            all.add(NodeAddress.parse(url(inside.get(i)).toString()));
        }
        TokenKeys keys = TokenKeys.generate();
        List<BridgeNode> nodes = new ArrayList<>();
        try (NettyConnector connector = NettyConnector.create();
                LogCapture log = new LogCapture()) {
            for (NodeAddress address : all) {
                BridgeNode node = BridgeNode.builder()
                        .publicUrl(url(outside.get(1))) // devices accept there
                        .address(address)
                        .keys(keys)
                        .insecure()
                        .connector(connector)
                        .peers(PeerDirectory.of(all))
                        .peerNetworks(PeerNetworks.of(List.of("127.0.0.0/8")))
                        .internalDoorOnly()
                        .build();
                outside.get(nodes.size()).serve(node);
                inside.get(nodes.size()).serve(node.internalDoor());
                nodes.add(node);
            }
            try (EchoDevices devices = new EchoDevices(url(outside.get(1)), 1);
                    BridgeClient client =
                            BridgeClient.builder(url(outside.get(0))).build();
                    BridgeChannel bridge = client.connect("device-0").get(10, TimeUnit.SECONDS)) {
                bridge.write(ByteBuffer.wrap(new byte[] {42}));
                assertThat(bridge.read(ByteBuffer.allocate(1))).isEqualTo(1);
                assertThat(nodes.get(0).stats().bridges()).isEqualTo(1);
                assertThat(nodes.get(1).stats().bridges()).as("a forwarded one").isEqualTo(1);
            }
            assertThat(RefusalsTest.status(url(outside.get(0)), "/bridge/peer", RefusalsTest.UPGRADE))
                    .isEqualTo(404);
            assertThat(RefusalsTest.status(url(inside.get(0)), "/bridge/connect?deviceId=a", RefusalsTest.UPGRADE))
                    .isEqualTo(404);
            assertThat(log.loud()).isEmpty();
        } finally {
            nodes.forEach(BridgeNode::close);
            outside.forEach(NettyBridgeServer::close);
            inside.forEach(NettyBridgeServer::close);
        }
    }

    private static NettyBridgeServer bind() throws Exception {
        return NettyBridgeServer.builder()
                .address(new InetSocketAddress("127.0.0.1", 0))
                .bind();
    }

    private static URI url(NettyBridgeServer server) {
        return URI.create("ws://127.0.0.1:" + server.address().getPort());
    }
}
