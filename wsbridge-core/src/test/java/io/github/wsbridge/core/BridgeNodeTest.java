package io.github.wsbridge.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.wsbridge.Bridge;
import io.github.wsbridge.BridgeException;
import io.github.wsbridge.BridgeRequest;
import io.github.wsbridge.CloseReason;
import io.github.wsbridge.Endpoints;
import io.github.wsbridge.Hop;
import io.github.wsbridge.Invitation;
import io.github.wsbridge.Rejection;
import io.github.wsbridge.spi.Fragment;
import io.github.wsbridge.spi.Signaller.Result;
import io.github.wsbridge.testkit.FakeLeg;
import io.github.wsbridge.testkit.LogCapture;
import io.github.wsbridge.testkit.RecordingListener.Event;
import io.github.wsbridge.testkit.RecordingReceiver;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** One node, from the request to the end of the bridge. */
class BridgeNodeTest {

    private static final String V1 = Endpoints.SUBPROTOCOL;

    private final TestCluster cluster = new TestCluster();
    private final BridgeNode node = cluster.node();

    @AfterEach
    void nothingIsHeld() {
        NodeStats stats = node.stats();
        assertThat(stats.pending()).isZero();
        assertThat(stats.bridges()).isZero();
        assertThat(stats.listeners()).isZero();
        assertThat(cluster.scheduler.pending()).as("the peers' refresh only").isEqualTo(1);
    }

    private RecordingReceiver accept(String subprotocol) throws InterruptedException {
        Invitation invitation = cluster.signaller.take(TestCluster.PATIENCE);
        return TestCluster.open(node, invitation.acceptUrl(), subprotocol);
    }

    private static CloseReason why(RecordingReceiver end) {
        return end.closed();
    }

    @Test
    void request_requesterAlreadyGone_invitesNobody() {
        FakeLeg gone = new FakeLeg();
        gone.end(CloseReason.vanished("at once"));
        Bridge bridge = node.request(new BridgeRequest("device"), "", gone);
        assertThat(bridge.closed()).isCompleted();
        assertThat(cluster.signaller.invitations()).isEmpty();
    }

    @Test
    void request_accepted_carriesBytesBothWays() throws Exception {
        RecordingReceiver requester = TestCluster.request(node, "device", "");
        assertThat(node.stats()).isEqualTo(new NodeStats(1, 0, 0, false));
        RecordingReceiver device = accept("");
        assertThat(node.stats()).isEqualTo(new NodeStats(0, 1, 0, false));
        for (int i = 0; i < 1000; i++) {
            requester.leg().send(Fragment.text("there " + i));
            device.leg().send(new Fragment(Fragment.Kind.BINARY, ByteBuffer.allocate(i), i % 3 == 0));
        }
        assertThat(device.fragments()).hasSize(1000).contains(Fragment.text("there 999"));
        assertThat(requester.fragments()).hasSize(1000);
        assertThat(requester.fragments().get(1))
                .isEqualTo(new Fragment(Fragment.Kind.BINARY, ByteBuffer.allocate(1), false));
        requester.leg().close(CloseReason.normal());
        assertThat(cluster.events.names()).containsExactly("Requested", "Signalled", "Established", "Closed");
        assertThat(cluster.events.events("Requested").get(0).detail()).isEqualTo("in-process");
    }

    @Test
    void close_eitherSide_relaysCodeAndReason() throws Exception {
        for (CloseReason reason : List.of(
                CloseReason.normal(),
                new CloseReason(4321, "my own"),
                new CloseReason(3000, "x".repeat(123)),
                new CloseReason(CloseReason.NO_STATUS, ""))) {
            RecordingReceiver requester = TestCluster.request(node, "device", "");
            RecordingReceiver device = accept("");
            requester.leg().close(reason);
            assertThat(why(device)).isEqualTo(reason);

            requester = TestCluster.request(node, "device", "");
            device = accept("");
            device.leg().close(reason);
            assertThat(why(requester)).isEqualTo(reason);
        }
    }

    @Test
    void abort_eitherSide_isReportedAsVanished() throws Exception {
        RecordingReceiver requester = TestCluster.request(node, "device", "");
        RecordingReceiver device = accept("");
        device.leg().abort();
        assertThat(why(requester).code()).isEqualTo(CloseReason.VANISHED);

        requester = TestCluster.request(node, "device", "");
        device = accept("");
        requester.leg().abort();
        assertThat(why(device).code()).isEqualTo(CloseReason.VANISHED);
    }

    @Test
    void established_offered_isSentOnceAndFirst() throws Exception {
        RecordingReceiver requester = TestCluster.request(node, "device", V1);
        requester.leg().send(Fragment.text("early"));
        assertThat(requester.fragments())
                .as("nothing before the device has accepted")
                .isEmpty();
        RecordingReceiver device = accept(V1);
        requester.leg().send(Fragment.text("late"));
        device.leg().send(Fragment.text("answer"));
        Object id = cluster.events.events("Established").get(0).subject();
        Fragment established = Fragment.text("{\"type\":\"established\",\"bridgeId\":\"" + id + "\"}");
        Fragment toDevice =
                Fragment.text("{\"type\":\"established\",\"bridgeId\":\"" + id + "\",\"principal\":\"in-process\"}");
        assertThat(device.fragments()).containsExactly(toDevice, Fragment.text("early"), Fragment.text("late"));
        assertThat(requester.fragments()).containsExactly(established, Fragment.text("answer"));
        device.leg().close(CloseReason.normal());
    }

    @Test
    void established_notOffered_isNotSent() throws Exception {
        RecordingReceiver requester = TestCluster.request(node, "device", "other.protocol");
        RecordingReceiver device = accept("");
        assertThat(requester.leg().subprotocol()).isEmpty();
        assertThat(requester.count() + device.count()).isZero();
        device.leg().close(CloseReason.normal());
    }

    @Test
    void reject_byAcceptUrl_tellsTheRequester() throws Exception {
        RecordingReceiver requester = TestCluster.request(node, "device", "");
        Invitation invitation = cluster.signaller.take(TestCluster.PATIENCE);
        RecordingReceiver device = TestCluster.open(
                node, Endpoints.reject(invitation.acceptUrl(), new Rejection(7, "too büsy & tired")), "");
        assertThat(why(requester)).isEqualTo(new CloseReason(4403, "7 too büsy & tired"));
        assertThat(why(device)).isEqualTo(new CloseReason(1000, "rejected"));
        assertThat(why(TestCluster.open(node, invitation.acceptUrl(), "")).code())
                .isEqualTo(4410);
        assertThat(why(TestCluster.open(node, Endpoints.reject(invitation.acceptUrl(), new Rejection(7, "")), ""))
                        .code())
                .isEqualTo(4410);
    }

    @Test
    void reject_byListenSocket_tellsTheRequester() {
        RecordingReceiver device = TestCluster.listen(node, "device");
        RecordingReceiver requester = TestCluster.request(node, "device", "");
        String token = Json.text(device.messages().get(0), "bridgeToken");
        device.leg()
                .send(Fragment.text(
                        "{\"type\":\"reject\",\"bridgeToken\":\"" + token + "\",\"code\":9,\"reason\":\"no\"}"));
        assertThat(why(requester)).isEqualTo(new CloseReason(4403, "9 no"));
        assertThat(why(device)).isNull();
        device.leg().close(CloseReason.normal());
    }

    @Test
    void signaller_result_decides() throws Exception {
        cluster.signaller.answer(new Result.Unreachable("not on this channel"));
        assertThat(why(TestCluster.request(node, "device", "")))
                .isEqualTo(new CloseReason(4404, "not on this channel"));
        cluster.signaller.answer(new Result.Rejected(12, "no"));
        assertThat(why(TestCluster.request(node, "device", ""))).isEqualTo(new CloseReason(4403, "12 no"));
        cluster.signaller.answer(new Result.Throttled("the channel is busy"));
        assertThat(why(TestCluster.request(node, "device", "")))
                .isEqualTo(new CloseReason(4429, "the channel is busy"));
    }

    @Test
    void signaller_broken_countsAsUnreachable() {
        try (LogCapture log = new LogCapture()) {
            cluster.signaller.answer(invitation -> {
                throw new IllegalStateException("broken");
            });
            assertThat(why(TestCluster.request(node, "device", "")).code()).isEqualTo(4404);
            cluster.signaller.fail(new IllegalStateException("broken"));
            assertThat(why(TestCluster.request(node, "device", "")).code()).isEqualTo(4404);
            cluster.signaller.answer(invitation -> null);
            assertThat(why(TestCluster.request(node, "device", "")).code()).isEqualTo(4404);
            assertThat(log.loud()).hasSize(3);
            assertThat(String.join(" ", log.all()))
                    .doesNotContain(
                            cluster.signaller.invitations().get(0).token().value());
        }
    }

    @Test
    void signaller_silent_timesOut() {
        cluster.signaller.answer(invitation -> new CompletableFuture<>());
        RecordingReceiver requester = TestCluster.request(node, "device", "");
        cluster.scheduler.advance(Duration.ofMillis(29_999));
        assertThat(why(requester)).isNull();
        cluster.scheduler.advance(Duration.ofMillis(1));
        assertThat(why(requester).code()).isEqualTo(4408);
    }

    @Test
    void accept_afterTheTimeout_isRefused() throws Exception {
        RecordingReceiver requester = TestCluster.request(node, "device", "");
        cluster.scheduler.advance(Duration.ofSeconds(30));
        assertThat(why(requester)).isEqualTo(new CloseReason(4408, "the device did not accept in time"));
        assertThat(why(accept("")).code()).isEqualTo(4410);
    }

    @Test
    void accept_secondTime_isRefused() throws Exception {
        RecordingReceiver requester = TestCluster.request(node, "device", "");
        Invitation invitation = cluster.signaller.take(TestCluster.PATIENCE);
        RecordingReceiver first = TestCluster.open(node, invitation.acceptUrl(), "");
        RecordingReceiver second = TestCluster.open(node, invitation.acceptUrl(), "");
        assertThat(why(second).code()).isEqualTo(4410);
        assertThat(why(first)).isNull();
        assertThat(why(requester)).isNull();
        requester.leg().close(CloseReason.normal());
        assertThat(why(TestCluster.open(node, invitation.acceptUrl(), "")).code())
                .isEqualTo(4410);
    }

    @Test
    void accept_requesterGone_isRefused() throws Exception {
        RecordingReceiver requester = TestCluster.request(node, "device", "");
        requester.leg().close(new CloseReason(4321, "changed my mind"));
        assertThat(node.stats().pending()).isZero();
        assertThat(why(accept("")).code()).isEqualTo(4410);
        Event closed = cluster.events.events("Closed").get(0);
        assertThat(closed.detail()).isEqualTo(new CloseReason(4321, "changed my mind"));
    }

    @Test
    void request_longPrincipal_isShortenedToWholeCharacters() throws Exception {
        String start = "a".repeat(255);
        Bridge bridge = node.request(new BridgeRequest("device"), start + "\uD83D\uDE00", new FakeLeg());
        assertThat(cluster.signaller.take(TestCluster.PATIENCE).principal()).isEqualTo(start + "…");
        bridge.close(CloseReason.normal());
    }

    @Test
    void request_leg_knowsItsBridge() throws Exception {
        FakeLeg requester = new FakeLeg();
        Bridge bridge = node.request(new BridgeRequest("device", "data"), "me", requester);
        Invitation invitation = cluster.signaller.take(TestCluster.PATIENCE);
        assertThat(invitation.requestData()).isEqualTo("data");
        assertThat(bridge.established().toCompletableFuture()).isNotDone();
        FakeLeg device = new FakeLeg();
        node.accept(invitation.token(), device, Hop.DIRECT);
        assertThat(bridge.established().toCompletableFuture().getNow(null)).isSameAs(bridge);
        requester.deliver("12345");
        device.deliver("123");
        device.deliver("4");
        assertThat(bridge.bytesToDevice()).isEqualTo(5);
        assertThat(bridge.bytesToRequester()).isEqualTo(4);
        bridge.close(new CloseReason(4999, "enough"));
        assertThat(requester.closes()).containsExactly(new CloseReason(4999, "enough"));
        assertThat(device.closes()).containsExactly(new CloseReason(4999, "enough"));
        assertThat(bridge.closed().toCompletableFuture().getNow(null)).isEqualTo(new CloseReason(4999, "enough"));
        bridge.close(CloseReason.normal());
        assertThat(bridge.toString()).doesNotContain(invitation.token().value());
    }

    @Test
    void request_closedByTheApplication_failsItsFutures() {
        FakeLeg requester = new FakeLeg().leaveClosesUnanswered();
        Bridge bridge = node.request(new BridgeRequest("device"), "me", requester);
        bridge.close(new CloseReason(4999, "enough"));
        assertThatThrownBy(() -> bridge.established().toCompletableFuture().join())
                .isInstanceOf(CompletionException.class)
                .cause()
                .isInstanceOfSatisfying(
                        BridgeException.class,
                        e -> assertThat(e.closeReason().code()).isEqualTo(4999));
        assertThat(node.stats().bridges()).as("its leg is still open").isEqualTo(1);
        requester.end(new CloseReason(1000, "the peer's own answer"));
        assertThat(cluster.events.events("Closed").get(0).detail())
                .as("the first reason, not the answer")
                .isEqualTo(new CloseReason(4999, "enough"));
    }
}
