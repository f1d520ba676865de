package io.github.wsbridge.testkit;

import io.github.wsbridge.CloseReason;
import io.github.wsbridge.spi.Fragment;
import io.github.wsbridge.spi.Leg;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A leg whose other end is the test, which delivers fragments, completes sends and ends the leg. It records all calls.
 * Thread-safe.
 *
 * <p>It checks the rules for a leg's user: one open, one demand at a time, one send at a time, and an unmodified
 * payload until the send completes. A violation fails the call with an {@code AssertionError} and is also recorded in
 * {@link #violations()}, in case that error is swallowed.
 *
 * <p>The receiver is called on the thread that caused the call, but never reentrantly.
 */
public final class FakeLeg implements Leg {

    private final String subprotocol;
    private final List<Fragment> sent = new ArrayList<>();
    private final List<CloseReason> closes = new ArrayList<>();
    private final List<String> violations = new ArrayList<>();
    private final Queue<Runnable> events = new ArrayDeque<>();
    private boolean telling;
    private @Nullable Receiver receiver;
    private @Nullable Flight inFlight;
    private @Nullable CloseReason end;
    private boolean holdsSends;
    private boolean transfers;
    private @Nullable Leg transferTarget;
    private boolean answersClose = true;
    private boolean demanded;
    private int demands;
    private int pings;
    private int heartbeats;
    private Duration unacknowledged = Duration.ZERO;
    private int aborts;

    /** An incomplete send, with a copy of its payload. */
    private record Flight(ByteBuffer payload, ByteBuffer copy, CompletableFuture<Void> done) {}

    /** Creates a leg without a subprotocol. */
    public FakeLeg() {
        this("");
    }

    /** Creates a leg with a subprotocol. */
    public FakeLeg(String subprotocol) {
        this.subprotocol = subprotocol;
    }

    /** Leaves sends incomplete from now on, until {@link #completeSend} or {@link #failSend}. */
    public synchronized FakeLeg holdSends() {
        holdsSends = true;
        return this;
    }

    /**
     * Leaves a close unanswered from now on; the test ends the leg with {@link #end}. By default, a close is answered
     * immediately.
     */
    public synchronized FakeLeg leaveClosesUnanswered() {
        answersClose = false;
        return this;
    }

    /** Makes {@link #transferTo} return true from now on; the test reports traffic with {@link #tellTraffic}. */
    public synchronized FakeLeg allowTransfers() {
        transfers = true;
        return this;
    }

    // The peer's actions, performed by the test

    /** Delivers a fragment that was demanded. */
    public void deliver(Fragment fragment) {
        synchronized (this) {
            if (!demanded) {
                throw new AssertionError("no demand for " + fragment);
            }
            if (end != null) {
                throw new AssertionError("the leg has ended");
            }
            demanded = false;
            tell(to -> to.onFragment(fragment));
        }
        tellAll();
    }

    /** Delivers a whole text message that was demanded. */
    public void deliver(String text) {
        deliver(Fragment.text(text));
    }

    /** Delivers a pong. */
    public void pong() {
        synchronized (this) {
            tell(Receiver::onPong);
        }
        tellAll();
    }

    /** Sets for how long the peer's host has acknowledged nothing. */
    public synchronized void unacknowledged(Duration time) {
        unacknowledged = time;
    }

    @Override
    public synchronized Duration unacknowledged() {
        return unacknowledged;
    }

    /** Delivers a heartbeat. */
    public void heartbeatFromPeer(Duration next) {
        synchronized (this) {
            tell(to -> to.onHeartbeat(next));
        }
        tellAll();
    }

    /** Reports traffic below fragments to the receiver: a call such as {@code to -> to.onTransferred(5)}. */
    public void tellTraffic(Consumer<Receiver> news) {
        synchronized (this) {
            tell(news::accept);
        }
        tellAll();
    }

    /** Ends the leg, as the peer or the network would, unless it has ended. A pending send fails. */
    public void end(CloseReason reason) {
        CompletableFuture<Void> cut = null;
        synchronized (this) {
            if (end != null) {
                return;
            }
            end = reason;
            if (inFlight != null) {
                cut = inFlight.done();
                inFlight = null;
            }
            if (receiver != null) {
                tell(to -> to.onClosed(reason));
            }
        }
        if (cut != null) {
            cut.completeExceptionally(new IOException("the leg has ended: " + reason));
        }
        tellAll();
    }

    /**
     * Completes the pending send, so that the payload is consumed and the next send is allowed. A close that waited for
     * it continues.
     */
    public void completeSend() {
        Flight flight = takeFlight();
        flight.payload().position(flight.payload().limit());
        flight.done().complete(null);
        CloseReason answered;
        synchronized (this) {
            answered = answersClose && !closes.isEmpty() ? closes.get(0) : null;
        }
        if (answered != null) {
            end(answered);
        }
    }

    /** Fails the pending send, and ends the leg like a failed connection. */
    public void failSend(IOException failure) {
        takeFlight().done().completeExceptionally(failure);
        end(CloseReason.vanished("a send failed"));
    }

    private synchronized Flight takeFlight() {
        Flight flight = inFlight;
        if (flight == null) {
            throw new AssertionError("no send is pending");
        }
        inFlight = null;
        if (!flight.payload().equals(flight.copy())) {
            throw broken("the payload was modified before its send completed");
        }
        return flight;
    }

    // Observations

    /** Returns copies of everything sent so far. */
    public synchronized List<Fragment> sent() {
        return List.copyOf(sent);
    }

    /** Returns whether a send is pending. */
    public synchronized boolean sending() {
        return inFlight != null;
    }

    /** Returns whether there is unanswered demand. */
    public synchronized boolean demanded() {
        return demanded;
    }

    /** Returns the total number of fragments demanded. */
    public synchronized int demands() {
        return demands;
    }

    /** Returns the target of a transfer; null if received data is delivered as fragments. */
    public synchronized @Nullable Leg transferTarget() {
        return transferTarget;
    }

    /** Returns the number of unsolicited pongs sent. */
    public synchronized int heartbeats() {
        return heartbeats;
    }

    /** Returns the number of pings sent. */
    public synchronized int pings() {
        return pings;
    }

    /** Returns the reasons passed to {@code close}, in order; only the first counts. */
    public synchronized List<CloseReason> closes() {
        return List.copyOf(closes);
    }

    /** Returns whether the leg was aborted before it had ended. */
    public synchronized boolean aborted() {
        return aborts > 0;
    }

    /** Returns whether the leg was opened. */
    public synchronized boolean opened() {
        return receiver != null;
    }

    /** Returns why the leg has ended; null before that. */
    public synchronized @Nullable CloseReason ended() {
        return end;
    }

    /** Returns the violations by the leg's user. */
    public synchronized List<String> violations() {
        return List.copyOf(violations);
    }

    // Calls by the leg's user

    @Override
    public String subprotocol() {
        return subprotocol;
    }

    @Override
    public void open(Receiver to) {
        synchronized (this) {
            if (receiver != null) {
                throw broken("opened twice");
            }
            receiver = to;
            CloseReason early = end;
            if (early != null) {
                tell(it -> it.onClosed(early));
            }
        }
        tellAll();
    }

    @Override
    public synchronized void demand() {
        if (receiver == null) {
            throw broken("demand before open");
        }
        if (end != null) {
            return;
        }
        if (demanded) {
            throw broken("demand while the last one is unanswered");
        }
        demanded = true;
        demands++;
    }

    @Override
    public synchronized boolean transferTo(Leg target) {
        if (receiver == null || demanded) {
            throw broken("transfer before open, or while a demand is unanswered");
        }
        if (transfers) {
            transferTarget = target;
        }
        return transfers;
    }

    @Override
    public CompletionStage<Void> send(Fragment fragment) {
        CompletableFuture<Void> done = new CompletableFuture<>();
        synchronized (this) {
            if (receiver == null) {
                throw broken("send before open");
            }
            if (end != null || !closes.isEmpty()) {
                return CompletableFuture.failedFuture(new IOException("closed"));
            }
            if (inFlight != null) {
                throw broken("send while the last one is incomplete");
            }
            Fragment copy = LegFixture.copy(fragment);
            sent.add(copy);
            if (holdsSends) {
                inFlight = new Flight(fragment.payload(), copy.payload().asReadOnlyBuffer(), done);
                return done;
            }
            fragment.payload().position(fragment.payload().limit());
        }
        done.complete(null);
        return done;
    }

    @Override
    public synchronized void heartbeat(Duration next) {
        heartbeats++;
    }

    @Override
    public synchronized void ping() {
        if (receiver == null) {
            throw broken("ping before open");
        }
        pings++;
    }

    @Override
    public void close(CloseReason reason) {
        boolean answer;
        synchronized (this) {
            closes.add(reason);
            answer = answersClose && closes.size() == 1 && inFlight == null;
        }
        if (answer) {
            end(reason);
        }
    }

    @Override
    public void abort() {
        synchronized (this) {
            if (end == null) {
                aborts++;
            }
        }
        end(CloseReason.vanished("aborted"));
    }

    private AssertionError broken(String rule) {
        violations.add(rule);
        return new AssertionError(rule);
    }

    /** A call to the receiver. */
    @FunctionalInterface
    private interface Event {
        void reach(Receiver receiver);
    }

    private void tell(Event event) {
        Receiver to = receiver;
        if (to == null) {
            throw new AssertionError("the leg was not opened");
        }
        events.add(() -> event.reach(to));
    }

    /**
     * Makes the queued calls to the receiver, outside the lock. If a call is running, its thread makes them
     * afterwards.
     */
    private void tellAll() {
        while (true) {
            Runnable next;
            synchronized (this) {
                next = telling ? null : events.poll();
                if (next == null) {
                    return;
                }
                telling = true;
            }
            try {
                next.run();
            } finally {
                synchronized (this) {
                    telling = false;
                }
            }
        }
    }
}
