package io.github.wsbridge.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.wsbridge.BridgeException;
import io.github.wsbridge.CloseReason;
import io.github.wsbridge.Watch;
import io.github.wsbridge.spi.Fragment;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Tests how a device shares its places, and what becomes of invitations whose requesters have gone. */
class BridgeDevicePlacesTest extends BridgeDeviceFixture {

    private PairLeg listen(int maxBridges) throws Exception {
        Watch never = new Watch(Duration.ofHours(1), Duration.ofHours(24));
        // On one thread, so that what is not offered at once is not offered at all.
        return listen(
                builder(offered::add).maxBridges(maxBridges).keepAlive(never).executor(Runnable::run));
    }

    private static void invite(PairLeg listen, String token, String target) {
        listen.send(Fragment.text(FakeNode.invitation(token, target)));
    }

    private static void withdraw(PairLeg listen, String token) {
        listen.send(Fragment.text("{\"type\":\"withdraw\",\"bridgeToken\":\"" + token + "\"}"));
    }

    private PairLeg establish(IncomingBridge offer) throws Exception {
        offer.accept();
        PairLeg bridge = node.call().open();
        bridge.send(Fragment.text(FakeNode.established()));
        return bridge;
    }

    @Test
    void surplus_waitsUntilABridgeEnds_inOrder() throws Exception {
        PairLeg listen = listen(1);
        invite(listen, "t1", "a");
        PairLeg bridge = establish(offer());
        invite(listen, "t2", "b");
        invite(listen, "t3", "b");
        assertThat(offered).isEmpty();
        bridge.close(CloseReason.normal());
        assertThat(offered).hasSize(1);
        offer().reject(404, "t2");
        assertThat(answer()).contains("t2");
        offer().reject(404, "t3");
        assertThat(answer()).contains("t3");
        assertThat(far.fragments).isEmpty();
    }

    @Test
    void surplus_isRejectedWith503_shortlyBeforeItsRequesterGivesUp() throws Exception {
        PairLeg listen = listen(1);
        invite(listen, "t1", "a");
        PairLeg bridge = establish(offer());
        invite(listen, "t2", "a");
        scheduler.advance(Duration.ofSeconds(25));
        assertThat(far.fragments).isEmpty();
        scheduler.advance(Duration.ofSeconds(3));
        assertThat(answer()).contains("t2").contains("\"code\":503");
        bridge.close(CloseReason.normal());
        assertThat(offered).isEmpty();
    }

    @Test
    void surplus_beyondTheLine_isRejectedAtOnce_butNotThatOfAnotherTarget() throws Exception {
        PairLeg listen = listen(1);
        invite(listen, "t", "a");
        establish(offer());
        for (int i = 0; i < Places.MOST_WAITING * 3 / 4; i++) {
            invite(listen, "w" + i, "a");
        }
        assertThat(far.fragments).isEmpty();
        invite(listen, "late", "a");
        assertThat(answer()).contains("late").contains("\"code\":503");
        invite(listen, "other", "b");
        assertThat(far.fragments).isEmpty();
    }

    @Test
    void deadTarget_leavesPlacesToOthers_andEstablishedBridgesDoNotCount() throws Exception {
        PairLeg listen = listen(8);
        for (int i = 0; i < 10; i++) {
            invite(listen, "dead" + i, "dead");
        }
        assertThat(offered).hasSize(6);
        offered.clear();
        for (int i = 0; i < 2; i++) {
            invite(listen, "good" + i, "good");
            establish(offer());
        }
    }

    @Test
    void onlyTarget_mayHaveAllPlaces() throws Exception {
        PairLeg listen = listen(8);
        for (int i = 0; i < 8; i++) {
            invite(listen, "t" + i, "a");
            establish(offer());
        }
        invite(listen, "t8", "a");
        assertThat(offered).isEmpty();
    }

    @Test
    void requesterGone_lapsesTheInvitation_andFreesItsPlace() throws Exception {
        PairLeg listen = listen(1);
        invite(listen, "t1", "a");
        IncomingBridge offer = offer();
        invite(listen, "t2", "a");
        invite(listen, "t3", "a");
        CompletableFuture<Void> lapsed = offer.lapsed().toCompletableFuture();
        withdraw(listen, "t2"); // while it waits
        assertThat(lapsed).isNotDone();
        withdraw(listen, "t1");
        assertThat(lapsed).isCompleted();
        assertThat(offer.reject(500, "too late")).isFalse();
        assertThat(offered).hasSize(1);
        offer().reject(404, "t3");
        assertThat(answer()).contains("t3");
    }

    @Test
    void requesterGone_endsTheAttemptToAccept() throws Exception {
        PairLeg listen = listen(1);
        invite(listen, "t1", "a");
        CompletableFuture<BridgeChannel> accepted = offer().accept();
        PairLeg opened = node.call().open();
        QueueReceiver receiver = new QueueReceiver();
        opened.open(receiver);
        withdraw(listen, "t1");
        assertThatThrownBy(() -> accepted.get(10, TimeUnit.SECONDS))
                .cause()
                .isInstanceOfSatisfying(
                        BridgeException.class,
                        e -> assertThat(e.closeReason().code()).isEqualTo(CloseReason.BAD_TOKEN));
        assertThat(receiver.closed().code()).isEqualTo(CloseReason.GOING_AWAY);
        invite(listen, "t2", "a");
        assertThat(offered).hasSize(1);
    }

    @Test
    void close_rejectsWhatWaits() throws Exception {
        PairLeg listen = listen(1);
        invite(listen, "t1", "a");
        establish(offer());
        invite(listen, "t2", "a");
        device.close();
        assertThat(answer()).contains("t2").contains("the device is stopping");
        assertThat(offered).isEmpty();
    }
}
