package io.github.wsbridge.client;

import io.github.wsbridge.CloseReason;
import io.github.wsbridge.spi.Fragment;
import io.github.wsbridge.spi.Leg;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** Queues the events of a leg, for tests that act as the far side step by step. */
final class QueueReceiver implements Leg.Receiver {

    final BlockingQueue<Fragment> fragments = new LinkedBlockingQueue<>();
    final CompletableFuture<CloseReason> closed = new CompletableFuture<>();
    private final Runnable onFragment;

    QueueReceiver() {
        this(() -> {});
    }

    /** Runs {@code onFragment}, such as a further demand, within each call. */
    QueueReceiver(Runnable onFragment) {
        this.onFragment = onFragment;
    }

    @Override
    public void onFragment(Fragment fragment) {
        fragments.add(fragment);
        onFragment.run();
    }

    @Override
    public void onClosed(CloseReason reason) {
        closed.complete(reason);
    }

    /** Waits for the next fragment. */
    Fragment fragment() throws InterruptedException {
        Fragment fragment = fragments.poll(10, TimeUnit.SECONDS);
        if (fragment == null) {
            throw new AssertionError("no fragment");
        }
        return fragment;
    }

    /** Waits for the end. */
    CloseReason closed() throws Exception {
        return closed.get(10, TimeUnit.SECONDS);
    }

    static byte[] bytes(Fragment fragment) {
        ByteBuffer payload = fragment.payload().duplicate();
        byte[] bytes = new byte[payload.remaining()];
        payload.get(bytes);
        return bytes;
    }

    static String text(Fragment fragment) {
        return new String(bytes(fragment), StandardCharsets.UTF_8);
    }
}
