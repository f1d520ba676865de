package io.github.wsbridge.client;

import io.github.wsbridge.BridgeException;
import io.github.wsbridge.BridgeId;
import io.github.wsbridge.CloseReason;
import io.github.wsbridge.spi.Fragment;
import io.github.wsbridge.spi.Leg;
import io.github.wsbridge.wire.message.EstablishedJson;
import io.github.wsbridge.wire.message.JsonMessage;
import io.github.wsbridge.wire.message.MalformedMessageException;
import io.github.wsbridge.wire.message.TextAssembler;
import io.github.wsbridge.wire.relay.Demands;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * A leg's receiver from its opening to its end: first it waits for the owner node's word that the bridge stands, then it hands
 * all to the channel.
 */
final class Greeting implements Leg.Receiver {

    private final Leg leg;
    private final Demands demands;
    private final CompletableFuture<BridgeChannel> result;
    private final Executor executor;
    private final TextAssembler message = new TextAssembler();
    private volatile @Nullable BridgeChannel channel; // written by the receiver's thread only

    /** Completes {@code result} on {@code executor}, so that what its user does next may block. */
    Greeting(Leg leg, CompletableFuture<BridgeChannel> result, Executor executor) {
        this.leg = leg;
        this.demands = new Demands(leg::demand);
        this.result = result;
        this.executor = executor;
    }

    void start() {
        leg.open(this);
        demands.one();
    }

    @Override
    public void onFragment(Fragment fragment) {
        BridgeChannel established = channel;
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

    private void establish(BridgeId bridgeId) {
        BridgeChannel established = BridgeChannel.over(leg, bridgeId);
        channel = established;
        established.start();
        executor.execute(() -> result.complete(established));
    }

    @Override
    public void onClosed(CloseReason reason) {
        BridgeChannel established = channel;
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
