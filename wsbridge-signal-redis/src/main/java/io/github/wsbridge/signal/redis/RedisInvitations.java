package io.github.wsbridge.signal.redis;

import io.github.wsbridge.DeviceState;
import io.github.wsbridge.spi.InvitationSource;
import io.github.wsbridge.wire.message.InvitationJson;
import io.github.wsbridge.wire.message.JsonMessage;
import io.github.wsbridge.wire.message.MalformedMessageException;
import io.lettuce.core.pubsub.RedisPubSubAdapter;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnection;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The device's side: receives invitations on the device's channel, and rejects at the accept URL. Pass it to
 * {@code BridgeDevice.Builder.source}. Thread-safe; no method blocks.
 *
 * <p>The connection is the caller's, and reconnects and subscribes again as its client does, by default. Its user
 * should be permitted this channel only ({@code resetchannels}), or a device could read the invitations of others.
 * Closing the source leaves the connection open. If several devices have the same id, all of them get its invitations.
 */
public final class RedisInvitations implements InvitationSource {

    private static final Logger log = LoggerFactory.getLogger(RedisInvitations.class);
    private static final Duration AGAIN = Duration.ofSeconds(10);

    private final StatefulRedisPubSubConnection<String, String> connection;
    private final String deviceId;
    private final String channel;
    private final Listener listener = new Listener();
    private volatile @Nullable Sink sink;

    /** Creates a source on an open connection, such as {@code client.connectPubSub()}. */
    public static RedisInvitations create(StatefulRedisPubSubConnection<String, String> connection, String deviceId) {
        return new RedisInvitations(connection, deviceId);
    }

    private RedisInvitations(StatefulRedisPubSubConnection<String, String> connection, String deviceId) {
        this.connection = connection;
        this.deviceId = deviceId;
        this.channel = Channels.invitations(deviceId);
    }

    @Override
    public void start(Sink to) {
        sink = to;
        connection.addListener(listener);
        subscribe();
    }

    /**
     * Tries until it succeeds, also while the client reconnects: afterwards, it repeats only subscriptions that had
     * succeeded.
     */
    private void subscribe() {
        Sink to = sink;
        if (to == null) {
            return;
        }
        connection.async().subscribe(channel).whenComplete((done, failure) -> {
            if (failure != null && sink != null) {
                String why = String.valueOf(failure.getMessage());
                log.warn("Device {} could not subscribe on Redis: {}", deviceId, why);
                to.state(new DeviceState.Retrying("Redis", why, AGAIN));
                CompletableFuture.delayedExecutor(AGAIN.toSeconds(), TimeUnit.SECONDS)
                        .execute(this::subscribe);
            }
        });
    }

    /** Ends the subscription. The connection stays open. */
    @Override
    public void close() {
        sink = null;
        connection.removeListener(listener);
        if (connection.isOpen()) {
            connection.async().unsubscribe(channel);
        }
    }

    private final class Listener extends RedisPubSubAdapter<String, String> {

        /** Also called after each reconnection. */
        @Override
        public void subscribed(String subscribed, long count) {
            Sink to = sink;
            if (to != null && subscribed.equals(channel)) {
                to.listening();
            }
        }

        @Override
        public void message(String of, String message) {
            Sink to = sink;
            if (to == null || !of.equals(channel)) {
                return;
            }
            try {
                to.offer(InvitationJson.read(JsonMessage.read(message), deviceId));
            } catch (MalformedMessageException e) {
                log.debug("Device {} drops a message: {}", deviceId, e.getMessage());
            }
        }
    }
}
