package io.github.wsbridge.core.signalling;

import io.github.wsbridge.Invitation;
import io.github.wsbridge.spi.Signaller;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.Function;

/** The built-in secondary channel: the device's listen socket, on this node or on a peer. */
public final class ListenSignaller implements Signaller {

    private final DeviceListeners listeners;
    private final Function<Invitation, CompletionStage<Boolean>> peers;
    private final Consumer<Invitation> withdrawn;

    /**
     * @param peers delivers to a device that listens on another node, and completes with whether it did
     * @param withdrawn tells a device that listens on another node that the requester has gone
     */
    public ListenSignaller(
            DeviceListeners listeners,
            Function<Invitation, CompletionStage<Boolean>> peers,
            Consumer<Invitation> withdrawn) {
        this.listeners = listeners;
        this.peers = peers;
        this.withdrawn = withdrawn;
    }

    @Override
    public String channel() {
        return "listen";
    }

    @Override
    public CompletionStage<Result> signal(Invitation invitation) {
        CompletionStage<Void> here = listeners.deliver(invitation);
        CompletionStage<Boolean> delivered = here == null
                ? peers.apply(invitation)
                : here.handle((done, failure) -> failure == null)
                        .thenCompose(done -> done ? CompletableFuture.completedFuture(true) : peers.apply(invitation));
        return delivered.thenApply(
                done -> done ? new Result.Delivered() : new Result.Unreachable("the device is not listening"));
    }

    @Override
    public void withdraw(Invitation invitation) {
        if (!listeners.withdraw(invitation.deviceId(), invitation.token())) {
            withdrawn.accept(invitation);
        }
    }
}
