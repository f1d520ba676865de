package io.github.wsbridge.it;

import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;

import io.github.wsbridge.netty.NettyConnector;
import io.github.wsbridge.spi.Connector;
import io.github.wsbridge.spi.Leg;
import io.github.wsbridge.testkit.FakeSignaller;
import io.github.wsbridge.testkit.LegContract;
import io.github.wsbridge.testkit.LegPair;
import io.github.wsbridge.tyrus.TyrusConnector;
import java.net.URI;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;

/** The rules of legs with a whole bridge between the two: Netty at one end, Tyrus at the other, a Netty node between them. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class MixedLegsTest extends LegContract {

    private final FakeSignaller signaller = new FakeSignaller();
    private final Connector requesters = NettyConnector.create();
    private final Connector devices = new TyrusConnector();
    private Cluster cluster;

    @BeforeAll
    void up() throws Exception {
        cluster = Cluster.start(1, node -> node.signaller(signaller));
    }

    @AfterAll
    void down() {
        requesters.close();
        devices.close();
        cluster.close();
    }

    @Override
    protected LegPair connect(String subprotocol) throws Exception {
        assumeThat(subprotocol).as("nodes know no protocol but their own").isEmpty();
        Leg near = connect(requesters, URI.create(cluster.url() + "/bridge/connect?deviceId=d"));
        Leg far = connect(devices, signaller.take(patience()).acceptUrl());
        await().pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(2))
                .until(() -> cluster.node(0).stats().pending() == 0); // joined
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
        return false; // a read may cut a frame
    }

    @Override
    protected int underWay() {
        return 64 << 20; // the kernel's buffers of all connections on the way
    }
}
