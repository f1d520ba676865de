package io.github.wsbridge.client;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.github.wsbridge.BridgeException;
import io.github.wsbridge.BridgeId;
import io.github.wsbridge.BridgeToken;
import io.github.wsbridge.CloseReason;
import io.github.wsbridge.HandshakeException;
import io.github.wsbridge.Invitation;
import io.github.wsbridge.Rejection;
import io.github.wsbridge.client.FakeNode.Call;
import io.github.wsbridge.client.InvitationSource.Answer;
import io.github.wsbridge.spi.Fragment;
import io.github.wsbridge.testkit.FakeScheduler;
import java.net.ConnectException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(30)
class BridgeDeviceTest {

    /** Draws the largest number that it may, so that pauses are their bounds. */
    private static final RandomGenerator LARGEST = new RandomGenerator() {
        @Override
        public long nextLong() {
            throw new UnsupportedOperationException();
        }

        @Override
        public long nextLong(long bound) {
            return bound - 1;
        }
    };

    private final FakeNode node = FakeNode.scripted();
    private final FakeScheduler scheduler = new FakeScheduler();
    private final BlockingQueue<IncomingBridge> offered = new LinkedBlockingQueue<>();
    private BridgeDevice device;
    private QueueReceiver far;

    @AfterEach
    void close() {
        device.close();
    }

    private BridgeDevice.Builder builder(BridgeDevice.Handler handler) {
        return BridgeDevice.builder("dev", FakeNode.BASE, handler)
                .apiKey("k")
                .connector(node)
                .scheduler(scheduler)
                .backoff(Duration.ofSeconds(1), Duration.ofSeconds(10))
                .random(LARGEST);
    }

    private PairLeg listen(BridgeDevice.Builder builder) throws Exception {
        device = builder.build().start();
        return openListen();
    }

    private PairLeg listen() throws Exception {
        return listen(builder(offered::add));
    }

    private PairLeg openListen() throws Exception {
        Call call = node.call();
        assertThat(call.target().uri()).hasToString("ws://node.test/bridge/listen?deviceId=dev");
        PairLeg leg = call.open();
        far = new QueueReceiver(leg::demand);
        leg.open(far);
        leg.demand();
        return leg;
    }

    private IncomingBridge offer() throws Exception {
        IncomingBridge offer = offered.poll(10, TimeUnit.SECONDS);
        assertThat(offer).isNotNull();
        return offer;
    }

    private void invite(PairLeg listen, String token) {
        listen.send(Fragment.text(FakeNode.invitation(token, "ssh")));
    }

    private String answer() throws Exception {
        return QueueReceiver.text(far.fragment());
    }

    @Test
    void invitation_isOfferedAndAccepted() throws Exception {
        PairLeg listen = listen();
        invite(listen, "tok");
        IncomingBridge offer = offer();
        assertThat(offer.requestData()).isEqualTo("ssh");
        assertThat(offer.deviceId()).isEqualTo("dev");
        assertThat(offer.bridgeId()).hasToString(FakeNode.ID);
        assertThat(offer.toString()).doesNotContain("tok");
        CompletableFuture<BridgeChannel> accepted = offer.accept();
        assertThat(offer.accept()).isSameAs(accepted);
        Call call = node.call();
        assertThat(call.target().uri()).hasToString("ws://node.test/bridge/accept?bridgeToken=tok");
        assertThat(call.target().subprotocol()).isEqualTo("wsbridge.v1");
        assertThat(call.target().headers()).containsEntry("X-Api-Key", "k");
        call.open().send(Fragment.text(FakeNode.established()));
        assertThat(accepted.get(10, TimeUnit.SECONDS).bridgeId()).hasToString(FakeNode.ID);
        assertThat(offer.reject(403, "no")).isFalse();
        assertThat(far.fragments).isEmpty();
    }

    @Test
    void invitation_isAcceptedAsALeg() throws Exception {
        PairLeg listen = listen(builder(offered::add).maxBridges(1).executor(Runnable::run));
        invite(listen, "t1");
        IncomingBridge offer = offer();
        CompletableFuture<BridgeLeg> accepted = offer.acceptLeg();
        assertThat(offer.acceptLeg()).isSameAs(accepted);
        assertThat(offer.accept()).isCompletedExceptionally();
        assertThat(offer.reject(403, "too late")).isFalse();
        PairLeg bridge = node.call().open();
        bridge.send(Fragment.text(FakeNode.established()));
        BridgeLeg leg = accepted.get(10, TimeUnit.SECONDS);
        assertThat(leg.bridgeId()).isEqualTo(offer.bridgeId());
        invite(listen, "t2");
        assertThat(answer()).contains("t2").contains("\"code\":503");
        bridge.close(CloseReason.normal());
        QueueReceiver receiver = new QueueReceiver();
        leg.open(receiver);
        assertThat(receiver.closed()).isEqualTo(CloseReason.normal());
        invite(listen, "t3");
        assertThat(offered.poll()).isNotNull();
    }

    @Test
    void invitation_inFragments_isPutTogether() throws Exception {
        PairLeg listen = listen();
        byte[] json = FakeNode.invitation("t", "é").getBytes(UTF_8);
        for (int i = 0; i < json.length; i += 50) {
            int end = Math.min(json.length, i + 50);
            listen.send(new Fragment(
                    Fragment.Kind.TEXT, ByteBuffer.wrap(json, i, end - i).slice(), end == json.length));
        }
        assertThat(offer().requestData()).isEqualTo("é");
    }

    @Test
    void reject_goesOverTheListenSocket_firstAnswerCounts() throws Exception {
        PairLeg listen = listen();
        invite(listen, "tok");
        IncomingBridge offer = offer();
        assertThatThrownBy(() -> offer.reject(10_000, "")).isInstanceOf(IllegalArgumentException.class);
        assertThat(offer.reject(403, "not \"now\"")).isTrue();
        assertThat(offer.reject(404, "")).isFalse();
        assertThat(answer())
                .isEqualTo("{\"type\":\"reject\",\"bridgeToken\":\"tok\",\"code\":403,\"reason\":\"not \\\"now\\\"\"}");
        assertThat(offer.accept()).isCompletedExceptionally();
        assertThat(node.calls).isEmpty();
    }

    @Test
    void reject_withoutListenSocket_goesOverTheAcceptUrl() throws Exception {
        PairLeg listen = listen();
        invite(listen, "tok");
        IncomingBridge offer = offer();
        listen.close(new CloseReason(1001, ""));
        offer.reject(403, "no");
        assertThat(node.call().target().uri())
                .hasToString("ws://node.test/bridge/accept?bridgeToken=tok&rejectCode=403&rejectReason=no");
    }

    @Test
    void manyRejections_goOneByOne() throws Exception {
        device = builder(bridge -> bridge.reject(404, bridge.requestData()))
                .build()
                .start();
        PairLeg listen = node.call().open();
        QueueReceiver slow = new QueueReceiver();
        listen.open(slow);
        for (int i = 0; i < 10; i++) {
            listen.send(Fragment.text(FakeNode.invitation("t" + i, "x")));
        }
        for (int i = 0; i < 10; i++) {
            listen.demand();
            assertThat(QueueReceiver.text(slow.fragment())).contains("\"code\":404");
        }
    }

    @Test
    void acceptAndReject_race_oneWins() throws Exception {
        PairLeg listen = listen();
        for (int i = 0; i < 200; i++) {
            invite(listen, "t" + i);
            IncomingBridge offer = offer();
            CountDownLatch start = new CountDownLatch(1);
            CompletableFuture<Boolean> rejected = CompletableFuture.supplyAsync(() -> {
                awaitLatch(start);
                return offer.reject(403, "");
            });
            start.countDown();
            boolean accepted = !offer.accept().isCompletedExceptionally();
            assertThat(rejected.get()).isNotEqualTo(accepted);
            if (accepted) {
                node.call().fail(new ConnectException());
            } else {
                answer();
            }
            assertThat(node.calls).isEmpty();
        }
    }

    private static void awaitLatch(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void noAnswer_expires() throws Exception {
        PairLeg listen = listen();
        invite(listen, "t");
        IncomingBridge offer = offer();
        scheduler.advance(Duration.ofSeconds(31));
        assertThat(offer.reject(403, "")).isFalse();
        assertThat(offer.accept()).isCompletedExceptionally();
        assertThat(far.fragments).isEmpty();
    }

    @Test
    void wrongClock_doesNotExpireAtOnce() throws Exception {
        PairLeg listen = listen(builder(offered::add).clock(() -> Instant.parse("2100-01-01T00:00:00Z")));
        invite(listen, "t");
        IncomingBridge offer = offer();
        scheduler.advance(Duration.ofSeconds(15));
        assertThat(offer.accept()).isNotCompletedExceptionally();
    }

    @Test
    void handlerThrows_rejectsWith500() throws Exception {
        PairLeg listen = listen(builder(bridge -> {
            throw new IllegalStateException("broken on purpose");
        }));
        invite(listen, "t");
        assertThat(answer()).contains("\"code\":500").doesNotContain("broken");
    }

    @Test
    void handlerThrowsAnError_rejectsToo() throws Exception {
        PairLeg listen = listen(builder(bridge -> {
            throw new NoClassDefFoundError("missing on purpose");
        }));
        invite(listen, "t");
        assertThat(answer()).contains("\"code\":500").doesNotContain("missing");
    }

    @Test
    void connectorThatThrows_isTriedAgain() throws Exception {
        AtomicBoolean broken = new AtomicBoolean(true);
        device = builder(offered::add)
                .connector(target -> {
                    if (broken.getAndSet(false)) {
                        throw new IllegalStateException("broken on purpose");
                    }
                    return node.connect(target);
                })
                .build()
                .start();
        scheduler.advance(Duration.ofSeconds(10));
        openListen();
        assertThat(device.listening()).isCompleted();
    }

    @Test
    void close_beforeItListens_failsListening() {
        device = builder(offered::add).build().start();
        device.close();
        assertThat(device.listening()).isCompletedExceptionally();
    }

    @Test
    void handlerThrowsAfterAccept_closesTheBridge() throws Exception {
        PairLeg listen = listen(builder(bridge -> {
            bridge.accept();
            throw new IllegalStateException("broken on purpose");
        }));
        invite(listen, "t");
        PairLeg accepted = node.call().open();
        accepted.send(Fragment.text(FakeNode.established()));
        QueueReceiver receiver = new QueueReceiver();
        accepted.open(receiver);
        assertThat(receiver.closed().code()).isEqualTo(1011);
    }

    @Test
    void tooManyBridges_areRejectedWith503_untilOneEnds() throws Exception {
        // On one thread, so that the place of the first bridge is free once it has ended.
        PairLeg listen = listen(builder(offered::add).maxBridges(1).executor(Runnable::run));
        invite(listen, "t1");
        offer().accept();
        PairLeg bridge = node.call().open();
        bridge.send(Fragment.text(FakeNode.established()));
        invite(listen, "t2");
        assertThat(answer()).contains("t2").contains("\"code\":503");
        bridge.close(CloseReason.normal());
        invite(listen, "t3");
        assertThat(offered.poll()).isNotNull();
    }

    @Test
    void acceptOfAUsedToken_fails() throws Exception {
        PairLeg listen = listen();
        invite(listen, "t");
        CompletableFuture<BridgeChannel> accepted = offer().accept();
        node.call().open().close(new CloseReason(CloseReason.BAD_TOKEN, ""));
        assertThatThrownBy(() -> accepted.get(10, TimeUnit.SECONDS))
                .cause()
                .isInstanceOfSatisfying(
                        BridgeException.class,
                        e -> assertThat(e.closeReason().code()).isEqualTo(CloseReason.BAD_TOKEN));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "ws://evil.test/bridge/accept?bridgeToken=t",
                "ws://node.test:81/bridge/accept?bridgeToken=t",
                "wss://node.test/bridge/accept?bridgeToken=t",
                "http://node.test/bridge/accept?bridgeToken=t",
                "ws://x@node.test/bridge/accept?bridgeToken=t",
                "ws://node.test/bridge/connect?deviceId=other&bridgeToken=t",
                "ws://node.test/bridge/accept/../connect?deviceId=other",
                "ws://node.test?x=/bridge/accept",
                "/bridge/accept?bridgeToken=t"
            })
    void acceptUrlOfAnotherOrigin_isRejectedAndNotFollowed(String url) throws Exception {
        PairLeg listen = listen();
        listen.send(Fragment.text(FakeNode.invitation("t", "", url)));
        assertThat(answer()).contains("\"code\":403");
        assertThat(offered).isEmpty();
        assertThat(node.calls).isEmpty();
    }

    @Test
    void acceptUrlOfAnAllowedOrigin_isFollowed() throws Exception {
        PairLeg listen = listen(builder(offered::add).allowOrigin(URI.create("wss://other.test")));
        listen.send(Fragment.text(FakeNode.invitation("t", "", "WSS://Other.test:443/bridge/accept?bridgeToken=t")));
        offer().accept();
        assertThat(node.call().target().uri().getPort()).isEqualTo(443);
    }

    @Test
    void garbage_isDropped() throws Exception {
        PairLeg listen = listen();
        listen.send(Fragment.text("{"));
        listen.send(Fragment.text("[]"));
        listen.send(Fragment.text("{\"type\":" + "[".repeat(60_000)));
        listen.send(Fragment.text("{\"type\":\"news\"}"));
        listen.send(Fragment.text("{\"type\":\"invitation\"}"));
        listen.send(Fragment.text(FakeNode.invitation("not a token!", "")));
        listen.send(Fragment.text(FakeNode.invitation("t", "", "not a url")));
        listen.send(Fragment.binary(ByteBuffer.wrap(FakeNode.invitation("t", "").getBytes(UTF_8))));
        listen.send(Fragment.text(FakeNode.invitation("t", "x".repeat(70_000))));
        invite(listen, "good");
        assertThat(offer().requestData()).isEqualTo("ssh");
        assertThat(offered).isEmpty();
        assertThat(far.fragments).isEmpty();
    }

    /** Waits for the next try, which must come after just so long. */
    private Call comesBackAfter(int seconds) throws Exception {
        scheduler.advance(Duration.ofSeconds(seconds).minusMillis(1));
        assertThat(node.calls).isEmpty();
        scheduler.advance(Duration.ofMillis(1));
        return node.call();
    }

    @Test
    void reconnect_backsOffAndBeginsAnewAfterAStableSocket() throws Exception {
        PairLeg listen = listen();
        listen.close(new CloseReason(1001, ""));
        for (int seconds : new int[] {1, 2, 4, 8, 10, 10}) {
            comesBackAfter(seconds).fail(new ConnectException());
        }
        PairLeg brief = comesBackAfter(10).open();
        scheduler.advance(Duration.ofSeconds(9));
        brief.close(new CloseReason(1001, ""));
        PairLeg stable = comesBackAfter(10).open();
        scheduler.advance(Duration.ofSeconds(10));
        stable.close(new CloseReason(1001, ""));
        comesBackAfter(1);
    }

    @ParameterizedTest
    @ValueSource(ints = {400, 401, 403, 404})
    void refusedListen_isTriedAtTheLongestPause(int status) throws Exception {
        device = builder(offered::add).build().start();
        node.call().fail(new HandshakeException(status));
        comesBackAfter(10);
    }

    @ParameterizedTest
    @ValueSource(ints = {429, 503})
    void overloadedListen_isTriedAsUsual(int status) throws Exception {
        device = builder(offered::add).build().start();
        node.call().fail(new HandshakeException(status));
        comesBackAfter(1);
    }

    @Test
    void replaced_isFinal() throws Exception {
        PairLeg listen = listen();
        device.listening().toCompletableFuture().get(10, TimeUnit.SECONDS);
        listen.close(new CloseReason(CloseReason.REPLACED, "newer"));
        assertThat(device.stopped()
                        .toCompletableFuture()
                        .get(10, TimeUnit.SECONDS)
                        .code())
                .isEqualTo(CloseReason.REPLACED);
        assertThat(scheduler.pending()).isZero();
        scheduler.advance(Duration.ofHours(1));
        assertThat(node.calls).isEmpty();
    }

    @Test
    void listenSocketThatFallsSilent_isReplaced() throws Exception {
        PairLeg listen = listen();
        scheduler.advance(Duration.ofHours(1));
        assertThat(node.calls).isEmpty();
        listen.mute = true;
        scheduler.advance(Duration.ofSeconds(61));
        assertThat(node.call().path()).isEqualTo("/bridge/listen");
    }

    @Test
    void close_endsTheListenSocketForGood() throws Exception {
        listen();
        device.close();
        assertThat(far.closed()).isEqualTo(CloseReason.normal());
        assertThat(device.stopped().toCompletableFuture().get()).isEqualTo(CloseReason.normal());
        scheduler.advance(Duration.ofHours(1));
        assertThat(node.calls).isEmpty();
    }

    /** Rejects an invitation of a source that says so much to it, and so late. */
    private void rejectOver(CompletionStage<Boolean> carried) throws Exception {
        CompletableFuture<InvitationSource.Sink> sink = new CompletableFuture<>();
        InvitationSource source = new InvitationSource() {
            @Override
            public void start(Sink to) {
                sink.complete(to);
            }

            @Override
            public CompletionStage<Boolean> reject(Invitation invitation, Rejection rejection) {
                return carried;
            }

            @Override
            public void close() {}
        };
        device = builder(offered::add).listen(false).source(source).build().start();
        sink.get().offer(invitation());
        offer().reject(409, "busy");
    }

    private static Invitation invitation() {
        return new Invitation(
                new BridgeId(1, 2),
                "dev",
                new BridgeToken("t"),
                URI.create("ws://node.test/bridge/accept?bridgeToken=t"),
                "",
                Instant.now().plusSeconds(30));
    }

    @Test
    void reject_sourceThatCarriesIt_isEnough() throws Exception {
        CompletableFuture<Boolean> carried = new CompletableFuture<>();
        rejectOver(carried);
        carried.complete(true);
        assertThat(scheduler.pending()).isZero();
        scheduler.advance(Duration.ofHours(1));
        assertThat(node.calls).isEmpty();
    }

    @Test
    void reject_sourceThatCannotCarryItAfterAll_goesOverTheAcceptUrl() throws Exception {
        CompletableFuture<Boolean> carried = new CompletableFuture<>();
        rejectOver(carried);
        assertThat(node.calls).isEmpty();
        carried.complete(false);
        assertThat(node.call().parameter("rejectCode")).isEqualTo("409");
    }

    @Test
    void reject_sourceThatFails_goesOverTheAcceptUrl() throws Exception {
        rejectOver(CompletableFuture.failedFuture(new IllegalStateException("broken")));
        assertThat(node.call().parameter("rejectCode")).isEqualTo("409");
    }

    @Test
    void reject_sourceThatSaysNothing_goesOverTheAcceptUrlInTime() throws Exception {
        rejectOver(new CompletableFuture<>());
        assertThat(node.calls).isEmpty();
        scheduler.advance(Duration.ofSeconds(5));
        assertThat(node.call().parameter("rejectCode")).isEqualTo("409");
    }

    @Test
    void reject_listenSocketThatEndsBeforeItIsSent_goesOverTheAcceptUrl() throws Exception {
        CountDownLatch rejected = new CountDownLatch(3);
        device = builder(bridge -> {
                    bridge.reject(404, bridge.requestData());
                    rejected.countDown();
                })
                .build()
                .start();
        PairLeg listen = node.call().open();
        listen.open(new QueueReceiver());
        for (int i = 0; i < 3; i++) {
            listen.send(Fragment.text(FakeNode.invitation("t" + i, "x"))); // and never reads an answer
        }
        assertThat(rejected.await(10, TimeUnit.SECONDS)).isTrue();
        listen.close(new CloseReason(1001, ""));
        for (int i = 0; i < 3; i++) {
            assertThat(node.call().parameter("rejectCode")).isEqualTo("404");
        }
    }

    @Test
    void otherSource_bringsInvitationsAndLearnsTheAnswer() throws Exception {
        CompletableFuture<InvitationSource.Sink> sink = new CompletableFuture<>();
        InvitationSource source = new InvitationSource() {
            @Override
            public void start(Sink to) {
                sink.complete(to);
            }

            @Override
            public void close() {}
        };
        device = builder(offered::add).listen(false).source(source).build().start();
        Invitation invitation = invitation();
        CompletableFuture<Answer> answer = sink.get().offer(invitation).toCompletableFuture();
        assertThat(answer).isNotDone();
        offer().reject(409, "busy");
        assertThat(answer.get()).isEqualTo(new Answer.Rejected(409, "busy"));
        assertThat(node.call().target().uri().getQuery()).contains("rejectCode=409");

        CompletableFuture<Answer> second = sink.get().offer(invitation).toCompletableFuture();
        offer().accept();
        assertThat(second.get()).isEqualTo(new Answer.Accepted());
        sink.get().ended(new CloseReason(1001, "over"));
        await().until(() -> device.stopped().toCompletableFuture().isDone());
    }

    @Test
    void unencryptedOriginBesideAnEncryptedServer_isRefused() throws Exception {
        listen();
        assertThatThrownBy(() -> BridgeDevice.builder("d", URI.create("wss://node.test"), offered::add)
                        .allowOrigin(URI.create("ws://other.test"))
                        .build())
                .isInstanceOf(IllegalArgumentException.class);
    }
}
