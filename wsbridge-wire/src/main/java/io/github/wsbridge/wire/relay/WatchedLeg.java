package io.github.wsbridge.wire.relay;

import io.github.wsbridge.CloseReason;
import io.github.wsbridge.Watch;
import io.github.wsbridge.spi.Fragment;
import io.github.wsbridge.spi.Leg;
import io.github.wsbridge.wire.concurrent.Lasting;
import java.time.Duration;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A leg that detects a dead peer. It wraps any other leg, in nodes and clients alike.
 *
 * <p>At every {@link Watch#interval} it checks whether anything has been received. If not, it sends a ping. If nothing
 * has been received by the next check either, the peer has vanished and the leg is dropped. Silence counts only while a
 * fragment is demanded, since a leg held back by flow control cannot read a pong that follows unread data. Nor does it
 * count while a send is stuck, since then the ping is queued after that send, and the peer may just be slow to read. A
 * stuck send is given {@link Watch#stall}, in whole intervals, before the leg is dropped. A send that a check found
 * waiting and that completes then counts as an answer, since the peer is reading; one that completes at once does not,
 * since it may only have filled the socket's buffer.
 *
 * <p>A peer that is slow to read and one that is dead are told apart in two ways. The leg sends a
 * {@link Leg#heartbeat} soon after it was opened and at each check, by which it announces the next. If the peer does
 * the same, its silence counts even while a send is stuck, and no completed send counts as an answer. And a peer whose
 * host has not {@linkplain Leg#unacknowledged acknowledged} anything for two intervals is dead.
 */
public final class WatchedLeg extends ForwardingLeg {

    private static final Logger log = LoggerFactory.getLogger(WatchedLeg.class);

    /** From when on a stalled send is logged. */
    private static final Duration NOTABLE = Duration.ofMinutes(1);

    /** A longer time that a peer announces does not count, or it could hold its place long after it has vanished. */
    private static final Duration MOST_PATIENCE = Duration.ofMinutes(15);

    /** The longest that TCP waits before it sends a segment again (RFC 6298, section 2.5, as systems implement it). */
    private static final Duration BACK_OFF = Duration.ofMinutes(2);

    /** When the first heartbeat is sent, so that short connections need none. */
    private static final Duration FIRST = Duration.ofSeconds(1);

    private final Watch watch;
    private final ScheduledExecutorService scheduler;
    private final boolean alwaysRead;

    private volatile boolean demanded;
    private volatile boolean heard;
    private volatile boolean sending;
    private volatile int sends;
    private volatile int sendsSeen; // at the last check
    private volatile @Nullable Duration announced; // within which time the peer sends something
    private volatile @Nullable CloseReason verdict;
    private @Nullable ScheduledFuture<?> checks; // guarded by this
    private boolean closed; // guarded by this

    // Used only by the checks, which never overlap.
    private boolean begun;
    private long silences;
    private Duration unread = Duration.ZERO; // how long this end had stopped reading, less the time since then
    private boolean stallTold;
    private Duration stalled = Duration.ZERO;

    /** Watches {@code leg} from its opening to its end. The checks run on {@code scheduler} and do not block. */
    public WatchedLeg(Leg leg, Watch watch, ScheduledExecutorService scheduler) {
        this(leg, watch, scheduler, false);
    }

    private WatchedLeg(Leg leg, Watch watch, ScheduledExecutorService scheduler, boolean alwaysRead) {
        super(leg);
        this.watch = watch;
        this.scheduler = scheduler;
        this.alwaysRead = alwaysRead;
    }

    /**
     * Watches a leg whose peer reads at all times. It answers each ping, so its heartbeats need not be waited for, and
     * three intervals reveal that it is dead.
     */
    public static WatchedLeg alwaysRead(Leg leg, Watch watch, ScheduledExecutorService scheduler) {
        return new WatchedLeg(leg, watch, scheduler, true);
    }

    @Override
    public void open(Receiver receiver) {
        leg.open(new WatchedReceiver(receiver));
        long nanos = watch.interval().toNanos();
        long first = Math.min(nanos, FIRST.toNanos());
        try {
            synchronized (this) {
                if (!closed) {
                    checks = scheduler.scheduleWithFixedDelay(
                            new Lasting(this::check), first, nanos, TimeUnit.NANOSECONDS);
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
        int number = ++sends; // one send at a time, so there is no other writer
        sending = true;
        return leg.send(fragment).whenComplete((done, failure) -> {
            sending = false;
            if (number == sendsSeen && failure == null && announced == null) {
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
        if (!begun) {
            begun = true;
            leg.heartbeat(watch.interval());
            return;
        }
        Duration patience = announced;
        boolean stuck = sending && sends == sendsSeen;
        boolean silent = demanded && !heard && (!stuck || patience != null);
        boolean backedOff = backedOff();
        silences = silent && !backedOff ? silences + 1 : 0;
        if (silences > allowed(patience)) {
            drop(patience == null || alwaysRead ? "no answer to a ping" : "no heartbeat");
            return;
        }
        heard = false;
        sendsSeen = sends;
        if (silent) {
            leg.ping();
        } else {
            leg.heartbeat(watch.interval());
        }
        stalled = stuck ? stalled.plus(watch.interval()) : Duration.ZERO;
        tellStall();
        if (stalled.compareTo(watch.stall()) >= 0) {
            drop("read no data for " + stalled.toSeconds() + " s");
        } else if ((stuck || backedOff)
                && leg.unacknowledged().compareTo(watch.interval().multipliedBy(2)) >= 0) {
            drop("the host has not acknowledged any data");
        }
    }

    /** Returns whether the peer may be waiting before it sends again, because this end had not read. */
    private boolean backedOff() {
        if (!demanded && !heard) {
            Duration longer = unread.plus(watch.interval());
            unread = longer.compareTo(BACK_OFF) < 0 ? longer : BACK_OFF;
            return false;
        }
        boolean waits = !unread.isZero();
        Duration left = unread.minus(watch.interval());
        unread = left.isNegative() ? Duration.ZERO : left;
        return waits;
    }

    private void tellStall() {
        boolean told = stallTold;
        stallTold = stalled.compareTo(NOTABLE) >= 0;
        if (stallTold && !told) {
            log.info("A peer has read no data for {} s; its bridge is kept: {}", stalled.toSeconds(), leg);
        }
    }

    /** Returns after how many checks in silence the peer may still be alive. */
    private long allowed(@Nullable Duration patience) {
        return patience == null || alwaysRead
                ? 1
                : 1 + (patience.toNanos() - 1) / watch.interval().toNanos();
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
        public void onHeartbeat(Duration next) {
            heard = true;
            announced = next.compareTo(MOST_PATIENCE) < 0 ? next : MOST_PATIENCE;
            receiver.onHeartbeat(next);
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
