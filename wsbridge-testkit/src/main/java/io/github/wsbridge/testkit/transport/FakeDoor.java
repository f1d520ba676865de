package io.github.wsbridge.testkit.transport;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.wsbridge.spi.Admission;
import io.github.wsbridge.spi.Door;
import io.github.wsbridge.spi.Handshake;
import io.github.wsbridge.spi.Leg;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** A door that says what a test wants it to, and keeps the legs that it let in. */
public final class FakeDoor implements Door {

    public final BlockingQueue<Leg> legs = new LinkedBlockingQueue<>();
    public final BlockingQueue<Handshake> handshakes = new LinkedBlockingQueue<>();
    public volatile Door answer = handshake -> granted("");

    public CompletionStage<Admission> granted(String subprotocol) {
        return CompletableFuture.completedFuture(new Admission.Granted(subprotocol, legs::add));
    }

    public void refuses(Admission.Refused refused) {
        answer = handshake -> CompletableFuture.completedFuture(refused);
    }

    /** Keeps clients waiting from now on, all for the same decision. */
    public Waiting keepsWaiting(Duration timeout) {
        Waiting waiting = new Waiting();
        Admission.Later later = new Admission.Later(waiting.decision, timeout, waiting.abandoned::incrementAndGet);
        answer = handshake -> CompletableFuture.completedFuture(later);
        return waiting;
    }

    /** What a client waits for. */
    public final class Waiting {

        private final CompletableFuture<Admission.Decision> decision = new CompletableFuture<>();
        private final AtomicInteger abandoned = new AtomicInteger();

        private Waiting() {}

        /** Lets the client in. */
        public void grant(String subprotocol) {
            decision.complete(new Admission.Granted(subprotocol, legs::add));
        }

        /** Refuses the client. */
        public void refuse(Admission.Refused refused) {
            decision.complete(refused);
        }

        /** Comes to no decision. */
        public void fail() {
            decision.completeExceptionally(new IllegalStateException("a test's failure"));
        }

        /** How many times the transport has said that nothing will come of the decision. */
        public int abandoned() {
            return abandoned.get();
        }
    }

    /** The next leg, opened. */
    public Ear ear() throws Exception {
        Leg leg = legs.poll(Ear.SECONDS, TimeUnit.SECONDS);
        assertThat(leg).as("a leg in time").isNotNull();
        return new Ear(leg);
    }

    @Override
    public CompletionStage<Admission> admit(Handshake handshake) {
        handshakes.add(handshake);
        return answer.admit(handshake);
    }
}
