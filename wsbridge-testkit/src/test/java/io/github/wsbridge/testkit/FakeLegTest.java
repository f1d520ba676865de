package io.github.wsbridge.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.wsbridge.CloseReason;
import io.github.wsbridge.spi.Fragment;
import io.github.wsbridge.spi.Leg;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class FakeLegTest {

    private final FakeLeg leg = new FakeLeg();
    private final RecordingReceiver receiver = new RecordingReceiver(leg);

    @Test
    void deliver_demanded_reachesTheReceiver() {
        receiver.open().demandAlways();
        leg.deliver("one");
        leg.deliver("two");
        assertThat(receiver.messages()).containsExactly(Fragment.text("one"), Fragment.text("two"));
        assertThat(leg.demands()).isEqualTo(3);
    }

    @Test
    void deliver_notDemanded_isTheTestsError() {
        receiver.open();
        assertThatThrownBy(() -> leg.deliver("one")).isInstanceOf(AssertionError.class);
    }

    @Test
    void demand_twice_isTheUsersError() {
        receiver.open().demand();
        assertThatThrownBy(leg::demand).isInstanceOf(AssertionError.class);
        assertThat(leg.violations()).hasSize(1);
    }

    @Test
    void anyCall_beforeOpen_isTheUsersError() {
        assertThatThrownBy(leg::demand).isInstanceOf(AssertionError.class);
        assertThatThrownBy(leg::ping).isInstanceOf(AssertionError.class);
        assertThatThrownBy(() -> leg.send(Fragment.text("x"))).isInstanceOf(AssertionError.class);
    }

    @Test
    void send_twice_isTheUsersError() {
        leg.holdSends();
        receiver.open();
        leg.send(Fragment.text("one"));
        assertThatThrownBy(() -> leg.send(Fragment.text("two"))).isInstanceOf(AssertionError.class);
    }

    @Test
    void send_held_completesWhenTold() {
        leg.holdSends();
        receiver.open();
        ByteBuffer payload = ByteBuffer.wrap(new byte[] {1, 2, 3});
        CompletableFuture<Void> done = leg.send(Fragment.binary(payload)).toCompletableFuture();
        assertThat(done).isNotDone();
        leg.completeSend();
        assertThat(done).isCompleted();
        assertThat(payload.hasRemaining()).isFalse();
        assertThat(leg.sent()).containsExactly(Fragment.binary(ByteBuffer.wrap(new byte[] {1, 2, 3})));
    }

    @Test
    void send_payloadModifiedMeanwhile_isTheUsersError() {
        leg.holdSends();
        receiver.open();
        ByteBuffer payload = ByteBuffer.wrap(new byte[] {1, 2, 3});
        leg.send(Fragment.binary(payload));
        payload.put(0, (byte) 9);
        assertThatThrownBy(leg::completeSend).isInstanceOf(AssertionError.class);
    }

    @Test
    void close_waitsForTheSendInFlight() {
        leg.holdSends();
        receiver.open();
        leg.send(Fragment.text("last"));
        leg.close(new CloseReason(4001, "bye"));
        assertThat(receiver.closed()).isNull();
        leg.completeSend();
        assertThat(receiver.closed()).isEqualTo(new CloseReason(4001, "bye"));
    }

    @Test
    void close_unanswered_leavesTheEndToTheTest() {
        leg.leaveClosesUnanswered();
        receiver.open();
        leg.close(new CloseReason(4001, "bye"));
        assertThat(receiver.closed()).isNull();
        leg.end(CloseReason.normal());
        assertThat(receiver.closed()).isEqualTo(CloseReason.normal());
        assertThat(leg.send(Fragment.text("late")).toCompletableFuture()).isCompletedExceptionally();
    }

    @Test
    void end_fromInsideACall_comesAfterIt() {
        List<String> calls = new ArrayList<>();
        leg.open(new Leg.Receiver() {
            @Override
            public void onFragment(Fragment fragment) {
                leg.abort();
                calls.add("fragment");
            }

            @Override
            public void onClosed(CloseReason reason) {
                calls.add("closed");
            }
        });
        leg.demand();
        leg.deliver("x");
        assertThat(calls).containsExactly("fragment", "closed");
    }

    @Test
    void end_beforeOpen_isReportedAtOpen() {
        leg.end(CloseReason.vanished("early"));
        assertThat(receiver.open().closed()).isEqualTo(CloseReason.vanished("early"));
    }
}
