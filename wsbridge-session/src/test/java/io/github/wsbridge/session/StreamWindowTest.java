package io.github.wsbridge.session;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class StreamWindowTest {

    private static final long ROUND_TRIP = 100_000_000;

    private final WindowBudget budget = new WindowBudget(32 << 20);
    private final StreamWindow window = new StreamWindow(budget, 0);

    @Test
    void taken_windowfulEachRoundTrip_doublesUpToTheLimit() {
        int size = StreamWindow.INITIAL;
        for (int trip = 1; trip <= 12; trip++) {
            size += window.taken(size, trip * ROUND_TRIP, ROUND_TRIP);
        }
        assertThat(size).isEqualTo(StreamWindow.MOST);
    }

    @Test
    void taken_veryShortRoundTrip_growsAsIfItWereAMillisecond() {
        long millisecond = 1_000_000;
        assertThat(window.taken(StreamWindow.INITIAL, 3 * millisecond, 1)).isEqualTo(StreamWindow.INITIAL);
        assertThat(window.taken(2 * StreamWindow.INITIAL, 10 * millisecond, 1)).isZero();
    }

    @Test
    void taken_slowReader_keepsTheWindow() {
        for (int trip = 1; trip <= 100; trip++) {
            assertThat(window.taken(StreamWindow.INITIAL, trip * 5 * ROUND_TRIP, ROUND_TRIP))
                    .isZero();
        }
    }

    @Test
    void taken_lessThanHalfAWindow_keepsTheWindow() {
        assertThat(window.taken(StreamWindow.INITIAL / 2 - 1, 1, ROUND_TRIP)).isZero();
    }

    @Test
    void taken_roundTripUnknown_keepsTheWindow() {
        assertThat(window.taken(StreamWindow.INITIAL, 1, 0)).isZero();
    }

    @Test
    void taken_budgetUsedUp_keepsTheWindow() {
        budget.take((32 << 20) - 10);

        assertThat(window.taken(StreamWindow.INITIAL, ROUND_TRIP, ROUND_TRIP)).isEqualTo(10);
        assertThat(window.taken(StreamWindow.INITIAL, 2 * ROUND_TRIP, ROUND_TRIP))
                .isZero();
    }

    @Test
    void close_returnsWhatItHasTaken() {
        window.taken(StreamWindow.INITIAL, ROUND_TRIP, ROUND_TRIP);

        window.close();

        assertThat(budget.take(Integer.MAX_VALUE)).isEqualTo(32 << 20);
    }
}
