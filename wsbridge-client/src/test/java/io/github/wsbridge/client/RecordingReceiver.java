package io.github.wsbridge.client;

import io.github.wsbridge.CloseReason;
import io.github.wsbridge.spi.Fragment;
import io.github.wsbridge.spi.Leg;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** Keeps what a leg tells, and checks that it is told by one thread at a time and nothing after the end. */
final class RecordingReceiver implements Leg.Receiver {

    final BlockingQueue<Fragment> fragments = new LinkedBlockingQueue<>();
    final CompletableFuture<CloseReason> closed = new CompletableFuture<>();
    final AtomicInteger pongs = new AtomicInteger();
    final AtomicInteger violations = new AtomicInteger();
    private final AtomicInteger inside = new AtomicInteger();
    private final Runnable onFragment;

    RecordingReceiver() {
        this(() -> {});
    }

    /** Runs {@code onFragment}, such as a further demand, within each call. */
    RecordingReceiver(Runnable onFragment) {
        this.onFragment = onFragment;
    }

    @Override
    public void onFragment(Fragment fragment) {
        enter();
        fragments.add(fragment);
        onFragment.run();
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
        if (inside.getAndIncrement() != 0 || closed.isDone()) {
            violations.incrementAndGet();
        }
    }

    Fragment fragment() throws Exception {
        Fragment fragment = fragments.poll(10, TimeUnit.SECONDS);
        if (fragment == null) {
            throw new AssertionError("no fragment");
        }
        return fragment;
    }

    CloseReason closed() throws Exception {
        return closed.get(15, TimeUnit.SECONDS);
    }

    static byte[] bytes(Fragment fragment) {
        ByteBuffer payload = fragment.payload().duplicate();
        byte[] bytes = new byte[payload.remaining()];
        payload.get(bytes);
        return bytes;
    }

    static String text(Iterable<Fragment> fragments) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        fragments.forEach(fragment -> all.writeBytes(bytes(fragment)));
        return all.toString(StandardCharsets.UTF_8);
    }
}
