package io.github.wsbridge.signal.mqtt;

import com.hivemq.client.mqtt.MqttProxyConfig;
import com.hivemq.client.mqtt.MqttProxyConfigBuilder;
import com.hivemq.client.mqtt.MqttProxyProtocol;
import io.github.wsbridge.ProxyServer;
import io.github.wsbridge.spi.Proxies;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** The MQTT client's settings for a proxy. */
final class BrokerProxy {

    private BrokerProxy() {}

    /** Returns the settings for a broker; null for a direct connection. */
    static @Nullable MqttProxyConfig config(
            @Nullable Proxies proxies, boolean encrypted, String host, int port, Duration timeout) {
        ProxyServer proxy = proxies == null ? null : proxies.select(encrypted ? "mqtts" : "mqtt", host, port);
        if (proxy == null) {
            return null;
        }
        MqttProxyConfigBuilder config = MqttProxyConfig.builder()
                .protocol(
                        proxy.protocol() == ProxyServer.Protocol.HTTP
                                ? MqttProxyProtocol.HTTP
                                : MqttProxyProtocol.SOCKS_5)
                .host(proxy.host())
                .port(proxy.port())
                .handshakeTimeout(timeout.toNanos(), TimeUnit.NANOSECONDS);
        return (proxy.hasUser() ? config.username(proxy.user()).password(proxy.password()) : config).build();
    }
}
