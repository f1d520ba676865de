package io.github.wsbridge.wire.relay;

import io.github.wsbridge.CloseReason;
import io.github.wsbridge.spi.Fragment;
import io.github.wsbridge.spi.Leg;
import java.time.Duration;

/** A receiver that forwards every event to another receiver. Subclasses override what they need to change. */
public abstract class ForwardingReceiver implements Leg.Receiver {

    /** The wrapped receiver. */
    protected final Leg.Receiver receiver;

    /** Wraps {@code receiver}. */
    protected ForwardingReceiver(Leg.Receiver receiver) {
        this.receiver = receiver;
    }

    @Override
    public void onFragment(Fragment fragment) {
        receiver.onFragment(fragment);
    }

    @Override
    public void onPong() {
        receiver.onPong();
    }

    @Override
    public void onHeartbeat(Duration next) {
        receiver.onHeartbeat(next);
    }

    @Override
    public void onTransferred(long bytes) {
        receiver.onTransferred(bytes);
    }

    @Override
    public void onReading(boolean reading) {
        receiver.onReading(reading);
    }

    @Override
    public void onWritable(boolean writable) {
        receiver.onWritable(writable);
    }

    @Override
    public void onClosed(CloseReason reason) {
        receiver.onClosed(reason);
    }
}
