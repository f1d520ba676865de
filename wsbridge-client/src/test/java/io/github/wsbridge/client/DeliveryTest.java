package io.github.wsbridge.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.wsbridge.CloseReason;
import io.github.wsbridge.spi.Fragment;
import io.github.wsbridge.spi.Leg;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class DeliveryTest {

    @Test
    void receiverThrowsAnError_stillReceivesTheEnd() {
        List<CloseReason> told = new ArrayList<>();
        AtomicReference<Delivery> delivery = new AtomicReference<>();
        delivery.set(
                new Delivery(() -> {}, () -> false, () -> delivery.get().end(CloseReason.vanished("failed here"))));
        delivery.get().open(new Leg.Receiver() {
            @Override
            public void onFragment(Fragment fragment) {
                throw new StackOverflowError("on purpose");
            }

            @Override
            public void onClosed(CloseReason reason) {
                told.add(reason);
            }
        });
        delivery.get().demand();
        delivery.get().hold(Fragment.text("x"));
        assertThat(told).containsExactly(CloseReason.vanished("failed here"));
    }
}
