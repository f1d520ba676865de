package io.github.wsbridge.signal.mqtt;

import com.hivemq.client.mqtt.MqttClientBuilder;
import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.mqtt5.Mqtt5AsyncClient;
import com.hivemq.client.mqtt.mqtt5.message.connect.Mqtt5Connect;
import com.hivemq.client.mqtt.mqtt5.message.publish.Mqtt5Publish;
import com.hivemq.client.mqtt.mqtt5.message.publish.Mqtt5PublishResult;
import com.hivemq.client.mqtt.mqtt5.message.publish.Mqtt5PublishResult.Mqtt5Qos1Result;
import com.hivemq.client.mqtt.mqtt5.message.publish.puback.Mqtt5PubAckReasonCode;
import com.hivemq.client.mqtt.mqtt5.message.subscribe.Mqtt5RetainHandling;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** MQTT 5. */
final class Wire5 implements Wire {

    private final MqttClientBuilder builder;
    private final Mqtt5Connect connect;
    private volatile @Nullable Mqtt5AsyncClient client;
    private volatile @Nullable Window window; // once it is connected
    private volatile boolean closed;

    /** Creates a connection with the settings of {@code builder} that starts with {@code connect}. */
    Wire5(MqttClientBuilder builder, Mqtt5Connect connect) {
        this.builder = builder;
        this.connect = connect;
    }

    @Override
    public CompletableFuture<?> open(@Nullable String topic, Consumer<Received> receiver, Consumer<Throwable> lost) {
        Mqtt5AsyncClient opening = builder.addDisconnectedListener(context -> lost.accept(context.getCause()))
                .useMqttVersion5()
                .buildAsync();
        client = opening;
        CompletableFuture<?> connected = opening.connect(connect).thenAccept(accepted -> {
            window = new Window(accepted.getRestrictions().getReceiveMaximum());
            if (closed) {
                opening.disconnect(); // close() was called before this was possible
            }
        });
        if (topic == null) {
            return connected;
        }
        return connected.thenCompose(ready -> opening.subscribeWith()
                .topicFilter(topic)
                .qos(MqttQos.AT_LEAST_ONCE)
                .retainHandling(Mqtt5RetainHandling.DO_NOT_SEND)
                .callback(message -> receiver.accept(received(message)))
                .send());
    }

    private static Received received(Mqtt5Publish message) {
        Address address = message.getCorrelationData()
                .map(data -> new Address(
                        message.getResponseTopic().map(Object::toString).orElse(""), Correlation.of(data)))
                .orElse(null);
        return new Received(message.getPayloadAsBytes(), message.isRetain(), address);
    }

    @Override
    public CompletableFuture<Ack> publish(Outgoing message) {
        Mqtt5AsyncClient open = client;
        Window room = window;
        if (open == null || room == null) {
            return CompletableFuture.failedFuture(new IllegalStateException("not open"));
        }
        return room.pass(() -> publish(open, message));
    }

    private static CompletableFuture<Ack> publish(Mqtt5AsyncClient open, Outgoing message) {
        Duration life = message.life().get();
        if (life.isNegative() || life.isZero()) {
            return CompletableFuture.completedFuture(Ack.UNSENT);
        }
        var publish = Mqtt5Publish.builder()
                .topic(message.topic())
                .qos(MqttQos.AT_LEAST_ONCE)
                .payload(message.payload())
                .contentType("application/json")
                .messageExpiryInterval(seconds(life));
        Address answerTo = message.answerTo();
        if (answerTo != null) {
            publish = publish.correlationData(answerTo.correlation().bytes());
            publish = answerTo.topic().isEmpty() ? publish : publish.responseTopic(answerTo.topic());
        }
        return open.publish(publish.build()).thenApply(Wire5::ack);
    }

    private static Ack ack(Mqtt5PublishResult result) {
        return result instanceof Mqtt5Qos1Result acknowledged
                        && acknowledged.getPubAck().getReasonCode() == Mqtt5PubAckReasonCode.NO_MATCHING_SUBSCRIBERS
                ? Ack.NOBODY
                : Ack.TAKEN;
    }

    /** Rounds up, so never to zero, with which the message would expire before the broker forwards it. */
    private static long seconds(Duration life) {
        return Math.max(1, life.plusMillis(999).toSeconds());
    }

    @Override
    public boolean answers() {
        return true;
    }

    @Override
    public void close() {
        closed = true;
        Mqtt5AsyncClient open = client;
        if (open != null) {
            open.disconnect(); // fails if not connected, which is fine
        }
    }
}
