package io.github.wsbridge.core;

import io.github.wsbridge.Invitation;
import io.github.wsbridge.spi.Signaller;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** The built-in secondary channel: the device's listen socket on this node, or else on a peer. */
final class ListenSignaller implements Signaller {

    private final DeviceListeners listeners;
    private final Peers peers;

    ListenSignaller(DeviceListeners listeners, Peers peers) {
        this.listeners = listeners;
        this.peers = peers;
    }

    @Override
    public CompletionStage<Result> signal(Invitation invitation) {
        CompletionStage<Void> here = listeners.deliver(invitation);
        CompletionStage<Boolean> delivered = here == null
                ? peers.deliver(invitation)
                : here.handle((done, failure) -> failure == null)
                        .thenCompose(
                                done -> done ? CompletableFuture.completedFuture(true) : peers.deliver(invitation));
        return delivered.thenApply(
                done -> done ? new Result.Delivered() : new Result.Unreachable("the device does not listen"));
    }
}
