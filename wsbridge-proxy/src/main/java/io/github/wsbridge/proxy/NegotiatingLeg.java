package io.github.wsbridge.proxy;

import io.github.wsbridge.CloseReason;
import io.github.wsbridge.client.BridgeLeg;
import io.github.wsbridge.client.DeviceDialer;
import io.github.wsbridge.spi.Fragment;
import io.github.wsbridge.spi.Leg;
import io.github.wsbridge.wire.net.HostPort;
import io.github.wsbridge.wire.relay.Demands;
import io.github.wsbridge.wire.relay.ForwardingLeg;
import io.github.wsbridge.wire.relay.ForwardingReceiver;
import io.github.wsbridge.wire.relay.Sending;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A client's connection, which asks for a stream first. The client is answered when the stream stands, or cannot; what
 * it sends after its request, without waiting for the answer, is the first fragment of the leg.
 */
final class NegotiatingLeg extends ForwardingLeg {

    private static final CloseReason GONE = new CloseReason(CloseReason.GOING_AWAY, "the client has gone");

    private final DeviceDialer dialer;
    private final Destinations destinations;
    private final Duration patience;
    private final Demands demands;
    private final CompletableFuture<BridgeLeg> stream = new CompletableFuture<>();
    private final CompletableFuture<Void> asked = new CompletableFuture<>();
    private final Conversation talk = new Conversation(); // by the receiver's thread, then by the dialer's
    private volatile String wanted = "an unknown target";
    private volatile boolean refused; // and closing in good order
    private @Nullable Fragment rest; // set before the stream stands, taken afterwards
    private Leg.@Nullable Receiver joined;

    /** @param patience how long the client may take to say what it wants */
    NegotiatingLeg(Leg leg, DeviceDialer dialer, Destinations destinations, Duration patience) {
        super(leg);
        this.dialer = dialer;
        this.destinations = destinations;
        this.patience = patience;
        this.demands = new Demands(leg::demand);
    }

    /** Returns the stream that the client asks for, once it stands and the client knows that. */
    CompletableFuture<BridgeLeg> stream() {
        return stream;
    }

    /** Returns what it leads to, in words. */
    String wanted() {
        return wanted;
    }

    @Override
    public void open(Receiver receiver) {
        joined = receiver;
        stream.whenComplete((bridge, failure) -> asked.cancel(false));
        asked.orTimeout(patience.toMillis(), TimeUnit.MILLISECONDS).exceptionally(late -> {
            stream.completeExceptionally(
                    new IOException("the client has not asked for anything within " + patience.toSeconds() + " s"));
            return null;
        });
        leg.open(new Hearing(receiver));
        demands.one();
    }

    private final class Hearing extends ForwardingReceiver {

        Hearing(Receiver receiver) {
            super(receiver);
        }

        @Override
        public void onFragment(Fragment fragment) {
            if (asked.isDone()) {
                receiver.onFragment(fragment);
            } else if (fragment.payload().hasRemaining()) {
                hear(fragment.payload());
            } else {
                stream.completeExceptionally(new IOException("the client left without asking for anything"));
            }
        }
    }

    private void hear(ByteBuffer bytes) {
        try {
            talk.hear(bytes);
        } catch (Refusal e) {
            leave(e);
            return;
        }
        HostPort wish = talk.wish();
        say().whenComplete((sent, failure) -> {
            if (failure != null) {
                stream.completeExceptionally(failure);
            } else if (wish == null) {
                demands.one();
            }
        });
        if (wish != null && asked.complete(null)) {
            if (talk.rest().hasRemaining()) {
                rest = Fragment.binary(talk.rest());
            }
            dial(wish);
        }
    }

    private CompletableFuture<Void> say() {
        ByteBuffer words = talk.said();
        return words.hasRemaining()
                ? Sending.send(leg, Fragment.binary(words)).toCompletableFuture()
                : CompletableFuture.completedFuture(null);
    }

    private void dial(HostPort wish) {
        CompletableFuture<BridgeLeg> dialling;
        try {
            Destination destination = destinations.of(wish);
            wanted = destination.toString();
            dialling = dialer.leg(destination.device(), destination.target());
        } catch (IOException | RuntimeException e) {
            refuse(e);
            return;
        }
        stream.whenComplete((bridge, failure) -> dialling.cancel(true)); // no effect if it is complete
        dialling.whenComplete((bridge, failure) -> {
            if (failure == null) {
                grant(bridge);
            } else if (!stream.isDone()) {
                refuse(failure);
            }
        });
    }

    private void grant(BridgeLeg bridge) {
        talk.grant();
        say().whenComplete((sent, failure) -> {
            if (failure != null) {
                stream.completeExceptionally(failure);
            }
            if (failure != null || !stream.complete(bridge)) {
                bridge.close(GONE);
            }
        });
    }

    private void refuse(Throwable failure) {
        Refusal why = Refusal.of(failure);
        talk.refuse(why);
        leave(why);
    }

    /** Sends what is still to be said, and ends. */
    private void leave(Refusal why) {
        refused = true;
        say().whenComplete((sent, failure) -> {
            leg.close(CloseReason.normal());
            stream.completeExceptionally(why);
        });
    }

    /** After a refusal, a reset could overtake its words; the leg is closing, and bounds how long that takes. */
    @Override
    public void abort() {
        if (!refused) {
            leg.abort();
        }
    }

    @Override
    public void demand() {
        Fragment first = rest;
        Receiver receiver = joined;
        if (first == null || receiver == null) {
            leg.demand();
        } else {
            rest = null;
            receiver.onFragment(first);
        }
    }

    @Override
    public boolean transferTo(Leg target) {
        return rest == null && leg.transferTo(target);
    }
}
