package io.github.wsbridge.signal.nats;

import io.github.wsbridge.Invitation;
import io.github.wsbridge.spi.Signaller;
import io.github.wsbridge.wire.concurrent.PendingInvitations;
import io.github.wsbridge.wire.message.InvitationJson;
import io.github.wsbridge.wire.message.JsonMessage;
import io.github.wsbridge.wire.message.MalformedMessageException;
import io.nats.client.Connection;
import io.nats.client.Message;
import java.time.InstantSource;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The node's side: requests an answer on the device's subject. A server that knows of no subscriber says so at once,
 * and the device is unreachable. An invitation is delivered at most once: while the connection is down, all devices are
 * unreachable, and nothing waits for its return. At most 10,000 invitations wait for answers. Thread-safe; no method
 * blocks if the connection's options have {@code discardMessagesWhenOutgoingQueueFull}: by default, its client waits
 * up to two seconds for room when a server has frozen and 5,000 messages wait to be sent.
 *
 * <p>The connection is the caller's, with its servers, TLS, credentials and permissions. It must be permitted to
 * publish to {@code wsbridge.v1.devices.*.invitations} and to subscribe to its inbox. Closing the signaller
 * leaves it open.
 */
public final class NatsSignaller implements Signaller {

    private static final Logger log = LoggerFactory.getLogger(NatsSignaller.class);

    private final Connection connection;
    private final InstantSource clock;
    private final PendingInvitations pending;

    /** Creates a signaller on an open connection. */
    public static NatsSignaller create(Connection connection) {
        return new NatsSignaller(connection, InstantSource.system());
    }

    NatsSignaller(Connection connection, InstantSource clock) {
        this.connection = connection;
        this.clock = clock;
        this.pending = new PendingInvitations("NATS", clock);
    }

    @Override
    public String channel() {
        return "nats";
    }

    @Override
    public CompletionStage<Result> signal(Invitation invitation) {
        if (connection.getStatus() != Connection.Status.CONNECTED) {
            return unreachable("NATS is not connected");
        }
        String subject;
        try {
            subject = Subjects.invitations(invitation.deviceId());
        } catch (IllegalArgumentException e) {
            return unreachable("the device id cannot be part of a NATS subject");
        }
        return pending.signal(invitation, (left, result) -> {
            // Fails if the client's queue is full, the connection is closed, or the message is too long for the server.
            CompletableFuture<Message> reply =
                    connection.requestWithTimeout(subject, JsonMessage.write(InvitationJson.write(invitation)), left);
            reply.whenComplete((message, failure) -> answered(invitation, result, message, failure));
            result.whenComplete((said, failure) -> reply.cancel(false));
        });
    }

    private void answered(
            Invitation invitation,
            CompletableFuture<Result> result,
            @Nullable Message message,
            @Nullable Throwable failure) {
        if (message != null && failure == null) {
            try {
                result.complete(AnswerJson.read(message.getData()));
            } catch (MalformedMessageException e) {
                log.debug("The answer to {} is malformed: {}", invitation, e.getMessage());
                result.complete(new Result.Delivered()); // somebody has it
            }
        } else if (clock.instant().isBefore(invitation.expiresAt())) {
            // The client fails a request early for one reason only: the server knows of no subscriber.
            result.complete(new Result.Unreachable("the device is not subscribed on NATS"));
        } else {
            result.cancel(false);
        }
    }

    private static CompletionStage<Result> unreachable(String reason) {
        return CompletableFuture.completedFuture(new Result.Unreachable(reason));
    }

    /** The number of invitations for which state is kept. */
    int kept() {
        return pending.size();
    }

    /** Devices that have not answered become unreachable. The connection stays open. */
    @Override
    public void close() {
        pending.close();
    }
}
