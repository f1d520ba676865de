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
import io.github.wsbridge.wire.concurrent.Backoff;
import io.github.wsbridge.wire.concurrent.Daemons;
import io.github.wsbridge.wire.message.JsonMessage;
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
 * Where an MQTT broker is, how to connect to it, and which topics to use: the same for {@link MqttSignaller} and
 * {@link MqttInvitations}. Immutable, so one may serve many of either, unless it names a client id.
 */
public final class MqttBroker {

    /** The topic on which a device hears, unless another is chosen. */
    public static final String INVITATION_TOPIC = "wsbridge/v1/devices/{deviceId}/invitations";

    /** The topic on which a node hears answers, unless another is chosen. */
    public static final String ANSWER_TOPIC = "wsbridge/v1/nodes/{nodeId}/answers";

    private static final int PLAIN_PORT = 1883;
    private static final int TLS_PORT = 8883;
    private static final int MAX_KEEP_ALIVE = 65_535;

    /** Payloads are at most 64 KiB; beside them go the topic and the properties. */
    private static final ThreadFactory THREADS = Daemons.named("wsbridge-mqtt-");

    /** Runs the event loops of all connections: one executor, so that they share their threads. */
    private static final Executor LOOPS = task -> THREADS.newThread(task).start();

    private static final int MAX_PACKET = 2 * JsonMessage.MAX_BYTES;

    /** How many messages may come before the first of them has been dealt with. */
    private static final int RECEIVE_MAXIMUM = 100;

    private final URI server;
    private final @Nullable String clientId;
    private final @Nullable String user;
    private final byte @Nullable [] password;
    private final @Nullable MqttClientSslConfig tls;
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
                        .handshakeTimeout(connectTimeout.toNanos(), TimeUnit.NANOSECONDS)
                        .build();
    }

    private static boolean encrypted(URI server) {
        return "mqtts".equals(server.getScheme());
    }

    /**
     * Starts to describe a broker.
     *
     * @param server such as {@code mqtts://broker.example.com}, or {@code mqtt://} without TLS; the port is 8883 or 1883 if it
     *     names none
     * @throws IllegalArgumentException if it is anything else
     */
    public static Builder builder(URI server) {
        boolean known = "mqtt".equals(server.getScheme()) || "mqtts".equals(server.getScheme());
        String path = server.getRawPath();
        if (!known
                || server.getHost() == null
                || server.getRawUserInfo() != null
                || server.getRawQuery() != null
                || server.getRawFragment() != null
                || !(path == null || path.isEmpty() || path.equals("/"))) {
            throw new IllegalArgumentException("a broker's URI is mqtt://HOST[:PORT] or mqtts://HOST[:PORT]");
        }
        return new Builder(server);
    }

    /** A connection that is not opened yet. */
    private Wire wire(String defaultClientId) {
        int port = server.getPort();
        String host = server.getHost();
        MqttClientBuilder client = MqttClient.builder()
                .identifier(clientId == null ? defaultClientId : clientId)
                .executorConfig()
                .nettyExecutor(LOOPS)
                .applyExecutorConfig()
                .transportConfig()
                .serverHost(host.startsWith("[") ? host.substring(1, host.length() - 1) : host)
                .serverPort(port >= 0 ? port : tls != null ? TLS_PORT : PLAIN_PORT)
                .socketConnectTimeout(connectTimeout.toNanos(), TimeUnit.NANOSECONDS)
                .mqttConnectTimeout(connectTimeout.toNanos(), TimeUnit.NANOSECONDS)
                .sslConfig(tls)
                .applyTransportConfig();
        return mqtt3 ? new Wire3(client, connect3()) : new Wire5(client, connect5());
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

    /** A link that hears {@code topic}; null where there is nothing to hear. Not started yet. */
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

    /** Shows neither user nor password. */
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
         * The client id. By default a random one for a node, and for a device {@code wsbridge-device-} and its escaped name.
         * Two connections with one client id drive each other out, so no two nodes may share one.
         */
        public Builder clientId(String id) {
            clientId = id;
            return this;
        }

        /** The user and the password; none by default. */
        public Builder user(String name, String password) {
            this.user = name;
            this.password = password;
            return this;
        }

        /** The user, where a certificate is the proof; none by default. */
        public Builder user(String name) {
            this.user = name;
            this.password = null;
            return this;
        }

        /** Whose certificates are trusted, with {@code mqtts}; by default those that the JDK trusts. */
        public Builder trust(TrustManagerFactory authorities) {
            trust = authorities;
            return this;
        }

        /** The certificate and key that are shown to the broker, with {@code mqtts}; none by default. */
        public Builder key(KeyManagerFactory pair) {
            key = pair;
            return this;
        }

        /**
         * Whether to speak MQTT 3.1.1; 5 by default. Then nobody learns whether a device listens, and a device rejects at its
         * accept URL.
         */
        public Builder mqtt3(boolean mqtt3) {
            this.mqtt3 = mqtt3;
            return this;
        }

        /** How long the connection may be silent before a ping goes out; in whole seconds, 30 by default, 65,535 at most. */
        public Builder keepAlive(Duration interval) {
            keepAlive = interval;
            return this;
        }

        /** How long each step of connecting may take (TCP, TLS, MQTT), and twice that the whole; 10 seconds by default. */
        public Builder connectTimeout(Duration timeout) {
            connectTimeout = timeout;
            return this;
        }

        /**
         * The bounds of the random pauses between tries to connect; 1 second and 1 minute by default. A broker that refuses
         * the client is tried again after half of the longest to all of it.
         */
        public Builder backoff(Duration shortest, Duration longest) {
            minPause = shortest;
            maxPause = longest;
            return this;
        }

        /**
         * The topic on which a device hears; {@value MqttBroker#INVITATION_TOPIC} by default. It holds {@code {deviceId}} once;
         * there goes the device's name, with each byte of its UTF-8 that is no ASCII letter or digit and none of
         * {@code - _ . ~ :} written as {@code %} and two upper-case hexadecimal digits.
         */
        public Builder invitationTopic(String template) {
            invitationTopic = template;
            return this;
        }

        /**
         * The topic on which a node hears answers; {@value MqttBroker#ANSWER_TOPIC} by default. It holds {@code {nodeId}} once;
         * there goes a name that each {@link MqttSignaller} draws for itself. A device answers on such topics only.
         */
        public Builder answerTopic(String template) {
            answerTopic = template;
            return this;
        }

        /** How many invitations a node keeps at a time until they are answered or expire, more are throttled; 10,000 by default. */
        public Builder maxPending(int max) {
            maxPending = max;
            return this;
        }

        /** Draws pauses, names and correlation data; must be cryptographically strong, a {@code SecureRandom} by default. */
        public Builder random(RandomGenerator random) {
            this.random = random;
            return this;
        }

        /** Tells how long invitations are good for; the system clock by default. */
        public Builder clock(InstantSource clock) {
            this.clock = clock;
            return this;
        }

        /**
         * Runs timers, nothing that blocks; by default a daemon thread for each signaller and each device. One that is given
         * is not shut down.
         */
        public Builder scheduler(ScheduledExecutorService scheduler) {
            this.scheduler = scheduler;
            return this;
        }

        /**
         * Makes the description.
         *
         * @throws IllegalArgumentException if a setting makes no sense
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
                throw new IllegalArgumentException("not a good choice: " + what);
            }
        }
    }
}
