package io.github.wsbridge.core.bridges;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.wsbridge.CloseReason;
import io.github.wsbridge.Endpoints;
import io.github.wsbridge.Rejection;
import io.github.wsbridge.core.BridgeNode;
import io.github.wsbridge.core.NodeStats;
import io.github.wsbridge.core.TestCluster;
import io.github.wsbridge.core.limits.Limits;
import io.github.wsbridge.spi.AccessPolicy;
import io.github.wsbridge.spi.Admission;
import io.github.wsbridge.spi.Fragment;
import io.github.wsbridge.spi.Handshake;
import io.github.wsbridge.spi.Peer;
import io.github.wsbridge.spi.Signaller.Result;
import io.github.wsbridge.testkit.FakeLeg;
import io.github.wsbridge.testkit.RecordingReceiver;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/** A requester that is upgraded only when its bridge is established: {@code wait=true}. */
class WaitingRequesterTest {

    private static final Duration RETRY_LATER = Duration.ofSeconds(5);

    private final TestCluster cluster = new TestCluster();
    private final BridgeNode node = cluster.node();

    private static Admission ask(BridgeNode node, String query, String... subprotocols) {
        return node.admit(new Handshake(
                        Endpoints.CONNECT,
                        query,
                        true,
                        name -> name.equals("Sec-WebSocket-Protocol") ? List.of(subprotocols) : List.of(),
                        new Peer("10.9.9.9")))
                .toCompletableFuture()
                .join();
    }

    private static Admission.Later wait(BridgeNode node, String... subprotocols) {
        return (Admission.Later) ask(node, "deviceId=device&wait=true", subprotocols);
    }

    /** Returns the decision; fails if there is none. */
    private static Admission.Decision decision(Admission.Later later) {
        return later.decision()
                .<Admission.Decision>thenApply(made -> made)
                .toCompletableFuture()
                .getNow(null);
    }

    /** Opens the leg of an admitted requester, as a transport does. */
    private static FakeLeg upgrade(Admission.Later later) {
        Admission.Granted granted = (Admission.Granted) decision(later);
        FakeLeg leg = new FakeLeg(granted.subprotocol());
        granted.opened().accept(leg);
        return leg;
    }

    private URI invited() throws InterruptedException {
        return cluster.signaller.take(TestCluster.PATIENCE).acceptUrl();
    }

    private static CloseReason why(RecordingReceiver end) {
        return end.closed();
    }

    @Test
    void accepted_isUpgraded_andBytesFlowBothWays() throws Exception {
        Admission.Later later = wait(node);
        assertThat(decision(later)).as("not before the device has accepted").isNull();
        assertThat(node.stats()).isEqualTo(new NodeStats(1, 0, 0, false));
        RecordingReceiver device = TestCluster.open(node, invited(), "");
        FakeLeg requester = upgrade(later);
        requester.deliver("there");
        device.leg().send(Fragment.text("and back"));
        assertThat(device.fragments()).containsExactly(Fragment.text("there"));
        assertThat(requester.sent()).containsExactly(Fragment.text("and back"));
        assertThat(cluster.events.names()).containsExactly("Requested", "Signalled", "Established");
        assertThat(node.stats()).isEqualTo(new NodeStats(0, 1, 0, false));
        requester.end(new CloseReason(4321, "enough"));
        assertThat(why(device)).isEqualTo(new CloseReason(4321, "enough"));
        assertThat(requester.violations()).isEmpty();
        assertThat(node.stats()).isEqualTo(new NodeStats(0, 0, 0, false));
    }

    @Test
    void accepted_dataBeforeTheUpgrade_arrives() throws Exception {
        Admission.Later later = wait(node);
        RecordingReceiver device = TestCluster.open(node, invited(), "");
        CompletableFuture<Void> sent =
                device.leg().send(Fragment.text("first words")).toCompletableFuture();
        assertThat(sent).as("held back while the peer cannot accept it").isNotDone();
        assertThat(cluster.events.names()).doesNotContain("Established");
        FakeLeg requester = upgrade(later);
        assertThat(sent).isCompleted();
        assertThat(requester.sent()).containsExactly(Fragment.text("first words"));
    }

    @Test
    void accepted_deviceClosesBeforeTheUpgrade_isReportedAfterIt() throws Exception {
        Admission.Later later = wait(node);
        RecordingReceiver device = TestCluster.open(node, invited(), "");
        device.leg().close(new CloseReason(4321, "no time after all"));
        FakeLeg requester = upgrade(later);
        assertThat(requester.closes()).containsExactly(new CloseReason(4321, "no time after all"));
        assertThat(node.stats()).isEqualTo(new NodeStats(0, 0, 0, false));
    }

    @Test
    void accepted_subprotocol_isAgreedOn_andGreets() throws Exception {
        Admission.Later later = wait(node, "other", Endpoints.SUBPROTOCOL);
        TestCluster.open(node, invited(), "");
        FakeLeg requester = upgrade(later);
        assertThat(requester.subprotocol()).isEqualTo(Endpoints.SUBPROTOCOL);
        Object id = cluster.events.events("Established").get(0).subject();
        assertThat(requester.sent())
                .containsExactly(Fragment.text("{\"type\":\"established\",\"bridgeId\":\"" + id + "\"}"));
    }

    @Test
    void unreachable_isRefused404() {
        cluster.signaller.answer(new Result.Unreachable("nobody of that name"));
        assertThat(decision(wait(node))).isEqualTo(new Admission.Refused(404, "nobody of that name"));
        assertThat(node.stats()).isEqualTo(new NodeStats(0, 0, 0, false));
    }

    @Test
    void rejected_isRefused403_withTheDevicesWords() throws Exception {
        Admission.Later later = wait(node);
        RecordingReceiver device =
                TestCluster.open(node, Endpoints.reject(invited(), new Rejection(403, "not now, müde")), "");
        assertThat(decision(later)).isEqualTo(new Admission.Refused(403, "403 not now, müde"));
        assertThat(why(device)).isEqualTo(new CloseReason(1000, "rejected"));

        cluster.signaller.answer(new Result.Rejected(7, "too tired"));
        assertThat(decision(wait(node))).isEqualTo(new Admission.Refused(403, "7 too tired"));
    }

    @Test
    void notInTime_isRefused408() throws Exception {
        Admission.Later later = wait(node);
        cluster.scheduler.advance(Duration.ofMillis(29_999));
        assertThat(decision(later)).isNull();
        cluster.scheduler.advance(Duration.ofMillis(1));
        assertThat(decision(later)).isEqualTo(new Admission.Refused(408, "the device did not accept in time"));
        assertThat(later.timeout()).as("the transport's own deadline is later").isGreaterThan(Duration.ofSeconds(30));
        assertThat(why(TestCluster.open(node, invited(), "")).code()).isEqualTo(4410);
    }

    @Test
    void overALimit_isRefused429() {
        BridgeNode narrow = cluster.node(
                TestCluster.B,
                builder -> builder.signaller(cluster.signaller)
                        .limits(Limits.builder().maxPendingPerDevice(1).build()));
        wait(narrow);
        Duration soon = Duration.ofSeconds(1);
        assertThat(decision(wait(narrow)))
                .isEqualTo(new Admission.Refused(429, "too many requesters are waiting for this device", soon));
        cluster.signaller.answer(new Result.Throttled("the channel is busy"));
        assertThat(decision(wait(node))).isEqualTo(new Admission.Refused(429, "the channel is busy", soon));
    }

    @Test
    void revoked_isRefused403() {
        AtomicBoolean valid = new AtomicBoolean(true);
        BridgeNode guarded = cluster.node(
                TestCluster.B,
                builder -> builder.signaller(cluster.signaller)
                        .accessPolicy(request ->
                                CompletableFuture.completedFuture(new AccessPolicy.Access.Granted("me", valid::get))));
        Admission.Later later = wait(guarded);
        assertThat(decision(later)).isNull();
        valid.set(false);
        guarded.endRevoked(true);
        assertThat(decision(later)).isEqualTo(new Admission.Refused(403, "the permission has been revoked"));
    }

    @Test
    void full_isRefused503AtOnce() {
        BridgeNode small = cluster.node(
                TestCluster.B,
                builder -> builder.signaller(cluster.signaller)
                        .limits(Limits.builder().maxBridges(1).build()));
        wait(small);
        assertThat(ask(small, "deviceId=other&wait=true"))
                .isEqualTo(new Admission.Refused(503, "the node is full", RETRY_LATER));
    }

    @Test
    void stopWhileWaiting_isRefused503_andSoAreNewcomers() throws Exception {
        Admission.Later later = wait(node);
        CompletableFuture<Void> stopped = node.stop(Duration.ofSeconds(10)).toCompletableFuture();
        cluster.scheduler.advance(Duration.ofSeconds(10));
        assertThat(decision(later)).isEqualTo(new Admission.Refused(503, "the node is draining", RETRY_LATER));
        assertThat(stopped).succeedsWithin(TestCluster.PATIENCE);
        assertThat(TestCluster.refusal(node, invited())).isEqualTo(503);
        assertThat(ask(node, "deviceId=device&wait=true"))
                .isEqualTo(new Admission.Refused(503, "the node is draining", RETRY_LATER));
    }

    @Test
    void stopBetweenAcceptAndUpgrade_endsBoth() throws Exception {
        Admission.Later later = wait(node);
        RecordingReceiver device = TestCluster.open(node, invited(), "");
        CompletableFuture<Void> stopped = node.stop(Duration.ofSeconds(1)).toCompletableFuture();
        cluster.scheduler.advance(Duration.ofSeconds(1));
        CloseReason stopping = new CloseReason(1001, "the node is stopping");
        assertThat(why(device)).isEqualTo(stopping);
        assertThat(upgrade(later).closes()).containsExactly(stopping);
        assertThat(stopped).succeedsWithin(TestCluster.PATIENCE);
    }

    @Test
    void requesterGone_endsTheBridge_andTheAcceptIsRefused() throws Exception {
        Admission.Later later = wait(node);
        later.abandoned().run();
        assertThat(node.stats()).isEqualTo(new NodeStats(0, 0, 0, false));
        assertThat(cluster.events.events("Closed").get(0).detail())
                .isEqualTo(CloseReason.vanished("the requester has gone"));
        assertThat(why(TestCluster.open(node, invited(), "")).code()).isEqualTo(4410);
        assertThat(cluster.scheduler.pending()).as("the peers' refresh only").isEqualTo(1);
    }

    @Test
    void requesterGone_betweenAcceptAndUpgrade_endsTheDevice() throws Exception {
        Admission.Later later = wait(node);
        RecordingReceiver device = TestCluster.open(node, invited(), "");
        later.abandoned().run();
        assertThat(why(device)).isEqualTo(CloseReason.vanished("the requester has gone"));
        assertThat(cluster.events.names()).containsExactly("Requested", "Signalled", "Closed");
        assertThat(node.stats()).isEqualTo(new NodeStats(0, 0, 0, false));
        FakeLeg late = upgrade(later);
        assertThat(late.closes()).as("a leg that still arrives is closed").hasSize(1);
    }

    @Test
    void request_waiting_isSignalledOnce() throws Exception {
        assertThat(ask(node, "deviceId=device&requestData=ssh&wait=true")).isInstanceOf(Admission.Later.class);
        assertThat(cluster.signaller.take(TestCluster.PATIENCE).requestData()).isEqualTo("ssh");
        assertThat(cluster.signaller.invitations()).hasSize(1);
    }

    @Test
    void waitFalse_isUpgradedAtOnce() {
        assertThat(ask(node, "deviceId=device&wait=false")).isInstanceOf(Admission.Granted.class);
    }
}
