package io.github.wsbridge.testkit;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledFuture;
import org.junit.jupiter.api.Test;

class FakeSchedulerTest {

    private final FakeClock clock = new FakeClock(Instant.EPOCH);
    private final FakeScheduler scheduler = new FakeScheduler(clock);
    private final List<String> ran = new ArrayList<>();

    private Runnable note(String name) {
        return () -> ran.add(name + "@" + clock.instant().getEpochSecond());
    }

    @Test
    void advance_runsWhatIsDueInOrder() {
        scheduler.schedule(note("late"), 3, SECONDS);
        scheduler.schedule(note("early"), 1, SECONDS);
        scheduler.schedule(note("second early"), 1, SECONDS);
        scheduler.execute(note("now"));
        scheduler.advance(Duration.ofSeconds(2));
        assertThat(ran).containsExactly("now@0", "early@1", "second early@1");
        assertThat(scheduler.pending()).isEqualTo(1);
        assertThat(clock.instant()).isEqualTo(Instant.ofEpochSecond(2));
        scheduler.advance(Duration.ofSeconds(1));
        assertThat(ran).endsWith("late@3");
    }

    @Test
    void advance_runsWhatTasksSchedule() {
        scheduler.schedule(() -> scheduler.schedule(note("child"), 1, SECONDS), 1, SECONDS);
        scheduler.advance(Duration.ofSeconds(5));
        assertThat(ran).containsExactly("child@2");
    }

    @Test
    void periodic_runsUntilCancelled() {
        ScheduledFuture<?> task = scheduler.scheduleWithFixedDelay(note("tick"), 1, 2, SECONDS);
        scheduler.advance(Duration.ofSeconds(6));
        assertThat(ran).containsExactly("tick@1", "tick@3", "tick@5");
        task.cancel(false);
        assertThat(scheduler.pending()).isZero();
        scheduler.advance(Duration.ofSeconds(6));
        assertThat(ran).hasSize(3);
    }

    @Test
    void periodic_cancelledByItself_stops() {
        List<ScheduledFuture<?>> self = new ArrayList<>();
        self.add(scheduler.scheduleAtFixedRate(
                () -> {
                    ran.add("once");
                    self.get(0).cancel(false);
                },
                1,
                1,
                SECONDS));
        scheduler.advance(Duration.ofSeconds(5));
        assertThat(ran).containsExactly("once");
        assertThat(scheduler.pending()).isZero();
    }

    @Test
    void shutdown_refusesAndDrops() {
        scheduler.schedule(note("never"), 1, SECONDS);
        scheduler.shutdown();
        scheduler.advance(Duration.ofSeconds(2));
        assertThat(ran).isEmpty();
        assertThatThrownBy(() -> scheduler.execute(note("never"))).isInstanceOf(RejectedExecutionException.class);
    }
}
