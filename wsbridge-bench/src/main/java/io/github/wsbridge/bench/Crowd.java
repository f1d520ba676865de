package io.github.wsbridge.bench;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** Many open bridges, or many listening devices. */
final class Crowd {

    private static final long TASK_SECONDS = 60;

    private final Loop loop;
    private final int source;
    private final boolean bridges;
    private final Set<Session> standing = ConcurrentHashMap.newKeySet();
    private final CompletableFuture<Void> gathered = new CompletableFuture<>();
    private int begun;
    private volatile int failed;
    private volatile @Nullable IOException failure;

    /**
     * @param source as in {@link Session#open}
     * @param bridges whether each is complete only when its bridge is established
     */
    Crowd(Loop loop, int source, boolean bridges) {
        this.loop = loop;
        this.source = source;
        this.bridges = bridges;
    }

    /** Opens them until there are {@code count}, {@code concurrency} at a time. */
    String gather(String target, int devices, int count, int concurrency, int seconds) throws Exception {
        long begin = System.nanoTime();
        loop.execute(() -> {
            for (int i = 0; i < Math.min(count, concurrency); i++) {
                more(target, devices, count);
            }
        });
        try {
            gathered.get(seconds, TimeUnit.SECONDS);
        } catch (TimeoutException e) {
            throw new IOException("only " + state() + " after " + seconds + " s", failure);
        }
        return "millis=" + TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begin) + " " + state();
    }

    private void more(String target, int devices, int count) {
        if (begun == count) {
            return;
        }
        int number = begun++;
        try {
            Session.open(loop, Target.parse(target + number % devices), source, bridges, new Session.Events() {
                @Override
                public void onOpen(Session session) {
                    if (!bridges) {
                        stands(session);
                    }
                }

                @Override
                public void onText(Session session, String text) {
                    if (bridges) {
                        stands(session);
                    }
                }

                private void stands(Session session) {
                    standing.add(session);
                    if (standing.size() == count) {
                        gathered.complete(null);
                    }
                    more(target, devices, count);
                }

                @Override
                public void onEnd(Session session, @Nullable IOException why) {
                    standing.remove(session);
                    failed(why);
                }
            });
        } catch (IOException e) {
            failed(e);
        }
    }

    private void failed(@Nullable IOException why) {
        if (why != null) {
            failed++;
            failure = why;
            gathered.completeExceptionally(why);
        }
    }

    int size() {
        return standing.size();
    }

    String state() {
        long sent = standing.stream().mapToLong(Session::sent).sum();
        return "standing=" + standing.size() + " failed=" + failed + " sent=" + sent;
    }

    /** Makes all of them send as fast as data is accepted and, with {@code stall}, stop reading. */
    String flood(int frame, boolean stall) throws Exception {
        ByteBuffer frames = Frames.batch(frame, true);
        CompletableFuture<Void> begun = new CompletableFuture<>();
        loop.execute(() -> {
            try {
                for (Session session : standing) {
                    session.flood(frames);
                    if (stall) {
                        session.stall();
                    }
                }
                begun.complete(null);
            } catch (IOException e) {
                begun.completeExceptionally(e);
            }
        });
        begun.get(TASK_SECONDS, TimeUnit.SECONDS);
        return state();
    }

    /** Makes each send a ping. */
    void ping() {
        loop.execute(() -> List.copyOf(standing).forEach(Session::ping));
    }

    /** Closes all of them; they end soon afterwards. */
    void release() {
        loop.execute(() -> standing.forEach(Session::close));
    }
}
