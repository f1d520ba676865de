package io.github.wsbridge.jakarta;

import io.github.wsbridge.NodeAddress;
import io.github.wsbridge.Watch;
import io.github.wsbridge.core.BridgeNode;
import io.github.wsbridge.core.limits.Limits;
import io.github.wsbridge.core.tokens.TokenKeys;
import io.github.wsbridge.testkit.FakeSignaller;
import java.net.URI;
import java.time.Duration;

/** An application with a node, in a container. */
final class Bridges implements AutoCloseable {

    final FakeSignaller signaller = new FakeSignaller();
    final BridgeNode node;
    final int port;
    private final Host host;

    Bridges(Host host) throws Exception {
        this.host = host;
        node = BridgeNode.builder()
                .publicUrl(URI.create("ws://127.0.0.1:1"))
                .address(NodeAddress.parse("ws://127.0.0.1:1"))
                .keys(TokenKeys.generate())
                .insecure()
                .limits(Limits.builder()
                        .requestsPerSecond(10_000)
                        .maxPendingPerDevice(1_000)
                        .watch(new Watch(Duration.ofMinutes(5), Duration.ofHours(1))) // a swarm answers no pings
                        .build())
                .signaller(signaller)
                .build();
        port = host.start(node::admit);
    }

    /** Returns the accept URL of the last invitation. */
    String accept() throws Exception {
        URI uri = signaller.take(Duration.ofSeconds(20)).acceptUrl();
        return uri.getRawPath() + "?" + uri.getRawQuery();
    }

    /** Two ends of a bridge. */
    record Pair(Swarm.End requester, Swarm.End device) {}

    /** Connects a bridge whose ends send each other the given numbers of blocks. */
    Pair open(Swarm swarm, long blocks) throws Exception {
        Swarm.End requester = swarm.open(port, "/bridge/connect?deviceId=d", blocks, blocks);
        return new Pair(requester, swarm.open(port, accept(), blocks, blocks));
    }

    @Override
    public void close() throws Exception {
        node.close();
        host.stop();
    }
}
