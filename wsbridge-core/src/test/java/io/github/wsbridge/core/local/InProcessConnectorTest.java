package io.github.wsbridge.core.local;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.wsbridge.CloseReason;
import io.github.wsbridge.Endpoints;
import io.github.wsbridge.HandshakeException;
import io.github.wsbridge.core.BridgeNode;
import io.github.wsbridge.core.NodeStats;
import io.github.wsbridge.core.TestCluster;
import io.github.wsbridge.spi.Connector.Target;
import io.github.wsbridge.spi.Fragment;
import io.github.wsbridge.spi.Leg;
import io.github.wsbridge.spi.Signaller.Result;
import io.github.wsbridge.testkit.RecordingReceiver;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;

/** Requesters in this process that wait for their bridge. */
class InProcessConnectorTest {

    private final TestCluster cluster = new TestCluster();
    private final BridgeNode node = cluster.node();

    private CompletableFuture<Leg> connect(Duration timeout) {
        URI url = URI.create("ws://here/bridge/connect?deviceId=device&wait=true");
        return node.connector()
                .connect(new Target(url, Map.of(), Endpoints.SUBPROTOCOL, timeout))
                .toCompletableFuture();
    }

    private RecordingReceiver accept() throws InterruptedException {
        return TestCluster.open(
                node, cluster.signaller.take(TestCluster.PATIENCE).acceptUrl(), "");
    }

    private static Throwable failure(CompletableFuture<Leg> leg) {
        assertThat(leg).isCompletedExceptionally();
        Throwable failure = leg.handle((done, why) -> why).join();
        return failure instanceof CompletionException wrapped ? wrapped.getCause() : failure;
    }

    @Test
    void waiting_accepted_connects() throws Exception {
        CompletableFuture<Leg> leg = connect(Duration.ofMinutes(1));
        assertThat(leg).isNotDone();
        RecordingReceiver device = accept();
        RecordingReceiver requester = new RecordingReceiver(leg.join()).open();
        requester.demandAlways();
        assertThat(requester.leg().subprotocol()).isEqualTo(Endpoints.SUBPROTOCOL);
        device.leg().send(Fragment.text("hello"));
        assertThat(requester.fragments()).hasSize(2).last().isEqualTo(Fragment.text("hello"));
        requester.leg().close(CloseReason.normal());
        assertThat(device.closed()).isEqualTo(CloseReason.normal());
    }

    @Test
    void waiting_refused_failsWithTheStatus() {
        cluster.signaller.answer(new Result.Unreachable("nobody"));
        assertThat(failure(connect(Duration.ofMinutes(1))))
                .isInstanceOfSatisfying(
                        HandshakeException.class,
                        refused -> assertThat(refused.status()).isEqualTo(404));
    }

    @Test
    void waiting_longerThanTheAcceptTimeout_failsWith408() {
        CompletableFuture<Leg> leg = connect(Duration.ofMinutes(1));
        cluster.scheduler.advance(Duration.ofSeconds(30));
        assertThat(failure(leg))
                .isInstanceOfSatisfying(
                        HandshakeException.class,
                        refused -> assertThat(refused.status()).isEqualTo(408));
    }

    @Test
    void waiting_longerThanItsOwnTimeout_failsAndEndsTheBridge() throws Exception {
        CompletableFuture<Leg> leg = connect(Duration.ofSeconds(5));
        cluster.scheduler.advance(Duration.ofMillis(4_999));
        assertThat(leg).isNotDone();
        cluster.scheduler.advance(Duration.ofMillis(1));
        assertThat(failure(leg)).isInstanceOf(IOException.class).isNotInstanceOf(HandshakeException.class);
        assertThat(accept().closed().code()).isEqualTo(4410);
        assertThat(node.stats()).isEqualTo(new NodeStats(0, 0, 0, false));
    }

    @Test
    void waiting_nodeStops_failsWith503() {
        CompletableFuture<Leg> leg = connect(Duration.ofMinutes(1));
        node.stop(Duration.ZERO);
        assertThat(failure(leg))
                .isInstanceOfSatisfying(
                        HandshakeException.class,
                        refused -> assertThat(refused.status()).isEqualTo(503));
    }
}
