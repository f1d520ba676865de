package io.github.wsbridge.bench;

import java.io.IOException;
import java.util.Arrays;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Opens bridges and closes each as soon as it is established, with a fixed concurrency, for a given time. */
final class SetupLoop {

    private static final int MOST = 1_000_000;
    private static final long END_SECONDS = 30;

    private final Loop loop;
    private final String target;
    private final int devices;
    private final long[] nanos = new long[MOST];
    private int next;
    private int open;
    private int count;
    private int failed;
    private @Nullable IOException failure;
    private long from = Long.MAX_VALUE;
    private long until = Long.MAX_VALUE;
    private final CountDownLatch done = new CountDownLatch(1);

    /** Creates a loop; {@code target} followed by a device number is a URL. */
    SetupLoop(Loop loop, String target, int devices) {
        this.loop = loop;
        this.target = target;
        this.devices = devices;
    }

    /** Returns the rate, and percentiles of the time from connecting to established, in nanoseconds. */
    String run(int concurrency, int warmupMillis, int millis) throws Exception {
        loop.execute(() -> {
            from = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(warmupMillis);
            until = from + TimeUnit.MILLISECONDS.toNanos(millis);
            for (int i = 0; i < concurrency; i++) {
                more();
            }
        });
        if (!done.await(warmupMillis + millis + TimeUnit.SECONDS.toMillis(END_SECONDS), TimeUnit.MILLISECONDS)) {
            throw new IOException("some bridges have not ended");
        }
        if (count == 0) {
            throw new IOException("no bridge was established", failure);
        }
        if (failed > 0) {
            throw new IOException(failed + " bridges failed", failure);
        }
        long[] seen = Arrays.copyOf(nanos, count);
        Arrays.sort(seen);
        return "count=" + count + " rate=" + count * 1000L / millis + " p50=" + seen[count / 2] + " p99="
                + seen[(int) (count * 0.99)];
    }

    private void more() {
        if (System.nanoTime() >= until || failed > MOST / 1000) {
            if (open == 0) {
                done.countDown();
            }
            return;
        }
        open++;
        long begin = System.nanoTime();
        try {
            Session.open(loop, Target.parse(target + next++ % devices), Requesters.SOURCE, true, new Session.Events() {
                @Override
                public void onText(Session session, String text) {
                    long now = System.nanoTime();
                    if (now >= from && now < until && count < MOST) {
                        nanos[count++] = now - begin;
                    }
                    session.close();
                }

                @Override
                public void onEnd(Session session, @Nullable IOException why) {
                    if (why != null) {
                        failed++;
                        failure = why;
                    }
                    open--;
                    loop.execute(SetupLoop.this::more);
                }
            });
        } catch (IOException e) {
            failed++;
            failure = e;
            open--;
        }
    }
}
