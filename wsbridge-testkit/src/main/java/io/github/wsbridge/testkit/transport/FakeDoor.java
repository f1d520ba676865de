package io.github.wsbridge.testkit.transport;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.wsbridge.spi.Admission;
import io.github.wsbridge.spi.Door;
import io.github.wsbridge.spi.Handshake;
import io.github.wsbridge.spi.Leg;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

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
