package io.github.wsbridge.signal.mqtt;

import io.github.wsbridge.Invitation;
import io.github.wsbridge.spi.Signaller;
import io.github.wsbridge.wire.concurrent.Daemons;
import io.github.wsbridge.wire.message.InvitationJson;
import io.github.wsbridge.wire.message.JsonMessage;
import io.github.wsbridge.wire.message.MalformedMessageException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The node's side: publishes each invitation on its device's topic. Thread-safe; no method blocks.
 *
 * <p>With MQTT 5, the device answers on a topic that only this signaller uses, and the broker reports at once if nobody
 * is subscribed. If a device does not answer, the stage stays incomplete until the invitation expires. With MQTT 3.1.1,
 * an invitation counts as delivered when the broker has acknowledged it. If the broker never acknowledges it, the stage
 * stays incomplete.
 *
 * <p>While there is no connection, devices are unreachable; so are those whose invitations were unacknowledged when the
 * connection ended. If an MQTT 5 broker limits the number of unacknowledged messages, further invitations wait for
 * their turn, and are not sent if they have expired by then. The signaller reconnects after random, growing delays.
 */
public final class MqttSignaller implements Signaller {

    private static final Logger log = LoggerFactory.getLogger(MqttSignaller.class);
    private static final int NAME_BYTES = 16;

    private final MqttBroker broker;
    private final String answerTopic;
    private final BrokerLink link;
    private final ScheduledExecutorService scheduler;
    private final boolean ownScheduler;
    private final Semaphore room;
    private final Map<Correlation, Pending> pending = new ConcurrentHashMap<>();
    private final CompletableFuture<Void> connected = new CompletableFuture<>();
    private volatile boolean closed;

    private MqttSignaller(MqttBroker broker) {
        this.broker = broker;
        byte[] name = new byte[NAME_BYTES];
        broker.random.nextBytes(name);
        String node = HexFormat.of().formatHex(name);
        answerTopic = broker.answers.of(node);
        room = new Semaphore(broker.maxPending);
        ScheduledExecutorService given = broker.scheduler;
        ownScheduler = given == null;
        scheduler = given == null ? Daemons.newTimer("wsbridge-mqtt-timer") : given;
        link = broker.link(
                "The node's MQTT signaller",
                broker.mqtt3 ? null : answerTopic,
                "wsbridge-node-" + node,
                scheduler,
                new Answers());
    }

    /** Creates a signaller and starts to connect it, without waiting for the connection. */
    public static MqttSignaller create(MqttBroker broker) {
        MqttSignaller signaller = new MqttSignaller(broker);
        signaller.link.start();
        return signaller;
    }

    /**
     * Completes when the broker is connected for the first time, on a thread of the MQTT client; cancelled by
     * {@link #close}.
     */
    public CompletionStage<Void> connected() {
        return connected.minimalCompletionStage();
    }

    @Override
    public String channel() {
        return "mqtt";
    }

    @Override
    public CompletionStage<Result> signal(Invitation invitation) {
        Wire wire = link.wire();
        if (wire == null) {
            return unreachable(closed ? "the node is stopping" : "the MQTT broker is not connected");
        }
        String topic;
        try {
            topic = broker.invitations.of(invitation.deviceId());
        } catch (IllegalArgumentException e) {
            return unreachable("the device id cannot be part of an MQTT topic");
        }
        Duration left = Duration.between(broker.clock.instant(), invitation.expiresAt());
        if (left.isNegative() || left.isZero()) {
            return unreachable("the invitation has expired");
        }
        byte[] payload = JsonMessage.write(InvitationJson.write(invitation));
        if (!room.tryAcquire()) {
            return CompletableFuture.completedFuture(new Result.Throttled("too many pending invitations over MQTT"));
        }
        return publish(wire, topic, payload, invitation, left);
    }

    private CompletionStage<Result> publish(
            Wire wire, String topic, byte[] payload, Invitation invitation, Duration left) {
        Pending waiting = new Pending(Correlation.random(broker.random), wire.answers());
        ScheduledFuture<?> expiry;
        try {
            expiry = scheduler.schedule(waiting::expire, left.toNanos(), TimeUnit.NANOSECONDS);
        } catch (RejectedExecutionException e) {
            room.release();
            return unreachable("the node is stopping");
        }
        pending.put(waiting.correlation, waiting);
        CompletableFuture<Result> result = new CompletableFuture<>();
        waiting.over.thenAccept(said -> {
            pending.remove(waiting.correlation); // before the result is published
            expiry.cancel(false);
            said.ifPresent(result::complete);
        });
        CompletableFuture<Wire.Ack> sent = wire.publish(new Wire.Outgoing(
                topic,
                payload,
                () -> waiting.over.isDone()
                        ? Duration.ZERO
                        : Duration.between(broker.clock.instant(), invitation.expiresAt()),
                wire.answers() ? new Wire.Address(answerTopic, waiting.correlation) : null));
        // An invitation that the broker has not acknowledged still occupies the client, even after it has expired.
        CompletableFuture.allOf(sent.handle((ack, failure) -> ack), waiting.over)
                .thenRun(room::release);
        sent.whenComplete((ack, failure) -> {
            if (failure == null) {
                waiting.acknowledged(ack);
            } else {
                waiting.end(notPublished(invitation, Loss.unwrap(failure)));
            }
        });
        if (closed) {
            waiting.end(new Result.Unreachable("the node is stopping")); // close() may have missed it
        }
        return result.minimalCompletionStage();
    }

    private static Result notPublished(Invitation invitation, Throwable cause) {
        Loss loss = Loss.of(cause);
        if (loss == Loss.REFUSED) {
            log.warn("The broker rejects {}: {}", invitation, Loss.words(cause));
        } else {
            log.debug("{} could not be published: {}", invitation, Loss.words(cause));
        }
        return loss == Loss.OVER_LIMIT
                ? new Result.Throttled("the MQTT broker is over its limit")
                : new Result.Unreachable("the MQTT broker did not accept the invitation");
    }

    private static CompletionStage<Result> unreachable(String reason) {
        return CompletableFuture.completedFuture(new Result.Unreachable(reason));
    }

    /** The number of invitations for which state is kept. */
    int kept() {
        return pending.size();
    }

    /** The number of further invitations that would be accepted now. */
    int room() {
        return room.availablePermits();
    }

    /** Ends the connection; devices that have not answered become unreachable. */
    @Override
    public void close() {
        closed = true;
        connected.cancel(false);
        link.close();
        pending.values().forEach(waiting -> waiting.end(new Result.Unreachable("the node is stopping")));
        if (ownScheduler) {
            scheduler.shutdownNow();
        }
    }

    /** One invitation from when it is published until it is answered or expires. */
    private static final class Pending {
        private final Correlation correlation;
        private final boolean answers;
        private final CompletableFuture<Optional<Result>> over = new CompletableFuture<>();
        private volatile boolean taken;

        Pending(Correlation correlation, boolean answers) {
            this.correlation = correlation;
            this.answers = answers;
        }

        void acknowledged(Wire.Ack ack) {
            switch (ack) {
                case TAKEN -> {
                    taken = true;
                    if (!answers) {
                        end(new Result.Delivered());
                    }
                }
                case NOBODY -> end(new Result.Unreachable("the device is not subscribed on MQTT"));
                case UNSENT -> {} // it has expired, or is about to
            }
        }

        /**
         * If the broker has not acknowledged the invitation, the result stays open: the node's own timer, due now too,
         * decides.
         */
        void expire() {
            over.complete(taken ? Optional.of(new Result.Delivered()) : Optional.empty());
        }

        void end(Result with) {
            over.complete(Optional.of(with));
        }
    }

    /** Receives the devices' answers. */
    private final class Answers implements BrokerLink.User {

        @Override
        public void opened() {
            connected.complete(null);
        }

        @Override
        public void received(Wire.Received message) {
            Wire.Address address = message.address();
            Pending answered = address == null ? null : pending.get(address.correlation());
            if (answered == null) {
                log.debug("Dropping an answer to no pending invitation");
                return;
            }
            try {
                answered.end(AnswerJson.read(JsonMessage.read(message.payload())));
            } catch (MalformedMessageException e) {
                log.debug("Dropping an answer: {}", e.getMessage());
            }
        }
    }
}
