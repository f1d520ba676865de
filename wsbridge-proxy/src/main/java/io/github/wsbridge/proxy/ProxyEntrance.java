package io.github.wsbridge.proxy;

import io.github.wsbridge.BridgeRequest;
import io.github.wsbridge.client.DeviceDialer;
import io.github.wsbridge.client.Entrance;
import io.github.wsbridge.spi.Leg;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Makes a {@link io.github.wsbridge.client.TcpTunnel} a proxy: each connection asks for its target with SOCKS 5 (RFC
 * 1928, CONNECT, no authentication) or HTTP CONNECT, both on the same port. It is answered when the stream stands, or
 * with the reason why it does not. SOCKS' BIND and UDP ASSOCIATE, SOCKS 4 and other HTTP methods are refused.
 *
 * <p>A host name without a dot, other than {@code localhost}, is the name of a target, whatever the port. Any other
 * name or address is passed to the device as {@code host:port}; the device looks it up, and decides whether it may be
 * reached ({@link io.github.wsbridge.client.TunnelTargets.Builder#allowAny}). The host name {@code DEVICE.wsbridge} is
 * the device of that id: its port stands for the name of a target, and otherwise for {@code localhost:port} at that
 * device.
 *
 * <p>Whoever can connect can reach what the dialer can reach: listen on loopback addresses only, or on a Unix socket.
 * Thread-safe.
 */
public final class ProxyEntrance implements Entrance {

    /** The names of targets behind the ports of {@code DEVICE.wsbridge}, unless {@link Builder#port} changes them. */
    public static final Map<Integer, String> PORTS = Map.of(22, "ssh", 80, "web", 5900, "vnc");

    private final DeviceDialer dialer;
    private final Destinations destinations;
    private final Duration patience;

    private ProxyEntrance(Builder settings) {
        dialer = settings.dialer;
        destinations = new Destinations(settings.device, Map.copyOf(settings.ports));
        patience = settings.patience;
    }

    /**
     * Returns a builder.
     *
     * @param dialer opens the streams, such as a {@link io.github.wsbridge.client.BridgeClient}
     */
    public static Builder builder(DeviceDialer dialer) {
        return new Builder(dialer);
    }

    @Override
    public Arrival arrive(Leg near) {
        NegotiatingLeg leg = new NegotiatingLeg(near, dialer, destinations, patience);
        return new Arrival(leg, leg.stream(), leg::wanted);
    }

    /** Settings of a proxy; all optional. Not thread-safe. */
    public static final class Builder {
        private final DeviceDialer dialer;
        private @Nullable String device;
        private final Map<Integer, String> ports = new TreeMap<>(PORTS);
        private Duration patience = Duration.ofSeconds(10);

        private Builder(DeviceDialer dialer) {
            this.dialer = dialer;
        }

        /**
         * The device of all host names that do not end in {@code .wsbridge}. By default, they are refused.
         *
         * @throws IllegalArgumentException if the id is not valid
         */
        public Builder device(String id) {
            device = new BridgeRequest(id).deviceId();
            return this;
        }

        /** Makes a port of {@code DEVICE.wsbridge} stand for the name of a target. */
        public Builder port(int port, String target) {
            ports.put(port, target);
            return this;
        }

        /** How long a client may take to ask for its target; 10 seconds by default. */
        public Builder patience(Duration patience) {
            this.patience = patience;
            return this;
        }

        /** Builds the entrance. */
        public ProxyEntrance build() {
            return new ProxyEntrance(this);
        }
    }
}
