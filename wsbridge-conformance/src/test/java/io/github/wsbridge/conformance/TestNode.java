package io.github.wsbridge.conformance;

import io.github.wsbridge.NodeAddress;
import io.github.wsbridge.Watch;
import io.github.wsbridge.core.BridgeNode;
import io.github.wsbridge.core.limits.Limits;
import io.github.wsbridge.core.tokens.TokenKeys;
import io.github.wsbridge.spi.BridgeServer;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.function.Consumer;

/** A node of this project with short deadlines. */
final class TestNode implements AutoCloseable {

    private final BridgeServer server;
    private final BridgeNode node;

    /** @param publicUrl empty for the server's own */
    TestNode(BridgeServer server, String publicUrl, Consumer<BridgeNode.Builder> settings) throws IOException {
        this.server = server;
        String own = "ws://127.0.0.1:" + server.address().getPort();
        BridgeNode.Builder builder = BridgeNode.builder()
                .publicUrl(URI.create(publicUrl.isEmpty() ? own : publicUrl))
                .address(NodeAddress.parse(own))
                .keys(TokenKeys.generate())
                .limits(Limits.builder()
                        .acceptTimeout(Duration.ofSeconds(5))
                        .watch(new Watch(Duration.ofSeconds(2), Duration.ofSeconds(20)))
                        .build());
        settings.accept(builder);
        node = builder.build();
        server.serve(node);
    }

    int port() {
        return server.address().getPort();
    }

    @Override
    public void close() {
        node.close();
        server.close();
    }
}
