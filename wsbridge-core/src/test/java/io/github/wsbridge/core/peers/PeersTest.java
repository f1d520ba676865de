package io.github.wsbridge.core.peers;

import static io.github.wsbridge.core.TestCluster.A;
import static io.github.wsbridge.core.TestCluster.B;
import static io.github.wsbridge.core.TestCluster.C;
import static org.assertj.core.api.Assertions.assertThat;

import com.grack.nanojson.JsonObject;
import io.github.wsbridge.CloseReason;
import io.github.wsbridge.Endpoints;
import io.github.wsbridge.NodeAddress;
import io.github.wsbridge.core.BridgeNode;
import io.github.wsbridge.core.Json;
import io.github.wsbridge.core.TestCluster;
import io.github.wsbridge.core.cluster.PeerDirectory;
import io.github.wsbridge.core.cluster.PeerNetworks;
import io.github.wsbridge.core.limits.Limits;
import io.github.wsbridge.spi.AccessPolicy.Access;
import io.github.wsbridge.spi.Admission;
import io.github.wsbridge.spi.BridgeListener;
import io.github.wsbridge.spi.Fragment;
import io.github.wsbridge.spi.Handshake;
import io.github.wsbridge.spi.Leg;
import io.github.wsbridge.spi.Peer;
import io.github.wsbridge.testkit.FakeLeg;
import io.github.wsbridge.testkit.LogCapture;
import io.github.wsbridge.testkit.RecordingListener;
import io.github.wsbridge.testkit.RecordingReceiver;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** Devices that listen on a different node than their requesters. */
class PeersTest {

    private final TestCluster cluster = new TestCluster();
    private final BridgeNode a = cluster.peer(A);
    private final BridgeNode b = cluster.peer(B);
    private final BridgeNode c = cluster.peer(C);

    private List<NodeAddress> linked() {
        return cluster.links.stream()
                .filter(link -> link.target().uri().getPath().equals(Endpoints.PEER))
                .map(link -> NodeAddress.parse("ws://" + link.target().uri().getAuthority()))
                .toList();
    }

    @Test
    void request_deviceOnAnotherNode_isInvited() {
        RecordingReceiver device = TestCluster.listen(b, "device");
        RecordingReceiver requester = TestCluster.request(a, "device", "");
        Fragment invitation = device.messages().get(0);
        assertThat(Json.text(invitation, "type")).isEqualTo("invitation");
        RecordingReceiver accepted = TestCluster.open(b, URI.create(Json.text(invitation, "acceptUrl")), "");
        requester.leg().send(Fragment.text("hello"));
        assertThat(accepted.fragments()).containsExactly(Fragment.text("hello"));
        requester.leg().close(CloseReason.normal());
        assertThat(device.closed()).isNull();
    }

    @Test
    void request_deviceNowhere_isClosed4404() {
        assertThat(TestCluster.request(a, "device", "").closed())
                .isEqualTo(new CloseReason(4404, "the device is not listening"));
        assertThat(linked()).containsExactlyInAnyOrder(B, C);
    }

    @Test
    void request_rejectedOverAnotherNodesListenSocket_isClosed4403() {
        RecordingReceiver device = TestCluster.listen(b, "device");
        RecordingReceiver requester = TestCluster.request(a, "device", "");
        String token = Json.text(device.messages().get(0), "bridgeToken");
        device.leg().send(Fragment.text("{\"type\":\"reject\",\"bridgeToken\":\"" + token + "\"}"));
        assertThat(requester.closed()).isEqualTo(new CloseReason(4403, "403"));
        device.leg().send(Fragment.text("{\"type\":\"reject\",\"bridgeToken\":\"" + token + "\"}"));
        device.leg().send(Fragment.text("{\"type\":\"reject\",\"bridgeToken\":\"forged\"}"));
        assertThat(device.closed()).isNull();
    }

    @Test
    void request_requesterGoesAway_theDeviceIsTold_whereverItListens() {
        for (BridgeNode node : List.of(a, b)) {
            RecordingReceiver device = TestCluster.listen(node, "device-" + node.address());
            RecordingReceiver requester = TestCluster.request(a, "device-" + node.address(), "");
            String token = Json.text(device.messages().get(0), "bridgeToken");
            requester.leg().close(CloseReason.normal());
            assertThat(device.messages()).hasSize(2);
            assertThat(Json.text(device.messages().get(1), "type")).isEqualTo("withdraw");
            assertThat(Json.text(device.messages().get(1), "bridgeToken")).isEqualTo(token);
        }
    }

    @Test
    void request_bridgeStandsOrIsRejectedOrTooLate_nothingIsWithdrawn() {
        RecordingReceiver device = TestCluster.listen(b, "device");
        RecordingReceiver requester = TestCluster.request(a, "device", "");
        TestCluster.open(b, URI.create(Json.text(device.messages().get(0), "acceptUrl")), "");
        requester.leg().close(CloseReason.normal());
        TestCluster.request(a, "device", "");
        String token = Json.text(device.messages().get(1), "bridgeToken");
        device.leg().send(Fragment.text("{\"type\":\"reject\",\"bridgeToken\":\"" + token + "\"}"));
        RecordingReceiver late = TestCluster.request(a, "device", "");
        cluster.scheduler.advance(Duration.ofSeconds(30));
        assertThat(late.closed().code()).isEqualTo(4408);
        assertThat(device.messages()).hasSize(3);
    }

    @Test
    void listen_deviceMoves_staleListenerIsReplaced() {
        RecordingReceiver onB = TestCluster.listen(b, "device");
        cluster.clock.advance(Duration.ofSeconds(1));
        RecordingReceiver onC = TestCluster.listen(c, "device");
        assertThat(onB.closed().code()).isEqualTo(4409);
        assertThat(onC.closed()).isNull();
        assertThat(b.stats().listeners()).isZero();
        TestCluster.request(a, "device", "");
        assertThat(onC.messages()).hasSize(1);
    }

    @Test
    void listen_takeoverFromAnotherNode_namesBothListeners() {
        RecordingListener events = new RecordingListener();
        BridgeNode older = cluster.node(
                B,
                builder -> builder.peers(PeerDirectory.of(Set.of(A, B, C)))
                        .listener(events)
                        .accessPolicy(request -> CompletableFuture.completedFuture(new Access.Granted("the device"))));
        try (LogCapture log = new LogCapture()) {
            older.admit(new Handshake(
                            Endpoints.LISTEN, "deviceId=device", true, name -> List.of(), new Peer("192.0.2.1:7")))
                    .thenAccept(admission -> ((Admission.Granted) ((Admission.Later) admission)
                                    .decision()
                                    .toCompletableFuture()
                                    .join())
                            .opened()
                            .accept(new FakeLeg()));
            assertThat(events.names()).containsExactly("Listening");
            cluster.clock.advance(Duration.ofSeconds(1));
            TestCluster.listen(c, "device");
            assertThat(events.events("Takeover"))
                    .containsExactly(new RecordingListener.Event(
                            "Takeover",
                            "device",
                            List.of(
                                    new BridgeListener.Client("the device", "192.0.2.1:7"),
                                    new BridgeListener.Client("in-process", "in-process"))));
            assertThat(log.loud())
                    .anySatisfy(line -> assertThat(line)
                            .contains("device", "in-process from in-process", "the device from 192.0.2.1:7"));
        }
    }

    @Test
    void request_oneNodeDown_othersAreAsked() {
        cluster.down.add(B);
        RecordingReceiver device = TestCluster.listen(c, "device");
        RecordingReceiver requester = TestCluster.request(a, "device", "");
        assertThat(device.messages()).hasSize(1);
        assertThat(requester.closed()).isNull();
    }

    @Test
    void request_silentPeer_timesOut() {
        cluster.silent.add(B);
        RecordingReceiver requester = TestCluster.request(a, "device", "");
        assertThat(requester.closed()).isNull();
        cluster.scheduler.advance(Duration.ofMillis(2_999));
        assertThat(requester.closed()).isNull();
        cluster.scheduler.advance(Duration.ofMillis(1));
        assertThat(requester.closed().code()).isEqualTo(4404);
    }

    @Test
    void request_silentPeerAndDeviceElsewhere_isInvitedAtOnce() {
        cluster.silent.add(B);
        RecordingReceiver device = TestCluster.listen(c, "device");
        RecordingReceiver requester = TestCluster.request(a, "device", "");
        assertThat(device.messages()).hasSize(1);
        cluster.scheduler.advance(Duration.ofSeconds(4));
        assertThat(requester.closed()).isNull();
    }

    @Test
    void request_deviceAcceptsNoData_keepsThePeersLink() {
        FakeLeg stuck = new FakeLeg().holdSends();
        b.admit(new Handshake(Endpoints.LISTEN, "deviceId=stuck", true, name -> List.of(), new Peer("")))
                .thenCompose(admission -> ((Admission.Later) admission).decision())
                .thenAccept(decision -> ((Admission.Granted) decision).opened().accept(stuck));
        RecordingReceiver requester = TestCluster.request(a, "stuck", "");
        cluster.scheduler.advance(Duration.ofSeconds(4));
        assertThat(requester.closed().code()).isEqualTo(4404);
        RecordingReceiver good = TestCluster.listen(b, "good");
        TestCluster.request(a, "good", "");
        assertThat(good.messages()).hasSize(1);
        long fromA = cluster.links.stream()
                .filter(link ->
                        link.target().uri().getAuthority().equals(B.uri().getAuthority()))
                .count();
        assertThat(fromA).as("still the first link").isEqualTo(1);
    }

    @Test
    void request_linkBroken_isDialledAgainWithANewCredential() {
        TestCluster.request(a, "device", "");
        RecordingReceiver device = TestCluster.listen(b, "device");
        cluster.links.get(0).near().abort();
        cluster.links.get(1).near().abort();
        PeerLinkTest.awaitSecond();
        TestCluster.request(a, "device", "");
        assertThat(device.messages()).hasSize(1);
        assertThat(cluster.links.stream()
                        .map(link -> link.target().headers().get(Endpoints.NODE_HEADER))
                        .distinct())
                .hasSameSizeAs(cluster.links);
    }

    @Test
    void stop_peer_endsItsLinks_othersContinue() {
        RecordingReceiver onB = TestCluster.listen(b, "device");
        RecordingReceiver onC = TestCluster.listen(c, "other");
        TestCluster.request(a, "device", "");
        assertThat(onB.messages()).hasSize(1);
        assertThat(b.stop(Duration.ZERO).toCompletableFuture()).succeedsWithin(TestCluster.PATIENCE);
        assertThat(onB.closed().code()).isEqualTo(1001);
        cluster.down.add(B);
        assertThat(TestCluster.request(a, "device", "").closed().code()).isEqualTo(4404);
        TestCluster.request(a, "other", "");
        assertThat(onC.messages()).hasSize(1);
    }

    @Test
    void peer_arrivingAfterTheStop_isClosed() {
        b.stop(Duration.ZERO);
        TestCluster.request(a, "device", "");
        Leg toB = cluster.links.stream()
                .filter(link ->
                        link.target().uri().getAuthority().equals(B.uri().getAuthority()))
                .findFirst()
                .orElseThrow()
                .near();
        assertThat(toB.send(Fragment.text("{}")).toCompletableFuture()).isCompletedExceptionally();
    }

    @Test
    void directory_nodeGone_isNoLongerAsked() {
        Set<NodeAddress> known = ConcurrentHashMap.newKeySet();
        known.add(B);
        NodeAddress address = NodeAddress.parse("ws://10.0.0.9:8080");
        BridgeNode node = cluster.node(address, builder -> builder.peers(() -> Set.copyOf(known)));
        RecordingReceiver device = TestCluster.listen(b, "device");
        TestCluster.request(node, "device", "");
        assertThat(device.messages()).hasSize(1);
        known.clear();
        cluster.scheduler.advance(Duration.ofSeconds(5)); // the lookup runs on a separate thread
        Awaitility.await().atMost(TestCluster.PATIENCE).until(() -> {
            RecordingReceiver again = TestCluster.request(node, "device", "");
            boolean unknown = again.closed() != null;
            again.leg().close(CloseReason.normal());
            return unknown;
        });
        assertThat(device.closed()).isNull();
    }

    @Test
    void directory_doesNotYetNameANodeThatHasIntroducedItself_itsDevicesAreFound() {
        NodeAddress address = NodeAddress.parse("ws://10.0.0.9:8080");
        BridgeNode fresh = cluster.node(address, builder -> builder.peers(() -> Set.of(B)));
        assertThat(b.peers()).noneMatch(peer -> peer.address().equals(address));
        RecordingReceiver device = TestCluster.listen(fresh, "device");
        TestCluster.request(b, "device", "");
        assertThat(device.messages()).hasSize(1);
        cluster.scheduler.advance(Duration.ofSeconds(2));
        assertThat(b.peers()).anyMatch(peer -> peer.address().equals(address));
    }

    @Test
    void directory_failing_leavesThePeersAsTheyWere() {
        boolean[] fails = {false};
        BridgeNode node = cluster.node(
                NodeAddress.parse("ws://10.0.0.9:8080"),
                builder -> builder.peers(() -> {
                    if (fails[0]) {
                        throw new IOException("no name server");
                    }
                    return Set.of(B);
                }));
        fails[0] = true;
        try (LogCapture log = new LogCapture()) {
            cluster.scheduler.advance(Duration.ofSeconds(5));
            Awaitility.await()
                    .atMost(TestCluster.PATIENCE)
                    .until(() -> log.loud().stream().anyMatch(line -> line.contains("peers")));
        }
        RecordingReceiver device = TestCluster.listen(b, "device");
        TestCluster.request(node, "device", "");
        assertThat(device.messages()).hasSize(1);
    }

    @Test
    void directory_noThreadForOneLookup_isAskedAgainAfterTwoSeconds() {
        AtomicInteger lookups = new AtomicInteger();
        AtomicInteger threads = new AtomicInteger();
        Peers peers = new Peers(
                A,
                () -> {
                    lookups.incrementAndGet();
                    return Set.of();
                },
                PeerNetworks.any(),
                cluster,
                new NodeCredentials(() -> cluster.keys),
                new PeerClocks(cluster.clock),
                Limits.builder().build(),
                cluster.scheduler,
                task -> {
                    if (threads.incrementAndGet() == 1) {
                        throw new OutOfMemoryError("unable to create native thread");
                    }
                    task.run();
                });
        try (LogCapture log = new LogCapture()) {
            cluster.scheduler.advance(Duration.ofSeconds(2));
            assertThat(lookups).hasValue(1);
            assertThat(log.loud()).isNotEmpty();
            cluster.scheduler.advance(Duration.ofSeconds(2));
            assertThat(lookups).hasValue(2);
        } finally {
            peers.close();
        }
    }

    @Test
    void link_diallingWithoutAThread_isDialledAgain() {
        AtomicInteger dials = new AtomicInteger();
        PeerLink link = new PeerLink(
                () -> {
                    dials.incrementAndGet();
                    throw new OutOfMemoryError("unable to create native thread");
                },
                Duration.ofSeconds(3),
                cluster.scheduler,
                () -> dials.get() * 2_000_000_000L);
        link.tell(new JsonObject());
        link.tell(new JsonObject());
        assertThat(dials).hasValue(2);
    }
}
