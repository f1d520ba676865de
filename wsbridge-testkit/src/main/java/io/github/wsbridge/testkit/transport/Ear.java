package io.github.wsbridge.testkit.transport;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.wsbridge.CloseReason;
import io.github.wsbridge.spi.Fragment;
import io.github.wsbridge.spi.Leg;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** A receiver that keeps what it hears, and checks that nothing comes after the end or at the same time. */
public final class Ear implements Leg.Receiver {

    public static final long SECONDS = 30; // twice the longest that a container takes to drop a connection

    public final Leg leg;
    public final BlockingQueue<Fragment> fragments = new LinkedBlockingQueue<>();
    public final AtomicInteger pongs = new AtomicInteger();
    public final CompletableFuture<CloseReason> closed = new CompletableFuture<>();
    public final CompletableFuture<Throwable> mistake = new CompletableFuture<>();
    private final AtomicInteger inside = new AtomicInteger();

    public Ear(Leg leg) {
        this.leg = leg;
        leg.open(this);
    }

    /** Asks for a fragment and waits for it. */
    public Fragment next() throws Exception {
        leg.demand();
        Fragment fragment = fragments.poll(SECONDS, TimeUnit.SECONDS);
        assertThat(fragment).as("a fragment in time").isNotNull();
        return fragment;
    }

    public CloseReason closed() throws Exception {
        CloseReason reason = closed.get(SECONDS, TimeUnit.SECONDS);
        assertThat(mistake).as("calls after the end or at the same time").isNotDone();
        return reason;
    }

    public void send(Fragment fragment) throws Exception {
        leg.send(fragment).toCompletableFuture().get(SECONDS, TimeUnit.SECONDS);
    }

    public static byte[] bytes(Fragment fragment) {
        byte[] bytes = new byte[fragment.payload().remaining()];
        fragment.payload().get(bytes);
        return bytes;
    }

    public static String text(Fragment fragment) {
        return new String(bytes(fragment), StandardCharsets.UTF_8);
    }

    public static Fragment part(Fragment.Kind kind, byte[] payload, boolean last) {
        return new Fragment(kind, ByteBuffer.wrap(payload), last);
    }

    @Override
    public void onFragment(Fragment fragment) {
        enter();
        fragments.add(fragment);
        inside.decrementAndGet();
    }

    @Override
    public void onPong() {
        enter();
        pongs.incrementAndGet();
        inside.decrementAndGet();
    }

    @Override
    public void onClosed(CloseReason reason) {
        enter();
        closed.complete(reason);
        inside.decrementAndGet();
    }

    private void enter() {
        if (inside.incrementAndGet() != 1 || closed.isDone()) {
            mistake.complete(new AssertionError("a call at the same time or after the end"));
        }
    }
}
