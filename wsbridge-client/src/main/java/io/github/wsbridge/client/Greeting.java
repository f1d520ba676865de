package io.github.wsbridge.client;

import io.github.wsbridge.BridgeException;
import io.github.wsbridge.CloseReason;
import io.github.wsbridge.spi.Fragment;
import io.github.wsbridge.spi.Leg;
import io.github.wsbridge.wire.message.EstablishedJson;
import io.github.wsbridge.wire.message.EstablishedJson.Established;
import io.github.wsbridge.wire.message.JsonMessage;
import io.github.wsbridge.wire.message.MalformedMessageException;
import io.github.wsbridge.wire.message.TextAssembler;
import io.github.wsbridge.wire.relay.Demands;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A leg's receiver for its whole life: it waits until the owner node reports that the bridge is established, then
 * passes every event to the receiver created for the leg.
 */
final class Greeting<B> implements Leg.Receiver {

    private static final CloseReason OTHER =
            new CloseReason(CloseReason.POLICY_VIOLATION, "the invitation named another requester");

    private final Leg leg;
    private final String principal;
    private final Demands demands;
    private final Function<GreetedLeg, B> made;
    private final CompletableFuture<B> result;
    private final Executor executor;
    private final TextAssembler message = new TextAssembler();
    private Leg.@Nullable Receiver established; // used on the receiver's thread only

    /**
     * Creates a greeting that is not awaited yet.
     *
     * @param principal who requested the bridge, as the invitation says; empty if it does not, or for a requester. The
     *     node's own word counts
     * @param made creates the result from the leg; called before any further event of the leg
     * @param executor completes {@code result}
     */
    Greeting(Leg leg, String principal, Function<GreetedLeg, B> made, CompletableFuture<B> result, Executor executor) {
        this.leg = leg;
        this.principal = principal;
        this.demands = new Demands(leg::demand);
        this.made = made;
        this.result = result;
        this.executor = executor;
    }

    void start() {
        leg.open(this);
        demands.one();
    }

    @Override
    public void onFragment(Fragment fragment) {
        if (established != null) {
            established.onFragment(fragment);
            return;
        }
        try {
            String text = message.add(fragment);
            if (text == null) {
                demands.one();
            } else {
                establish(EstablishedJson.read(JsonMessage.read(text)));
            }
        } catch (MalformedMessageException e) {
            CloseReason reason = new CloseReason(CloseReason.PROTOCOL_ERROR, "the bridge began with " + e.getMessage());
            leg.close(reason);
            fail(reason);
        }
    }

    private void establish(Established said) {
        if (said.principal() != null
                && !principal.isEmpty()
                && !said.principal().equals(principal)) {
            leg.close(OTHER);
            fail(OTHER);
            return;
        }
        GreetedLeg greeted = new GreetedLeg(leg, said.bridgeId());
        established = greeted.receiver();
        B bridge = made.apply(greeted);
        executor.execute(() -> result.complete(bridge));
    }

    @Override
    public void onPong() {
        if (established != null) {
            established.onPong();
        }
    }

    @Override
    public void onHeartbeat(Duration next) {
        if (established != null) {
            established.onHeartbeat(next);
        }
    }

    @Override
    public void onTransferred(long bytes) {
        if (established != null) {
            established.onTransferred(bytes);
        }
    }

    @Override
    public void onReading(boolean reading) {
        if (established != null) {
            established.onReading(reading);
        }
    }

    @Override
    public void onWritable(boolean writable) {
        if (established != null) {
            established.onWritable(writable);
        }
    }

    @Override
    public void onClosed(CloseReason reason) {
        if (established == null) {
            fail(reason);
        } else {
            established.onClosed(reason);
        }
    }

    private void fail(CloseReason reason) {
        executor.execute(() -> result.completeExceptionally(new BridgeException(reason)));
    }
}
