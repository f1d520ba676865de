package io.github.wsbridge.jakarta;

import io.github.wsbridge.CloseReason;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A filter's legs and waiting requests. Thread-safe. */
final class OpenLegs {

    /** How long {@link #close} waits for the timer's thread to end. */
    private static final int JOIN_MILLIS = 3_000;

    private final Set<HeldRequest> requests = ConcurrentHashMap.newKeySet();
    private final Set<UpgradedLeg> legs = ConcurrentHashMap.newKeySet();
    private final ReadBuffers buffers = new ReadBuffers();
    private final ScheduledThreadPoolExecutor timer;
    private final CountDownLatch empty = new CountDownLatch(1);
    private volatile @Nullable Thread timerThread;
    private volatile boolean closing;

    OpenLegs() {
        timer = new ScheduledThreadPoolExecutor(1, task -> {
            Thread thread = new Thread(task, "wsbridge-filter");
            thread.setDaemon(true);
            timerThread = thread;
            return thread;
        });
        timer.setRemoveOnCancelPolicy(true);
    }

    /** Returns the timer, for tasks that do not block. */
    ScheduledExecutorService timer() {
        return timer;
    }

    /** Adds a request; returns false if the filter is closing. */
    boolean add(HeldRequest request) {
        requests.add(request);
        if (closing) {
            requests.remove(request);
        }
        return !closing;
    }

    void remove(HeldRequest request) {
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
     * Refuses waiting requests, closes the legs and waits for them to end; drops those that have not ended in time.
     * Cannot be used afterwards.
     */
    void close(CloseReason reason, Duration grace) {
        closing = true;
        List<HeldRequest> refused = List.copyOf(requests);
        refused.forEach(HeldRequest::stop);
        legs.forEach(leg -> leg.close(reason));
        try {
            awaitCompleted(refused, grace);
            if (!legs.isEmpty() && !empty.await(grace.toMillis(), TimeUnit.MILLISECONDS)) {
                legs.forEach(UpgradedLeg::abort);
            }
            timer.shutdownNow();
            Thread thread = timerThread;
            if (thread != null) {
                thread.join(JOIN_MILLIS); // containers report threads that outlive the application
            }
        } catch (InterruptedException e) {
            legs.forEach(UpgradedLeg::abort);
            timer.shutdownNow();
            Thread.currentThread().interrupt();
        }
    }

    /** The container may finish a request only after the thread that brought it has returned. */
    private static void awaitCompleted(List<HeldRequest> refused, Duration grace) throws InterruptedException {
        long end = System.nanoTime() + grace.toNanos();
        for (HeldRequest request : refused) {
            if (!request.awaitCompleted(Duration.ofNanos(end - System.nanoTime()))) {
                return;
            }
        }
    }
}
