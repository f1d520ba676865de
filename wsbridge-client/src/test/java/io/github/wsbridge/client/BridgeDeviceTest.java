package io.github.wsbridge.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.wsbridge.BridgeException;
import io.github.wsbridge.CloseReason;
import io.github.wsbridge.HandshakeException;
import io.github.wsbridge.client.FakeNode.Call;
import io.github.wsbridge.spi.Fragment;
import java.net.ConnectException;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** What becomes of an invitation: accepted, expired, or failed. */
class BridgeDeviceTest extends BridgeDeviceFixture {

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
        assertThat(offered).isEmpty();
        bridge.close(CloseReason.normal());
        QueueReceiver receiver = new QueueReceiver();
        leg.open(receiver);
        assertThat(receiver.closed()).isEqualTo(CloseReason.normal());
        assertThat(offered.poll()).isNotNull();
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
                node.call().fail(new HandshakeException(404));
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
    void invitation_unanswered_expires() throws Exception {
        PairLeg listen = listen();
        invite(listen, "t");
        IncomingBridge offer = offer();
        scheduler.advance(Duration.ofSeconds(31));
        assertThat(offer.reject(403, "")).isFalse();
        assertThat(offer.accept()).isCompletedExceptionally();
        assertThat(far.fragments).isEmpty();
    }

    @Test
    void invitation_wrongClock_doesNotExpireAtOnce() throws Exception {
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
    void handlerThrowsAnError_rejectsWith500() throws Exception {
        PairLeg listen = listen(builder(bridge -> {
            throw new NoClassDefFoundError("missing on purpose");
        }));
        invite(listen, "t");
        assertThat(answer()).contains("\"code\":500").doesNotContain("missing");
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
    void accept_refusedOrLostBeforeTheBridgeStands_triesAgain() throws Exception {
        PairLeg listen = listen(builder(offered::add).executor(Runnable::run));
        invite(listen, "t");
        CompletableFuture<BridgeChannel> accepted = offer().accept();
        node.call().fail(new HandshakeException(503));
        scheduler.advance(Duration.ofMillis(99));
        assertThat(node.calls).isEmpty();
        scheduler.advance(Duration.ofMillis(1));
        node.call().fail(new ConnectException());
        scheduler.advance(Duration.ofMillis(200));
        node.call().open().abort();
        scheduler.advance(Duration.ofMillis(400));
        Call last = node.call();
        assertThat(last.target().uri()).hasToString("ws://node.test/bridge/accept?bridgeToken=t");
        last.open().send(Fragment.text(FakeNode.established()));
        assertThat(accepted.get(10, TimeUnit.SECONDS).isOpen()).isTrue();
    }

    @Test
    void accept_refusedForGood_doesNotTryAgain() throws Exception {
        PairLeg listen = listen();
        invite(listen, "t");
        CompletableFuture<BridgeChannel> accepted = offer().accept();
        node.call().fail(new HandshakeException(403));
        assertThatThrownBy(() -> accepted.get(10, TimeUnit.SECONDS)).hasCauseInstanceOf(HandshakeException.class);
        scheduler.advance(Duration.ofMinutes(1));
        assertThat(node.calls).isEmpty();
    }

    @Test
    void accept_givenUp_doesNotTryAgain() throws Exception {
        PairLeg listen = listen(builder(offered::add).executor(Runnable::run));
        invite(listen, "t");
        CompletableFuture<BridgeChannel> accepted = offer().accept();
        node.call().fail(new HandshakeException(503));
        accepted.cancel(false);
        scheduler.advance(Duration.ofMinutes(1));
        assertThat(node.calls).isEmpty();
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
}
