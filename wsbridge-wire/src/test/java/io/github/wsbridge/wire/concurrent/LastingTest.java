package io.github.wsbridge.wire.concurrent;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.wsbridge.testkit.FakeScheduler;
import io.github.wsbridge.testkit.LogCapture;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class LastingTest {

    @Test
    void run_error_isLoggedAndTheTaskRunsAgain() {
        AtomicInteger runs = new AtomicInteger();
        FakeScheduler scheduler = new FakeScheduler();
        Runnable task = new Lasting(() -> {
            if (runs.incrementAndGet() == 1) {
                throw new OutOfMemoryError("unable to create native thread");
            }
        });
        scheduler.scheduleWithFixedDelay(task, 1, 1, TimeUnit.SECONDS);
        try (LogCapture log = new LogCapture()) {
            scheduler.advance(Duration.ofSeconds(1));
            scheduler.advance(Duration.ofSeconds(1));
            assertThat(runs).hasValue(2);
            assertThat(log.loud()).singleElement().asString().contains("a periodic task failed");
        }
    }
}
