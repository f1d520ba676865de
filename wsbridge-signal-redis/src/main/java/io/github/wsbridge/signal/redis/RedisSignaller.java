package io.github.wsbridge.signal.redis;

import io.github.wsbridge.Invitation;
import io.github.wsbridge.spi.Signaller;
import io.github.wsbridge.wire.concurrent.PendingInvitations;
import io.github.wsbridge.wire.message.InvitationJson;
import io.github.wsbridge.wire.message.JsonMessage;
import io.lettuce.core.api.async.RedisAsyncCommands;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The node's side: publishes on the device's channel. If Redis has passed the message to nobody, the device is
 * unreachable. There are no answers: a device rejects at the accept URL. Thread-safe; no method blocks.
 *
 * <p>The connection is the caller's. Its client should have {@code ClientOptions.disconnectedBehavior} with
 * {@code REJECT_COMMANDS}: by default, it holds commands while it reconnects, and sends them later, which is of no use
 * here. What Redis has not answered when the invitation expires is cancelled; at most 10,000 invitations wait for an
 * answer. Closing the signaller leaves the connection open.
 *
 * <p>In a Redis Cluster, a server counts only its own subscribers, so a device may be found unreachable that is not.
 */
public final class RedisSignaller implements Signaller {

    private static final Logger log = LoggerFactory.getLogger(RedisSignaller.class);

    private final RedisAsyncCommands<String, String> redis;
    private final PendingInvitations pending;

    /** Creates a signaller on an open connection, such as {@code client.connect().async()}. */
    public static RedisSignaller create(RedisAsyncCommands<String, String> redis) {
        return new RedisSignaller(redis, InstantSource.system());
    }

    RedisSignaller(RedisAsyncCommands<String, String> redis, InstantSource clock) {
        this.redis = redis;
        this.pending = new PendingInvitations("Redis", clock);
    }

    @Override
    public String channel() {
        return "redis";
    }

    @Override
    public CompletionStage<Result> signal(Invitation invitation) {
        String channel = Channels.invitations(invitation.deviceId());
        String message = new String(JsonMessage.write(InvitationJson.write(invitation)), StandardCharsets.UTF_8);
        return pending.signal(invitation, (left, result) -> {
            // Fails if the client is disconnected, or too many commands wait.
            CompletableFuture<Long> published = redis.publish(channel, message).toCompletableFuture();
            published.whenComplete((heard, failure) -> result.complete(result(invitation, heard, failure)));
            // So that a client that is disconnected does not send it any more.
            result.whenComplete((said, failure) -> published.cancel(false));
        });
    }

    private static Result result(Invitation invitation, @Nullable Long heard, @Nullable Throwable failure) {
        if (heard == null || failure != null) {
            log.debug("{} could not be published: {}", invitation, String.valueOf(failure));
            return new Result.Unreachable("Redis did not take the invitation");
        }
        return heard == 0 ? new Result.Unreachable("the device is not subscribed on Redis") : new Result.Delivered();
    }

    /** The number of invitations for which state is kept. */
    int kept() {
        return pending.size();
    }

    /** Gives up what Redis has not answered. The connection stays open. */
    @Override
    public void close() {
        pending.close();
    }
}
