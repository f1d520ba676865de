package io.github.wsbridge.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.wsbridge.CloseReason;
import io.github.wsbridge.DeviceState;
import io.github.wsbridge.HandshakeException;
import io.github.wsbridge.client.FakeNode.Call;
import io.github.wsbridge.spi.Fragment;
import java.net.ConnectException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The listen socket: connecting, reconnecting, and its end. */
class BridgeDeviceListenTest extends BridgeDeviceFixture {

    @Test
    void connectorThrows_triesAgain() throws Exception {
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

    /** Waits for the next attempt, which must come after exactly this pause. */
    private Call attemptAfter(int seconds) throws Exception {
        scheduler.advance(Duration.ofSeconds(seconds).minusMillis(1));
        assertThat(node.calls).isEmpty();
        scheduler.advance(Duration.ofMillis(1));
        return node.call();
    }

    @Test
    void reconnect_backsOff_startsAgainAfterAStableConnection() throws Exception {
        PairLeg listen = listen();
        listen.close(new CloseReason(1001, ""));
        for (int seconds : new int[] {1, 2, 4, 8, 10, 10}) {
            attemptAfter(seconds).fail(new ConnectException());
        }
        PairLeg brief = attemptAfter(10).open();
        scheduler.advance(Duration.ofMillis(4_999));
        brief.close(new CloseReason(1001, ""));
        PairLeg stable = attemptAfter(10).open();
        scheduler.advance(Duration.ofSeconds(5));
        stable.close(new CloseReason(1001, ""));
        attemptAfter(1);
    }

    @Test
    void reconnect_noRoomAtTheMoment_pausesFiveSecondsAtMost() throws Exception {
        device = builder(offered::add).build().start();
        node.call().fail(new HandshakeException(503));
        for (int seconds : new int[] {1, 2, 4, 5, 5}) {
            attemptAfter(seconds).fail(new HandshakeException(503));
        }
    }

    @Test
    void move_opensTheNewSocketFirst_thenClosesTheOldOne() throws Exception {
        PairLeg old = listen();
        QueueReceiver oldFar = far;
        old.send(Fragment.text("{\"type\":\"move\"}"));
        old.send(Fragment.text("{\"type\":\"move\"}"));
        for (int i = 0; i < 3; i++) {
            attemptAfter(1).fail(new HandshakeException(503)); // the node that stops, once more
        }
        assertThat(oldFar.closed).isNotDone();
        scheduler.advance(Duration.ofSeconds(1));
        PairLeg fresh = openListen();
        invite(old, "on-its-way");
        assertThat(offer().requestData()).isEqualTo("ssh");
        invite(fresh, "on-its-way");
        invite(fresh, "new");
        offer();
        assertThat(offered).as("one of them came over both sockets").isEmpty();
        assertThat(oldFar.closed).isNotDone();
        scheduler.advance(Duration.ofSeconds(1));
        assertThat(oldFar.closed()).isEqualTo(CloseReason.normal());
        assertThat(device.stopped()).isNotDone();
        scheduler.advance(Duration.ofHours(1));
        assertThat(node.calls).isEmpty();
    }

    @Test
    void move_oldSocketIsReplacedByTheNewOne_keepsListening() throws Exception {
        PairLeg old = listen();
        old.send(Fragment.text("{\"type\":\"move\"}"));
        Call moving = attemptAfter(1);
        old.close(new CloseReason(CloseReason.REPLACED, "newer")); // the other node has said so before its answer came
        PairLeg fresh = moving.open();
        QueueReceiver there = new QueueReceiver(fresh::demand);
        fresh.open(there);
        fresh.demand();
        invite(fresh, "t");
        offer();
        assertThat(device.stopped()).isNotDone();
    }

    @Test
    void move_oldSocketEndsFirst_doesNotConnectTwice() throws Exception {
        PairLeg old = listen();
        old.send(Fragment.text("{\"type\":\"move\"}"));
        old.close(new CloseReason(1001, ""));
        attemptAfter(1).open();
        scheduler.advance(Duration.ofSeconds(30));
        assertThat(node.calls).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(ints = {400, 401, 403, 404})
    void reconnect_refused_waitsForTheMaximumPause(int status) throws Exception {
        device = builder(offered::add).build().start();
        node.call().fail(new HandshakeException(status));
        attemptAfter(10);
    }

    @ParameterizedTest
    @ValueSource(ints = {429, 503})
    void reconnect_overloaded_backsOffAsUsual(int status) throws Exception {
        device = builder(offered::add).build().start();
        node.call().fail(new HandshakeException(status));
        attemptAfter(1);
    }

    @Test
    void close_replaced_triesAgainSlowly_howeverShortTheOtherDelays() throws Exception {
        List<DeviceState> states = new CopyOnWriteArrayList<>();
        device = builder(offered::add).onState(states::add).build().start();
        PairLeg far = node.call().open();
        device.listening().toCompletableFuture().get(10, TimeUnit.SECONDS);
        for (int i = 0; i < 3; i++) {
            QueueReceiver there = new QueueReceiver(far::demand);
            far.open(there);
            far.close(new CloseReason(CloseReason.REPLACED, "newer"));
            assertThat(device.stopped()).isNotDone();
            assertThat(states.get(states.size() - 1))
                    .isInstanceOfSatisfying(
                            DeviceState.Replaced.class,
                            replaced -> assertThat(replaced.retryIn())
                                    .isBetween(Duration.ofSeconds(30), Duration.ofMinutes(1)));
            scheduler.advance(Duration.ofSeconds(29));
            assertThat(node.calls).isEmpty();
            scheduler.advance(Duration.ofSeconds(31));
            far = node.call().open();
        }
    }

    @Test
    void close_replacedAndThenClosed_triesNoMore() throws Exception {
        PairLeg listen = listen();
        listen.close(new CloseReason(CloseReason.REPLACED, "newer"));
        device.close();
        scheduler.advance(Duration.ofHours(1));
        assertThat(node.calls).isEmpty();
    }

    @Test
    void silentListenSocket_isReplaced() throws Exception {
        PairLeg listen = listen();
        scheduler.advance(Duration.ofHours(1));
        assertThat(node.calls).isEmpty();
        listen.mute = true;
        scheduler.advance(Duration.ofSeconds(61));
        assertThat(node.call().path()).isEqualTo("/bridge/listen");
    }

    @Test
    void close_endsTheListenSocket_withoutReconnecting() throws Exception {
        listen();
        device.close();
        assertThat(far.closed()).isEqualTo(CloseReason.normal());
        assertThat(device.stopped().toCompletableFuture().get()).isEqualTo(CloseReason.normal());
        scheduler.advance(Duration.ofHours(1));
        assertThat(node.calls).isEmpty();
    }
}
