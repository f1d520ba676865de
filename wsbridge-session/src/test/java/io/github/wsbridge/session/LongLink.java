package io.github.wsbridge.session;

import io.github.wsbridge.BridgeId;
import io.github.wsbridge.client.BridgeLeg;
import io.github.wsbridge.spi.Fragment;
import io.github.wsbridge.wire.relay.ForwardingLeg;
import io.github.wsbridge.wire.relay.ForwardingReceiver;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** A requester's end of a bridge whose other end is far away: what either sends arrives when the test says so. */
final class LongLink extends ForwardingLeg implements BridgeLeg {

    private final BridgeId id;
    private final Queue<Fragment> toDevice = new ArrayDeque<>(); // guarded by this, as all below
    private final Queue<Fragment> toRequester = new ArrayDeque<>();
    private final Queue<Fragment> arrived = new ArrayDeque<>();
    private CompletionStage<Void> sent = CompletableFuture.completedStage(null);
    private boolean demanded;
    private @Nullable Receiver receiver;

    LongLink(BridgeLeg leg) {
        super(leg);
        this.id = leg.bridgeId();
    }

    @Override
    public BridgeId bridgeId() {
        return id;
    }

    @Override
    public void open(Receiver to) {
        receiver = to;
        leg.open(new ForwardingReceiver(to) {
            @Override
            public void onFragment(Fragment fragment) {
                synchronized (LongLink.this) {
                    toRequester.add(copy(fragment));
                }
                leg.demand();
            }
        });
        leg.demand();
    }

    @Override
    public CompletionStage<Void> send(Fragment fragment) {
        synchronized (this) {
            toDevice.add(copy(fragment));
        }
        return CompletableFuture.completedStage(null);
    }

    @Override
    public void demand() {
        synchronized (this) {
            demanded = true;
        }
        turn();
    }

    private void turn() {
        Fragment next;
        Receiver to;
        synchronized (this) {
            to = receiver;
            next = demanded && to != null ? arrived.poll() : null;
            if (next == null) {
                return;
            }
            demanded = false;
        }
        to.onFragment(next);
    }

    /** Lets everything arrive at the device that was sent so far. */
    synchronized void reachDevice() {
        for (Fragment next = toDevice.poll(); next != null; next = toDevice.poll()) {
            Fragment fragment = next;
            sent = sent.thenCompose(done -> leg.send(fragment));
        }
    }

    /** Lets everything arrive at the requester that was sent so far. */
    void reachRequester() {
        synchronized (this) {
            arrived.addAll(toRequester);
            toRequester.clear();
        }
        turn();
    }

    private static Fragment copy(Fragment fragment) {
        ByteBuffer bytes = ByteBuffer.allocate(fragment.payload().remaining());
        bytes.put(fragment.payload());
        return new Fragment(fragment.kind(), bytes.flip(), fragment.last());
    }
}
