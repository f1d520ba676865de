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
 * Receives from one leg, remembers everything and notes what the leg must not do: a fragment without demand, calls by two
 * threads at once, anything after the end. Thread-safe.
 *
 * <p>It keeps the fragments themselves, not copies: a leg that uses a payload's memory again is found out.
 */
public final class RecordingReceiver implements Leg.Receiver {

    /** How long the methods without a time of their own wait; twice the longest that a container takes to drop a connection. */
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

    /** A receiver for {@code leg}, which is still to be opened. */
    public RecordingReceiver(Leg leg) {
        this.leg = leg;
    }

    /** Opens the leg with this receiver. */
    public RecordingReceiver open() {
        leg.open(this);
        return this;
    }

    /** Takes this long over each call from now on, so that calls that can overlap do. */
    public RecordingReceiver linger(Duration time) {
        lingerNanos = time.toNanos();
        return this;
    }

    /** Asks for one fragment. */
    public void demand() {
        unanswered.incrementAndGet();
        try {
            leg.demand();
        } catch (RuntimeException | StackOverflowError e) {
            violations.add("demand failed: " + e);
        }
    }

    /** Asks for one fragment, waits for it and takes it out of what has arrived. */
    public Fragment next() throws InterruptedException {
        demand();
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        synchronized (fragments) {
            while (fragments.isEmpty()) {
                long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
                if (left <= 0) {
                    throw new AssertionError("no fragment came within " + PATIENCE + "; closed: " + closed);
                }
                fragments.wait(left);
            }
            return fragments.remove(0);
        }
    }

    /** The payload of the {@link #next} fragment. */
    public byte[] nextBytes() throws InterruptedException {
        Fragment fragment = next();
        byte[] bytes = new byte[fragment.payload().remaining()];
        fragment.payload().get(bytes);
        return bytes;
    }

    /** The payload of the {@link #next} fragment as text. */
    public String nextText() throws InterruptedException {
        return new String(nextBytes(), StandardCharsets.UTF_8);
    }

    /** Sends a fragment and waits until the next may be sent. */
    public void send(Fragment fragment) throws Exception {
        leg.send(fragment).toCompletableFuture().get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** Asks for a fragment now, and from inside each {@code onFragment} for the next. */
    public void demandAlways() {
        flowing = true;
        demand();
    }

    @Override
    public void onFragment(Fragment fragment) {
        boolean outermost = enter("onFragment");
        if (unanswered.decrementAndGet() < 0) {
            violations.add("a fragment came without demand");
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

    /** The leg that this receiver listens to. */
    public Leg leg() {
        return leg;
    }

    /** Everything that has arrived and was not taken by {@link #next}, piece by piece. */
    public List<Fragment> fragments() {
        synchronized (fragments) {
            return List.copyOf(fragments);
        }
    }

    /** How many pieces have arrived and were not taken. */
    public int count() {
        synchronized (fragments) {
            return fragments.size();
        }
    }

    /** The messages that have arrived whole, put together. */
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

    /** How many pongs have arrived. */
    public int pongs() {
        return pongs.get();
    }

    /** Why the leg ended; null while it has not. */
    public @Nullable CloseReason closed() {
        return closed;
    }

    /** What the leg did against its contract; empty where all is well. */
    public List<String> violations() {
        return List.copyOf(violations);
    }

    /** Waits until at least {@code count} pieces have arrived and returns all that have. */
    public List<Fragment> awaitFragments(int count, Duration patience) {
        await("fragments", patience, () -> count() >= count);
        return fragments();
    }

    /** Waits until at least {@code count} messages have arrived whole and returns all that have. */
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
            throw new AssertionError("an end was taken back");
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
