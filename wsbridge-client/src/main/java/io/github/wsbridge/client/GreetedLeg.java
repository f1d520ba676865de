package io.github.wsbridge.client;

import io.github.wsbridge.BridgeId;
import io.github.wsbridge.CloseReason;
import io.github.wsbridge.spi.Leg;
import io.github.wsbridge.wire.relay.ForwardingLeg;
import io.github.wsbridge.wire.relay.ForwardingReceiver;
import io.github.wsbridge.wire.relay.Gate;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** A leg that has received its greeting and waits for a receiver. */
final class GreetedLeg extends ForwardingLeg implements BridgeLeg {

    private final BridgeId bridgeId;
    private final Gate gate;
    private final CompletableFuture<CloseReason> ended = new CompletableFuture<>();

    /** Wraps a leg that is open, and whose receiver passes all further events to {@link #receiver}. */
    GreetedLeg(Leg leg, BridgeId bridgeId) {
        super(leg);
        this.bridgeId = bridgeId;
        this.gate = new Gate(leg, reason -> {});
    }

    Receiver receiver() {
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

    /** Completes when the leg has ended, whether or not it was opened. */
    CompletionStage<CloseReason> ended() {
        return ended;
    }

    @Override
    public String toString() {
        return "BridgeLeg[" + bridgeId + "]";
    }
}
