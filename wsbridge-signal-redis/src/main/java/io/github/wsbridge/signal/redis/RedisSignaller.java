package io.github.wsbridge.signal.redis;

import io.github.wsbridge.Invitation;
import io.github.wsbridge.spi.Signaller;
import io.github.wsbridge.wire.message.InvitationJson;
import io.github.wsbridge.wire.message.JsonMessage;
import io.lettuce.core.RedisException;
import io.lettuce.core.api.async.RedisAsyncCommands;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The node's side: publishes on the device's channel. If Redis has passed the message to nobody, the device is
 * unreachable. There are no answers: a device rejects at the accept URL. Thread-safe; no method blocks.
 *
 * <p>The connection is the caller's. Its client should have {@code ClientOptions.disconnectedBehavior} with
 * {@code REJECT_COMMANDS}: by default, it holds commands while it reconnects, and sends them later, which is of no use
 * here. What Redis has not answered when the invitation expires is given up; at most 10,000 invitations wait for that.
 * Closing the signaller leaves the connection open.
 *
 * <p>In a Redis Cluster, a server counts only its own subscribers, so a device may be found unreachable that is not.
 */
public final class RedisSignaller implements Signaller {

    private static final Logger log = LoggerFactory.getLogger(RedisSignaller.class);
    private static final int MOST_PENDING = 10_000;

    private final RedisAsyncCommands<String, String> redis;
    private final InstantSource clock;
    private final Semaphore room = new Semaphore(MOST_PENDING);
    private final Set<CompletableFuture<Long>> pending = ConcurrentHashMap.newKeySet();
    private volatile boolean closed;

    /** Creates a signaller on an open connection, such as {@code client.connect().async()}. */
    public static RedisSignaller create(RedisAsyncCommands<String, String> redis) {
        return new RedisSignaller(redis, InstantSource.system());
    }

    RedisSignaller(RedisAsyncCommands<String, String> redis, InstantSource clock) {
        this.redis = redis;
        this.clock = clock;
    }

    @Override
    public String channel() {
        return "redis";
    }

    @Override
    public CompletionStage<Result> signal(Invitation invitation) {
        if (closed) {
            return unreachable("the node is stopping");
        }
        Duration left = Duration.between(clock.instant(), invitation.expiresAt());
        if (left.isNegative() || left.isZero()) {
            return unreachable("the invitation has expired");
        }
        if (!room.tryAcquire()) {
            return CompletableFuture.completedFuture(new Result.Throttled("too many pending invitations over Redis"));
        }
        String message = new String(JsonMessage.write(InvitationJson.write(invitation)), StandardCharsets.UTF_8);
        CompletableFuture<Long> published;
        try {
            published = redis.publish(Channels.invitations(invitation.deviceId()), message)
                    .toCompletableFuture();
        } catch (RedisException e) { // disconnected, or too many commands wait
            room.release();
            log.debug("{} could not be published: {}", invitation, e.getMessage());
            return unreachable("Redis did not take the invitation");
        }
        pending.add(published);
        published.whenComplete((heard, failure) -> forget(published));
        // Cancelled when it expires, so that a client that is disconnected does not send it any more. The alarm ends
        // with
        // the answer: otherwise it would keep the command, and so the message, until then.
        CompletableFuture<Void> alarm = new CompletableFuture<>();
        published.whenComplete((heard, failure) -> alarm.complete(null));
        alarm.orTimeout(left.toMillis(), TimeUnit.MILLISECONDS).exceptionally(late -> {
            published.cancel(false);
            return null;
        });
        if (closed) {
            published.cancel(false); // close() may have missed it
        }
        return published
                .handle((heard, failure) -> result(invitation, heard, failure))
                .minimalCompletionStage();
    }

    private Result result(Invitation invitation, @Nullable Long heard, @Nullable Throwable failure) {
        if (heard == null || failure != null) {
            log.debug("{} could not be published: {}", invitation, String.valueOf(failure));
            return new Result.Unreachable(closed ? "the node is stopping" : "Redis did not take the invitation");
        }
        return heard == 0 ? new Result.Unreachable("the device is not subscribed on Redis") : new Result.Delivered();
    }

    private void forget(CompletableFuture<Long> published) {
        if (pending.remove(published)) {
            room.release();
        }
    }

    private static CompletionStage<Result> unreachable(String reason) {
        return CompletableFuture.completedFuture(new Result.Unreachable(reason));
    }

    /** The number of invitations for which state is kept. */
    int kept() {
        return pending.size();
    }

    /** Gives up what Redis has not answered. The connection stays open. */
    @Override
    public void close() {
        closed = true;
        pending.forEach(published -> published.cancel(false));
    }
}
