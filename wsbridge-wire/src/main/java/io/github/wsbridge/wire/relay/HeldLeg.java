package io.github.wsbridge.wire.relay;

import io.github.wsbridge.spi.Leg;

/**
 * A leg that has been opened for a first exchange, and can then be opened once more by whoever uses it from then on.
 * Nothing may be demanded, and no send may be in flight, when the first exchange ends.
 */
public final class HeldLeg extends ForwardingLeg {

    private final Gate gate;

    /** Wraps a leg, which the caller opens with a receiver that passes events on to {@link #receiver}. */
    public HeldLeg(Leg leg) {
        super(leg);
        this.gate = new Gate(leg, reason -> {});
    }

    /** Returns the receiver of the leg's events, which keeps its end until the second {@link #open}. */
    public Receiver receiver() {
        return gate;
    }

    /** Passes the leg's events to {@code receiver} from now on. */
    @Override
    public void open(Receiver receiver) {
        gate.pass(receiver);
    }
}
