package io.github.wsbridge.core.cluster;

import com.grack.nanojson.JsonObject;
import io.github.wsbridge.CloseReason;
import io.github.wsbridge.Invitation;
import io.github.wsbridge.core.limits.Deadlines;
import io.github.wsbridge.core.signalling.DeviceListeners;
import io.github.wsbridge.spi.Leg;
import io.github.wsbridge.wire.message.JsonMessage;
import io.github.wsbridge.wire.message.MessageLeg;
import io.github.wsbridge.wire.message.RejectionJson;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ScheduledExecutorService;

/** Serves one peer that has dialled this node. */
public final class PeerServer implements MessageLeg.Handler {

    private final DeviceListeners listeners;
    private final DeviceListeners.Rejections rejections;
    private final Set<PeerServer> all;
    private final Duration answerWithin;
    private final ScheduledExecutorService scheduler;
    private final MessageLeg link;

    public PeerServer(
            Leg leg,
            DeviceListeners listeners,
            DeviceListeners.Rejections rejections,
            Set<PeerServer> all,
            Duration answerWithin,
            ScheduledExecutorService scheduler) {
        this.listeners = listeners;
        this.rejections = rejections;
        this.all = all;
        this.answerWithin = answerWithin;
        this.scheduler = scheduler;
        this.link = new MessageLeg(leg, this);
    }

    public void open() {
        all.add(this);
        link.open();
    }

    public void close(CloseReason reason) {
        link.close(reason);
    }

    @Override
    public void onMessage(JsonObject message) {
        switch (JsonMessage.type(message)) {
            case PeerMessages.DELIVER -> deliver(PeerMessages.number(message), PeerMessages.invitation(message));
            case PeerMessages.LISTENING ->
                listeners.listensElsewhere(PeerMessages.deviceId(message), PeerMessages.since(message));
            case RejectionJson.TYPE ->
                rejections.rejected(RejectionJson.readToken(message), RejectionJson.read(message));
            default -> {} // a newer peer may send other messages
        }
    }

    private void deliver(long number, Invitation invitation) {
        CompletionStage<Void> delivered = listeners.deliver(invitation);
        if (delivered == null) {
            link.send(PeerMessages.answer(number, false));
        } else {
            // A device that does not read must not be mistaken for a peer that does not answer.
            Deadlines.within(answerWithin, delivered, scheduler)
                    .whenComplete((done, failure) -> link.send(PeerMessages.answer(number, failure == null)));
        }
    }

    @Override
    public void onClosed(CloseReason reason) {
        all.remove(this);
    }
}
