package io.github.wsbridge.testkit;

import io.github.wsbridge.CloseReason;
import io.github.wsbridge.spi.Fragment;
import io.github.wsbridge.spi.Leg;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A leg whose other end is the test: it delivers, ends and completes sends when the test says so, and remembers what was
 * done to it. Thread-safe.
 *
 * <p>It minds the rules that bind a leg's user: one open, one demand at a time, one send at a time, the payload untouched
 * until the send completes. A broken rule fails the call at once with an {@code AssertionError} and is kept in
 * {@link #violations()}, for where that error is swallowed.
 *
 * <p>The receiver is called on the thread that caused the call, never from inside an earlier call to it.
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
    private int aborts;

    /** A send that has not completed, and what its payload was. */
    private record Flight(ByteBuffer payload, ByteBuffer copy, CompletableFuture<Void> done) {}

    /** A leg without a subprotocol. */
    public FakeLeg() {
        this("");
    }

    /** A leg that has agreed on {@code subprotocol}. */
    public FakeLeg(String subprotocol) {
        this.subprotocol = subprotocol;
    }

    /** From now on sends stay incomplete until {@link #completeSend} or {@link #failSend}. */
    public synchronized FakeLeg holdSends() {
        holdsSends = true;
        return this;
    }

    /** From now on a close is not answered; the test ends the leg with {@link #end}. Otherwise the answer comes at once. */
    public synchronized FakeLeg leaveClosesUnanswered() {
        answersClose = false;
        return this;
    }

    /** From now on {@link #transferTo} says yes; the test tells what goes on by {@link #tellTraffic}. */
    public synchronized FakeLeg allowTransfers() {
        transfers = true;
        return this;
    }

    // What the test does in the peer's place.

    /** Delivers a fragment that was asked for. */
    public void deliver(Fragment fragment) {
        synchronized (this) {
            if (!demanded) {
                throw new AssertionError("nobody asked for " + fragment);
            }
            if (end != null) {
                throw new AssertionError("the leg has ended");
            }
            demanded = false;
            tell(to -> to.onFragment(fragment));
        }
        tellAll();
    }

    /** Delivers a whole text message that was asked for. */
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

    /** Tells the receiver of traffic below fragments: a call such as {@code to -> to.onTransferred(5)}. */
    public void tellTraffic(Consumer<Receiver> news) {
        synchronized (this) {
            tell(news::accept);
        }
        tellAll();
    }

    /** Ends the leg, unless it has ended: what the peer or the network does. A send in flight fails. */
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

    /** Completes the send in flight: the payload is consumed and the next may come. A close that waited for it goes on. */
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

    /** Fails the send in flight, and ends the leg as a failed leg does. */
    public void failSend(IOException failure) {
        takeFlight().done().completeExceptionally(failure);
        end(CloseReason.vanished("a send failed"));
    }

    private synchronized Flight takeFlight() {
        Flight flight = inFlight;
        if (flight == null) {
            throw new AssertionError("no send in flight");
        }
        inFlight = null;
        if (!flight.payload().equals(flight.copy())) {
            throw broken("the payload was touched before its send completed");
        }
        return flight;
    }

    // What the test sees.

    /** Everything sent so far, in copies. */
    public synchronized List<Fragment> sent() {
        return List.copyOf(sent);
    }

    /** Tells whether a send waits for its completion. */
    public synchronized boolean sending() {
        return inFlight != null;
    }

    /** Tells whether a fragment is asked for now. */
    public synchronized boolean demanded() {
        return demanded;
    }

    /** How many fragments have been asked for in all. */
    public synchronized int demands() {
        return demands;
    }

    /** Where all goes that arrives here; null while it goes by fragments. */
    public synchronized @Nullable Leg transferTarget() {
        return transferTarget;
    }

    /** How many pongs that nobody asked for have been sent. */
    public synchronized int heartbeats() {
        return heartbeats;
    }

    /** How many pings have been sent. */
    public synchronized int pings() {
        return pings;
    }

    /** The reasons given to {@code close}, in order; only the first counts. */
    public synchronized List<CloseReason> closes() {
        return List.copyOf(closes);
    }

    /** Tells whether the leg was aborted before it had ended. */
    public synchronized boolean aborted() {
        return aborts > 0;
    }

    /** Tells whether somebody has opened it. */
    public synchronized boolean opened() {
        return receiver != null;
    }

    /** Why the leg has ended; null while it has not. */
    public synchronized @Nullable CloseReason ended() {
        return end;
    }

    /** The rules that the leg's user has broken. */
    public synchronized List<String> violations() {
        return List.copyOf(violations);
    }

    // What the leg's user does.

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
            throw broken("a demand while the last one is unanswered");
        }
        demanded = true;
        demands++;
    }

    @Override
    public synchronized boolean transferTo(Leg target) {
        if (receiver == null || demanded) {
            throw broken("a transfer before open, or while a demand is unanswered");
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
                throw broken("a send while the last one is incomplete");
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
    public synchronized void heartbeat() {
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
            throw new AssertionError("nobody has opened the leg");
        }
        events.add(() -> event.reach(to));
    }

    /** Calls the receiver with what waits, outside the lock, unless another call is running: that one goes on with it. */
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
