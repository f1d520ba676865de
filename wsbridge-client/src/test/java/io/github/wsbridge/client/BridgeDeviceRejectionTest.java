package io.github.wsbridge.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.wsbridge.CloseReason;
import io.github.wsbridge.HandshakeException;
import io.github.wsbridge.Invitation;
import io.github.wsbridge.Rejection;
import io.github.wsbridge.spi.Fragment;
import io.github.wsbridge.spi.InvitationSource;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** How rejections reach the node: through the listen socket, an invitation source, or the accept URL. */
class BridgeDeviceRejectionTest extends BridgeDeviceFixture {

    @Test
    void reject_usesTheListenSocket_firstAnswerCounts() throws Exception {
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
    void reject_withoutListenSocket_usesTheAcceptUrl() throws Exception {
        PairLeg listen = listen();
        invite(listen, "tok");
        IncomingBridge offer = offer();
        listen.close(new CloseReason(1001, ""));
        offer.reject(403, "no");
        assertThat(node.call().target().uri())
                .hasToString("ws://node.test/bridge/accept?bridgeToken=tok&rejectCode=403&rejectReason=no");
    }

    @Test
    void manyRejections_areSentOneByOne() throws Exception {
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
    void reject_listenSocketEndsBeforeItIsSent_usesTheAcceptUrl() throws Exception {
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

    /** Rejects an invitation of a source whose {@code reject} returns {@code carried}. */
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

    @Test
    void reject_deliveredByTheSource_isNotRepeated() throws Exception {
        CompletableFuture<Boolean> carried = new CompletableFuture<>();
        rejectOver(carried);
        carried.complete(true);
        assertThat(scheduler.pending()).isZero();
        scheduler.advance(Duration.ofHours(1));
        assertThat(node.calls).isEmpty();
    }

    @Test
    void reject_notDeliveredByTheSource_usesTheAcceptUrl() throws Exception {
        CompletableFuture<Boolean> carried = new CompletableFuture<>();
        rejectOver(carried);
        assertThat(node.calls).isEmpty();
        carried.complete(false);
        assertThat(node.call().parameter("rejectCode")).isEqualTo("409");
    }

    @Test
    void reject_sourceFails_usesTheAcceptUrl() throws Exception {
        rejectOver(CompletableFuture.failedFuture(new IllegalStateException("broken")));
        assertThat(node.call().parameter("rejectCode")).isEqualTo("409");
    }

    @Test
    void reject_nodeIsStopping_triesAnother() throws Exception {
        rejectOver(CompletableFuture.completedStage(false));
        node.call().fail(new HandshakeException(503));
        scheduler.advance(Duration.ofMillis(100));
        assertThat(node.call().parameter("rejectCode")).isEqualTo("409");
    }

    @Test
    void reject_silentSource_usesTheAcceptUrlInTime() throws Exception {
        rejectOver(new CompletableFuture<>());
        assertThat(node.calls).isEmpty();
        scheduler.advance(Duration.ofSeconds(5));
        assertThat(node.call().parameter("rejectCode")).isEqualTo("409");
    }
}
