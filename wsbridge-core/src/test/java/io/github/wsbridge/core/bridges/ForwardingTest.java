package io.github.wsbridge.core.bridges;

import static io.github.wsbridge.core.TestCluster.A;
import static io.github.wsbridge.core.TestCluster.B;
import static io.github.wsbridge.core.TestCluster.C;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.wsbridge.BridgeId;
import io.github.wsbridge.BridgeToken;
import io.github.wsbridge.CloseReason;
import io.github.wsbridge.Endpoints;
import io.github.wsbridge.Hop;
import io.github.wsbridge.Invitation;
import io.github.wsbridge.NodeAddress;
import io.github.wsbridge.Rejection;
import io.github.wsbridge.core.BridgeNode;
import io.github.wsbridge.core.NodeStats;
import io.github.wsbridge.core.TestCluster;
import io.github.wsbridge.core.peers.DialingRouter;
import io.github.wsbridge.core.peers.NodeCredentials;
import io.github.wsbridge.core.tokens.AeadTokenCodec;
import io.github.wsbridge.spi.Fragment;
import io.github.wsbridge.spi.Leg;
import io.github.wsbridge.spi.TokenClaims;
import io.github.wsbridge.testkit.FakeLeg;
import io.github.wsbridge.testkit.RecordingListener;
import io.github.wsbridge.testkit.RecordingReceiver;
import io.github.wsbridge.wire.relay.ForwardingLeg;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Three nodes: the requester is on A, the device arrives at B or C. */
class ForwardingTest {

    private static final String V1 = Endpoints.SUBPROTOCOL;

    private final TestCluster cluster = new TestCluster();
    private final RecordingListener eventsOfB = new RecordingListener();
    private final BridgeNode a = cluster.node();
    private final BridgeNode b = cluster.node(B, builder -> builder.listener(eventsOfB));
    private final BridgeNode c = cluster.node(C, builder -> builder);

    @AfterEach
    void nothingIsHeld() {
        for (BridgeNode node : List.of(a, b, c)) {
            assertThat(node.stats().pending() + node.stats().bridges())
                    .as(node.address().toString())
                    .isZero();
        }
    }

    private Invitation invitation() throws InterruptedException {
        return cluster.signaller.take(TestCluster.PATIENCE);
    }

    private BridgeToken token(NodeAddress owner) {
        TokenClaims claims = new TokenClaims(
                new BridgeId(1, 2), owner, cluster.clock.instant().plusSeconds(30));
        return AeadTokenCodec.create(() -> cluster.keys).encode(claims);
    }

    @Test
    void accept_onAnotherNode_isForwarded() throws Exception {
        RecordingReceiver requester = TestCluster.request(a, "device", V1);
        RecordingReceiver device = TestCluster.open(b, invitation().acceptUrl(), V1);
        assertThat(requester.count()).isEqualTo(1);
        assertThat(device.count()).as("the owner's message, once").isEqualTo(1);
        assertThat(b.stats()).isEqualTo(new NodeStats(0, 1, 0, false));
        for (int i = 0; i < 100; i++) {
            requester.leg().send(Fragment.text("there"));
            device.leg().send(Fragment.text("and back"));
        }
        assertThat(device.fragments()).hasSize(101).contains(Fragment.text("there"));
        assertThat(requester.fragments()).hasSize(101).contains(Fragment.text("and back"));
        device.leg().close(new CloseReason(4321, "bye"));
        assertThat(requester.closed()).isEqualTo(new CloseReason(4321, "bye"));
        assertThat(cluster.events.events("Established").get(0).detail()).isEqualTo(Hop.FORWARDED);
        assertThat(eventsOfB.names()).containsExactly("Forwarded", "ForwardClosed");
    }

    @Test
    void accept_forwardedRaw_getsNoEstablishedMessage() throws Exception {
        RecordingReceiver requester = TestCluster.request(a, "device", "");
        RecordingReceiver device = TestCluster.open(b, invitation().acceptUrl(), "");
        device.leg().send(Fragment.text("first"));
        assertThat(requester.fragments()).containsExactly(Fragment.text("first"));
        assertThat(device.count()).isZero();
        requester.leg().abort();
        assertThat(device.closed().code()).isEqualTo(CloseReason.VANISHED);
    }

    @Test
    void reject_onAnotherNode_isForwarded() throws Exception {
        RecordingReceiver requester = TestCluster.request(a, "device", "");
        RecordingReceiver device = TestCluster.open(
                c, Endpoints.reject(invitation().acceptUrl(), new Rejection(42, "kein Zutritt für & dich")), "");
        assertThat(requester.closed()).isEqualTo(new CloseReason(4403, "42 kein Zutritt für & dich"));
        assertThat(device.closed().code()).isEqualTo(1000);
    }

    @Test
    void accept_usedTokenOnAnotherNode_isRefusedByTheOwner() throws Exception {
        RecordingReceiver requester = TestCluster.request(a, "device", "");
        Invitation invitation = invitation();
        TestCluster.open(b, invitation.acceptUrl(), "");
        assertThat(TestCluster.open(c, invitation.acceptUrl(), "").closed().code())
                .isEqualTo(4410);
        assertThat(requester.closed()).isNull();
        requester.leg().close(CloseReason.normal());
    }

    @Test
    void accept_deadOwner_isClosed4502() throws Exception {
        RecordingReceiver requester = TestCluster.request(a, "device", "");
        cluster.down.add(A);
        RecordingReceiver device = TestCluster.open(b, invitation().acceptUrl(), "");
        assertThat(device.closed()).isEqualTo(new CloseReason(4502, "the owner cannot be reached"));
        assertThat(eventsOfB.names()).containsExactly("Refused");
        requester.leg().close(CloseReason.normal());
    }

    @Test
    void accept_ownerThatHasJustNotAnswered_isRefusedAtOnceForAWhile() {
        URI url = Endpoints.accept(TestCluster.PUBLIC, token(A), "");
        CompletableFuture<Leg> dialled = new CompletableFuture<>();
        BridgeNode cut =
                cluster.node(NodeAddress.parse("ws://cut"), builder -> builder.router((owner, forward) -> dialled));
        cut.accept(token(A), new FakeLeg(), Hop.DIRECT);
        assertThat(TestCluster.refusal(cut, url)).isEqualTo(101);
        cluster.scheduler.advance(Duration.ofSeconds(1));
        dialled.completeExceptionally(new IOException("no answer"));
        assertThat(TestCluster.refusal(cut, url)).isEqualTo(503);
        cluster.scheduler.advance(Duration.ofSeconds(5));
        assertThat(TestCluster.refusal(cut, url)).isEqualTo(101);
    }

    @Test
    void accept_nodeThatDoesNotForward_isClosed4502() {
        BridgeNode alone = cluster.node(NodeAddress.parse("ws://alone"), builder -> builder.connector(null));
        FakeLeg device = new FakeLeg();
        alone.accept(token(A), device, Hop.DIRECT);
        assertThat(device.closes()).containsExactly(new CloseReason(4502, "this node does not forward"));
        assertThat(alone.stats().bridges()).isZero();
    }

    @Test
    void accept_routerThatThrows_isClosed4502() {
        BridgeNode broken = cluster.node(
                NodeAddress.parse("ws://broken"),
                builder -> builder.router((owner, forward) -> {
                    throw new IllegalStateException("broken");
                }));
        FakeLeg device = new FakeLeg();
        broken.accept(token(A), device, Hop.DIRECT);
        assertThat(device.closes().get(0).code()).isEqualTo(4502);
        assertThat(broken.stats().bridges()).isZero();
    }

    @Test
    void accept_routerWithoutAThread_isClosed4502_andTheSlotIsGivenBack() {
        BridgeNode starved = cluster.node(
                NodeAddress.parse("ws://starved"),
                builder -> builder.router((owner, forward) -> {
                    throw new OutOfMemoryError("unable to create native thread");
                }));
        FakeLeg device = new FakeLeg();
        starved.accept(token(A), device, Hop.DIRECT);
        assertThat(device.closes().get(0).code()).isEqualTo(4502);
        assertThat(starved.stats().bridges()).isZero();
    }

    @Test
    void accept_legsThatCannotBeJoined_end_andTheSlotIsGivenBack() {
        Leg withoutLoop = new ForwardingLeg(new FakeLeg()) {
            @Override
            public CompletionStage<Void> shareThread(Leg with) {
                throw new OutOfMemoryError("on purpose");
            }
        };
        Leg withoutBuffer = new ForwardingLeg(new FakeLeg()) {
            @Override
            public void demand() {
                throw new OutOfMemoryError("on purpose");
            }
        };
        for (Leg owner : List.of(withoutLoop, withoutBuffer)) {
            BridgeNode starved = cluster.node(
                    NodeAddress.parse("ws://starved"),
                    builder -> builder.router((to, forward) -> CompletableFuture.completedFuture(owner)));
            FakeLeg device = new FakeLeg();
            starved.accept(token(A), device, Hop.DIRECT);
            assertThat(device.aborted()).isTrue();
            assertThat(starved.stats().bridges()).isZero();
        }
    }

    @Test
    void accept_clockOfTheForwardingNodeIsWrong_isForwarded() throws Exception {
        for (int hours : new int[] {-1, 1}) {
            BridgeNode wrong = cluster.node(
                    NodeAddress.parse("ws://wrong"),
                    builder -> builder.clock(() -> cluster.clock.instant().plusSeconds(3600L * hours)));
            RecordingReceiver requester = TestCluster.request(a, "device", "");
            RecordingReceiver device = TestCluster.open(wrong, invitation().acceptUrl(), "");
            device.leg().send(Fragment.text("in time for the owner"));
            assertThat(requester.fragments()).containsExactly(Fragment.text("in time for the owner"));
            requester.leg().close(CloseReason.normal());
        }
    }

    @Test
    void accept_forwardedToTheWrongNode_isRefusedThere() {
        FakeLeg device = new FakeLeg();
        b.accept(token(C), device, Hop.FORWARDED);
        assertThat(device.closes().get(0).code()).isEqualTo(4410);
        assertThat(cluster.links).as("no second hop").isEmpty();
    }

    @Test
    void accept_wrongRouting_endsAfterOneHop() {
        NodeCredentials credentials = new NodeCredentials(() -> cluster.keys);
        cluster.alias.put(C, B); // such as a service address that leads to any node
        BridgeNode astray = cluster.node(
                NodeAddress.parse("ws://astray"),
                builder -> builder.router((owner, forward) -> new DialingRouter(
                                cluster, credentials, node -> true, Duration.ofSeconds(5), cluster.scheduler)
                        .dial(owner, forward)));
        FakeLeg device = new FakeLeg();
        astray.accept(token(C), device, Hop.DIRECT);
        assertThat(device.closes().get(0).code()).isEqualTo(4502);
        assertThat(cluster.links).as("refused before the upgrade").isEmpty();
        assertThat(astray.stats().bridges()).isZero();
    }

    @Test
    void accept_deviceGoneWhileDialling_alsoClosesTheOtherLeg() throws Exception {
        CompletableFuture<Leg> dialled = new CompletableFuture<>();
        BridgeNode slow = cluster.node(NodeAddress.parse("ws://slow"), builder -> builder.router((o, f) -> dialled));
        FakeLeg device = new FakeLeg();
        slow.accept(token(A), device, Hop.DIRECT);
        assertThat(slow.stats().bridges()).isEqualTo(1);
        device.end(new CloseReason(4321, "impatient"));
        FakeLeg owner = new FakeLeg();
        dialled.complete(owner);
        assertThat(owner.closes()).containsExactly(new CloseReason(4321, "impatient"));
        assertThat(slow.stats().bridges()).isZero();
    }

    @Test
    void accept_deviceGoneAndOwnerUnreachable_leavesNothingBehind() {
        CompletableFuture<Leg> dialled = new CompletableFuture<>();
        BridgeNode slow = cluster.node(NodeAddress.parse("ws://slow"), builder -> builder.router((o, f) -> dialled));
        FakeLeg device = new FakeLeg();
        slow.accept(token(A), device, Hop.DIRECT);
        device.end(CloseReason.vanished("gone"));
        dialled.completeExceptionally(new IOException("unreachable"));
        assertThat(slow.stats().bridges()).isZero();
    }

    @Test
    void stop_whileDialling_waitsForItAndEndsIt() {
        CompletableFuture<Leg> dialled = new CompletableFuture<>();
        BridgeNode slow = cluster.node(NodeAddress.parse("ws://slow"), builder -> builder.router((o, f) -> dialled));
        FakeLeg device = new FakeLeg();
        slow.accept(token(A), device, Hop.DIRECT);
        CompletableFuture<Void> stopped = slow.stop(Duration.ofSeconds(1)).toCompletableFuture();
        cluster.scheduler.advance(Duration.ofSeconds(2));
        assertThat(stopped).isNotDone();
        FakeLeg owner = new FakeLeg();
        dialled.complete(owner);
        assertThat(owner.closes().get(0).code()).isEqualTo(1001);
        assertThat(device.closes().get(0).code()).isEqualTo(1001);
        assertThat(stopped).succeedsWithin(TestCluster.PATIENCE);
    }
}
