package io.github.wsbridge.wire.relay;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.wsbridge.CloseReason;
import io.github.wsbridge.spi.Fragment;
import io.github.wsbridge.spi.Leg;
import io.github.wsbridge.testkit.LegContract;
import io.github.wsbridge.testkit.LegPair;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class LocalLegTest extends LegContract {

    @Override
    protected LegPair connect(String subprotocol) {
        LocalLeg near = LocalLeg.pair(subprotocol);
        return new LegPair(near, near.other());
    }

    @Test
    void receiverThatThrows_losesItsLeg() {
        LocalLeg near = LocalLeg.pair("");
        List<CloseReason> told = new ArrayList<>();
        near.open(new Leg.Receiver() {
            @Override
            public void onFragment(Fragment fragment) {
                throw new IllegalStateException("broken on purpose");
            }

            @Override
            public void onClosed(CloseReason reason) {
                told.add(reason);
            }
        });
        near.other().open(new Leg.Receiver() {
            @Override
            public void onFragment(Fragment fragment) {}

            @Override
            public void onClosed(CloseReason reason) {
                told.add(reason);
            }
        });
        near.demand();
        assertThat(near.other().send(Fragment.text("x"))).isDone();
        assertThat(told).hasSize(2);
    }
}
