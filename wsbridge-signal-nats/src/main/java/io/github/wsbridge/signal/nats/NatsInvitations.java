package io.github.wsbridge.signal.nats;

import io.github.wsbridge.BridgeId;
import io.github.wsbridge.CloseReason;
import io.github.wsbridge.DeviceState;
import io.github.wsbridge.Invitation;
import io.github.wsbridge.Rejection;
import io.github.wsbridge.spi.InvitationSource;
import io.github.wsbridge.wire.concurrent.Daemons;
import io.github.wsbridge.wire.message.InvitationJson;
import io.github.wsbridge.wire.message.JsonMessage;
import io.github.wsbridge.wire.message.MalformedMessageException;
import io.nats.client.Connection;
import io.nats.client.ConnectionListener;
import io.nats.client.Dispatcher;
import io.nats.client.Message;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The device's side: receives invitations on the device's subject, and replies to them. Pass it to
 * {@code BridgeDevice.Builder.source}. Thread-safe; no method blocks.
 *
 * <p>The connection is the caller's, and reconnects as its options say; the client then subscribes again. It should be
 * permitted to subscribe to nothing but the device's own subject, or a device could read the invitations of others.
 * Closing the source leaves it open. If several devices have the same id, all of them get its invitations.
 */
public final class NatsInvitations implements InvitationSource {

    private static final Logger log = LoggerFactory.getLogger(NatsInvitations.class);
    private static final Duration SUBSCRIBING = Duration.ofSeconds(20);
    private static final int MOST_REMEMBERED = 1000;

    private final Connection connection;
    private final String deviceId;
    private final String subject;
    private final ConnectionListener changes = this::changed;
    private final Map<BridgeId, String> replies = new Newest(); // guarded by itself
    private volatile @Nullable Sink sink;
    private @Nullable Dispatcher dispatcher; // guarded by this

    /**
     * Creates a source of invitations for {@code deviceId} on an open connection.
     *
     * @throws IllegalArgumentException if the device id is not valid Unicode
     */
    public static NatsInvitations create(Connection connection, String deviceId) {
        return new NatsInvitations(connection, deviceId);
    }

    private NatsInvitations(Connection connection, String deviceId) {
        this.connection = connection;
        this.deviceId = deviceId;
        this.subject = Subjects.invitations(deviceId);
    }

    @Override
    public void start(Sink to) {
        sink = to;
        Daemons.start("wsbridge-nats-subscribe", this::subscribe);
    }

    private void subscribe() {
        try {
            synchronized (this) {
                if (sink == null) {
                    return;
                }
                connection.addConnectionListener(changes);
                dispatcher = connection.createDispatcher(this::received);
                dispatcher.subscribe(subject);
            }
            connection.flush(SUBSCRIBING); // the server knows of it when this returns
            listening();
        } catch (TimeoutException | InterruptedException | IllegalStateException e) {
            log.warn("Device {} has not subscribed on NATS yet: {}", deviceId, e.getMessage());
        }
    }

    private void listening() {
        Sink to = sink;
        if (to != null) {
            to.listening();
        }
    }

    private void changed(Connection changed, ConnectionListener.Events event) {
        Sink to = sink;
        if (to == null) {
            return;
        }
        if (event == ConnectionListener.Events.RESUBSCRIBED) {
            to.listening();
        } else if (event == ConnectionListener.Events.DISCONNECTED) {
            Duration wait = connection.getOptions().getReconnectWait();
            to.state(new DeviceState.Retrying("NATS", "the connection has ended", wait));
        } else if (event == ConnectionListener.Events.CLOSED) { // by its owner, or after its last attempt to reconnect
            to.ended(new CloseReason(CloseReason.GOING_AWAY, "the connection to NATS is closed"));
        }
    }

    private void received(Message message) {
        Sink to = sink;
        if (to == null) {
            return;
        }
        try {
            Invitation invitation = InvitationJson.read(JsonMessage.read(message.getData()), deviceId);
            String reply = message.getReplyTo();
            // An invitation must not be able to make the device publish on any subject.
            if (reply != null && reply.startsWith(connection.getOptions().getInboxPrefix())) {
                synchronized (replies) {
                    replies.put(invitation.bridgeId(), reply);
                }
            }
            to.offer(invitation).thenAccept(answer -> {
                if (answer instanceof Answer.Accepted) {
                    reply(invitation, AnswerJson.accept());
                }
            });
        } catch (MalformedMessageException e) {
            log.debug("Device {} drops a message: {}", deviceId, e.getMessage());
        }
    }

    @Override
    public CompletionStage<Boolean> reject(Invitation invitation, Rejection rejection) {
        return CompletableFuture.completedFuture(reply(invitation, AnswerJson.reject(rejection)));
    }

    /** Returns whether the connection has taken the reply. */
    private boolean reply(Invitation invitation, byte[] answer) {
        String reply;
        synchronized (replies) {
            reply = replies.remove(invitation.bridgeId());
        }
        if (reply == null || connection.getStatus() != Connection.Status.CONNECTED) {
            return false;
        }
        try {
            connection.publish(reply, answer);
            return true;
        } catch (IllegalStateException | IllegalArgumentException e) {
            log.debug("Device {} could not answer an invitation: {}", deviceId, e.getMessage());
            return false;
        }
    }

    /** Ends the subscription. The connection stays open. */
    @Override
    public synchronized void close() {
        sink = null;
        connection.removeConnectionListener(changes);
        if (dispatcher != null && connection.getStatus() != Connection.Status.CLOSED) {
            connection.closeDispatcher(dispatcher);
        }
        dispatcher = null;
    }

    /** Keeps the newest entries. */
    private static final class Newest extends LinkedHashMap<BridgeId, String> {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<BridgeId, String> eldest) {
            return size() > MOST_REMEMBERED;
        }
    }
}
