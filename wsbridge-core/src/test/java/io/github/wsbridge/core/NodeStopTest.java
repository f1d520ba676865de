package io.github.wsbridge.core;

import static io.github.wsbridge.core.TestCluster.A;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.wsbridge.BridgeRequest;
import io.github.wsbridge.CloseReason;
import io.github.wsbridge.Endpoints;
import io.github.wsbridge.Hop;
import io.github.wsbridge.Invitation;
import io.github.wsbridge.core.cluster.PeerDirectory;
import io.github.wsbridge.spi.BridgeListener;
import io.github.wsbridge.spi.Fragment;
import io.github.wsbridge.spi.Signaller;
import io.github.wsbridge.testkit.FakeLeg;
import io.github.wsbridge.testkit.LogCapture;
import io.github.wsbridge.testkit.RecordingReceiver;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Test;

/** Tests how a node stops. */
class NodeStopTest {

    private static final CloseReason STOPPING = new CloseReason(1001, "the node is stopping");
    private static final CloseReason DRAINING = new CloseReason(4503, "the node is draining");
    private static final URI READYZ = URI.create(TestCluster.PUBLIC + "/readyz");
    private static final URI LIVEZ = URI.create(TestCluster.PUBLIC + "/livez");

    private final TestCluster cluster = new TestCluster();
    private final BridgeNode node = cluster.node();

    private RecordingReceiver accept() throws InterruptedException {
        Invitation invitation = cluster.signaller.take(TestCluster.PATIENCE);
        return TestCluster.open(node, invitation.acceptUrl(), "");
    }

    @Test
    void stop_idle_completesAtOnce() {
        CompletableFuture<Void> stopped = node.stop(Duration.ofHours(1)).toCompletableFuture();
        assertThat(stopped).succeedsWithin(TestCluster.PATIENCE);
        assertThat(cluster.signaller.closed()).isTrue();
        assertThat(cluster.scheduler.pending()).isZero();
        assertThat(cluster.scheduler.isShutdown())
                .as("it is not the node's own")
                .isFalse();
    }

    @Test
    void stop_signallerBlocksInClose_doesNotBlockTheCaller() throws Exception {
        CompletableFuture<Void> held = new CompletableFuture<>();
        Signaller slow = new Signaller() {
            @Override
            public CompletionStage<Result> signal(Invitation invitation) {
                return CompletableFuture.completedFuture(new Result.Unreachable("never"));
            }

            @Override
            public void close() {
                held.join();
            }
        };
        BridgeNode blocked = cluster.node(A, builder -> builder.signaller(slow));
        CompletableFuture<CompletionStage<Void>> called =
                CompletableFuture.supplyAsync(() -> blocked.stop(Duration.ZERO));
        try {
            assertThat(called).succeedsWithin(TestCluster.PATIENCE);
            CompletableFuture<Void> stopped = called.join().toCompletableFuture();
            cluster.scheduler.advance(Duration.ofSeconds(10));
            assertThat(stopped).isNotDone();
            cluster.scheduler.advance(Duration.ofSeconds(1));
            assertThat(stopped)
                    .as("callers without a timeout are not blocked either")
                    .succeedsWithin(TestCluster.PATIENCE);
        } finally {
            held.complete(null);
        }
    }

    @Test
    void stop_withGrace_letsBridgesEndOnTheirOwn() throws Exception {
        RecordingReceiver requester = TestCluster.request(node, "device", "");
        RecordingReceiver device = accept();
        CompletableFuture<Void> stopped = node.stop(Duration.ofMinutes(5)).toCompletableFuture();
        cluster.scheduler.advance(Duration.ofMinutes(4));
        assertThat(stopped).isNotDone();
        assertThat(node.stats()).isEqualTo(new NodeStats(0, 1, 0, true));
        device.leg().send(Fragment.text("still flows"));
        assertThat(requester.count()).isEqualTo(1);
        requester.leg().close(CloseReason.normal());
        assertThat(device.closed()).isEqualTo(CloseReason.normal());
        assertThat(stopped).succeedsWithin(TestCluster.PATIENCE);
        assertThat(cluster.scheduler.pending()).isZero();
    }

    @Test
    void stop_graceOver_closesBridges1001() throws Exception {
        RecordingReceiver requester = TestCluster.request(node, "device", "");
        RecordingReceiver device = accept();
        CompletableFuture<Void> stopped = node.stop(Duration.ofMinutes(5)).toCompletableFuture();
        cluster.scheduler.advance(Duration.ofMinutes(5));
        assertThat(requester.closed()).isEqualTo(STOPPING);
        assertThat(device.closed()).isEqualTo(STOPPING);
        assertThat(stopped).succeedsWithin(TestCluster.PATIENCE);
    }

    @Test
    void close_liveBridges_closesThem1001() throws Exception {
        RecordingReceiver requester = TestCluster.request(node, "device", "");
        RecordingReceiver device = accept();
        CompletableFuture<Void> closed = CompletableFuture.runAsync(node::close);
        while (!closed.isDone() && !node.stats().draining()) {
            Thread.onSpinWait();
        }
        long deadline = System.nanoTime() + TestCluster.PATIENCE.toNanos();
        while (!closed.isDone() && System.nanoTime() < deadline) {
            cluster.scheduler.runDue();
        }
        closed.get(1, TimeUnit.SECONDS);
        assertThat(requester.closed()).isEqualTo(STOPPING);
        assertThat(device.closed()).isEqualTo(STOPPING);
    }

    @Test
    void stop_legsThatNeverEnd_givesUpAfterTheLastCall() throws Exception {
        FakeLeg requester = new FakeLeg().leaveClosesUnanswered();
        FakeLeg device = new FakeLeg().leaveClosesUnanswered();
        node.request(new BridgeRequest("device"), "me", requester);
        node.accept(cluster.signaller.take(TestCluster.PATIENCE).token(), device, Hop.DIRECT);
        CompletableFuture<Void> stopped = node.stop(Duration.ofSeconds(1)).toCompletableFuture();
        cluster.scheduler.advance(Duration.ofSeconds(11));
        assertThat(requester.closes()).containsExactly(STOPPING);
        assertThat(stopped).isNotDone();
        cluster.scheduler.advance(Duration.ofSeconds(1));
        assertThat(stopped).succeedsWithin(TestCluster.PATIENCE);
    }

    @Test
    void stop_waitingRequester_isStillJoined() throws Exception {
        RecordingReceiver requester = TestCluster.request(node, "device", "");
        node.stop(Duration.ofHours(1));
        assertThat(requester.closed()).isNull();
        accept().leg().send(Fragment.text("just in time"));
        assertThat(requester.fragments()).containsExactly(Fragment.text("just in time"));
    }

    @Test
    void stop_graceOver_closesWaitingRequesters4503_andRefusesAccepts() throws Exception {
        RecordingReceiver requester = TestCluster.request(node, "device", "");
        CompletableFuture<Void> stopped = node.stop(Duration.ofSeconds(10)).toCompletableFuture();
        cluster.scheduler.advance(Duration.ofSeconds(10));
        assertThat(requester.closed()).isEqualTo(DRAINING);
        assertThat(stopped).succeedsWithin(TestCluster.PATIENCE);
        URI accept = cluster.signaller.take(TestCluster.PATIENCE).acceptUrl();
        assertThat(TestCluster.refusal(node, accept))
                .as("before the upgrade, so that another node can be tried")
                .isEqualTo(503);
    }

    @Test
    void draining_acceptForAnotherNode_isStillForwarded() throws Exception {
        BridgeNode other = cluster.node(TestCluster.B, builder -> builder);
        RecordingReceiver requester = TestCluster.request(node, "device", "");
        URI accept = cluster.signaller.take(TestCluster.PATIENCE).acceptUrl();
        RecordingReceiver held = TestCluster.request(node, "device", "");
        RecordingReceiver first = TestCluster.open(
                other, cluster.signaller.take(TestCluster.PATIENCE).acceptUrl(), "");
        CompletableFuture<Void> stopped = other.stop(Duration.ofHours(1)).toCompletableFuture();
        RecordingReceiver device = TestCluster.open(other, accept, "");
        device.leg().send(Fragment.text("forwarded"));
        assertThat(requester.fragments()).containsExactly(Fragment.text("forwarded"));
        held.leg().close(CloseReason.normal());
        assertThat(first.closed()).isEqualTo(CloseReason.normal());
        assertThat(stopped).as("the forwarded one counts").isNotDone();
        requester.leg().close(CloseReason.normal());
        assertThat(stopped).succeedsWithin(TestCluster.PATIENCE);
    }

    @Test
    void drainDelay_isNotReadyAtOnce_butServesUntilItIsOver() throws Exception {
        BridgeNode delayed =
                cluster.node(A, builder -> builder.signaller(cluster.signaller).drainDelay(Duration.ofSeconds(5)));
        RecordingReceiver listener = TestCluster.listen(delayed, "device");
        assertThat(TestCluster.refusal(delayed, READYZ)).isEqualTo(200);
        CompletableFuture<Void> stopped = delayed.stop(Duration.ofSeconds(8)).toCompletableFuture();
        assertThat(TestCluster.refusal(delayed, READYZ)).isEqualTo(503);
        assertThat(TestCluster.refusal(delayed, LIVEZ)).isEqualTo(200);
        assertThat(TestCluster.refusal(delayed, Endpoints.listen(TestCluster.PUBLIC, "other")))
                .isEqualTo(503);
        assertThat(listener.messages()).containsExactly(Fragment.text("{\"type\":\"move\"}"));
        cluster.scheduler.advance(Duration.ofMillis(4_999));
        assertThat(listener.closed()).as("it has time to move").isNull();
        RecordingReceiver requester = TestCluster.request(delayed, "device", "");
        assertThat(listener.count()).as("and is still invited").isEqualTo(2);
        cluster.scheduler.advance(Duration.ofMillis(1));
        assertThat(listener.closed()).isEqualTo(STOPPING);
        assertThat(TestCluster.refusal(delayed, Endpoints.connect(TestCluster.PUBLIC, new BridgeRequest("device"))))
                .isEqualTo(503);
        assertThat(requester.closed()).isNull();
        cluster.scheduler.advance(Duration.ofSeconds(3));
        assertThat(requester.closed())
                .as("the delay is part of the grace period")
                .isEqualTo(DRAINING);
        assertThat(stopped).succeedsWithin(TestCluster.PATIENCE);
    }

    @Test
    void stop_again_endsTheDelayAndTheGracePeriod() throws Exception {
        BridgeNode delayed =
                cluster.node(A, builder -> builder.signaller(cluster.signaller).drainDelay(Duration.ofMinutes(1)));
        RecordingReceiver requester = TestCluster.request(delayed, "device", "");
        RecordingReceiver device = TestCluster.open(
                delayed, cluster.signaller.take(TestCluster.PATIENCE).acceptUrl(), "");
        CompletableFuture<Void> stopped = delayed.stop(Duration.ofHours(1)).toCompletableFuture();
        assertThat(device.closed()).isNull();
        delayed.stop(Duration.ZERO);
        assertThat(requester.closed()).isEqualTo(STOPPING);
        assertThat(device.closed()).isEqualTo(STOPPING);
        assertThat(stopped).succeedsWithin(TestCluster.PATIENCE);
    }

    @Test
    void listenersToldToMove_staysUntilTheDeviceEndsIt() {
        BridgeNode b = cluster.peer(TestCluster.B);
        BridgeNode moving = cluster.node(
                TestCluster.C,
                builder -> builder.drainDelay(Duration.ofSeconds(5)).peers(PeerDirectory.of(Set.of(A, TestCluster.B))));
        RecordingReceiver old = TestCluster.listen(moving, "device");
        moving.stop(Duration.ofSeconds(8));
        cluster.clock.advance(Duration.ofSeconds(1));
        RecordingReceiver fresh = TestCluster.listen(b, "device");
        assertThat(old.closed())
                .as("other nodes may have asked the new node just before")
                .isNull();
        TestCluster.request(moving, "device", "");
        assertThat(old.count()).isEqualTo(2);
        assertThat(fresh.closed()).isNull();
    }

    @Test
    void stop_listeners_areClosed1001() {
        RecordingReceiver listener = TestCluster.listen(node, "device");
        node.stop(Duration.ofHours(1));
        assertThat(listener.closed()).isEqualTo(STOPPING);
        assertThat(node.stats()).isEqualTo(new NodeStats(0, 0, 0, true));
    }

    @Test
    void draining_newRequests_areRefused() throws Exception {
        RecordingReceiver requester = TestCluster.request(node, "device", "");
        accept();
        node.stop(Duration.ofHours(1));
        URI connect = Endpoints.connect(TestCluster.PUBLIC, new BridgeRequest("device"));
        assertThat(TestCluster.refusal(node, connect)).isEqualTo(503);
        assertThat(TestCluster.refusal(node, Endpoints.listen(TestCluster.PUBLIC, "device")))
                .isEqualTo(503);
        FakeLeg late = new FakeLeg();
        node.request(new BridgeRequest("device"), "me", late);
        assertThat(late.closes()).containsExactly(DRAINING);
        assertThat(requester.closed()).isNull();
    }

    @Test
    void listen_admittedBeforeTheStop_isStillClosed() {
        AtomicReference<Runnable> meanwhile = new AtomicReference<>(() -> {});
        BridgeNode racing = cluster.node(
                A,
                builder -> builder.listener(new BridgeListener() {
                    @Override
                    public void onListening(String deviceId) {
                        meanwhile.get().run(); // a stop at the worst moment: counted, but not yet in the map
                    }
                }));
        meanwhile.set(() -> racing.stop(Duration.ofHours(1)));
        RecordingReceiver listener = TestCluster.listen(racing, "device");
        assertThat(listener.closed()).isEqualTo(STOPPING);
        assertThat(racing.stats()).isEqualTo(new NodeStats(0, 0, 0, true));
    }

    @Test
    void stop_twice_closesSignallersOnce() {
        AtomicInteger closes = new AtomicInteger();
        BridgeNode twice = cluster.node(
                A, builder -> builder.signaller(new Failing(closes)).signaller(new Failing(closes)));
        try (LogCapture log = new LogCapture()) {
            assertThat(twice.stop(Duration.ZERO).toCompletableFuture()).succeedsWithin(TestCluster.PATIENCE);
            assertThat(twice.stop(Duration.ZERO).toCompletableFuture()).succeedsWithin(TestCluster.PATIENCE);
            twice.close();
            assertThat(log.loud()).hasSize(2);
        }
        assertThat(closes).as("each once, though the first failed").hasValue(2);
    }

    @Test
    void stop_events_areReportedBeforeItCompletes() {
        TestCluster.request(node, "device", "");
        CompletableFuture<List<String>> told =
                node.stop(Duration.ZERO).toCompletableFuture().thenApply(stopped -> cluster.events.names());
        assertThat(told)
                .succeedsWithin(TestCluster.PATIENCE)
                .asInstanceOf(InstanceOfAssertFactories.LIST)
                .contains("Closed");
    }

    @Test
    void stop_ownScheduler_isShutDown() throws Exception {
        BridgeNode own = BridgeNode.builder()
                .publicUrl(TestCluster.PUBLIC)
                .address(A)
                .keys(cluster.keys)
                .insecure()
                .build();
        RecordingReceiver requester = TestCluster.request(own, "device", "");
        assertThat(requester.awaitClosed(TestCluster.PATIENCE).code()).isEqualTo(4404);
        own.stop(Duration.ZERO).toCompletableFuture().get(20, TimeUnit.SECONDS);
        URI connect = Endpoints.connect(TestCluster.PUBLIC, new BridgeRequest("device"));
        try (LogCapture log = new LogCapture()) {
            assertThat(TestCluster.refusal(own, connect)).isEqualTo(503);
        }
        FakeLeg late = new FakeLeg();
        own.request(new BridgeRequest("device"), "me", late);
        assertThat(late.ended()).isNotNull();
    }

    @Test
    void listenerThatCannotBeAdded_keepsNoInvitationWaiting() {
        AtomicBoolean broken = new AtomicBoolean();
        BridgeNode starved = cluster.node(
                A,
                builder -> builder.clock(() -> {
                    if (broken.get()) {
                        throw new OutOfMemoryError("on purpose");
                    }
                    return cluster.clock.instant();
                }));
        broken.set(true);
        assertThatThrownBy(() -> TestCluster.listen(starved, "device")).hasRootCauseInstanceOf(OutOfMemoryError.class);
        broken.set(false);
        assertThat(TestCluster.request(starved, "device", "").closed())
                .isEqualTo(new CloseReason(4404, "the device is not listening"));
    }

    private record Failing(AtomicInteger closes) implements Signaller {
        @Override
        public CompletionStage<Result> signal(Invitation invitation) {
            return CompletableFuture.failedFuture(new IllegalStateException());
        }

        @Override
        public void close() {
            closes.incrementAndGet();
            throw new IllegalStateException("cannot close");
        }
    }
}
