package io.github.wsbridge.testkit;

import io.github.wsbridge.CloseReason;
import io.github.wsbridge.spi.Fragment;
import io.github.wsbridge.spi.Leg;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;

/**
 * Records everything received from one leg, and detects violations by the leg: a fragment without demand, concurrent
 * calls, or calls after the end. Thread-safe.
 *
 * <p>It keeps the fragments themselves, not copies, so that a leg that reuses a payload's memory is detected.
 */
public final class RecordingReceiver implements Leg.Receiver {

    /**
     * The timeout of methods without a timeout parameter: twice the longest time that a container takes to drop a
     * connection.
     */
    public static final Duration PATIENCE = Duration.ofSeconds(30);

    private final Leg leg;
    private final List<Fragment> fragments = new ArrayList<>(); // guarded by itself
    private final List<String> violations = new CopyOnWriteArrayList<>();
    private final AtomicInteger unanswered = new AtomicInteger();
    private final AtomicInteger pongs = new AtomicInteger();
    private final AtomicReference<@Nullable Thread> caller = new AtomicReference<>();
    private volatile boolean flowing;
    private volatile long lingerNanos;
    private volatile @Nullable CloseReason closed;

    /** Creates a receiver for {@code leg}, which is not open yet. */
    public RecordingReceiver(Leg leg) {
        this.leg = leg;
    }

    /** Opens the leg with this receiver. */
    public RecordingReceiver open() {
        leg.open(this);
        return this;
    }

    /** Takes this long for each call from now on, so that calls overlap if they can. */
    public RecordingReceiver linger(Duration time) {
        lingerNanos = time.toNanos();
        return this;
    }

    /** Demands one fragment. */
    public void demand() {
        unanswered.incrementAndGet();
        try {
            leg.demand();
        } catch (RuntimeException | StackOverflowError e) {
            violations.add("demand failed: " + e);
        }
    }

    /** Demands one fragment, waits for it, and removes it from the recorded fragments. */
    public Fragment next() throws InterruptedException {
        demand();
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        synchronized (fragments) {
            while (fragments.isEmpty()) {
                long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
                if (left <= 0) {
                    throw new AssertionError("no fragment arrived within " + PATIENCE + "; closed: " + closed);
                }
                fragments.wait(left);
            }
            return fragments.remove(0);
        }
    }

    /** Returns the payload of the {@link #next} fragment. */
    public byte[] nextBytes() throws InterruptedException {
        Fragment fragment = next();
        byte[] bytes = new byte[fragment.payload().remaining()];
        fragment.payload().get(bytes);
        return bytes;
    }

    /** Returns the payload of the {@link #next} fragment as text. */
    public String nextText() throws InterruptedException {
        return new String(nextBytes(), StandardCharsets.UTF_8);
    }

    /** Sends a fragment and waits for the send to complete. */
    public void send(Fragment fragment) throws Exception {
        leg.send(fragment).toCompletableFuture().get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** Demands a fragment now, and another one inside each {@code onFragment}. */
    public void demandAlways() {
        flowing = true;
        demand();
    }

    @Override
    public void onFragment(Fragment fragment) {
        boolean outermost = enter("onFragment");
        if (unanswered.decrementAndGet() < 0) {
            violations.add("a fragment arrived without demand");
        }
        synchronized (fragments) {
            fragments.add(fragment);
            fragments.notifyAll();
        }
        if (flowing) {
            demand();
        }
        leave(outermost);
    }

    @Override
    public void onPong() {
        boolean outermost = enter("onPong");
        pongs.incrementAndGet();
        leave(outermost);
    }

    @Override
    public void onClosed(CloseReason reason) {
        boolean outermost = enter("onClosed");
        if (closed == null) {
            closed = reason;
        }
        leave(outermost);
    }

    private boolean enter(String call) {
        Thread current = Thread.currentThread();
        Thread inside = caller.compareAndExchange(null, current);
        if (inside != null && inside != current) {
            violations.add(call + " by " + current + " while " + inside + " was still calling");
        }
        if (closed != null) {
            violations.add(call + " after the end");
        }
        if (lingerNanos > 0) {
            LockSupport.parkNanos(lingerNanos);
        }
        return inside == null;
    }

    private void leave(boolean outermost) {
        if (outermost) {
            caller.set(null);
        }
    }

    /** Returns the receiver's leg. */
    public Leg leg() {
        return leg;
    }

    /** Returns the recorded fragments, except those taken by {@link #next}. */
    public List<Fragment> fragments() {
        synchronized (fragments) {
            return List.copyOf(fragments);
        }
    }

    /** Returns the number of recorded fragments that were not taken. */
    public int count() {
        synchronized (fragments) {
            return fragments.size();
        }
    }

    /** Returns the complete messages that have arrived. */
    public List<Fragment> messages() {
        List<Fragment> messages = new ArrayList<>();
        ByteArrayOutputStream open = new ByteArrayOutputStream();
        Fragment.Kind kind = null;
        for (Fragment fragment : fragments()) {
            if (kind != null && kind != fragment.kind()) {
                throw new AssertionError("a message changed from " + kind + " to " + fragment.kind());
            }
            kind = fragment.kind();
            byte[] bytes = new byte[fragment.payload().remaining()];
            fragment.payload().duplicate().get(bytes);
            open.writeBytes(bytes);
            if (fragment.last()) {
                messages.add(new Fragment(kind, ByteBuffer.wrap(open.toByteArray()), true));
                open.reset();
                kind = null;
            }
        }
        return messages;
    }

    /** Returns the number of pongs that have arrived. */
    public int pongs() {
        return pongs.get();
    }

    /** Returns why the leg ended; null before that. */
    public @Nullable CloseReason closed() {
        return closed;
    }

    /** Returns the leg's violations of its contract; normally empty. */
    public List<String> violations() {
        return List.copyOf(violations);
    }

    /** Waits until at least {@code count} fragments have arrived, and returns all of them. */
    public List<Fragment> awaitFragments(int count, Duration patience) {
        await("fragments", patience, () -> count() >= count);
        return fragments();
    }

    /** Waits until at least {@code count} complete messages have arrived, and returns all of them. */
    public List<Fragment> awaitMessages(int count, Duration patience) {
        await("messages", patience, () -> count() >= count && messages().size() >= count);
        return messages();
    }

    /** Waits until at least {@code count} pongs have arrived. */
    public void awaitPongs(int count, Duration patience) {
        await("pongs", patience, () -> pongs() >= count);
    }

    /** Waits for the end and returns its reason. */
    public CloseReason awaitClosed() {
        return awaitClosed(PATIENCE);
    }

    /** Waits for the end and returns its reason. */
    public CloseReason awaitClosed(Duration patience) {
        await("the end", patience, () -> closed != null);
        CloseReason reason = closed;
        if (reason == null) {
            throw new AssertionError("the end was reported, then withdrawn");
        }
        return reason;
    }

    private static void await(String what, Duration patience, Callable<Boolean> condition) {
        Awaitility.await(what)
                .pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(5))
                .atMost(patience)
                .until(condition);
    }
}
