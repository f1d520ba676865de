package io.github.wsbridge.client;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.github.wsbridge.CloseReason;
import io.github.wsbridge.Invitation;
import io.github.wsbridge.spi.Fragment;
import io.github.wsbridge.spi.InvitationSource;
import io.github.wsbridge.spi.InvitationSource.Answer;
import io.github.wsbridge.testkit.LogCapture;
import java.net.URI;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which invitations a device offers to its handler. */
class BridgeDeviceInvitationTest extends BridgeDeviceFixture {

    @Test
    void invitation_inFragments_isReassembled() throws Exception {
        PairLeg listen = listen();
        byte[] json = FakeNode.invitation("t", "é").getBytes(UTF_8);
        for (int i = 0; i < json.length; i += 50) {
            int end = Math.min(json.length, i + 50);
            listen.send(new Fragment(
                    Fragment.Kind.TEXT, ByteBuffer.wrap(json, i, end - i).slice(), end == json.length));
        }
        assertThat(offer().requestData()).isEqualTo("é");
    }

    @ParameterizedTest
    @CsvSource({"alice, true", "mallory, false"})
    void principal_thatTheNodeDoesNotConfirm_isRefused(String confirmed, boolean accepted) throws Exception {
        PairLeg listen = listen();
        listen.send(Fragment.text(FakeNode.invitation("t", "ssh").replace("}", ",\"principal\":\"alice\"}")));
        IncomingBridge offer = offer();
        assertThat(offer.principal()).isEqualTo("alice");
        CompletableFuture<BridgeChannel> accepting = offer.accept();
        PairLeg bridge = node.call().open();
        QueueReceiver end = new QueueReceiver();
        bridge.open(end);
        bridge.send(Fragment.text(FakeNode.established().replace("}", ",\"principal\":\"" + confirmed + "\"}")));
        if (accepted) {
            accepting.get();
        } else {
            assertThatThrownBy(accepting::get).hasMessageContaining("the invitation named another requester");
            assertThat(end.closed().code()).isEqualTo(CloseReason.POLICY_VIOLATION);
        }
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

    @Test
    void otherSource_offersInvitationsAndGetsTheAnswer() throws Exception {
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

    @ParameterizedTest
    @ValueSource(
            strings = {
                "ws://evil.test/bridge/accept?bridgeToken=t",
                "ws://node.test:81/bridge/accept?bridgeToken=t",
                "wss://node.test:8443/bridge/accept?bridgeToken=t",
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

    @ParameterizedTest
    @CsvSource({
        "ws://localhost:8080,ws://127.0.0.1:8080",
        "ws://127.0.0.1:8080,ws://[::1]:8080",
        "ws://node.test/base,wss://node.test"
    })
    void acceptUrlOfAnotherNameOfTheServer_isFollowed(String server, String other) throws Exception {
        device = BridgeDevice.builder("dev", URI.create(server), offered::add)
                .connector(node)
                .build()
                .start();
        PairLeg listen = node.call().open();
        listen.open(new QueueReceiver(listen::demand));
        String url = other + "/bridge/accept?bridgeToken=t";
        listen.send(Fragment.text(FakeNode.invitation("t", "", url)));
        offer().accept();
        assertThat(node.call().target().uri()).hasToString(url);
    }

    @Test
    void acceptUrlOfAnotherServer_isLoggedWithBothAndTheCure() throws Exception {
        try (LogCapture log = new LogCapture()) {
            PairLeg listen = listen();
            listen.send(Fragment.text(FakeNode.invitation("t", "", "ws://10.0.0.9:8080/bridge/accept?bridgeToken=t")));
            assertThat(answer()).contains("the device does not know ws://10.0.0.9:8080");
            assertThat(log.all())
                    .anyMatch(line -> line.endsWith("its accept URL is at ws://10.0.0.9:8080, but the device knows only"
                            + " ws://node.test. Start the node with the URL that devices use"
                            + " (--public-url ws://node.test), or let the device use that one, too"
                            + " (--allow-origin ws://10.0.0.9:8080)"));
        }
    }

    @Test
    void acceptUrlOfAnAllowedOrigin_isFollowed() throws Exception {
        PairLeg listen = listen(builder(offered::add).allowOrigin(URI.create("wss://other.test")));
        listen.send(Fragment.text(FakeNode.invitation("t", "", "WSS://Other.test:443/bridge/accept?bridgeToken=t")));
        offer().accept();
        assertThat(node.call().target().uri().getPort()).isEqualTo(443);
    }

    @Test
    void allowOrigin_unencryptedWithEncryptedServer_isRefused() throws Exception {
        listen();
        assertThatThrownBy(() -> BridgeDevice.builder("d", URI.create("wss://node.test"), offered::add)
                        .allowOrigin(URI.create("ws://other.test"))
                        .build())
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void noThread_invitationIsRejected_andItsPlaceIsGivenBack() throws Exception {
        AtomicBoolean starved = new AtomicBoolean(true);
        PairLeg listen = listen(builder(offered::add).maxBridges(1).executor(task -> {
            if (starved.get()) {
                throw new OutOfMemoryError("unable to create native thread");
            }
            task.run();
        }));
        for (int i = 0; i < 3; i++) {
            invite(listen, "t" + i);
            assertThat(answer()).contains("503").contains("the device cannot handle a bridge now");
        }
        starved.set(false);
        invite(listen, "good");
        assertThat(offer().requestData()).isEqualTo("ssh");
    }
}
