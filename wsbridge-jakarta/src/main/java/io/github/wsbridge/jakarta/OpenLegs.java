package io.github.wsbridge.jakarta;

import io.github.wsbridge.CloseReason;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** What a filter has open: requests that wait for the door, and legs. Thread-safe. */
final class OpenLegs {

    private static final int LAST_MILLIS = 3_000;

    private final Set<HeldRequest> requests = ConcurrentHashMap.newKeySet();
    private final Set<UpgradedLeg> legs = ConcurrentHashMap.newKeySet();
    private final ReadBuffers buffers = new ReadBuffers();
    private final ScheduledThreadPoolExecutor timer;
    private final CountDownLatch empty = new CountDownLatch(1);
    private volatile @Nullable Thread clock; // the timer's
    private volatile boolean closing;

    OpenLegs() {
        timer = new ScheduledThreadPoolExecutor(1, task -> {
            Thread thread = new Thread(task, "wsbridge-filter");
            thread.setDaemon(true);
            clock = thread;
            return thread;
        });
        timer.setRemoveOnCancelPolicy(true);
    }

    /** Runs what is due; its tasks do not block. */
    ScheduledExecutorService timer() {
        return timer;
    }

    /** Keeps a request; not if no further ones are taken. */
    boolean hold(HeldRequest request) {
        requests.add(request);
        if (closing) {
            requests.remove(request);
        }
        return !closing;
    }

    void release(HeldRequest request) {
        requests.remove(request);
    }

    UpgradedLeg add(UpgradedConnection connection, String subprotocol) {
        UpgradedLeg[] self = new UpgradedLeg[1];
        UpgradedLeg leg = new UpgradedLeg(connection, subprotocol, timer, buffers, () -> remove(self[0]));
        self[0] = leg;
        legs.add(leg);
        if (closing) {
            leg.abort();
        }
        return leg;
    }

    private void remove(UpgradedLeg leg) {
        legs.remove(leg);
        if (closing && legs.isEmpty()) {
            empty.countDown();
        }
    }

    /**
     * Refuses the requests, closes the legs and waits for their ends; drops what has not ended in time. Then it is of
     * no use.
     */
    void close(CloseReason reason, Duration grace) {
        closing = true;
        requests.forEach(HeldRequest::stop);
        legs.forEach(leg -> leg.close(reason));
        try {
            if (!legs.isEmpty() && !empty.await(grace.toMillis(), TimeUnit.MILLISECONDS)) {
                legs.forEach(UpgradedLeg::abort);
            }
            timer.shutdownNow();
            Thread last = clock;
            if (last != null) {
                last.join(LAST_MILLIS); // containers look for threads that are left
            }
        } catch (InterruptedException e) {
            legs.forEach(UpgradedLeg::abort);
            timer.shutdownNow();
            Thread.currentThread().interrupt();
        }
    }
}
