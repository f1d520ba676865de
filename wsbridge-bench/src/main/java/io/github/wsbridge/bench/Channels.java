package io.github.wsbridge.bench;

import io.github.wsbridge.NodeAddress;
import io.github.wsbridge.client.BridgeChannel;
import io.github.wsbridge.client.BridgeClient;
import io.github.wsbridge.client.BridgeDevice;
import io.github.wsbridge.client.IncomingBridge;
import io.github.wsbridge.core.BridgeNode;
import io.github.wsbridge.core.tokens.TokenKeys;
import io.github.wsbridge.netty.NettyBridgeServer;
import io.github.wsbridge.netty.NettyConnector;
import io.github.wsbridge.signal.mqtt.MqttBroker;
import io.github.wsbridge.signal.mqtt.MqttInvitations;
import io.github.wsbridge.signal.mqtt.MqttSignaller;
import io.github.wsbridge.signal.webhook.WebhookInvitations;
import io.github.wsbridge.signal.webhook.WebhookKey;
import io.github.wsbridge.signal.webhook.WebhookSignaller;
import io.github.wsbridge.signal.webhook.WebhookVerifier;
import io.github.wsbridge.spi.BridgeServer;
import io.github.wsbridge.spi.InvitationSource;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A node, a requester and a device for each secondary channel, all in this process and connected by real sockets. So
 * only the channel differs, and the first channel costs nothing.
 */
final class Channels implements Agent.Role {

    static final String IN_PROCESS = "in-process";
    static final String LISTEN = "listen";
    static final String MQTT = "mqtt";
    static final String WEBHOOK = "webhook";

    /** The channels' names, which are also the ids of their devices. */
    static final List<String> NAMES = List.of(IN_PROCESS, LISTEN, MQTT, WEBHOOK);

    private static final long SECONDS = 20;

    private final Semaphore ended = new Semaphore(0);
    private @Nullable BridgeClient client;

    @Override
    public String start() {
        return "";
    }

    @Override
    public String handle(String command, Map<String, String> options) throws Exception {
        switch (command) {
            case "open":
                open(Agent.number(options, "mqtt"));
                return "";
            case "connect":
                return connect(Agent.option(options, "channel"), Agent.number(options, "count"));
            default:
                throw new IllegalArgumentException(command);
        }
    }

    /** Starts everything; it ends with the process. */
    private void open(int mqttPort) throws Exception {
        MqttBroker broker =
                MqttBroker.builder(URI.create("mqtt://127.0.0.1:" + mqttPort)).build();
        MqttSignaller mqtt = MqttSignaller.create(broker);
        WebhookKey key = WebhookKey.of("a key that signs what stays on this machine");
        WebhookInvitations pushed = WebhookInvitations.create(
                WEBHOOK, WebhookVerifier.builder(List.of(key)).build());
        DirectChannel direct = new DirectChannel();

        BridgeServer server = NettyBridgeServer.builder()
                .address(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .bind();
        URI url = URI.create("ws://127.0.0.1:" + server.address().getPort());
        server.serve(BridgeNode.builder()
                .publicUrl(url)
                .address(NodeAddress.parse(url.toString()))
                .keys(TokenKeys.generate())
                .insecure()
                .connector(NettyConnector.create())
                .signaller(IN_PROCESS, direct)
                .signaller(MQTT, mqtt)
                .signaller(
                        WEBHOOK,
                        WebhookSignaller.builder(new WebhookReceiver(pushed).url(), key)
                                .build())
                .build());
        client = BridgeClient.builder(url).connector(NettyConnector.create()).build();
        device(LISTEN, url, null);
        device(IN_PROCESS, url, direct);
        device(MQTT, url, MqttInvitations.create(broker, MQTT));
        device(WEBHOOK, url, pushed);
        mqtt.connected().toCompletableFuture().get(SECONDS, TimeUnit.SECONDS);
    }

    /**
     * Starts a device that receives invitations only from {@code source}, or from its listen socket if that is null.
     */
    private void device(String id, URI url, @Nullable InvitationSource source) throws Exception {
        BridgeDevice.Builder builder = BridgeDevice.builder(id, url, this::drain)
                .connector(NettyConnector.create())
                .daemon(true)
                .listen(source == null);
        if (source != null) {
            builder.source(source);
        }
        builder.build().start().listening().toCompletableFuture().get(SECONDS, TimeUnit.SECONDS);
    }

    private void drain(IncomingBridge incoming) throws Exception {
        try (BridgeChannel bridge = incoming.accept().get()) {
            bridge.inputStream().transferTo(OutputStream.nullOutputStream());
        } finally {
            ended.release();
        }
    }

    /** Opens one bridge after another; returns percentiles of the time until each is established, in nanoseconds. */
    private String connect(String channel, int count) throws Exception {
        BridgeClient requester = client;
        if (requester == null) {
            throw new IOException("not open");
        }
        long[] nanos = new long[count];
        for (int i = 0; i < count; i++) {
            long begin = System.nanoTime();
            BridgeChannel bridge = requester.connect(channel).get(SECONDS, TimeUnit.SECONDS);
            nanos[i] = System.nanoTime() - begin;
            bridge.close();
            if (!ended.tryAcquire(SECONDS, TimeUnit.SECONDS)) {
                throw new IOException("the device's end of a bridge has not ended");
            }
        }
        Arrays.sort(nanos);
        return "p50=" + nanos[count / 2] + " p99=" + nanos[(int) (count * 0.99)];
    }
}
