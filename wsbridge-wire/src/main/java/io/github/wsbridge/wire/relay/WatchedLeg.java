package io.github.wsbridge.wire.relay;

import io.github.wsbridge.CloseReason;
import io.github.wsbridge.Watch;
import io.github.wsbridge.spi.Fragment;
import io.github.wsbridge.spi.Leg;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A leg that notices when its peer is gone. It wraps any other leg, for nodes and clients alike.
 *
 * <p>At every {@link Watch#interval} it looks whether anything was heard. If not, it pings; if nothing is heard by the next
 * look either, the peer has vanished and the leg is dropped. Silence counts only while a fragment is asked for, since a leg
 * that flow control holds back cannot hear the pong behind the data; nor does it count while a send does not get through,
 * since then the ping waits behind that one, and the peer is perhaps just slow to read. Such a send is given
 * {@link Watch#stall}, in whole intervals, before the leg is dropped. A send that had to wait and got through is as good as
 * an answer: the peer reads. A leg that flow control holds back sends a {@link Leg#heartbeat} at each look, for its peer may
 * watch it in the same way.
 */
public final class WatchedLeg extends ForwardingLeg {

    private final Watch watch;
    private final ScheduledExecutorService scheduler;

    private volatile boolean demanded;
    private volatile boolean heard;
    private volatile boolean sending;
    private volatile int sends;
    private volatile @Nullable CloseReason verdict;
    private @Nullable ScheduledFuture<?> looks; // guarded by this
    private boolean closed; // guarded by this

    // Used by the looks only, which never overlap.
    private boolean pinged;
    private int sendsSeen;
    private Duration stalled = Duration.ZERO;

    /** Watches {@code leg} from its opening to its end. The looks run on {@code scheduler} and do not block. */
    public WatchedLeg(Leg leg, Watch watch, ScheduledExecutorService scheduler) {
        super(leg);
        this.watch = watch;
        this.scheduler = scheduler;
    }

    @Override
    public void open(Receiver receiver) {
        leg.open(new Ear(receiver));
        long nanos = watch.interval().toNanos();
        try {
            synchronized (this) {
                if (!closed) {
                    looks = scheduler.scheduleWithFixedDelay(this::look, nanos, nanos, TimeUnit.NANOSECONDS);
                }
            }
        } catch (RejectedExecutionException e) {
            leg.abort(); // the owner of the scheduler is shutting down
        }
    }

    @Override
    public void demand() {
        demanded = true;
        leg.demand();
    }

    @Override
    public CompletionStage<Void> send(Fragment fragment) {
        sends++; // one send at a time, so nobody else writes
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
        demanded = true; // what is transferred is asked for; if it is not, a demand follows at once
        return leg.transferTo(target);
    }

    private void look() {
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
            leg.heartbeat(); // the peer's pings may wait behind data that nobody reads now
        }
        stalled = stuck ? stalled.plus(watch.interval()) : Duration.ZERO;
        sendsSeen = sends;
        if (stalled.compareTo(watch.stall()) >= 0) {
            drop("took no data for " + stalled.toSeconds() + " s");
        }
    }

    private void drop(String why) {
        verdict = CloseReason.vanished(why);
        leg.abort();
    }

    private final class Ear extends ForwardingReceiver {

        Ear(Receiver receiver) {
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
        @SuppressWarnings("NonAtomicVolatileUpdate") // no other send while all comes straight from another leg
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
                if (looks != null) {
                    looks.cancel(false);
                }
            }
            CloseReason why = verdict;
            receiver.onClosed(why == null ? reason : why);
        }
    }
}
