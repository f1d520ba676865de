package io.github.wsbridge.core.signalling;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.wsbridge.Bridge;
import io.github.wsbridge.BridgeId;
import io.github.wsbridge.BridgeToken;
import io.github.wsbridge.CloseReason;
import io.github.wsbridge.DeviceIdPattern;
import io.github.wsbridge.Invitation;
import io.github.wsbridge.Rejection;
import io.github.wsbridge.core.BridgeNode;
import io.github.wsbridge.core.TestCluster;
import io.github.wsbridge.spi.BridgeListener;
import io.github.wsbridge.spi.SetupTracer;
import io.github.wsbridge.spi.Signaller.Result;
import io.github.wsbridge.testkit.FakeScheduler;
import io.github.wsbridge.testkit.FakeSignaller;
import io.github.wsbridge.testkit.LogCapture;
import io.github.wsbridge.testkit.RecordingReceiver;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class SignalChainTest {

    private final FakeScheduler scheduler = new FakeScheduler();
    private final FakeSignaller first = new FakeSignaller();
    private final FakeSignaller second = new FakeSignaller();
    private final FakeSignaller third = new FakeSignaller();
    private final List<Rejection> handedOn = new ArrayList<>();
    private final List<String> told = new ArrayList<>();
    private final BridgeListener events = new BridgeListener() {
        @Override
        public void onInvited(BridgeId bridgeId, String channel) {
            told.add("asked " + channel);
        }

        @Override
        public void onChannelAnswered(BridgeId bridgeId, String channel, Result result, Duration took) {
            told.add(channel + " said "
                    + (result == null ? "nothing" : result.getClass().getSimpleName()));
        }
    };
    private boolean wanted = true;

    private SignalChain chain(SignalChain.Route... routes) {
        return new SignalChain(
                List.of(routes),
                id -> wanted,
                (id, rejected) -> handedOn.add(rejected),
                scheduler.clock(),
                scheduler,
                events,
                new SignalSpans(SetupTracer.NONE, id -> new CompletableFuture<>()));
    }

    private SignalChain all() {
        return chain(new SignalChain.Route(first), new SignalChain.Route(second), new SignalChain.Route(third));
    }

    private static SignalChain.Route route(String pattern, FakeSignaller channel) {
        return new SignalChain.Route(new DeviceIdPattern(pattern), channel);
    }

    private CompletableFuture<Result> signal(SignalChain chain, String deviceId) {
        return chain.signal(new Invitation(
                        new BridgeId(1, 2),
                        deviceId,
                        new BridgeToken("token"),
                        URI.create("wss://bridge.example.com/bridge/accept?bridgeToken=token"),
                        "",
                        "alice",
                        scheduler.clock().instant().plusSeconds(30)))
                .toCompletableFuture();
    }

    private List<Integer> asked() {
        return Stream.of(first, second, third)
                .map(channel -> channel.invitations().size())
                .toList();
    }

    @Test
    void signal_firstThatKnowsTheDevice_decides() {
        first.answer(new Result.Unreachable("not here"));
        second.answer(new Result.Rejected(1, "no"));
        assertThat(signal(all(), "device")).isCompletedWithValue(new Result.Rejected(1, "no"));
        assertThat(asked()).containsExactly(1, 1, 0);
    }

    @Test
    void signal_byPattern_asksOnlyTheChannelsOfTheDevice() {
        SignalChain chain = chain(route("plant-*", first), route("*-eu", second), route("plant-7", third));
        signal(chain, "plant-7");
        assertThat(asked()).containsExactly(1, 0, 0);
        first.answer(new Result.Unreachable("not here"));
        signal(chain, "plant-7");
        assertThat(asked()).containsExactly(2, 0, 1);
        assertThat(signal(chain, "elsewhere"))
                .isCompletedWithValue(new Result.Unreachable("the device cannot be reached"));
        assertThat(asked()).containsExactly(2, 0, 1);
    }

    @Test
    void signal_throttledChannel_triesTheNextAndIsRemembered() {
        first.answer(new Result.Throttled("busy"));
        assertThat(signal(all(), "device")).isCompletedWithValue(new Result.Delivered());
        second.answer(new Result.Unreachable("unknown"));
        third.fail(new IllegalStateException("broken"));
        try (LogCapture log = new LogCapture()) {
            assertThat(signal(all(), "device")).isCompletedWithValue(new Result.Throttled("busy"));
            assertThat(log.loud()).hasSize(1);
        }
    }

    @Test
    void signal_eachChannel_isTold() {
        first.answer(new Result.Unreachable("not here"));
        second.fail(new IllegalStateException("broken"));
        try (LogCapture log = new LogCapture()) {
            signal(all(), "device");
            assertThat(log.loud()).hasSize(1);
        }
        assertThat(told)
                .containsExactly(
                        "asked custom",
                        "custom said Unreachable",
                        "asked custom",
                        "custom said nothing",
                        "asked custom",
                        "custom said Delivered");
    }

    @Test
    void signal_channelThrowsAnError_triesTheNext() {
        first.answer(invitation -> {
            throw new NoClassDefFoundError("on purpose");
        });
        try (LogCapture log = new LogCapture()) {
            assertThat(signal(all(), "device")).isCompletedWithValue(new Result.Delivered());
            assertThat(log.loud()).hasSize(1);
        }
        assertThat(asked()).containsExactly(1, 1, 0);
    }

    @Test
    void signal_silentChannel_leavesTheNextAShareOfTheTime() {
        first.answer(invitation -> new CompletableFuture<>());
        second.answer(invitation -> new CompletableFuture<>());
        CompletableFuture<Result> result = signal(all(), "device");
        scheduler.advance(Duration.ofMillis(9_999));
        assertThat(asked()).containsExactly(1, 0, 0);
        scheduler.advance(Duration.ofMillis(1));
        assertThat(asked()).containsExactly(1, 1, 0);
        scheduler.advance(Duration.ofMillis(9_999));
        assertThat(asked()).containsExactly(1, 1, 0);
        scheduler.advance(Duration.ofMillis(1));
        assertThat(asked()).containsExactly(1, 1, 1);
        assertThat(result).isCompletedWithValue(new Result.Delivered());
        assertThat(scheduler.pending()).isZero();
    }

    @Test
    void signal_lateAnswerOfASilentChannel_counts() {
        CompletableFuture<Result> late = new CompletableFuture<>();
        first.answer(invitation -> late);
        second.answer(new Result.Unreachable("unknown"));
        third.answer(new Result.Unreachable("unknown to the last"));
        CompletableFuture<Result> result = signal(all(), "device");
        scheduler.advance(Duration.ofSeconds(20));
        assertThat(asked()).containsExactly(1, 1, 1);
        assertThat(result).as("the first may still know it").isNotDone();
        late.complete(new Result.Rejected(2, "late no"));
        assertThat(result).isCompletedWithValue(new Result.Rejected(2, "late no"));
        assertThat(handedOn).as("the stage has reported it").isEmpty();
    }

    @Test
    void signal_lateRejectionAfterADelivery_isReported() {
        CompletableFuture<Result> silent = new CompletableFuture<>();
        first.answer(invitation -> silent);
        CompletableFuture<Result> result = signal(all(), "device");
        scheduler.advance(Duration.ofSeconds(10));
        assertThat(result).isCompletedWithValue(new Result.Delivered());
        silent.complete(new Result.Rejected(2, "late no"));
        assertThat(handedOn).containsExactly(new Rejection(2, "late no"));
    }

    @Test
    void signal_lateUnreachableAfterADelivery_isIgnored() {
        CompletableFuture<Result> silent = new CompletableFuture<>();
        first.answer(invitation -> silent);
        signal(all(), "device");
        scheduler.advance(Duration.ofSeconds(10));
        silent.complete(new Result.Unreachable("gone"));
        assertThat(handedOn).isEmpty();
    }

    @Test
    void signal_allUnreachable_silentOneLast_isUnreachable() {
        CompletableFuture<Result> late = new CompletableFuture<>();
        first.answer(invitation -> late);
        second.answer(new Result.Unreachable("unknown"));
        CompletableFuture<Result> result = signal(chain(route("*", first), route("*", second)), "device");
        scheduler.advance(Duration.ofSeconds(15));
        late.complete(new Result.Unreachable("gone"));
        assertThat(result).isCompletedWithValue(new Result.Unreachable("gone"));
    }

    @Test
    void signal_bridgeNoLongerPending_triesNoFurtherChannel() {
        first.answer(invitation -> new CompletableFuture<>());
        CompletableFuture<Result> result = signal(all(), "device");
        wanted = false;
        scheduler.advance(Duration.ofSeconds(30));
        assertThat(asked()).containsExactly(1, 0, 0);
        assertThat(result).as("the silent channel may have reached the device").isNotDone();
        assertThat(scheduler.pending()).isZero();
    }

    @Test
    void signal_quickAnswers_leaveNoTimers() {
        first.answer(new Result.Unreachable("not here"));
        signal(all(), "device");
        assertThat(scheduler.pending()).isZero();
    }

    @Test
    void signal_channelWithTwoMatchingPatterns_isAskedOnce() {
        first.answer(new Result.Unreachable("not here"));
        signal(chain(route("plant-*", first), route("*", first)), "plant-7");
        assertThat(asked()).containsExactly(1, 0, 0);
    }

    @Test
    void close_channelWithTwoPatterns_isClosedOnce() {
        FakeSignaller other = new FakeSignaller();
        chain(route("a*", first), route("b*", first), route("*", other)).close();
        assertThat(first.closed()).isTrue();
        assertThat(other.closed()).isTrue();
    }

    @Test
    void node_patternsAndSilentChannel_behaveAsInTheChain() throws Exception {
        TestCluster cluster = new TestCluster();
        BridgeNode node = cluster.node(
                TestCluster.A, builder -> builder.signaller("plant-*", first).signaller(second));
        first.answer(invitation -> new CompletableFuture<>());
        TestCluster.request(node, "elsewhere", "");
        assertThat(asked()).containsExactly(0, 1, 0);

        RecordingReceiver requester = TestCluster.request(node, "plant-1", "");
        TestCluster.open(node, first.take(TestCluster.PATIENCE).acceptUrl(), "");
        cluster.scheduler.advance(Duration.ofSeconds(29));
        assertThat(requester.closed())
                .as("the silent channel has reached the device")
                .isNull();
        assertThat(asked()).as("no other channel is asked").containsExactly(1, 1, 0);

        TestCluster.request(node, "plant-1", "");
        cluster.scheduler.advance(Duration.ofSeconds(29));
        assertThat(asked()).as("it has not, this time").containsExactly(2, 2, 0);
    }

    @Test
    void node_lateRejectionAfterADelivery_reachesTheRequester() throws Exception {
        TestCluster cluster = new TestCluster();
        BridgeNode node =
                cluster.node(TestCluster.A, builder -> builder.signaller(first).signaller(second));
        CompletableFuture<Result> silent = new CompletableFuture<>();
        first.answer(invitation -> silent);
        RecordingReceiver requester = TestCluster.request(node, "plant-1", "");
        cluster.scheduler.advance(Duration.ofSeconds(20));
        assertThat(asked()).as("the second has delivered").containsExactly(1, 1, 0);
        silent.complete(new Result.Rejected(7, "late no"));
        assertThat(requester.closed()).isEqualTo(CloseReason.rejected(new Rejection(7, "late no")));
    }

    @Test
    void node_silentChannelThatReachedTheDevice_isNotReportedAsUnreachable() throws Exception {
        List<Result> signalled = new ArrayList<>();
        TestCluster cluster = new TestCluster();
        BridgeNode node = cluster.node(
                TestCluster.A,
                builder -> builder.signaller(first).signaller(second).listener(new BridgeListener() {
                    @Override
                    public void onSignalled(Bridge bridge, Result result) {
                        signalled.add(result);
                    }
                }));
        first.answer(invitation -> new CompletableFuture<>());
        TestCluster.request(node, "plant-1", "");
        TestCluster.open(node, first.take(TestCluster.PATIENCE).acceptUrl(), "");
        cluster.scheduler.advance(Duration.ofSeconds(29));
        assertThat(signalled).isEmpty();
    }
}
