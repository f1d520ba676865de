package io.github.wsbridge.core;

import static io.github.wsbridge.core.TestCluster.A;
import static io.github.wsbridge.core.TestCluster.PATIENCE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.github.wsbridge.BridgeRequest;
import io.github.wsbridge.CloseReason;
import io.github.wsbridge.Invitation;
import io.github.wsbridge.core.limits.Limits;
import io.github.wsbridge.spi.AccessPolicy;
import io.github.wsbridge.spi.AccessPolicy.Access;
import io.github.wsbridge.spi.AccessPolicy.AccessRequest;
import io.github.wsbridge.spi.BridgeListener;
import io.github.wsbridge.spi.Fragment;
import io.github.wsbridge.spi.Leg;
import io.github.wsbridge.spi.Peer;
import io.github.wsbridge.spi.Signaller.Result;
import io.github.wsbridge.spi.StreamTransport;
import io.github.wsbridge.testkit.FakeLeg;
import io.github.wsbridge.testkit.LogCapture;
import io.github.wsbridge.testkit.RecordingListener.Event;
import io.github.wsbridge.testkit.RecordingReceiver;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** A port of a node, without sockets. */
class ExposedPortTest {

    private static final String PORT = "10.0.0.1:5432";
    private static final Peer CLIENT = new Peer("127.0.0.1:40000");
    private static final BridgeRequest REQUEST = new BridgeRequest("device", "database");

    private final TestCluster cluster = new TestCluster();
    private final List<String> refusals = new CopyOnWriteArrayList<>();
    private final Streams streams = new Streams();

    private BridgeNode node(Limits.Builder limits) {
        return cluster.node(
                A,
                builder -> builder.limits(limits.build())
                        .signaller(cluster.signaller)
                        .listener(cluster.events)
                        .listener(new BridgeListener() {
                            @Override
                            public void onRefused(String where, int status, String remoteAddress) {
                                refusals.add(where + " " + status + " " + remoteAddress);
                            }
                        }));
    }

    private ExposedPort.Builder port(BridgeNode node) {
        return ExposedPort.builder(node, streams, REQUEST);
    }

    @Test
    void connection_isARequest_whoseBytesFlowBothWays() throws Exception {
        BridgeNode node = node(Limits.builder());
        port(node).start();
        FakeLeg client = streams.connect(CLIENT);
        Invitation invitation = cluster.signaller.take(PATIENCE);
        assertThat(invitation.deviceId()).isEqualTo("device");
        assertThat(invitation.requestData()).isEqualTo("database");
        assertThat(cluster.events.events("Requested"))
                .extracting(Event::detail)
                .containsExactly("127.0.0.1 at " + PORT);
        assertThat(client.demanded())
                .as("not read before the bridge is established")
                .isFalse();
        RecordingReceiver device = TestCluster.open(node, invitation.acceptUrl(), "");
        client.deliver("there");
        device.leg().send(Fragment.text("and back"));
        assertThat(device.count()).isEqualTo(1);
        assertThat(client.sent()).as("no greeting").hasSize(1);
        client.end(CloseReason.vanished("connection reset"));
        assertThat(device.closed().code()).isEqualTo(CloseReason.VANISHED);
        assertThat(client.violations()).isEmpty();
        assertThat(refusals).isEmpty();
    }

    @Test
    void clientThatLeavesWhileItWaits_endsThePendingBridge() throws Exception {
        BridgeNode node = node(Limits.builder());
        port(node).start();
        FakeLeg client = streams.connect(CLIENT);
        assertThat(node.stats().pending()).isEqualTo(1);
        client.end(CloseReason.vanished("connection reset"));
        assertThat(node.stats()).isEqualTo(new NodeStats(0, 0, 0, false));
    }

    @Test
    void unreachableDevice_closesTheConnectionWithAnError() throws Exception {
        BridgeNode node = node(Limits.builder());
        port(node).start();
        cluster.signaller.answer(new Result.Unreachable("unknown device"));
        assertThat(streams.connect(CLIENT).closes())
                .containsExactly(new CloseReason(CloseReason.UNREACHABLE, "unknown device"));
    }

    @Test
    void clientElsewhere_isDeniedByDefault_beforeAnyoneIsSignalled() throws Exception {
        BridgeNode node = node(Limits.builder());
        port(node).start();
        FakeLeg client = streams.connect(new Peer("192.0.2.7:40000"));
        assertThat(client.closes()).containsExactly(new CloseReason(1008, "access denied"));
        assertThat(refusals).containsExactly(PORT + " 403 192.0.2.7:40000");
        assertThat(cluster.events.names()).containsExactly("Refused");
        assertThat(cluster.signaller.invitations()).isEmpty();
    }

    @Test
    void policyOfThePort_decides_andIsToldOfTheClient() throws Exception {
        CompletableFuture<AccessRequest> asked = new CompletableFuture<>();
        AccessPolicy policy = request -> {
            asked.complete(request);
            return CompletableFuture.completedFuture(new Access.Granted("batch"));
        };
        BridgeNode node = node(Limits.builder());
        port(node).access(policy).start();
        Peer elsewhere = new Peer("192.0.2.7:40000");
        streams.connect(elsewhere);
        AccessRequest request = asked.join();
        assertThat(request.action()).isEqualTo(AccessPolicy.Action.EXPOSE);
        assertThat(request.deviceId()).isEqualTo("device");
        assertThat(request.peer()).isEqualTo(elsewhere);
        assertThat(request.headers().all("x-api-key")).isEmpty();
        assertThat(request.query().get("deviceId")).isNull();
        assertThat(cluster.events.events("Requested")).extracting(Event::detail).containsExactly("batch at " + PORT);
    }

    @Test
    void accessThatThePolicyRevokes_endsTheBridge_orPreventsIt() throws Exception {
        AtomicBoolean valid = new AtomicBoolean(true);
        AccessPolicy policy = request -> CompletableFuture.completedFuture(new Access.Granted("batch", valid::get));
        BridgeNode node = node(Limits.builder());
        port(node).access(policy).start();
        FakeLeg client = streams.connect(CLIENT);
        cluster.signaller.take(PATIENCE);
        valid.set(false);
        node.endRevoked(true);
        CloseReason revoked = new CloseReason(CloseReason.POLICY_VIOLATION, "the permission has been revoked");
        assertThat(client.closes()).containsExactly(revoked);
        assertThat(streams.connect(CLIENT).closes())
                .as("revoked after it was granted")
                .containsExactly(revoked);
        assertThat(cluster.signaller.invitations())
                .as("nobody else is signalled")
                .hasSize(1);
        assertThat(node.stats()).isEqualTo(new NodeStats(0, 0, 0, false));
    }

    @Test
    void policyThatCannotSayWhatIsValid_revokesIt_andOthersToo() throws Exception {
        AtomicBoolean broken = new AtomicBoolean();
        AccessPolicy policy = request -> CompletableFuture.completedFuture(new Access.Granted("batch", () -> {
            if (broken.get()) {
                throw new IllegalStateException("broken on purpose");
            }
            return true;
        }));
        BridgeNode node = node(Limits.builder());
        port(node).access(policy).start();
        FakeLeg one = streams.connect(CLIENT);
        FakeLeg other = streams.connect(CLIENT);
        broken.set(true);
        try (LogCapture log = new LogCapture()) {
            node.endRevoked(true);
            assertThat(log.loud()).hasSize(2);
        }
        assertThat(one.closes()).extracting(CloseReason::code).containsExactly(CloseReason.POLICY_VIOLATION);
        assertThat(other.closes()).isEqualTo(one.closes());
    }

    @Test
    void policyThatFailsOrIsSilent_refusesTheConnection() throws Exception {
        BridgeNode node = node(Limits.builder().admissionTimeout(Duration.ofSeconds(10)));
        CompletableFuture<Access> answer = new CompletableFuture<>();
        port(node).access(request -> answer).start();
        FakeLeg first = streams.connect(CLIENT);
        cluster.scheduler.advance(Duration.ofSeconds(9));
        assertThat(first.closes()).isEmpty();
        try (LogCapture log = new LogCapture()) {
            cluster.scheduler.advance(Duration.ofSeconds(1));
            assertThat(first.closes()).hasSize(1);
            answer.completeExceptionally(new IllegalStateException("broken"));
            assertThat(streams.connect(CLIENT).closes()).hasSize(1);
            assertThat(log.loud()).hasSize(2);
        }
        assertThat(refusals).containsExactly(PORT + " 503 " + CLIENT, PORT + " 503 " + CLIENT);
        assertThat(cluster.signaller.invitations()).isEmpty();
    }

    @Test
    void limitsOfTheNode_apply() throws Exception {
        BridgeNode node =
                node(Limits.builder().maxBridges(3).maxPendingPerDevice(2).requestsPerSecond(3));
        port(node).start();
        FakeLeg first = streams.connect(CLIENT);
        streams.connect(CLIENT);
        assertThat(streams.connect(CLIENT).closes())
                .extracting(CloseReason::code)
                .containsExactly(4429);
        assertThat(streams.connect(CLIENT).closes())
                .containsExactly(new CloseReason(CloseReason.POLICY_VIOLATION, "too many requests"));
        assertThat(streams.connect(new Peer("127.0.0.2:1")).closes())
                .as("another client has a rate of its own, but waits for the same device")
                .extracting(CloseReason::code)
                .containsExactly(4429);
        TestCluster.request(node, "other", "");
        assertThat(streams.connect(new Peer("127.0.0.3:1")).closes())
                .containsExactly(new CloseReason(CloseReason.POLICY_VIOLATION, "the node is full"));
        assertThat(first.closes()).isEmpty();
        assertThat(refusals)
                .containsExactly(
                        PORT + " 4429 " + CLIENT,
                        PORT + " 429 " + CLIENT,
                        PORT + " 4429 127.0.0.2:1",
                        PORT + " 503 127.0.0.3:1");
    }

    @Test
    void start_requestBeyondTheLimits_isRefused() throws Exception {
        BridgeNode node = node(Limits.builder().maxDeviceIdBytes(10).maxRequestDataBytes(10));
        assertThatThrownBy(() -> ExposedPort.builder(node, streams, new BridgeRequest("12345678901"))
                        .start())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("deviceId is longer than 10 bytes");
        assertThatThrownBy(() -> ExposedPort.builder(node, streams, new BridgeRequest("d", "12345678901"))
                        .start())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("requestData is longer than 10 bytes");
        assertThat(streams.limits).isNull();
    }

    @Test
    void settings_reachTheTransport() throws Exception {
        BridgeNode node = node(Limits.builder().maxBridges(77));
        SocketAddress address = new InetSocketAddress("127.0.0.1", 99);
        assertThat(port(node).listen(address).start().address()).isEqualTo(Streams.BOUND);
        assertThat(streams.limits).isEqualTo(new StreamTransport.Limits(1024, 77));
        assertThat(streams.requested).isEqualTo(address);
        port(node).backlog(5).maxConnections(6).start();
        assertThat(streams.limits).isEqualTo(new StreamTransport.Limits(5, 6));
    }

    @Test
    void stopOfTheNode_closesThePort_andNotItsBridges() throws Exception {
        BridgeNode node = node(Limits.builder());
        port(node).start();
        FakeLeg live = streams.connect(CLIENT);
        RecordingReceiver device =
                TestCluster.open(node, cluster.signaller.take(PATIENCE).acceptUrl(), "");
        FakeLeg waiting = streams.connect(CLIENT);
        Duration grace = Duration.ofSeconds(20); // less than until the first ping, which a fake leg does not answer
        CompletableFuture<Void> stopped = node.stop(grace).toCompletableFuture();
        await().atMost(PATIENCE).until(() -> streams.closed);
        assertThat(waiting.closes()).isEmpty();
        FakeLeg late = streams.connect(CLIENT); // accepted just before
        assertThat(late.closes()).containsExactly(new CloseReason(1008, "the node is draining"));
        live.deliver("still flows");
        assertThat(device.count()).isEqualTo(1);
        cluster.scheduler.advance(grace);
        assertThat(live.closes()).containsExactly(new CloseReason(1001, "the node is stopping"));
        assertThat(waiting.closes()).containsExactly(new CloseReason(4503, "the node is draining"));
        assertThat(stopped).succeedsWithin(PATIENCE);
    }

    @Test
    void start_nodeIsStopping_fails() throws Exception {
        BridgeNode node = node(Limits.builder());
        node.stop(Duration.ZERO);
        assertThatThrownBy(port(node)::start).isInstanceOf(IOException.class).hasMessage("the node is stopping");
        assertThat(streams.closed).isTrue();
    }

    @Test
    void close_leavesConnectionsOpen() throws Exception {
        BridgeNode node = node(Limits.builder());
        ExposedPort port = port(node).start();
        FakeLeg client = streams.connect(CLIENT);
        port.close();
        assertThat(streams.closed).isTrue();
        assertThat(client.closes()).isEmpty();
        node.stop(Duration.ZERO);
        assertThat(streams.closes).as("the node has forgotten it").isEqualTo(1);
    }

    /** A transport on which the test connects. */
    private static final class Streams implements StreamTransport {
        static final SocketAddress BOUND = new InetSocketAddress("10.0.0.1", 5432);

        volatile boolean closed;
        int closes;

        @Nullable
        SocketAddress requested;

        @Nullable
        Limits limits;

        @Nullable
        private BiConsumer<Leg, Peer> accepted;

        @Override
        public CompletionStage<Leg> dial(SocketAddress address, Duration timeout) {
            return CompletableFuture.failedFuture(new IOException("not here"));
        }

        @Override
        public Listening listen(SocketAddress address, Limits most, BiConsumer<Leg, Peer> taker) {
            requested = address;
            limits = most;
            accepted = taker;
            return new Listening() {
                @Override
                public SocketAddress address() {
                    return BOUND;
                }

                @Override
                public void close() {
                    closes++;
                    closed = true;
                }
            };
        }

        FakeLeg connect(Peer client) {
            FakeLeg leg = new FakeLeg();
            accepted.accept(leg, client);
            return leg;
        }
    }
}
