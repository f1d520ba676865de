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
 * A door that says what a test wants it to, and keeps the requests that it has seen and the legs that it has let in. At first
 * it lets everybody in, without a subprotocol. Thread-safe.
 */
public final class FakeDoor implements Door {

    private final BlockingQueue<Handshake> handshakes = new LinkedBlockingQueue<>();
    private final BlockingQueue<Leg> legs = new LinkedBlockingQueue<>();
    private final List<RecordingReceiver> ends = new CopyOnWriteArrayList<>();
    private volatile Door answer = handshake -> granted("");

    /** A door that lets everybody in. */
    public FakeDoor() {}

    /** Asks another door from now on. */
    public void answers(Door door) {
        answer = door;
    }

    /** Refuses everybody from now on. */
    public void refuses(Admission.Refused refused) {
        answer = handshake -> CompletableFuture.completedFuture(refused);
    }

    /** Keeps clients waiting from now on, all for the same decision. */
    public Waiting keepsWaiting(Duration timeout) {
        Waiting waiting = new Waiting(timeout);
        answer = handshake -> CompletableFuture.completedFuture(waiting.later());
        return waiting;
    }

    /** The decision that lets a client in; its leg can be {@linkplain #takeLeg taken} then. */
    public Admission.Granted grant(String subprotocol) {
        return new Admission.Granted(subprotocol, legs::add);
    }

    /** The same as an answer. */
    public CompletionStage<Admission> granted(String subprotocol) {
        return CompletableFuture.completedFuture(grant(subprotocol));
    }

    /** What a client waits for. */
    public final class Waiting {

        private final CompletableFuture<Admission.Decision> decision = new CompletableFuture<>();
        private final AtomicInteger abandoned = new AtomicInteger();
        private final Duration timeout;

        private Waiting(Duration timeout) {
            this.timeout = timeout;
        }

        /** What the transport is told. */
        public Admission.Later later() {
            return new Admission.Later(decision, timeout, abandoned::incrementAndGet);
        }

        /** Lets the client in. */
        public void grant(String subprotocol) {
            decision.complete(FakeDoor.this.grant(subprotocol));
        }

        /** Refuses the client. */
        public void refuse(Admission.Refused refused) {
            decision.complete(refused);
        }

        /** Fails to decide. */
        public void fail() {
            decision.completeExceptionally(new IllegalStateException("a test's failure"));
        }

        /** How many times the transport has said that nothing will come of the decision. */
        public int abandoned() {
            return abandoned.get();
        }
    }

    @Override
    public CompletionStage<Admission> admit(Handshake handshake) {
        handshakes.add(handshake);
        return answer.admit(handshake);
    }

    /** Waits for the next request that was not taken yet. */
    public Handshake takeHandshake() throws InterruptedException {
        return take(handshakes, "request");
    }

    /** How many requests have come and were not taken. */
    public int handshakes() {
        return handshakes.size();
    }

    /** Waits for the next leg that was let in and not taken yet. Nobody has opened it. */
    public Leg takeLeg() throws InterruptedException {
        return take(legs, "leg");
    }

    /** How many legs have been let in and were not taken. */
    public int legs() {
        return legs.size();
    }

    /** Waits for the next leg that was let in and not taken yet, and opens it. */
    public RecordingReceiver takeEnd() throws InterruptedException {
        RecordingReceiver end = new RecordingReceiver(takeLeg());
        ends.add(end);
        return end.open();
    }

    /** What the legs that {@link #takeEnd} has opened did against their contract; empty if all is well. */
    public List<String> violations() {
        return ends.stream().flatMap(end -> end.violations().stream()).toList();
    }

    private static <T> T take(BlockingQueue<T> queue, String what) throws InterruptedException {
        T next = queue.poll(RecordingReceiver.PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
        if (next == null) {
            throw new AssertionError("no " + what + " came within " + RecordingReceiver.PATIENCE);
        }
        return next;
    }
}
