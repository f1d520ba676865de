package io.github.wsbridge.spring;

import io.github.wsbridge.core.limits.Limits;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * The properties under {@code wsbridge}. What is not set has the default of {@code BridgeNode.Builder}.
 *
 * @param enabled Whether the application has a node.
 * @param publicUrl Base URL at which devices reach the node or the cluster, with the context path, such as
 *     wss://app.example.com/app. By default, ws://localhost, the server's port and the context path.
 * @param address URL at which other nodes reach this one, such as ws://10.0.3.7:8080/app. Only in a cluster; then
 *     keys-file is needed, too.
 * @param keysFile File with the cluster's keys. Without it, keys are made in memory.
 * @param peers Addresses of the other nodes. For others than a fixed list, define a PeerDirectory bean.
 * @param apiKeysFile File with API keys of requesters and devices, read again when it changes. With it, users of Spring
 *     Security have no access as such; an AccessPolicy bean can permit both.
 * @param insecure Whether anyone may connect to any device and listen as any device. For tests.
 * @param acceptCredential Whether a device has to prove who it is with each accept, in addition to the token.
 * @param allowedOrigins Origins of web pages that may connect, such as https://console.example.com.
 * @param proxies Addresses or networks of the proxies whose X-Forwarded-For and Forwarded fields are believed. Not
 *     needed if the server evaluates these fields itself (server.forward-headers-strategy).
 * @param probes Whether /livez and /readyz are the node's.
 * @param drainDelay How long the node goes on serving requesters once it is told to stop, so that load balancers
 *     notice.
 * @param stopGrace How long bridges may continue once the application is told to stop. Together with 11 seconds for
 *     closing, it should be shorter than spring.lifecycle.timeout-per-shutdown-phase.
 * @param limits Limits of the node.
 * @param client Settings of the requester, the BridgeClient bean.
 */
@ConfigurationProperties("wsbridge")
public record BridgeProperties(
        @DefaultValue("true") boolean enabled,
        @Nullable URI publicUrl,
        @Nullable String address,
        @Nullable Path keysFile,
        @DefaultValue Set<String> peers,
        @Nullable Path apiKeysFile,
        boolean insecure,
        boolean acceptCredential,
        @DefaultValue List<String> allowedOrigins,
        @DefaultValue List<String> proxies,
        boolean probes,
        @DefaultValue("0s") Duration drainDelay,
        @DefaultValue("15s") Duration stopGrace,
        @DefaultValue LimitProperties limits,
        @DefaultValue ClientProperties client) {

    /**
     * Limits of the node.
     *
     * @param maxBridges Maximum number of bridges: pending, live and forwarded together.
     * @param maxPendingPerDevice Maximum number of requesters that wait for one device.
     * @param maxListeners Maximum number of devices that listen on this node.
     * @param requestsPerSecond Maximum number of requests per second of one requester or device.
     * @param addressRate Maximum number of handshakes per second from one address.
     * @param failedCredentials How often one address may present invalid credentials in ten minutes.
     * @param principalShare Share of the bridges that one requester may have, in percent of those that nobody has.
     * @param addressShare Share of the bridges that one address may have, in percent of those that nobody has.
     * @param bridgeBandwidth Maximum number of bytes per second of a bridge, both directions together; 0 for no limit.
     * @param principalBandwidth Maximum number of bytes per second of all bridges of one requester; 0 for no limit.
     * @param maxIdle How long a bridge may carry nothing; 0 for no limit.
     * @param maxLifetime How long a bridge may last; 0 for no limit.
     * @param acceptTimeout How long a requester waits for its device.
     */
    public record LimitProperties(
            @Nullable Integer maxBridges,
            @Nullable Integer maxPendingPerDevice,
            @Nullable Integer maxListeners,
            @Nullable Integer requestsPerSecond,
            @Nullable Integer addressRate,
            @Nullable Integer failedCredentials,
            @Nullable Integer principalShare,
            @Nullable Integer addressShare,
            @Nullable Long bridgeBandwidth,
            @Nullable Long principalBandwidth,
            @Nullable Duration maxIdle,
            @Nullable Duration maxLifetime,
            @Nullable Duration acceptTimeout) {

        Limits toLimits() {
            Limits.Builder limits = Limits.builder();
            set(maxBridges, limits::maxBridges);
            set(maxPendingPerDevice, limits::maxPendingPerDevice);
            set(maxListeners, limits::maxListeners);
            set(requestsPerSecond, limits::requestsPerSecond);
            set(addressRate, limits::addressRate);
            set(failedCredentials, limits::failedCredentials);
            set(principalShare, limits::principalShare);
            set(addressShare, limits::addressShare);
            set(bridgeBandwidth, limits::bridgeBandwidth);
            set(principalBandwidth, limits::principalBandwidth);
            set(maxIdle, limits::maxIdle);
            set(maxLifetime, limits::maxLifetime);
            set(acceptTimeout, limits::acceptTimeout);
            return limits.build();
        }

        private static <T> void set(@Nullable T value, Consumer<T> setter) {
            if (value != null) {
                setter.accept(value);
            }
        }
    }

    /**
     * Settings of the requester.
     *
     * @param servers Base URLs of the nodes to connect to. By default, the application's own node, without a socket.
     * @param apiKey API key for these nodes.
     * @param connectTimeout How long the handshake and the device's answer may take together.
     */
    public record ClientProperties(
            @DefaultValue List<URI> servers,
            @Nullable String apiKey,
            @DefaultValue("45s") Duration connectTimeout) {

        /** Omits the API key. */
        @Override
        public String toString() {
            return "ClientProperties[servers=" + servers + ", connectTimeout=" + connectTimeout + "]";
        }
    }
}
