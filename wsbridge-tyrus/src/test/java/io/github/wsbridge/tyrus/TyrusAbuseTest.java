package io.github.wsbridge.tyrus;

import io.github.wsbridge.NodeAddress;
import io.github.wsbridge.core.BridgeNode;
import io.github.wsbridge.core.limits.Limits;
import io.github.wsbridge.core.tokens.TokenKeys;
import io.github.wsbridge.spi.AccessPolicy.Access;
import io.github.wsbridge.testkit.FakeSignaller;
import io.github.wsbridge.testkit.transport.AbuseContract;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

class TyrusAbuseTest extends AbuseContract {

    @Override
    protected Target start() throws Exception {
        FakeSignaller signaller = new FakeSignaller();
        BridgeNode node = BridgeNode.builder()
                .publicUrl(URI.create("ws://127.0.0.1:1"))
                .address(NodeAddress.parse("ws://127.0.0.1:1"))
                .keys(TokenKeys.generate())
                .accessPolicy(request -> CompletableFuture.completedFuture(
                        request.headers().only("X-Api-Key").equals(KEY)
                                ? new Access.Granted("somebody")
                                : new Access.Denied(401)))
                .limits(Limits.builder().failedCredentials(4).build())
                .signaller(signaller)
                .build();
        TyrusBridgeServer server = TyrusBridgeServer.builder()
                .address(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .maxConnections(100)
                .maxHandshakes(40)
                .bind();
        server.serve(node);
        int port = server.address().getPort();
        return new Target() {
            @Override
            public int port() {
                return port;
            }

            @Override
            public String accept() throws Exception {
                URI url = signaller.take(Duration.ofSeconds(20)).acceptUrl();
                return url.getRawPath() + "?" + url.getRawQuery();
            }

            @Override
            public int bridges() {
                return node.stats().pending() + node.stats().bridges();
            }

            @Override
            public void close() throws Exception {
                node.close();
                server.close();
            }
        };
    }
}
