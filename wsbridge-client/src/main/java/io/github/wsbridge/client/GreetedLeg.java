package io.github.wsbridge.client;

import io.github.wsbridge.BridgeId;
import io.github.wsbridge.CloseReason;
import io.github.wsbridge.spi.Leg;
import io.github.wsbridge.wire.relay.ForwardingLeg;
import io.github.wsbridge.wire.relay.ForwardingReceiver;
import io.github.wsbridge.wire.relay.Gate;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** A leg from which the greeting has been taken, and which waits for whom the rest is for. */
final class GreetedLeg extends ForwardingLeg implements BridgeLeg {

    private final BridgeId bridgeId;
    private final Gate gate;
    private final CompletableFuture<CloseReason> ended = new CompletableFuture<>();

    /** A leg that is open, and whose receiver passes all that comes from now on to {@link #ear}. */
    GreetedLeg(Leg leg, BridgeId bridgeId) {
        super(leg);
        this.bridgeId = bridgeId;
        this.gate = new Gate(leg, reason -> {});
    }

    Receiver ear() {
        return new ForwardingReceiver(gate) {
            @Override
            public void onClosed(CloseReason reason) {
                super.onClosed(reason);
                ended.complete(reason);
            }
        };
    }

    @Override
    public BridgeId bridgeId() {
        return bridgeId;
    }

    @Override
    public void open(Receiver receiver) {
        gate.pass(receiver);
    }

    /** Completes when it has ended, opened or not. */
    CompletionStage<CloseReason> ended() {
        return ended;
    }

    @Override
    public String toString() {
        return "BridgeLeg[" + bridgeId + "]";
    }
}
