package io.github.wsbridge.session;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class PingsTest {

    private final List<Long> sent = new ArrayList<>();
    private final Pings pings = new Pings(sent::add);

    @Test
    void roundTrip_isTheSmallestOfTheLatest() {
        assertThat(pings.roundTrip()).isZero();
        pings.answered(0, 50);
        pings.answered(0, 70);
        assertThat(pings.roundTrip()).isEqualTo(50);
        for (int i = 0; i < 8; i++) {
            pings.answered(0, 90);
        }
        assertThat(pings.roundTrip()).isEqualTo(90);
    }

    @Test
    void answered_aTimeThatIsToCome_doesNotCount() {
        pings.answered(10, 5);

        assertThat(pings.roundTrip()).isZero();
    }

    @Test
    void check_silence_isToldAtTheSecond() {
        pings.send(0);

        assertThat(pings.check(1)).isTrue();
        assertThat(pings.check(2)).isFalse();
    }

    @Test
    void check_dataInPlaceOfAnAnswer_isALife() {
        pings.send(0);
        for (int i = 1; i < 10; i++) {
            pings.heard();
            assertThat(pings.check(i)).isTrue();
        }
        assertThat(sent).containsExactly(0L);
    }

    @Test
    void check_answered_sendsAnother() {
        pings.send(0);
        pings.answered(0, 1);

        assertThat(pings.check(2)).isTrue();

        assertThat(sent).containsExactly(0L, 2L);
    }
}
