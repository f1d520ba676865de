package io.github.wsbridge.signal.mqtt;

import com.grack.nanojson.JsonObject;
import io.github.wsbridge.BridgeId;
import io.github.wsbridge.DeviceState;
import io.github.wsbridge.Invitation;
import io.github.wsbridge.Rejection;
import io.github.wsbridge.spi.InvitationSource;
import io.github.wsbridge.wire.concurrent.Daemons;
import io.github.wsbridge.wire.message.InvitationJson;
import io.github.wsbridge.wire.message.JsonMessage;
import io.github.wsbridge.wire.message.MalformedMessageException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The device's side: receives invitations on the device's topic. Pass it to {@code BridgeDevice.Builder.source}.
 * Thread-safe; no method blocks.
 *
 * <p>With MQTT 5, it answers on the topic that the invitation names. If there is none, or the answer is not delivered,
 * the device rejects at the accept URL. It reconnects after random, growing delays. As with the listen socket, the
 * newest of several wins: if the broker reports (MQTT 5) that another connection with the same client id has taken
 * over, it tries again after half a minute to a minute. But if earlier attempts to connect got no answer, the other
 * connection may be one of those, and it reconnects soon.
 */
public final class MqttInvitations implements InvitationSource {

    private static final Logger log = LoggerFactory.getLogger(MqttInvitations.class);

    /** How many invitations are remembered, so that a duplicate is offered only once. */
    private static final int MAX_REMEMBERED = 1000;

    private static final int MAX_ANSWERS = 100;

    /** How long the broker may keep an answer for a node that is temporarily disconnected. */
    private static final Duration ANSWER_EXPIRY = Duration.ofMinutes(1);

    private final MqttBroker broker;
    private final String deviceId;
    private final ScheduledExecutorService scheduler;
    private final boolean ownScheduler;
    private final BrokerLink link;
    private final Semaphore answers = new Semaphore(MAX_ANSWERS);
    private final Map<BridgeId, Optional<Wire.Address>> remembered = new Newest<>(); // guarded by itself
    private volatile @Nullable Sink sink;

    /**
     * Creates a source of invitations for {@code deviceId}; {@link #start} connects it.
     *
     * @throws IllegalArgumentException if the device id cannot be part of a topic
     */
    public static MqttInvitations create(MqttBroker broker, String deviceId) {
        return new MqttInvitations(broker, deviceId);
    }

    private MqttInvitations(MqttBroker broker, String deviceId) {
        this.broker = broker;
        this.deviceId = deviceId;
        String topic = broker.invitations.of(deviceId);
        ScheduledExecutorService given = broker.scheduler;
        ownScheduler = given == null;
        scheduler = given == null ? Daemons.newTimer("wsbridge-mqtt-timer") : given;
        link = broker.link(
                "Device " + deviceId,
                topic,
                "wsbridge-device-" + TopicTemplate.escape(deviceId),
                scheduler,
                new LinkUser());
    }

    @Override
    public void start(Sink to) {
        sink = to;
        link.start();
    }

    @Override
    public CompletionStage<Boolean> reject(Invitation invitation, Rejection rejection) {
        return answer(invitation.bridgeId(), AnswerJson.reject(rejection));
    }

    /** Completes with whether the broker has accepted the answer and has a subscriber for it. */
    private CompletionStage<Boolean> answer(BridgeId bridge, JsonObject answer) {
        Optional<Wire.Address> address;
        synchronized (remembered) {
            address = remembered.getOrDefault(bridge, Optional.empty());
        }
        Wire wire = link.wire();
        if (address.isEmpty() || wire == null || !answers.tryAcquire()) {
            return CompletableFuture.completedFuture(false);
        }
        return wire.publish(new Wire.Outgoing(
                        address.get().topic(),
                        JsonMessage.write(answer),
                        () -> ANSWER_EXPIRY,
                        new Wire.Address("", address.get().correlation())))
                .handle((ack, failure) -> {
                    answers.release();
                    if (failure != null) {
                        log.debug("Device {} could not answer an invitation: {}", deviceId, Loss.words(failure));
                    }
                    return ack == Wire.Ack.TAKEN;
                });
    }

    @Override
    public void close() {
        sink = null;
        link.close();
        if (ownScheduler) {
            scheduler.shutdownNow();
        }
    }

    /** Receives the invitations. */
    private final class LinkUser implements BrokerLink.User {

        @Override
        public void opened() {
            Sink to = sink;
            if (to != null) {
                to.listening();
            }
        }

        @Override
        public void received(Wire.Received message) {
            Sink to = sink;
            if (to == null || message.retained()) { // outdated: nobody waits for it any more
                return;
            }
            try {
                Invitation invitation = InvitationJson.read(JsonMessage.read(message.payload()), deviceId);
                if (remember(invitation, message.address())) {
                    to.offer(invitation).thenAccept(answer -> {
                        if (answer instanceof Answer.Accepted) {
                            answer(invitation.bridgeId(), AnswerJson.accept());
                        }
                    });
                }
            } catch (MalformedMessageException e) {
                log.debug("Device {} drops a message: {}", deviceId, e.getMessage());
            }
        }

        /** Records an invitation and where to answer it; returns false if it was received before. */
        private boolean remember(Invitation invitation, Wire.@Nullable Address address) {
            // An invitation must not be able to make the device publish on arbitrary topics.
            boolean good = address != null
                    && broker.answers.matches(address.topic())
                    && address.correlation().length() <= Correlation.MAX_LENGTH;
            synchronized (remembered) {
                return remembered.putIfAbsent(
                                invitation.bridgeId(), good ? Optional.ofNullable(address) : Optional.empty())
                        == null;
            }
        }

        @Override
        public void waits(boolean refused, String why, Duration retryIn) {
            Sink to = sink;
            if (to != null) {
                to.state(
                        refused
                                ? new DeviceState.Refused("the MQTT broker", why, retryIn)
                                : new DeviceState.Retrying("the MQTT broker", why, retryIn));
            }
        }

        @Override
        public void takenOver(Duration retryIn) {
            Sink to = sink;
            if (to != null) {
                to.state(new DeviceState.Replaced(
                        "the MQTT broker", "another connection has the device's MQTT client id", retryIn));
            }
        }
    }

    /** Keeps the newest entries. */
    private static final class Newest<K, V> extends LinkedHashMap<K, V> {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<K, V> eldest) {
            return size() > MAX_REMEMBERED;
        }
    }
}
