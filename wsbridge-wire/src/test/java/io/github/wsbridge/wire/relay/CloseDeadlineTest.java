package io.github.wsbridge.wire.relay;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.wsbridge.testkit.FakeScheduler;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class CloseDeadlineTest {

    private final FakeScheduler timer = new FakeScheduler();
    private final AtomicLong written = new AtomicLong();
    private final AtomicInteger drops = new AtomicInteger();
    private final CloseDeadline deadline = new CloseDeadline(timer, written::get, drops::incrementAndGet);

    @Test
    void noProgress_dropsAfterTenSeconds() {
        deadline.start();
        timer.advance(Duration.ofMillis(9_900));
        assertThat(drops).hasValue(0);
        timer.advance(Duration.ofMillis(700));
        assertThat(drops).hasValue(1);
        assertThat(timer.pending()).isZero();
    }

    @Test
    void slowPeerThatAcceptsData_getsTenMoreSecondsEachTime() {
        deadline.start();
        for (int i = 0; i < 10; i++) {
            timer.advance(Duration.ofSeconds(9));
            written.incrementAndGet();
        }
        assertThat(drops).hasValue(0);
        timer.advance(Duration.ofSeconds(11));
        assertThat(drops).hasValue(1);
    }

    @Test
    void verySlowPeer_isDroppedAfterTwoMinutes() {
        deadline.start();
        for (int i = 0; i < 119; i++) {
            timer.advance(Duration.ofSeconds(1));
            written.incrementAndGet();
        }
        assertThat(drops).hasValue(0);
        timer.advance(Duration.ofSeconds(2));
        assertThat(drops).hasValue(1);
    }

    @Test
    void stop_endsIt() {
        deadline.start();
        deadline.start();
        deadline.stop();
        assertThat(timer.pending()).isZero();
        timer.advance(Duration.ofMinutes(5));
        assertThat(drops).hasValue(0);
    }

    @Test
    void start_timerIsShutDown_dropsAtOnce() {
        timer.shutdown();
        deadline.start();
        assertThat(drops).hasValue(1);
    }
}
