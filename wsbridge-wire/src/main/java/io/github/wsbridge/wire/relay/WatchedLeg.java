package io.github.wsbridge.wire.relay;

import io.github.wsbridge.CloseReason;
import io.github.wsbridge.Watch;
import io.github.wsbridge.spi.Fragment;
import io.github.wsbridge.spi.Leg;
import io.github.wsbridge.wire.concurrent.Lasting;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A leg that detects a dead peer. It wraps any other leg, in nodes and clients alike.
 *
 * <p>At every {@link Watch#interval} it checks whether anything has been received. If not, it sends a ping. If nothing
 * has been received by the next check either, the peer has vanished and the leg is dropped. Silence counts only while a
 * fragment is demanded, since a leg held back by flow control cannot read a pong that follows unread data. Nor does it
 * count while a send is stuck, since then the ping is queued after that send, and the peer may just be slow to read. A
 * stuck send is given {@link Watch#stall}, in whole intervals, before the leg is dropped. A send that completes after
 * waiting counts as an answer, since the peer is reading. A leg held back by flow control sends a {@link Leg#heartbeat}
 * at each check, since its peer may watch it in the same way.
 */
public final class WatchedLeg extends ForwardingLeg {

    private final Watch watch;
    private final ScheduledExecutorService scheduler;

    private volatile boolean demanded;
    private volatile boolean heard;
    private volatile boolean sending;
    private volatile int sends;
    private volatile @Nullable CloseReason verdict;
    private @Nullable ScheduledFuture<?> checks; // guarded by this
    private boolean closed; // guarded by this

    // Used only by the checks, which never overlap.
    private boolean pinged;
    private int sendsSeen;
    private Duration stalled = Duration.ZERO;

    /** Watches {@code leg} from its opening to its end. The checks run on {@code scheduler} and do not block. */
    public WatchedLeg(Leg leg, Watch watch, ScheduledExecutorService scheduler) {
        super(leg);
        this.watch = watch;
        this.scheduler = scheduler;
    }

    @Override
    public void open(Receiver receiver) {
        leg.open(new WatchedReceiver(receiver));
        long nanos = watch.interval().toNanos();
        try {
            synchronized (this) {
                if (!closed) {
                    checks = scheduler.scheduleWithFixedDelay(
                            new Lasting(this::check), nanos, nanos, TimeUnit.NANOSECONDS);
                }
            }
        } catch (RejectedExecutionException e) {
            leg.abort(); // the scheduler's owner is shutting down
        }
    }

    @Override
    public void demand() {
        demanded = true;
        leg.demand();
    }

    @Override
    public CompletionStage<Void> send(Fragment fragment) {
        sends++; // one send at a time, so there is no other writer
        sending = true;
        CompletableFuture<Void> sent = leg.send(fragment).toCompletableFuture();
        boolean waits = !sent.isDone();
        return sent.whenComplete((done, failure) -> {
            sending = false;
            if (waits && failure == null) {
                heard = true;
            }
        });
    }

    @Override
    public boolean transferTo(Leg target) {
        demanded = true; // a transfer implies demand; if there is none, a demand follows at once
        return leg.transferTo(target);
    }

    private void check() {
        boolean stuck = sending && sends == sendsSeen;
        boolean silent = demanded && !heard && !stuck;
        if (silent && pinged) {
            drop("no answer to a ping");
            return;
        }
        pinged = silent;
        heard = false;
        if (silent) {
            leg.ping();
        } else if (!demanded) {
            leg.heartbeat(); // the peer's pings may follow data that is not being read
        }
        stalled = stuck ? stalled.plus(watch.interval()) : Duration.ZERO;
        sendsSeen = sends;
        if (stalled.compareTo(watch.stall()) >= 0) {
            drop("read no data for " + stalled.toSeconds() + " s");
        }
    }

    private void drop(String why) {
        verdict = CloseReason.vanished(why);
        leg.abort();
    }

    private final class WatchedReceiver extends ForwardingReceiver {

        WatchedReceiver(Receiver receiver) {
            super(receiver);
        }

        @Override
        public void onFragment(Fragment fragment) {
            demanded = false;
            heard = true;
            receiver.onFragment(fragment);
        }

        @Override
        public void onPong() {
            heard = true;
            receiver.onPong();
        }

        @Override
        public void onTransferred(long bytes) {
            heard = true;
            receiver.onTransferred(bytes);
        }

        @Override
        public void onReading(boolean reading) {
            demanded = reading;
            receiver.onReading(reading);
        }

        @Override
        @SuppressWarnings("NonAtomicVolatileUpdate") // no other send during a transfer
        public void onWritable(boolean writable) {
            sends++;
            sending = !writable;
            if (writable) {
                heard = true;
            }
            receiver.onWritable(writable);
        }

        @Override
        public void onClosed(CloseReason reason) {
            synchronized (WatchedLeg.this) {
                closed = true;
                if (checks != null) {
                    checks.cancel(false);
                }
            }
            CloseReason why = verdict;
            receiver.onClosed(why == null ? reason : why);
        }
    }
}
