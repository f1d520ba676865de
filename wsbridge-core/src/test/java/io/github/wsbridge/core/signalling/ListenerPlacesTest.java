package io.github.wsbridge.core.signalling;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.wsbridge.CloseReason;
import io.github.wsbridge.core.limits.FairShare;
import io.github.wsbridge.core.limits.Holder;
import io.github.wsbridge.spi.BridgeListener;
import io.github.wsbridge.testkit.FakeLeg;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Places of listening devices, and whose they are. */
class ListenerPlacesTest {

    private static final CloseReason LOST = CloseReason.vanished("lost");

    private final DeviceListeners listeners =
            new DeviceListeners(4, new FairShare(50, 100), new BridgeListener() {}, (token, rejection) -> {});
    private final List<FakeLeg> legs = new ArrayList<>();

    /** Returns whether there was room. The leg leaves a close unanswered, as a device that cannot be reached does. */
    private boolean listen(String principal, String device) {
        FakeLeg leg = new FakeLeg().leaveClosesUnanswered();
        boolean room = listeners
                .expect(device)
                .open(
                        leg,
                        Instant.EPOCH,
                        new BridgeListener.Client(principal, ""),
                        new Holder(principal, ""),
                        () -> true);
        if (room) {
            legs.add(leg);
        }
        return room;
    }

    private void endAll() {
        legs.forEach(leg -> leg.end(LOST));
        legs.clear();
    }

    @Test
    void deviceThatListensAgain_takesOverItsPlace_andGivesItBackOnce() {
        for (int round = 0; round < 3; round++) {
            assertThat(listen("a", "a-1")).isTrue();
            assertThat(listen("a", "a-2")).isTrue();
            assertThat(listen("a", "a-3")).as("more than its share").isFalse();
            for (int again = 0; again < 3; again++) {
                assertThat(listen("a", "a-1")).isTrue();
            }
            assertThat(listeners.size()).isEqualTo(2);
            assertThat(listen("b", "b-1")).isTrue();
            endAll();
            assertThat(listeners.size()).isZero();
        }
    }

    @Test
    void placeThatAnotherPrincipalHasTakenOver_isGivenBackToItsOwner() {
        assertThat(listen("a", "a-1")).isTrue();
        assertThat(listen("a", "a-2")).isTrue();
        assertThat(listen("b", "b-1")).isTrue();
        assertThat(listen("b", "a-1")).as("more than the share of b").isTrue();
        endAll();
        assertThat(listeners.size()).isZero();
        for (String principal : List.of("a", "b")) {
            assertThat(listen(principal, principal + "-1")).isTrue();
        }
        assertThat(listen("a", "a-2")).isTrue();
    }
}
