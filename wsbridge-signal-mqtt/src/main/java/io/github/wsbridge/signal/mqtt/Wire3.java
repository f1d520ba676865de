package io.github.wsbridge.signal.mqtt;

import com.hivemq.client.mqtt.MqttClientBuilder;
import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.mqtt3.Mqtt3AsyncClient;
import com.hivemq.client.mqtt.mqtt3.message.connect.Mqtt3Connect;
import com.hivemq.client.mqtt.mqtt3.message.publish.Mqtt3Publish;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** MQTT 3.1.1: no answers, no expiry, and no report of whether anyone is subscribed. */
final class Wire3 implements Wire {

    private final MqttClientBuilder builder;
    private final Mqtt3Connect connect;
    private volatile @Nullable Mqtt3AsyncClient client;
    private volatile boolean closed;

    /** Creates a connection with the settings of {@code builder} that starts with {@code connect}. */
    Wire3(MqttClientBuilder builder, Mqtt3Connect connect) {
        this.builder = builder;
        this.connect = connect;
    }

    @Override
    public CompletableFuture<?> open(@Nullable String topic, Consumer<Received> receiver, Consumer<Throwable> lost) {
        Mqtt3AsyncClient opening = builder.addDisconnectedListener(context -> lost.accept(context.getCause()))
                .useMqttVersion3()
                .buildAsync();
        client = opening;
        CompletableFuture<?> connected = opening.connect(connect).thenAccept(accepted -> {
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
                .callback(
                        message -> receiver.accept(new Received(message.getPayloadAsBytes(), message.isRetain(), null)))
                .send());
    }

    @Override
    public CompletableFuture<Ack> publish(Outgoing message) {
        Mqtt3AsyncClient open = client;
        if (open == null) {
            return CompletableFuture.failedFuture(new IllegalStateException("not open"));
        }
        return open.publish(Mqtt3Publish.builder()
                        .topic(message.topic())
                        .qos(MqttQos.AT_LEAST_ONCE)
                        .payload(message.payload())
                        .build())
                .thenApply(published -> Ack.TAKEN);
    }

    @Override
    public boolean answers() {
        return false;
    }

    @Override
    public void close() {
        closed = true;
        Mqtt3AsyncClient open = client;
        if (open != null) {
            open.disconnect(); // fails if not connected, which is fine
        }
    }
}
