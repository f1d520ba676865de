package io.github.wsbridge.launcher;

import io.github.wsbridge.signal.redis.RedisInvitations;
import io.github.wsbridge.signal.redis.RedisSignaller;
import io.github.wsbridge.spi.InvitationSource;
import io.github.wsbridge.spi.Signaller;
import io.github.wsbridge.wire.net.TlsRules;
import io.lettuce.core.ClientOptions;
import io.lettuce.core.MaintNotificationsConfig;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.SocketOptions;
import io.lettuce.core.SslOptions;
import io.lettuce.core.resource.EpollProvider;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.Spec.Target;

/** Options for connecting to Redis, shared by {@code node} and {@code device}. */
@SuppressWarnings("NullAway.Init")
final class RedisOptions {

    static final String PASSWORD = "WSBRIDGE_REDIS_PASSWORD";

    private static final int PORT = 6379;
    private static final Duration CONNECTING = Duration.ofSeconds(10);
    private static final Duration CLOSING = Duration.ofSeconds(2);
    private static final Duration IDLE = Duration.ofSeconds(20);
    private static final Duration PROBES_APART = Duration.ofSeconds(5);
    private static final int PROBES = 3;

    @Option(
            names = "--redis-server",
            paramLabel = "URL",
            description = "The Redis server: redis://HOST[:PORT] or rediss://HOST[:PORT] (with TLS)")
    private @Nullable URI server;

    @Option(names = "--redis-user", paramLabel = "NAME", description = "The user name (default: Redis' own default)")
    private @Nullable String user;

    @Option(
            names = "--redis-password-file",
            paramLabel = "FILE",
            description = "A file that contains the password. The password may instead be given in the"
                    + " environment variable " + PASSWORD)
    private @Nullable Path passwordFile;

    @Option(
            names = "--redis-ca",
            paramLabel = "FILE",
            description = "The certificate authorities to trust (PEM; default: the platform's)")
    private @Nullable Path authorities;

    @Option(
            names = "--redis-cert",
            paramLabel = "FILE",
            description = "The client certificate (PEM, including its chain)")
    private @Nullable Path cert;

    @Option(
            names = "--redis-key",
            paramLabel = "FILE",
            description = "The private key of the certificate (PEM; default: in the file of the certificate)")
    private @Nullable Path key;

    @Option(
            names = "--redis-key-password-file",
            paramLabel = "FILE",
            description = "A file that contains the password of an encrypted key")
    private @Nullable Path keyPassword;

    @Spec(Target.MIXEE)
    private CommandSpec command;

    /** Where to connect, and how. */
    private record Settings(RedisURI address, ClientOptions options) {

        /** Connects a client of its own, which reconnects for ever. */
        <T> KeptOpen.Link<T> open(Function<RedisClient, T> end) {
            RedisClient client = RedisClient.create(address);
            client.setOptions(options);
            AutoCloseable closing = () -> client.shutdown(Duration.ZERO, CLOSING);
            try {
                return new KeptOpen.Link<>(end.apply(client), closing);
            } catch (RuntimeException e) {
                client.shutdown(Duration.ZERO, CLOSING);
                throw e;
            }
        }
    }

    /** Returns the server's address for display. */
    String place() {
        return server == null ? "Redis" : server.toString();
    }

    Signaller signaller(Map<String, String> env, Reloads reloads) throws IOException, GeneralSecurityException {
        Settings settings = settings(env, reloads);
        return new KeptSignaller(
                "redis",
                place(),
                ended -> settings.open(
                        client -> RedisSignaller.create(client.connect().async())));
    }

    InvitationSource source(String deviceId, Map<String, String> env, Reloads reloads)
            throws IOException, GeneralSecurityException {
        Settings settings = settings(env, reloads);
        return new KeptSource(
                place(), ended -> settings.open(client -> RedisInvitations.create(client.connectPubSub(), deviceId)));
    }

    private Settings settings(Map<String, String> env, Reloads reloads) throws IOException, GeneralSecurityException {
        if (server == null) {
            throw usage("--signal redis requires --redis-server URL");
        }
        BrokerUrl url = new BrokerUrl("redis", "redis", "rediss", command);
        boolean encrypted = url.check(server);
        url.checkTls(encrypted, authorities, cert, key, keyPassword);
        String password = Secrets.read(passwordFile, env, PASSWORD);
        reloads.untilRestart("--redis-password-file", passwordFile);
        if (user != null && password.isEmpty()) {
            throw usage("--redis-user requires --redis-password-file FILE or " + PASSWORD);
        }
        RedisURI.Builder address = RedisURI.Builder.redis(
                        server.getHost(), server.getPort() < 0 ? PORT : server.getPort())
                .withSsl(encrypted)
                .withVerifyPeer(true)
                .withTimeout(CONNECTING);
        if (user != null) {
            address.withAuthentication(user, password.toCharArray());
        } else if (!password.isEmpty()) {
            address.withPassword(password.toCharArray());
        }
        ClientOptions.Builder options = ClientOptions.builder()
                // What it would hold back while it reconnects is of no use later.
                .disconnectedBehavior(ClientOptions.DisconnectedBehavior.REJECT_COMMANDS)
                .maintNotificationsConfig(MaintNotificationsConfig.disabled())
                .socketOptions(SocketOptions.builder()
                        .connectTimeout(CONNECTING)
                        .keepAlive(SocketOptions.KeepAliveOptions.builder()
                                .enable()
                                .idle(IDLE)
                                .interval(PROBES_APART)
                                .count(PROBES)
                                .build())
                        // While something is unacknowledged, there are no probes. Needs epoll; the client insists.
                        .tcpUserTimeout(SocketOptions.TcpUserTimeoutOptions.builder()
                                .enable(EpollProvider.isAvailable())
                                .tcpUserTimeout(IDLE.plus(PROBES_APART.multipliedBy(PROBES)))
                                .build())
                        .build());
        if (encrypted) {
            SslOptions.Builder tls = SslOptions.builder()
                    .jdkSslProvider()
                    .handshakeTimeout(CONNECTING)
                    .protocols(TlsRules.PROTOCOLS.toArray(String[]::new))
                    .cipherSuites(TlsRules.SUITES.toArray(String[]::new));
            if (authorities != null) {
                tls.trustManager(BrokerTls.trust("Redis", authorities, reloads));
            }
            if (cert != null) {
                tls.keyManager(BrokerTls.keys("Redis", cert, key, keyPassword, reloads));
            }
            options.sslOptions(tls.build());
        }
        return new Settings(address.build(), options.build());
    }

    private ParameterException usage(String message) {
        return new ParameterException(command.commandLine(), message);
    }
}
