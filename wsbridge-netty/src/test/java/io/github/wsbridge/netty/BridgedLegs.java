package io.github.wsbridge.netty;

import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;

import io.github.wsbridge.spi.Connector;
import io.github.wsbridge.spi.Leg;
import io.github.wsbridge.testkit.LegContract;
import io.github.wsbridge.testkit.LegPair;
import java.net.URI;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;

/**
 * Runs the leg contract across a whole bridge: a requester on Netty, nodes on Netty, and a device of any kind.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class BridgedLegs extends LegContract {

    NettyCluster cluster;
    private final Connector requesters = NettyConnector.create();
    private Connector devices;

    /** Returns the device's connector. */
    abstract Connector devices();

    /** Starts the nodes. The requester connects to the first, the device to the last. */
    NettyCluster cluster() throws Exception {
        return new NettyCluster(1);
    }

    @BeforeAll
    void up() throws Exception {
        cluster = cluster();
        devices = devices();
    }

    @AfterAll
    void down() {
        requesters.close();
        devices.close();
        cluster.close();
    }

    @Override
    protected synchronized LegPair connect(String subprotocol) throws Exception {
        assumeThat(subprotocol).as("nodes support only their own subprotocol").isEmpty();
        URI connect = URI.create("ws://127.0.0.1:" + cluster.port(0) + "/bridge/connect?deviceId=d");
        Leg near = connect(requesters, connect);
        Leg far = connect(devices, cluster.acceptUrl(cluster.nodes.size() - 1));
        await().pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(2))
                .atMost(patience())
                .until(() -> cluster.nodes.get(0).stats().pending() == 0); // joined
        return new LegPair(near, far);
    }

    private Leg connect(Connector connector, URI uri) throws Exception {
        return connector
                .connect(new Connector.Target(uri, Map.of(), "", patience()))
                .toCompletableFuture()
                .get(patience().toSeconds(), TimeUnit.SECONDS);
    }

    @Override
    protected boolean preservesFragmentation() {
        return false; // a read may split a frame
    }

    @Override
    protected int underWay() {
        return 64 << 20; // the kernel's buffers of two connections
    }
}
