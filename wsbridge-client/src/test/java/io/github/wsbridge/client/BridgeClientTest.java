package io.github.wsbridge.client;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.wsbridge.BridgeException;
import io.github.wsbridge.CloseReason;
import io.github.wsbridge.HandshakeException;
import io.github.wsbridge.Rejection;
import io.github.wsbridge.client.FakeNode.Call;
import io.github.wsbridge.spi.Fragment;
import io.github.wsbridge.testkit.FakeScheduler;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class BridgeClientTest {

    private final FakeNode node = FakeNode.scripted();
    private final FakeScheduler scheduler = new FakeScheduler();
    private final BridgeClient client = BridgeClient.builder(FakeNode.BASE)
            .apiKey("secret")
            .header("X-More", "1")
            .connector(node)
            .scheduler(scheduler)
            .build();

    @AfterEach
    void close() {
        client.close();
    }

    private static void assertFails(CompletableFuture<?> future, Consumer<CloseReason> reason) {
        ThrowingCallable get = () -> future.get(10, TimeUnit.SECONDS);
        assertThatThrownBy(get)
                .cause()
                .isInstanceOfSatisfying(BridgeException.class, e -> reason.accept(e.closeReason()));
    }

    private static void assertFails(CompletableFuture<?> future, int code) {
        assertFails(future, reason -> assertThat(reason.code()).isEqualTo(code));
    }

    private static QueueReceiver open(PairLeg leg) {
        QueueReceiver receiver = new QueueReceiver();
        leg.open(receiver);
        return receiver;
    }

    @Test
    void connect_completesWithTheEstablishedMessage() throws Exception {
        CompletableFuture<BridgeChannel> future = client.connect("dev ice", "ssh&x");
        Call call = node.call();
        assertThat(call.target().uri())
                .isEqualTo(URI.create("ws://node.test/bridge/connect?deviceId=dev%20ice&requestData=ssh%26x"));
        assertThat(call.target().subprotocol()).isEqualTo("wsbridge.v1");
        assertThat(call.target().headers()).containsEntry("X-Api-Key", "secret").containsEntry("X-More", "1");
        PairLeg far = call.open();
        assertThat(future).isNotDone();
        byte[] json = FakeNode.established().getBytes(UTF_8);
        far.send(new Fragment(Fragment.Kind.TEXT, ByteBuffer.wrap(json, 0, 20).slice(), false));
        far.send(new Fragment(
                Fragment.Kind.TEXT, ByteBuffer.wrap(json, 20, json.length - 20).slice(), true));
        far.send(Fragment.binary(ByteBuffer.wrap(new byte[] {1, 2})));
        BridgeChannel channel = future.get(10, TimeUnit.SECONDS);
        assertThat(channel.bridgeId()).hasToString(FakeNode.ID);
        assertThat(channel.inputStream().readNBytes(2)).containsExactly(1, 2);
    }

    @Test
    void leg_isGreeted_andDeliversNothingWithoutDemand() throws Exception {
        CompletableFuture<BridgeLeg> future = client.leg("d", "ssh");
        PairLeg far = node.call().open();
        assertThat(future).isNotDone();
        far.send(Fragment.text(FakeNode.established()));
        BridgeLeg leg = future.get(10, TimeUnit.SECONDS);
        assertThat(leg.bridgeId()).hasToString(FakeNode.ID);
        CompletableFuture<Void> sent =
                far.send(Fragment.text("the other end's")).toCompletableFuture();
        QueueReceiver receiver = new QueueReceiver();
        leg.open(receiver);
        assertThat(sent).isNotDone();
        leg.demand();
        assertThat(QueueReceiver.text(receiver.fragment())).isEqualTo("the other end's");
        leg.close(new CloseReason(4001, "enough"));
        assertThat(open(far).closed()).isEqualTo(new CloseReason(4001, "enough"));
    }

    @Test
    void leg_endsBeforeItIsOpened_reportsItAtOpen() throws Exception {
        CompletableFuture<BridgeLeg> future = client.leg("d", "");
        PairLeg far = node.call().open();
        far.send(Fragment.text(FakeNode.established()));
        BridgeLeg leg = future.get(10, TimeUnit.SECONDS);
        far.close(new CloseReason(4321, "gone again"));
        QueueReceiver receiver = new QueueReceiver();
        leg.open(receiver);
        assertThat(receiver.closed()).isEqualTo(new CloseReason(4321, "gone again"));
    }

    @Test
    void leg_cancelled_isClosed() throws Exception {
        CompletableFuture<BridgeLeg> future = client.leg("d", "");
        PairLeg far = node.call().open();
        future.cancel(true);
        assertThat(open(far).closed()).isEqualTo(new CloseReason(1001, "gave up"));
    }

    @Test
    void close_alsoClosesLegs() throws Exception {
        CompletableFuture<BridgeLeg> future = client.leg("d", "");
        PairLeg far = node.call().open();
        far.send(Fragment.text(FakeNode.established()));
        future.get(10, TimeUnit.SECONDS);
        client.close();
        assertThat(open(far).closed()).isEqualTo(new CloseReason(1001, "closed"));
        assertFails(client.leg("d", ""), 1001);
    }

    @Test
    void connect_continuationsMayBlock() throws Exception {
        CompletableFuture<Integer> read = client.connect("d").thenApply(channel -> {
            try {
                return channel.inputStream().read();
            } catch (IOException e) {
                throw new IllegalStateException(e);
            }
        });
        PairLeg far = node.call().open();
        far.send(Fragment.text(FakeNode.established()));
        far.send(Fragment.binary(ByteBuffer.wrap(new byte[] {9})));
        assertThat(read.get(10, TimeUnit.SECONDS)).isEqualTo(9);
    }

    @Test
    void connect_closedByTheNode_failsWithItsReason() throws Exception {
        CompletableFuture<BridgeChannel> future = client.connect("d");
        node.call().open().close(CloseReason.rejected(new Rejection(403, "not now")));
        assertFails(future, reason -> assertThat(reason).isEqualTo(new CloseReason(4403, "403 not now")));
    }

    @Test
    void connect_refused_failsWithTheStatus() throws Exception {
        CompletableFuture<BridgeChannel> future = client.connect("d");
        node.call().fail(new HandshakeException(401));
        assertThatThrownBy(() -> future.get(10, TimeUnit.SECONDS))
                .cause()
                .isInstanceOfSatisfying(
                        HandshakeException.class, e -> assertThat(e.status()).isEqualTo(401));
    }

    @Test
    void connect_withoutTheSubprotocol_failsClearly() throws Exception {
        CompletableFuture<BridgeChannel> future = client.connect("d");
        PairLeg far = node.call().open("");
        assertFails(future, reason -> assertThat(reason.reason()).contains("wsbridge.v1"));
        assertThat(open(far).closed().code()).isEqualTo(1002);
    }

    @Test
    void connect_otherFirstMessage_fails() throws Exception {
        CompletableFuture<BridgeChannel> future = client.connect("d");
        PairLeg far = node.call().open();
        far.send(Fragment.text("{\"type\":\"other\"}"));
        assertFails(future, 1002);
        assertThat(open(far).closed().code()).isEqualTo(1002);
    }

    @Test
    void connect_binaryFirstMessage_fails() throws Exception {
        CompletableFuture<BridgeChannel> future = client.connect("d");
        node.call()
                .open()
                .send(Fragment.binary(ByteBuffer.wrap(FakeNode.established().getBytes(UTF_8))));
        assertFails(future, 1002);
    }

    @Test
    void connect_late_timesOutAndCloses() throws Exception {
        CompletableFuture<BridgeChannel> future = client.connect("d");
        QueueReceiver far = open(node.call().open());
        scheduler.advance(Duration.ofSeconds(44));
        assertThat(future).isNotDone();
        scheduler.advance(Duration.ofSeconds(1));
        assertFails(future, CloseReason.TIMED_OUT);
        assertThat(far.closed().code()).isEqualTo(CloseReason.GOING_AWAY);
    }

    @Test
    void connect_cancelled_closes() throws Exception {
        try (BridgeClient direct = BridgeClient.builder(FakeNode.BASE)
                .connector(node)
                .scheduler(scheduler)
                .executor(Runnable::run) // so that everything is done when the close is seen
                .build()) {
            CompletableFuture<BridgeChannel> future = direct.connect("d");
            QueueReceiver far = open(node.call().open());
            future.cancel(true);
            assertThat(far.closed().code()).isEqualTo(CloseReason.GOING_AWAY);
            assertThat(scheduler.pending()).isZero();
        }
    }

    @Test
    void connect_cancelledDuringTheHandshake_closesTheLateLeg() throws Exception {
        CompletableFuture<BridgeChannel> future = client.connect("d");
        Call call = node.call();
        future.cancel(true);
        assertThat(call.answer()).isCancelled();
    }

    @Test
    void connect_severalServers_triesTheNext() throws Exception {
        BridgeClient several = BridgeClient.builder(FakeNode.BASE)
                .server(URI.create("ws://b.test"))
                .server(URI.create("ws://c.test"))
                .connector(node)
                .scheduler(scheduler)
                .build();
        CompletableFuture<BridgeChannel> future = several.connect("d");
        node.call().fail(new ConnectException());
        Call second = node.call();
        assertThat(second.target().uri().getHost()).isEqualTo("b.test");
        second.fail(new HandshakeException(503));
        Call third = node.call();
        assertThat(third.target().uri().getHost()).isEqualTo("c.test");
        third.fail(new HandshakeException(403));
        assertFails(future, 4403);
        several.connect("d");
        assertThat(node.call().target().uri().getHost()).isEqualTo("b.test");
    }

    @Test
    void connect_refusedByAccess_triesNoOtherServer() throws Exception {
        BridgeClient several = BridgeClient.builder(FakeNode.BASE)
                .server(URI.create("ws://b.test"))
                .connector(node)
                .build();
        CompletableFuture<BridgeChannel> future = several.connect("d");
        node.call().fail(new HandshakeException(429));
        assertFails(future, 4429);
        assertThat(node.calls).isEmpty();
        several.close();
    }

    @Test
    void connect_silentPeer_isDetected() throws Exception {
        CompletableFuture<BridgeChannel> future = client.connect("d");
        PairLeg far = node.call().open();
        far.send(Fragment.text(FakeNode.established()));
        BridgeChannel channel = future.get(10, TimeUnit.SECONDS);
        scheduler.advance(Duration.ofMinutes(10));
        assertThat(channel.closeReason()).isNull();
        far.mute = true;
        scheduler.advance(Duration.ofSeconds(61));
        assertThat(channel.closed()
                        .toCompletableFuture()
                        .get(5, TimeUnit.SECONDS)
                        .code())
                .isEqualTo(CloseReason.VANISHED);
    }

    @Test
    void close_endsChannelsAndPendingConnects() throws Exception {
        CompletableFuture<BridgeChannel> established = client.connect("d");
        PairLeg far = node.call().open();
        far.send(Fragment.text(FakeNode.established()));
        established.get(10, TimeUnit.SECONDS);
        CompletableFuture<BridgeChannel> pending = client.connect("d");
        client.close();
        assertThat(open(far).closed().code()).isEqualTo(CloseReason.GOING_AWAY);
        assertFails(pending, CloseReason.GOING_AWAY);
        assertFails(client.connect("d"), CloseReason.GOING_AWAY);
    }

    @Test
    void connect_rejectingExecutor_stillFails() throws Exception {
        try (BridgeClient stopping = BridgeClient.builder(FakeNode.BASE)
                .connector(node)
                .scheduler(scheduler)
                .executor(task -> {
                    throw new RejectedExecutionException("shut down on purpose");
                })
                .build()) {
            CompletableFuture<BridgeChannel> connecting = stopping.connect("dev");
            node.call().open().close(new CloseReason(CloseReason.UNREACHABLE, ""));
            assertFails(connecting, CloseReason.UNREACHABLE);
        }
    }

    @Test
    void connect_connectorThatThrows_failsTheFuture() {
        try (BridgeClient broken = BridgeClient.builder(FakeNode.BASE)
                .connector(target -> {
                    throw new IllegalStateException("broken on purpose");
                })
                .scheduler(scheduler)
                .build()) {
            CompletableFuture<BridgeChannel> connecting = broken.connect("dev");
            assertThatThrownBy(() -> connecting.get(10, TimeUnit.SECONDS))
                    .cause()
                    .isInstanceOf(IOException.class);
        }
    }

    @Test
    void keyWithALineBreak_isRefusedAndNotShown() {
        BridgeClient.Builder builder = BridgeClient.builder(FakeNode.BASE);
        assertThatThrownBy(() -> builder.apiKey("s3cret\n"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("X-Api-Key")
                .hasMessageNotContaining("s3cret");
    }

    @Test
    void badArguments_areRefused() {
        assertThatThrownBy(() -> client.connect("")).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> BridgeClient.builder(URI.create("ftp://x")))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
