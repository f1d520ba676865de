package io.github.wsbridge.core.limits;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.wsbridge.testkit.FakeClock;
import io.github.wsbridge.testkit.FakeScheduler;
import io.github.wsbridge.wire.relay.Pace;
import java.time.Duration;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class BandwidthTest {

    private static final int PIECE = 1_000;

    private final FakeClock clock = new FakeClock();
    private final FakeScheduler scheduler = new FakeScheduler(clock);
    private long relayed;

    private Bandwidth bandwidth(long perBridge, long perPrincipal) {
        long start = clock.millis();
        return new Bandwidth(perBridge, perPrincipal, scheduler, () -> (clock.millis() - start) * 1_000_000);
    }

    /** Relays as fast as the pace permits. */
    private void relay(Pace pace) {
        pace.next(() -> {
            relayed += PIECE;
            pace.relayed(PIECE);
            relay(pace);
        });
    }

    private void pass(Duration time) {
        for (int i = 0; i < time.toMillis(); i++) {
            scheduler.advance(Duration.ofMillis(1));
        }
    }

    @Test
    void bridge_keepsItsRate() {
        relay(Objects.requireNonNull(bandwidth(100_000, 0).of("a")));
        assertThat(relayed).isBetween(10_000L, 12_000L); // the burst
        pass(Duration.ofSeconds(2));
        assertThat(relayed).isBetween(205_000L, 215_000L);
    }

    @Test
    void bridgesOfOnePrincipal_shareItsRate() {
        Bandwidth bandwidth = bandwidth(0, 100_000);
        relay(Objects.requireNonNull(bandwidth.of("a")));
        relay(Objects.requireNonNull(bandwidth.of("a")));
        pass(Duration.ofSeconds(2));
        assertThat(relayed).isBetween(205_000L, 220_000L);
        relayed = 0;
        relay(Objects.requireNonNull(bandwidth.of("b")));
        assertThat(relayed).isBetween(10_000L, 12_000L);
    }

    @Test
    void lastBridge_leavesItsDebtToTheNext() {
        Bandwidth bandwidth = bandwidth(0, 100_000);
        Pace first = Objects.requireNonNull(bandwidth.of("a"));
        first.relayed(200_000);
        bandwidth.release("a", first);
        Pace next = Objects.requireNonNull(bandwidth.of("a"));
        relay(next);
        bandwidth.release("a", next);
        assertThat(relayed).isZero();
        pass(Duration.ofMillis(1_850));
        assertThat(relayed).isZero();
        pass(Duration.ofMillis(200));
        assertThat(relayed).isPositive();
    }

    @Test
    void bridgesThatComeAndGo_leaveEachTheirDebt() {
        Bandwidth bandwidth = bandwidth(0, 100_000);
        for (int bytes : new int[] {100_000, 300_000}) {
            Pace pace = Objects.requireNonNull(bandwidth.of("a"));
            pace.relayed(bytes);
            bandwidth.release("a", pace);
        }
        pass(Duration.ofMillis(1_000)); // the time of the first debt alone
        relay(Objects.requireNonNull(bandwidth.of("a")));
        assertThat(relayed).isZero();
    }

    @Test
    void change_appliesToThePrincipalAndToNewBridges() {
        Bandwidth bandwidth = bandwidth(0, 100_000);
        relay(Objects.requireNonNull(bandwidth.of("a")));
        bandwidth.change(0, 200_000);
        pass(Duration.ofSeconds(2));
        assertThat(relayed).isBetween(380_000L, 430_000L);
        bandwidth.change(100_000, 0);
        relayed = 0;
        relay(Objects.requireNonNull(bandwidth.of("b")));
        assertThat(relayed).isBetween(10_000L, 12_000L);
        bandwidth.change(0, 0);
        assertThat(bandwidth.of("b")).isNull();
    }

    @Test
    void noLimit_costsNothing() {
        assertThat(bandwidth(0, 0).of("a")).isNull();
        assertThat(bandwidth(0, 100_000).of("")).isNull();
    }
}
