package io.github.wsbridge.core.limits;

import static io.github.wsbridge.core.TestCluster.A;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.wsbridge.BridgeId;
import io.github.wsbridge.BridgeRequest;
import io.github.wsbridge.CloseReason;
import io.github.wsbridge.Endpoints;
import io.github.wsbridge.Hop;
import io.github.wsbridge.core.BridgeNode;
import io.github.wsbridge.core.NodeStats;
import io.github.wsbridge.core.TestCluster;
import io.github.wsbridge.core.tokens.AeadTokenCodec;
import io.github.wsbridge.spi.Admission;
import io.github.wsbridge.spi.BridgeListener;
import io.github.wsbridge.spi.Handshake;
import io.github.wsbridge.spi.Leg;
import io.github.wsbridge.spi.Peer;
import io.github.wsbridge.spi.Signaller.Result;
import io.github.wsbridge.spi.TokenClaims;
import io.github.wsbridge.testkit.FakeLeg;
import io.github.wsbridge.testkit.RecordingListener;
import io.github.wsbridge.testkit.RecordingReceiver;
import io.github.wsbridge.wire.relay.LocalLeg;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Tests what happens when a limit is exceeded. */
class LimitsTest {

    private final TestCluster cluster = new TestCluster();

    private BridgeNode node(Limits.Builder limits) {
        return cluster.node(
                A,
                builder -> builder.limits(limits.build())
                        .signaller(cluster.signaller)
                        .listener(cluster.events));
    }

    private static URI connect(String deviceId) {
        return Endpoints.connect(TestCluster.PUBLIC, new BridgeRequest(deviceId));
    }

    @Test
    void request_tooManyForOneDevice_isClosed4429() {
        BridgeNode node = node(Limits.builder().maxPendingPerDevice(2));
        RecordingReceiver first = TestCluster.request(node, "device", "");
        TestCluster.request(node, "device", "");
        assertThat(TestCluster.request(node, "device", "").closed().code()).isEqualTo(4429);
        assertThat(TestCluster.request(node, "other", "").closed()).isNull();
        assertThat(node.stats()).isEqualTo(new NodeStats(3, 0, 0, false));
        first.leg().close(CloseReason.normal());
        assertThat(TestCluster.request(node, "device", "").closed()).isNull();
        node.close();
        assertThat(node.stats()).isEqualTo(new NodeStats(0, 0, 0, true));
    }

    @Test
    void request_tooManyForOneTarget_leavesRoomForTheOthers() {
        BridgeNode node = node(Limits.builder().maxPendingPerDevice(8));
        for (int i = 0; i < 6; i++) {
            assertThat(request(node, "dead").closed()).isNull();
        }
        assertThat(request(node, "dead").closed().code()).isEqualTo(4429);
        RecordingReceiver good = request(node, "good");
        assertThat(good.closed()).isNull();
        good.leg().close(CloseReason.normal());
        assertThat(request(node, "good").closed()).isNull();
    }

    private static RecordingReceiver request(BridgeNode node, String target) {
        URI url = Endpoints.connect(TestCluster.PUBLIC, new BridgeRequest("device", target));
        return TestCluster.open(node, url, "");
    }

    @Test
    void request_tooManyAtATime_isRefusedOrClosed() {
        BridgeNode node = node(Limits.builder().maxBridges(1));
        RecordingReceiver first = TestCluster.request(node, "device", "");
        assertThat(TestCluster.refusal(node, connect("other"))).isEqualTo(503);
        FakeLeg late = new FakeLeg(); // admitted before the last slot was taken
        node.request(new BridgeRequest("other"), "me", late);
        assertThat(late.closes()).containsExactly(new CloseReason(4503, "the node is full"));
        first.leg().close(CloseReason.normal());
        assertThat(TestCluster.request(node, "device", "").closed()).isNull();
        assertThat(cluster.events.names())
                .containsExactly("Requested", "Signalled", "Refused", "Refused", "Closed", "Requested", "Signalled");
    }

    @Test
    void request_tooManyASecond_isRefused429() {
        BridgeNode node = node(Limits.builder().requestsPerSecond(2));
        TestCluster.request(node, "device", "");
        TestCluster.request(node, "device", "");
        assertThat(TestCluster.refusal(node, connect("device"))).isEqualTo(429);
        cluster.clock.advance(Duration.ofMillis(500));
        assertThat(TestCluster.refusal(node, connect("device"))).isEqualTo(101);
        assertThat(TestCluster.refusal(node, connect("device"))).isEqualTo(429);
    }

    @Test
    void forward_nodeFull_isClosed4503() {
        BridgeNode node = node(Limits.builder().maxBridges(1));
        TestCluster.request(node, "device", "");
        FakeLeg device = new FakeLeg();
        TokenClaims claims = new TokenClaims(
                new BridgeId(1, 2), TestCluster.B, cluster.clock.instant().plusSeconds(9));
        node.accept(AeadTokenCodec.create(() -> cluster.keys).encode(claims), device, Hop.DIRECT);
        assertThat(device.closes()).containsExactly(new CloseReason(4503, "the node is full"));
    }

    @Test
    void listen_tooMany_isRefused503() {
        BridgeNode node = node(Limits.builder().maxListeners(2));
        RecordingReceiver one = TestCluster.listen(node, "one");
        RecordingReceiver two = TestCluster.listen(node, "two");
        assertThat(TestCluster.refusal(node, Endpoints.listen(TestCluster.PUBLIC, "three")))
                .isEqualTo(503);
        one.leg().close(CloseReason.normal());
        assertThat(TestCluster.listen(node, "three").closed()).isNull();
        assertThat(two.closed()).isNull();
        assertThat(node.stats().listeners()).isEqualTo(2);
    }

    @Test
    void listen_secondSocketOfADeviceOnAFullNode_replacesTheFirst() {
        BridgeNode node = node(Limits.builder().maxListeners(1));
        RecordingReceiver older = TestCluster.listen(node, "device");
        RecordingReceiver newer = TestCluster.listen(node, "device");
        assertThat(older.closed().code()).isEqualTo(4409);
        assertThat(newer.closed()).isNull();
        assertThat(node.stats().listeners()).isEqualTo(1);
        newer.leg().close(CloseReason.normal());
        assertThat(node.stats().listeners()).isZero();
    }

    @Test
    void listen_secondSocketOfADevice_replacesTheFirst() {
        BridgeNode node = node(Limits.builder());
        cluster.signaller.answer(new Result.Unreachable("no"));
        RecordingReceiver older = TestCluster.listen(node, "device");
        RecordingReceiver newer = TestCluster.listen(node, "device");
        assertThat(older.closed().code()).isEqualTo(4409);
        assertThat(node.stats().listeners()).isEqualTo(1);
        TestCluster.request(node, "device", "");
        assertThat(newer.messages()).hasSize(1);
        assertThat(older.count()).isZero();
        newer.leg().close(CloseReason.normal());
        assertThat(TestCluster.request(node, "device", "").closed().code()).isEqualTo(4404);
        assertThat(cluster.events.events("ListenerGone")).hasSize(2);
        BridgeListener.Client client = new BridgeListener.Client("in-process", "in-process");
        assertThat(cluster.events.events("Takeover"))
                .containsExactly(new RecordingListener.Event("Takeover", "device", List.of(client, client)));
    }

    @Test
    void listen_deadLeg_leavesNothingBehind() {
        BridgeNode node = node(Limits.builder().maxListeners(1));
        for (int i = 0; i < 100; i++) {
            LocalLeg leg = LocalLeg.pair("");
            leg.abort();
            node.admit(new Handshake(Endpoints.LISTEN, "deviceId=d", true, name -> List.of(), new Peer("")))
                    .thenAccept(admission ->
                            ((Admission.Granted) admission).opened().accept((Leg) leg.other()));
        }
        assertThat(node.stats()).isEqualTo(new NodeStats(0, 0, 0, false));
    }

    @Test
    void limits_outOfRange_areRefused() {
        assertThatThrownBy(() -> Limits.builder().maxBridges(0).build()).hasMessageContaining("maxBridges");
        assertThatThrownBy(() -> Limits.builder().peerTimeout(Duration.ZERO).build())
                .hasMessageContaining("peerTimeout");
        assertThatThrownBy(() -> Limits.builder().maxRequestDataBytes(6145).build())
                .hasMessageContaining("maxRequestDataBytes");
        assertThatThrownBy(() -> Limits.builder().maxDeviceIdBytes(1025).build())
                .hasMessageContaining("maxDeviceIdBytes");
        Limits most = Limits.builder()
                .maxRequestDataBytes(6144)
                .maxDeviceIdBytes(1024)
                .build();
        assertThat(most.maxRequestDataBytes()).isEqualTo(6144);
    }

    @Test
    void build_missingSetting_isNamed() {
        assertThatThrownBy(() -> BridgeNode.builder().build()).hasMessageContaining("public URL");
        assertThatThrownBy(() -> BridgeNode.builder()
                        .publicUrl(TestCluster.PUBLIC)
                        .address(A)
                        .keys(cluster.keys)
                        .build())
                .hasMessageContaining("access policy");
    }
}
