package io.github.wsbridge.testkit.transport;

import io.github.wsbridge.spi.Admission;
import io.github.wsbridge.spi.Door;
import io.github.wsbridge.spi.Handshake;
import io.github.wsbridge.spi.Leg;
import io.github.wsbridge.testkit.RecordingReceiver;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A door with configurable answers, which records requests and admitted legs. Initially, it admits every client,
 * without a subprotocol. Thread-safe.
 */
public final class FakeDoor implements Door {

    private final BlockingQueue<Handshake> handshakes = new LinkedBlockingQueue<>();
    private final BlockingQueue<Leg> legs = new LinkedBlockingQueue<>();
    private final List<RecordingReceiver> ends = new CopyOnWriteArrayList<>();
    private volatile Door answer = handshake -> granted("");

    /** Creates a door that admits every client. */
    public FakeDoor() {}

    /** Delegates to another door from now on. */
    public void answers(Door door) {
        answer = door;
    }

    /** Refuses every client from now on. */
    public void refuses(Admission.Refused refused) {
        answer = handshake -> CompletableFuture.completedFuture(refused);
    }

    /** Keeps clients waiting from now on, all for the same decision. */
    public Waiting keepsWaiting(Duration timeout) {
        Waiting waiting = new Waiting(timeout);
        answer = handshake -> CompletableFuture.completedFuture(waiting.later());
        return waiting;
    }

    /** Returns the decision that admits a client, whose leg can then be {@linkplain #takeLeg taken}. */
    public Admission.Granted grant(String subprotocol) {
        return new Admission.Granted(subprotocol, legs::add);
    }

    /** Returns the same decision as an answer. */
    public CompletionStage<Admission> granted(String subprotocol) {
        return CompletableFuture.completedFuture(grant(subprotocol));
    }

    /** A decision that a client waits for. */
    public final class Waiting {

        private final CompletableFuture<Admission.Decision> decision = new CompletableFuture<>();
        private final AtomicInteger abandoned = new AtomicInteger();
        private final Duration timeout;

        private Waiting(Duration timeout) {
            this.timeout = timeout;
        }

        /** Returns the answer for the transport. */
        public Admission.Later later() {
            return new Admission.Later(decision, timeout, abandoned::incrementAndGet);
        }

        /** Admits the client. */
        public void grant(String subprotocol) {
            decision.complete(FakeDoor.this.grant(subprotocol));
        }

        /** Refuses the client. */
        public void refuse(Admission.Refused refused) {
            decision.complete(refused);
        }

        /** Fails the decision. */
        public void fail() {
            decision.completeExceptionally(new IllegalStateException("a test's failure"));
        }

        /** Returns how many times the transport has reported that the client is gone. */
        public int abandoned() {
            return abandoned.get();
        }
    }

    @Override
    public CompletionStage<Admission> admit(Handshake handshake) {
        handshakes.add(handshake);
        return answer.admit(handshake);
    }

    /** Waits for the next request and takes it. */
    public Handshake takeHandshake() throws InterruptedException {
        return take(handshakes, "request");
    }

    /** Returns the number of requests that were not taken. */
    public int handshakes() {
        return handshakes.size();
    }

    /** Waits for the next admitted leg and takes it, without opening it. */
    public Leg takeLeg() throws InterruptedException {
        return take(legs, "leg");
    }

    /** Returns the number of admitted legs that were not taken. */
    public int legs() {
        return legs.size();
    }

    /** Waits for the next admitted leg, takes it and opens it. */
    public RecordingReceiver takeEnd() throws InterruptedException {
        RecordingReceiver end = new RecordingReceiver(takeLeg());
        ends.add(end);
        return end.open();
    }

    /** Returns contract violations by the legs that {@link #takeEnd} has opened; normally empty. */
    public List<String> violations() {
        return ends.stream().flatMap(end -> end.violations().stream()).toList();
    }

    private static <T> T take(BlockingQueue<T> queue, String what) throws InterruptedException {
        T next = queue.poll(RecordingReceiver.PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
        if (next == null) {
            throw new AssertionError("no " + what + " arrived within " + RecordingReceiver.PATIENCE);
        }
        return next;
    }
}
