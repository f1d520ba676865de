package io.github.wsbridge.wire.relay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.github.wsbridge.CloseReason;
import io.github.wsbridge.Watch;
import io.github.wsbridge.spi.Fragment;
import io.github.wsbridge.spi.Leg;
import io.github.wsbridge.testkit.FakeLeg;
import io.github.wsbridge.testkit.FakeScheduler;
import io.github.wsbridge.testkit.RecordingReceiver;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class WatchedLegTest {

    private static final Duration INTERVAL = Duration.ofSeconds(10);
    private static final Duration STALL = Duration.ofSeconds(30);
    private static final Duration BACK_OFF = Duration.ofMinutes(2); // of TCP

    private final FakeScheduler scheduler = new FakeScheduler();
    private final FakeLeg leg = new FakeLeg("wsbridge.v1");
    private final WatchedLeg watched = new WatchedLeg(leg, new Watch(INTERVAL, STALL), scheduler);
    private final RecordingReceiver receiver = new RecordingReceiver(watched);

    @AfterEach
    void checkRulesAndTimers() {
        assertThat(leg.violations()).isEmpty();
        assertThat(receiver.violations()).isEmpty();
        leg.end(CloseReason.normal());
        assertThat(scheduler.pending()).as("checks of a leg that has ended").isZero();
    }

    /** Opens the leg, and lets the first heartbeat pass, after which the checks begin. */
    private RecordingReceiver open() {
        receiver.open();
        scheduler.advance(Duration.ofSeconds(1));
        assertThat(leg.heartbeats()).isEqualTo(1);
        return receiver;
    }

    @Test
    void check_silentPeer_pings() {
        open().demand();
        scheduler.advance(INTERVAL.minusMillis(1));
        assertThat(leg.pings()).isZero();
        scheduler.advance(Duration.ofMillis(1));
        assertThat(leg.pings()).isEqualTo(1);
        assertThat(leg.ended()).isNull();
    }

    @Test
    void check_unansweredPing_dropsTheLeg() {
        open().demand();
        scheduler.advance(INTERVAL.multipliedBy(2));
        assertThat(leg.aborted()).isTrue();
        assertThat(receiver.closed()).isEqualTo(CloseReason.vanished("no answer to a ping"));
        assertThat(scheduler.pending()).isZero();
    }

    @Test
    void check_pongsForHours_keepsTheLeg() {
        open().demand();
        for (int i = 0; i < 1000; i++) {
            int pings = leg.pings();
            scheduler.advance(INTERVAL);
            if (leg.pings() > pings) {
                leg.pong();
            }
        }
        assertThat(leg.pings()).as("a check after a pong does not ping").isEqualTo(500);
        assertThat(receiver.pongs()).isEqualTo(500);
        assertThat(leg.ended()).isNull();
    }

    @Test
    void everyCheck_sendsAHeartbeatOrAPing() {
        open();
        scheduler.advance(INTERVAL.multipliedBy(3));
        assertThat(leg.heartbeats()).isEqualTo(4);
        assertThat(leg.pings()).isZero();
        receiver.demand();
        scheduler.advance(INTERVAL);
        assertThat(leg.heartbeats()).isEqualTo(4);
        assertThat(leg.pings()).isEqualTo(1);
    }

    @Test
    void heartbeatsStop_whileASendIsStuck_dropsTheLeg() {
        leg.holdSends();
        open().demand();
        watched.send(Fragment.text("stuck"));
        for (int i = 0; i < 2; i++) {
            leg.heartbeatFromPeer(INTERVAL);
            scheduler.advance(INTERVAL);
        }
        scheduler.advance(INTERVAL);
        assertThat(leg.ended()).isNull();
        scheduler.advance(INTERVAL);
        assertThat(receiver.closed()).isEqualTo(CloseReason.vanished("no heartbeat"));
    }

    @Test
    void heartbeatsContinue_whileASendIsStuckForTheStall_dropsTheLegOnlyThen() {
        leg.holdSends();
        open().demand();
        watched.send(Fragment.text("stuck"));
        for (int i = 0; i < 3; i++) { // the first check only records the send
            assertThat(leg.ended()).isNull();
            leg.heartbeatFromPeer(INTERVAL);
            scheduler.advance(INTERVAL);
        }
        leg.heartbeatFromPeer(INTERVAL);
        scheduler.advance(INTERVAL);
        assertThat(receiver.closed()).isEqualTo(CloseReason.vanished("read no data for 30 s"));
    }

    @Test
    void heartbeats_announcedForALongerTime_areWaitedFor() {
        open().demand();
        leg.heartbeatFromPeer(INTERVAL.multipliedBy(3));
        scheduler.advance(INTERVAL.multipliedBy(4)); // the first check still counts the heartbeat
        assertThat(leg.ended()).isNull();
        scheduler.advance(INTERVAL);
        assertThat(receiver.closed()).isEqualTo(CloseReason.vanished("no heartbeat"));
    }

    @Test
    void heartbeats_announcedForDays_areWaitedForFifteenMinutes() {
        open().demand();
        leg.heartbeatFromPeer(Duration.ofDays(1));
        scheduler.advance(Duration.ofMinutes(15).plus(INTERVAL)); // the first check still counts the heartbeat
        assertThat(leg.ended()).isNull();
        scheduler.advance(INTERVAL);
        assertThat(receiver.closed()).isEqualTo(CloseReason.vanished("no heartbeat"));
    }

    @Test
    void silence_withoutDemand_keepsALegWhosePeerSentHeartbeats() {
        open();
        leg.heartbeatFromPeer(INTERVAL);
        scheduler.advance(INTERVAL.multipliedBy(100));
        assertThat(leg.ended()).isNull();
    }

    @Test
    void hostAcknowledgesNothing_dropsALegWhoseSendIsStuck() {
        leg.holdSends();
        open();
        watched.send(Fragment.text("stuck"));
        leg.unacknowledged(INTERVAL.multipliedBy(2).minusMillis(1));
        scheduler.advance(INTERVAL.multipliedBy(2));
        assertThat(leg.ended()).isNull();
        leg.unacknowledged(INTERVAL.multipliedBy(2));
        scheduler.advance(INTERVAL);
        assertThat(receiver.closed()).isEqualTo(CloseReason.vanished("the host has not acknowledged any data"));
    }

    @Test
    void check_afterData_doesNotPing() {
        open().demandAlways();
        for (int i = 0; i < 100; i++) {
            leg.deliver("still there");
            scheduler.advance(INTERVAL);
        }
        assertThat(leg.pings()).isZero();
        assertThat(leg.ended()).isNull();
    }

    @Test
    void check_dataInsteadOfAPong_keepsTheLeg() {
        open().demandAlways();
        scheduler.advance(INTERVAL);
        leg.deliver("no time for a pong");
        scheduler.advance(INTERVAL);
        assertThat(leg.ended()).isNull();
        scheduler.advance(INTERVAL);
        assertThat(leg.pings()).isEqualTo(2);
        scheduler.advance(INTERVAL);
        assertThat(leg.aborted()).isTrue();
    }

    @Test
    void check_withoutDemand_keepsTheLeg() {
        open();
        scheduler.advance(INTERVAL.multipliedBy(1000));
        assertThat(leg.pings()).isZero();
        assertThat(leg.ended()).isNull();
        receiver.demand();
        scheduler.advance(INTERVAL);
        assertThat(leg.pings()).as("it is asked at once").isEqualTo(1);
        assertThat(leg.ended()).isNull();
        scheduler.advance(BACK_OFF.plus(INTERVAL));
        assertThat(leg.aborted()).isTrue();
    }

    @Test
    void check_stalledSend_dropsTheLeg() {
        leg.holdSends();
        open();
        CompletableFuture<Void> send = watched.send(Fragment.text("stuck")).toCompletableFuture();
        scheduler.advance(INTERVAL.multipliedBy(3)); // the first check only records the send
        assertThat(leg.ended()).isNull();
        scheduler.advance(INTERVAL);
        assertThat(receiver.closed()).isEqualTo(CloseReason.vanished("read no data for 30 s"));
        assertThat(send).isCompletedExceptionally();
    }

    @Test
    void check_slowSends_keepTheLeg() {
        leg.holdSends();
        open();
        for (int i = 0; i < 50; i++) {
            watched.send(Fragment.text("slow"));
            scheduler.advance(INTERVAL.multipliedBy(2));
            leg.completeSend();
        }
        scheduler.advance(STALL.multipliedBy(10));
        assertThat(leg.ended()).isNull();
    }

    @Test
    void check_peerSendsButAcceptsNothing_dropsTheLegAfterTheStall() {
        leg.holdSends();
        open().demandAlways();
        watched.send(Fragment.text("stuck"));
        for (int i = 0; i < 4; i++) {
            leg.deliver("I speak, I do not listen");
            scheduler.advance(INTERVAL);
        }
        assertThat(leg.aborted()).isTrue();
    }

    @Test
    void check_silentPeerDuringASlowSend_isDroppedAfterTheSend() {
        leg.holdSends();
        open().demand();
        watched.send(Fragment.text("stuck"));
        scheduler.advance(INTERVAL.multipliedBy(3));
        assertThat(leg.ended()).as("the ping waits after the data").isNull();
        leg.completeSend();
        scheduler.advance(INTERVAL.multipliedBy(2));
        assertThat(leg.ended()).as("silence counts from now").isNull();
        scheduler.advance(INTERVAL);
        assertThat(receiver.closed()).isEqualTo(CloseReason.vanished("no answer to a ping"));
    }

    @Test
    void check_silentPeerThatReadsSlowly_keepsTheLeg() {
        leg.holdSends();
        open().demand();
        for (int i = 0; i < 50; i++) {
            watched.send(Fragment.text("slow"));
            scheduler.advance(INTERVAL);
            leg.completeSend();
        }
        assertThat(leg.ended()).as("it accepts data").isNull();
    }

    @Test
    void check_silentPeerWhoseSocketTakesData_isDropped() {
        leg.holdSends();
        open().demandAlways();
        for (int i = 0; i < 20 && leg.ended() == null; i++) {
            watched.send(Fragment.text("invitation"));
            leg.completeSend(); // on another thread in a real transport, so not at once, yet long before the next check
            scheduler.advance(INTERVAL);
        }
        assertThat(receiver.closed()).isEqualTo(CloseReason.vanished("no answer to a ping"));
    }

    @Test
    void check_silenceAfterThisEndHadNotRead_countsOnlyOnceThePeerMayHaveSentAgain() {
        open();
        scheduler.advance(INTERVAL.multipliedBy(5));
        watched.demand();
        scheduler.advance(INTERVAL.multipliedBy(6));
        assertThat(leg.ended()).as("its TCP may have backed off for as long").isNull();
        scheduler.advance(INTERVAL);
        assertThat(receiver.closed()).isEqualTo(CloseReason.vanished("no answer to a ping"));
    }

    @Test
    void check_silenceAfterThisEndHadNotReadForHours_dropsTheLegAfterTwoMinutes() {
        open();
        scheduler.advance(Duration.ofHours(3));
        watched.demand();
        scheduler.advance(BACK_OFF.plus(INTERVAL));
        assertThat(leg.ended()).isNull();
        scheduler.advance(INTERVAL);
        assertThat(receiver.closed()).isEqualTo(CloseReason.vanished("no answer to a ping"));
    }

    @Test
    void check_hostGoneAfterThisEndHadNotRead_dropsTheLeg() {
        open();
        scheduler.advance(INTERVAL.multipliedBy(5));
        watched.demand();
        leg.unacknowledged(INTERVAL.multipliedBy(2));
        scheduler.advance(INTERVAL);
        assertThat(receiver.closed()).isEqualTo(CloseReason.vanished("the host has not acknowledged any data"));
    }

    @Test
    void check_noHeartbeatsFromAPeerThatReadsSlowly_dropsTheLeg() {
        leg.holdSends();
        open().demandAlways();
        leg.heartbeatFromPeer(INTERVAL);
        for (int i = 0; i < 20 && leg.ended() == null; i++) {
            watched.send(Fragment.text("slow"));
            scheduler.advance(INTERVAL);
            if (leg.ended() == null) {
                leg.completeSend();
            }
        }
        assertThat(receiver.closed()).isEqualTo(CloseReason.vanished("no heartbeat"));
    }

    @Test
    void alwaysRead_noAnswerToAPing_dropsTheLegWithoutWaitingForAHeartbeat() {
        WatchedLeg attentive = WatchedLeg.alwaysRead(leg, new Watch(INTERVAL, STALL), scheduler);
        RecordingReceiver told = new RecordingReceiver(attentive);
        told.open();
        told.demand();
        scheduler.advance(Duration.ofSeconds(1));
        leg.heartbeatFromPeer(INTERVAL.multipliedBy(10));
        scheduler.advance(INTERVAL.multipliedBy(2));
        assertThat(leg.pings()).isEqualTo(1);
        scheduler.advance(INTERVAL);
        assertThat(told.closed()).isEqualTo(CloseReason.vanished("no answer to a ping"));
    }

    private void transfer() {
        leg.allowTransfers();
        open();
        assertThat(watched.transferTo(new FakeLeg())).isTrue();
    }

    @Test
    void transfer_silence_dropsTheLeg() {
        transfer();
        scheduler.advance(INTERVAL);
        assertThat(leg.pings()).isEqualTo(1);
        scheduler.advance(INTERVAL);
        assertThat(receiver.closed()).isEqualTo(CloseReason.vanished("no answer to a ping"));
    }

    @Test
    void transfer_bytesOrPongs_keepTheLeg() {
        transfer();
        for (int i = 0; i < 100; i++) {
            leg.tellTraffic(i % 3 == 0 ? Leg.Receiver::onPong : to -> to.onTransferred(0));
            scheduler.advance(INTERVAL);
        }
        assertThat(leg.ended()).isNull();
        assertThat(leg.pings()).isZero();
    }

    @Test
    void transfer_heldByFlowControl_keepsTheLegAndSendsAHeartbeat() {
        transfer();
        leg.tellTraffic(to -> to.onReading(false));
        scheduler.advance(INTERVAL.multipliedBy(50));
        assertThat(leg.ended()).isNull();
        assertThat(leg.heartbeats()).isEqualTo(51);
        leg.tellTraffic(to -> to.onReading(true));
        scheduler.advance(BACK_OFF.plus(INTERVAL.multipliedBy(2)));
        assertThat(leg.aborted()).isTrue();
    }

    @Test
    void transfer_peerAcceptsNothing_dropsTheLegAfterTheStall() {
        transfer();
        leg.tellTraffic(to -> to.onWritable(false));
        scheduler.advance(INTERVAL.multipliedBy(3)); // the first check only records it
        assertThat(leg.ended()).isNull();
        scheduler.advance(INTERVAL);
        assertThat(receiver.closed()).isEqualTo(CloseReason.vanished("read no data for 30 s"));
    }

    @Test
    void transfer_silentPeerThatReadsSlowly_keepsTheLeg() {
        transfer();
        for (int i = 0; i < 50; i++) {
            leg.tellTraffic(to -> to.onWritable(false));
            scheduler.advance(INTERVAL);
            leg.tellTraffic(to -> to.onWritable(true));
        }
        assertThat(leg.ended()).isNull();
    }

    @Test
    void send_failure_isPassedOn() {
        leg.holdSends();
        open();
        CompletableFuture<Void> send = watched.send(Fragment.text("broken")).toCompletableFuture();
        leg.failSend(new IOException("broken pipe"));
        assertThat(send).isCompletedExceptionally();
        assertThat(receiver.closed()).isNotNull();
    }

    @Test
    void end_cancelsTheChecks() {
        open().demand();
        assertThat(scheduler.pending()).isEqualTo(1);
        leg.end(new CloseReason(4001, "the peer's own words"));
        assertThat(scheduler.pending()).isZero();
        scheduler.advance(INTERVAL.multipliedBy(10));
        assertThat(leg.pings()).isZero();
        assertThat(receiver.closed()).isEqualTo(new CloseReason(4001, "the peer's own words"));
    }

    @Test
    void close_isPassedOnAndCancelsTheChecks() {
        open();
        watched.close(new CloseReason(4001, "bye"));
        assertThat(leg.closes()).containsExactly(new CloseReason(4001, "bye"));
        assertThat(receiver.closed()).isEqualTo(new CloseReason(4001, "bye"));
        assertThat(scheduler.pending()).isZero();
    }

    @Test
    void open_ofALegThatHasEnded_schedulesNothing() {
        leg.end(CloseReason.normal());
        receiver.open();
        assertThat(receiver.closed()).isEqualTo(CloseReason.normal());
        assertThat(scheduler.pending()).isZero();
    }

    @Test
    void open_whileTheSchedulerShutsDown_endsTheLeg() {
        scheduler.shutdown();
        receiver.open();
        assertThat(leg.aborted()).isTrue();
        assertThat(receiver.closed()).isNotNull();
    }

    @Test
    void open_whileTheSchedulerShutsDown_holdsNoLockDuringTheCall() {
        scheduler.shutdown();
        boolean[] held = new boolean[1];
        watched.open(new Leg.Receiver() {
            @Override
            public void onFragment(Fragment fragment) {}

            @Override
            public void onClosed(CloseReason reason) {
                held[0] = Thread.holdsLock(watched);
            }
        });
        assertThat(held[0]).isFalse();
    }

    @Test
    void subprotocol_isTheLegs() {
        assertThat(watched.subprotocol()).isEqualTo("wsbridge.v1");
    }

    @Test
    void watch_zeroInterval_isRefused() {
        assertThatIllegalArgumentException().isThrownBy(() -> new Watch(Duration.ZERO, STALL));
        assertThatIllegalArgumentException().isThrownBy(() -> new Watch(INTERVAL, Duration.ofNanos(-1)));
    }
}
