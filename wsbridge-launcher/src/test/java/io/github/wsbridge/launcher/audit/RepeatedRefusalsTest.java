package io.github.wsbridge.launcher.audit;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.wsbridge.launcher.audit.RepeatedRefusals.Counted;
import io.github.wsbridge.launcher.audit.RepeatedRefusals.Kind;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

final class RepeatedRefusalsTest {

    private static final Kind GUESS = new Kind("/bridge/connect", 401, "192.0.2.1");
    private static final long MINUTE = RepeatedRefusals.INTERVAL.toNanos();

    private final RepeatedRefusals refusals = new RepeatedRefusals();

    @Test
    void add_first_isToldAtOnce_theRestOnceAMinute() {
        assertThat(refusals.add(GUESS, 0)).containsExactly(new Counted(GUESS, 1));
        for (int i = 0; i < 7; i++) {
            assertThat(refusals.add(GUESS, 1)).isEmpty();
        }
        assertThat(refusals.over(MINUTE - 1)).isEmpty();
        assertThat(refusals.over(MINUTE)).containsExactly(new Counted(GUESS, 7));
        assertThat(refusals.add(GUESS, MINUTE + 1)).as("not a first one").isEmpty();
        assertThat(refusals.over(2 * MINUTE)).containsExactly(new Counted(GUESS, 1));
        assertThat(refusals.over(3 * MINUTE)).isEmpty();
        assertThat(refusals.add(GUESS, 3 * MINUTE)).containsExactly(new Counted(GUESS, 1));
    }

    @Test
    void add_ofManyAddresses_isBounded() {
        Set<String> told = new TreeSet<>();
        for (int i = 0; i < 5_000; i++) {
            refusals.add(new Kind("/bridge/connect", 401, "192.0.2." + i), 0)
                    .forEach(some -> told.add(some.kind().from()));
        }
        assertThat(told).hasSize(1_001).contains("several");
        assertThat(refusals.rest()).containsExactly(new Counted(new Kind("/bridge/connect", 401, "several"), 3_999));
    }
}
