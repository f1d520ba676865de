package io.github.wsbridge.signal.mqtt;

import com.hivemq.client.mqtt.MqttClient;
import com.hivemq.client.mqtt.MqttClientBuilder;
import com.hivemq.client.mqtt.MqttClientSslConfig;
import com.hivemq.client.mqtt.mqtt3.message.auth.Mqtt3SimpleAuth;
import com.hivemq.client.mqtt.mqtt3.message.connect.Mqtt3Connect;
import com.hivemq.client.mqtt.mqtt3.message.connect.Mqtt3ConnectBuilder;
import com.hivemq.client.mqtt.mqtt5.message.auth.Mqtt5SimpleAuth;
import com.hivemq.client.mqtt.mqtt5.message.connect.Mqtt5Connect;
import com.hivemq.client.mqtt.mqtt5.message.connect.Mqtt5ConnectBuilder;
import io.github.wsbridge.Authority;
import io.github.wsbridge.spi.Proxies;
import io.github.wsbridge.wire.concurrent.Backoff;
import io.github.wsbridge.wire.concurrent.Daemons;
import io.github.wsbridge.wire.message.JsonMessage;
import io.github.wsbridge.wire.net.TlsRules;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;

/**
 * The address of an MQTT broker, how to connect to it, and which topics to use, for both {@link MqttSignaller} and
 * {@link MqttInvitations}. Immutable. One instance may be used for any number of them, unless it sets a client id.
 */
public final class MqttBroker {

    /** The default topic on which a device receives invitations. */
    public static final String INVITATION_TOPIC = "wsbridge/v1/devices/{deviceId}/invitations";

    /** The default topic on which a node receives answers. */
    public static final String ANSWER_TOPIC = "wsbridge/v1/nodes/{nodeId}/answers";

    private static final int PLAIN_PORT = 1883;
    private static final int TLS_PORT = 8883;
    private static final int MAX_KEEP_ALIVE = 65_535;

    /** Names the threads of all connections. */
    private static final ThreadFactory THREADS = Daemons.named("wsbridge-mqtt-");

    /** Runs the event loops of all connections: a single executor, so that they share threads. */
    private static final Executor LOOPS = task -> THREADS.newThread(task).start();

    /** Enough for a payload of 64 KiB, the topic and the properties. */
    private static final int MAX_PACKET = 2 * JsonMessage.MAX_BYTES;

    /** The maximum number of incoming messages that are not yet processed. */
    private static final int RECEIVE_MAXIMUM = 100;

    private final URI server;
    private final @Nullable String clientId;
    private final @Nullable String user;
    private final byte @Nullable [] password;
    private final @Nullable MqttClientSslConfig tls;
    private final @Nullable Proxies proxies;
    private final int keepAlive;
    private final Duration connectTimeout;
    private final Duration minPause;
    private final Duration maxPause;
    final boolean mqtt3;
    final TopicTemplate invitations;
    final TopicTemplate answers;
    final int maxPending;
    final RandomGenerator random;
    final InstantSource clock;
    final @Nullable ScheduledExecutorService scheduler; // null if none was given

    private MqttBroker(Builder builder) {
        server = builder.server;
        clientId = builder.clientId;
        user = builder.user;
        String secret = builder.password;
        password = secret == null ? null : secret.getBytes(StandardCharsets.UTF_8);
        proxies = builder.proxies;
        keepAlive = (int) builder.keepAlive.toSeconds();
        connectTimeout = builder.connectTimeout;
        minPause = builder.minPause;
        maxPause = builder.maxPause;
        mqtt3 = builder.mqtt3;
        invitations = TopicTemplate.parse(builder.invitationTopic, "{deviceId}");
        answers = TopicTemplate.parse(builder.answerTopic, "{nodeId}");
        maxPending = builder.maxPending;
        random = builder.random;
        clock = builder.clock;
        scheduler = builder.scheduler;
        tls = !encrypted(server)
                ? null
                : MqttClientSslConfig.builder()
                        .trustManagerFactory(builder.trust)
                        .keyManagerFactory(builder.key)
                        .protocols(TlsRules.PROTOCOLS)
                        .cipherSuites(TlsRules.SUITES)
                        .handshakeTimeout(connectTimeout.toNanos(), TimeUnit.NANOSECONDS)
                        .build();
    }

    private static boolean encrypted(URI server) {
        return "mqtts".equals(server.getScheme());
    }

    /**
     * Returns a builder for a broker.
     *
     * @param server such as {@code mqtts://broker.example.com}, or {@code mqtt://} without TLS; the default port is
     *     8883 or 1883
     * @throws IllegalArgumentException if it is not such a URI
     */
    public static Builder builder(URI server) {
        boolean known = "mqtt".equals(server.getScheme()) || "mqtts".equals(server.getScheme());
        String path = server.getRawPath();
        if (!known
                || Authority.of(server).isEmpty()
                || server.getRawUserInfo() != null
                || server.getRawQuery() != null
                || server.getRawFragment() != null
                || !(path == null || path.isEmpty() || path.equals("/"))) {
            throw new IllegalArgumentException("a broker's URI must be mqtt://HOST[:PORT] or mqtts://HOST[:PORT]");
        }
        return new Builder(server);
    }

    /** Returns a connection that is not open yet. */
    private Wire wire(String defaultClientId) {
        MqttClientBuilder client = MqttClient.builder()
                .identifier(clientId == null ? defaultClientId : clientId)
                .executorConfig()
                .nettyExecutor(LOOPS)
                .applyExecutorConfig()
                .transportConfig()
                .serverHost(host())
                .serverPort(port())
                .socketConnectTimeout(connectTimeout.toNanos(), TimeUnit.NANOSECONDS)
                .mqttConnectTimeout(connectTimeout.toNanos(), TimeUnit.NANOSECONDS)
                .sslConfig(tls)
                .proxyConfig(BrokerProxy.config(proxies, tls != null, host(), port(), connectTimeout))
                .applyTransportConfig();
        return mqtt3 ? new Wire3(client, connect3()) : new Wire5(client, connect5());
    }

    private String host() {
        return Authority.of(server).orElseThrow().address();
    }

    private int port() {
        int port = Authority.of(server).orElseThrow().port();
        return port >= 0 ? port : tls != null ? TLS_PORT : PLAIN_PORT;
    }

    private Mqtt5Connect connect5() {
        Mqtt5ConnectBuilder connect = Mqtt5Connect.builder()
                .cleanStart(true)
                .keepAlive(keepAlive)
                .restrictions()
                .receiveMaximum(RECEIVE_MAXIMUM)
                .maximumPacketSize(MAX_PACKET)
                .applyRestrictions();
        if (user != null) {
            var named = Mqtt5SimpleAuth.builder().username(user);
            connect = connect.simpleAuth((password == null ? named : named.password(password)).build());
        }
        return connect.build();
    }

    private Mqtt3Connect connect3() {
        Mqtt3ConnectBuilder connect = Mqtt3Connect.builder().cleanSession(true).keepAlive(keepAlive);
        if (user != null) {
            var named = Mqtt3SimpleAuth.builder().username(user);
            connect = connect.simpleAuth((password == null ? named : named.password(password)).build());
        }
        return connect.build();
    }

    /** Returns a link, not started yet, that subscribes to {@code topic}, or to nothing if it is null. */
    BrokerLink link(
            String name,
            @Nullable String topic,
            String defaultClientId,
            ScheduledExecutorService timers,
            BrokerLink.User linkUser) {
        return new BrokerLink(
                name,
                topic,
                () -> wire(defaultClientId),
                new Backoff(minPause, maxPause, random),
                connectTimeout.multipliedBy(2),
                timers,
                linkUser);
    }

    /** Omits the user and the password. */
    @Override
    public String toString() {
        return "MqttBroker[" + server + "]";
    }

    /** Settings of a broker's client; all optional. Not thread-safe. */
    public static final class Builder {
        private final URI server;
        private @Nullable String clientId;
        private @Nullable String user;
        private @Nullable String password;
        private @Nullable TrustManagerFactory trust;
        private @Nullable KeyManagerFactory key;
        private @Nullable Proxies proxies;
        private boolean mqtt3;
        private Duration keepAlive = Duration.ofSeconds(30);
        private Duration connectTimeout = Duration.ofSeconds(10);
        private Duration minPause = Duration.ofSeconds(1);
        private Duration maxPause = Duration.ofMinutes(1);
        private String invitationTopic = INVITATION_TOPIC;
        private String answerTopic = ANSWER_TOPIC;
        private int maxPending = 10_000;
        private RandomGenerator random = new SecureRandom();
        private InstantSource clock = InstantSource.system();
        private @Nullable ScheduledExecutorService scheduler;

        private Builder(URI server) {
            this.server = server;
        }

        /**
         * Sets the client id. By default, it is random for a node, and {@code wsbridge-device-} with the escaped device
         * id for a device. Two connections with the same client id disconnect each other, so no two nodes may share
         * one.
         */
        public Builder clientId(String id) {
            clientId = id;
            return this;
        }

        /** Sets the user and the password; none by default. */
        public Builder user(String name, String password) {
            this.user = name;
            this.password = password;
            return this;
        }

        /** Sets the user if a certificate authenticates it; none by default. */
        public Builder user(String name) {
            this.user = name;
            this.password = null;
            return this;
        }

        /** Sets which certificates are trusted with {@code mqtts}; by default, those that the JDK trusts. */
        public Builder trust(TrustManagerFactory authorities) {
            trust = authorities;
            return this;
        }

        /** Sets the client certificate and its key for {@code mqtts}; none by default. */
        public Builder key(KeyManagerFactory pair) {
            key = pair;
            return this;
        }

        /** Chooses the proxy for each connection; called on a timer's thread, so it must not block. Default: none. */
        public Builder proxies(Proxies choice) {
            proxies = choice;
            return this;
        }

        /**
         * Sets whether to use MQTT 3.1.1 instead of 5. With 3.1.1, a node does not learn whether a device is
         * subscribed, and a device rejects at the accept URL.
         */
        public Builder mqtt3(boolean mqtt3) {
            this.mqtt3 = mqtt3;
            return this;
        }

        /**
         * Sets how long the connection may be silent before a ping is sent; in whole seconds, 30 by default, at most
         * 65,535.
         */
        public Builder keepAlive(Duration interval) {
            keepAlive = interval;
            return this;
        }

        /**
         * Sets the time limit for each step of connecting (TCP, TLS, MQTT); connecting as a whole may take twice as
         * long. 10 seconds by default.
         */
        public Builder connectTimeout(Duration timeout) {
            connectTimeout = timeout;
            return this;
        }

        /**
         * Sets the bounds of the random delays between attempts to connect; 1 second and 1 minute by default. If the
         * broker refuses the client, the delay is between half the longest and the longest.
         */
        public Builder backoff(Duration shortest, Duration longest) {
            minPause = shortest;
            maxPause = longest;
            return this;
        }

        /**
         * Sets the topic on which a device receives invitations; {@value MqttBroker#INVITATION_TOPIC} by default. It
         * must contain {@code {deviceId}} once, which is replaced with the device id. In its UTF-8 form, each byte that
         * is neither an ASCII letter or digit nor one of {@code - _ . ~ :} is written as {@code %} and two upper-case
         * hexadecimal digits.
         */
        public Builder invitationTopic(String template) {
            invitationTopic = template;
            return this;
        }

        /**
         * Sets the topic on which a node receives answers; {@value MqttBroker#ANSWER_TOPIC} by default. It must contain
         * {@code {nodeId}} once, which is replaced with a random name for each {@link MqttSignaller}. A device answers
         * only on such topics.
         */
        public Builder answerTopic(String template) {
            answerTopic = template;
            return this;
        }

        /** Sets how many invitations may be pending at a node; further ones are throttled. 10,000 by default. */
        public Builder maxPending(int max) {
            maxPending = max;
            return this;
        }

        /**
         * Sets the source of randomness for delays, names and correlation data. It must be cryptographically strong; a
         * {@code SecureRandom} by default.
         */
        public Builder random(RandomGenerator random) {
            this.random = random;
            return this;
        }

        /** Sets the clock for the expiry of invitations; the system clock by default. */
        public Builder clock(InstantSource clock) {
            this.clock = clock;
            return this;
        }

        /**
         * Sets the scheduler for timers, which never block; by default, a daemon thread for each signaller and each
         * device. A scheduler given here is not shut down.
         */
        public Builder scheduler(ScheduledExecutorService scheduler) {
            this.scheduler = scheduler;
            return this;
        }

        /**
         * Builds the broker.
         *
         * @throws IllegalArgumentException if a setting is invalid
         */
        public MqttBroker build() {
            Backoff.check(minPause, maxPause);
            check(keepAlive.toSeconds() > 0 && keepAlive.toSeconds() <= MAX_KEEP_ALIVE, "keep-alive");
            check(connectTimeout.compareTo(Duration.ZERO) > 0, "connect timeout");
            check(maxPending > 0, "number of pending invitations");
            check(encrypted(server) || (trust == null && key == null), "trust and key without TLS");
            return new MqttBroker(this);
        }

        private static void check(boolean good, String what) {
            if (!good) {
                throw new IllegalArgumentException("invalid setting: " + what);
            }
        }
    }
}
