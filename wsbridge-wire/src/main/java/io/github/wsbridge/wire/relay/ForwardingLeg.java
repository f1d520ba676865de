package io.github.wsbridge.wire.relay;

import io.github.wsbridge.CloseReason;
import io.github.wsbridge.spi.Fragment;
import io.github.wsbridge.spi.Leg;
import java.time.Duration;
import java.util.concurrent.CompletionStage;

/** A leg that forwards every call to another leg. Subclasses override what they need to change. */
public abstract class ForwardingLeg implements Leg {

    /** The wrapped leg. */
    protected final Leg leg;

    /** Wraps {@code leg}, which must not be open yet. */
    protected ForwardingLeg(Leg leg) {
        this.leg = leg;
    }

    @Override
    public String subprotocol() {
        return leg.subprotocol();
    }

    @Override
    public void open(Receiver receiver) {
        leg.open(receiver);
    }

    @Override
    public void demand() {
        leg.demand();
    }

    @Override
    public CompletionStage<Void> send(Fragment fragment) {
        return leg.send(fragment);
    }

    @Override
    public void ping() {
        leg.ping();
    }

    @Override
    public void heartbeat(Duration next) {
        leg.heartbeat(next);
    }

    @Override
    public Duration unacknowledged() {
        return leg.unacknowledged();
    }

    @Override
    public void close(CloseReason reason) {
        leg.close(reason);
    }

    @Override
    public void abort() {
        leg.abort();
    }

    @Override
    public Leg transport() {
        return leg.transport();
    }

    @Override
    public Leg carrier() {
        return leg.carrier();
    }

    @Override
    public CompletionStage<Void> shareThread(Leg other) {
        return leg.shareThread(other);
    }

    @Override
    public boolean takesTransfers() {
        return leg.takesTransfers();
    }

    @Override
    public boolean transferTo(Leg target) {
        return leg.transferTo(target);
    }
}
