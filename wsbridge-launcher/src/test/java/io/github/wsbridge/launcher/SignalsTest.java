package io.github.wsbridge.launcher;

import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Signals to this process, which end it if they keep their meaning. */
class SignalsTest {

    private final AtomicInteger times = new AtomicInteger();

    private static void raise(String name) throws ReflectiveOperationException {
        Class<?> signal = Class.forName("sun.misc.Signal");
        signal.getMethod("raise", signal)
                .invoke(null, signal.getConstructor(String.class).newInstance(name));
    }

    private void awaitTimes(int expected) {
        await().atMost(Duration.ofSeconds(20)).until(() -> times.get() == expected);
    }

    @Test
    void hangupMeans_runsTheActionEachTime() throws Exception {
        Signals.hangupMeans(times::incrementAndGet);
        raise("HUP");
        awaitTimes(1);
        raise("HUP");
        awaitTimes(2);
    }

    @Test
    void furtherStopMeans_runsTheActionForBoth() throws Exception {
        Runnable restore = Signals.furtherStopMeans(times::incrementAndGet);
        try {
            raise("TERM");
            awaitTimes(1);
            raise("INT");
            awaitTimes(2);
        } finally {
            restore.run();
        }
    }
}
