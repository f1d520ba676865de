package io.github.wsbridge.launcher;

import io.github.wsbridge.signal.nats.NatsInvitations;
import io.github.wsbridge.signal.nats.NatsSignaller;
import io.github.wsbridge.spi.InvitationSource;
import io.github.wsbridge.spi.Signaller;
import io.github.wsbridge.wire.files.TlsManagers;
import io.github.wsbridge.wire.net.NamedTls;
import io.nats.client.Connection;
import io.nats.client.ConnectionListener;
import io.nats.client.ErrorListener;
import io.nats.client.Nats;
import io.nats.client.Options;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.Spec.Target;

/** Options for connecting to NATS, shared by {@code node} and {@code device}. */
@SuppressWarnings("NullAway.Init")
final class NatsOptions {

    static final String PASSWORD = "WSBRIDGE_NATS_PASSWORD";

    private static final Logger log = LoggerFactory.getLogger(NatsOptions.class);
    private static final Duration CONNECTING = Duration.ofSeconds(10);
    private static final Duration PING = Duration.ofSeconds(20); // a server that answers none of two is left
    private static final int EVER = -1;

    @Option(
            names = "--nats-server",
            paramLabel = "URL",
            split = ",",
            description = "The NATS server: nats://HOST[:PORT] or tls://HOST[:PORT]; several of a cluster may be given")
    private @Nullable List<URI> servers;

    @Option(names = "--nats-user", paramLabel = "NAME", description = "The user name")
    private @Nullable String user;

    @Option(
            names = "--nats-password-file",
            paramLabel = "FILE",
            description = "A file that contains the password; without --nats-user, the token. It may instead be given"
                    + " in the environment variable " + PASSWORD)
    private @Nullable Path passwordFile;

    @Option(
            names = "--nats-ca",
            paramLabel = "FILE",
            description = "The certificate authorities to trust (PEM; default: the platform's)")
    private @Nullable Path authorities;

    @Option(
            names = "--nats-cert",
            paramLabel = "FILE",
            description = "The client certificate (PEM, including its chain)")
    private @Nullable Path cert;

    @Option(
            names = "--nats-key",
            paramLabel = "FILE",
            description = "The private key of the certificate (PEM; default: in the file of the certificate)")
    private @Nullable Path key;

    @Option(
            names = "--nats-key-password-file",
            paramLabel = "FILE",
            description = "A file that contains the password of an encrypted key")
    private @Nullable Path keyPassword;

    @Spec(Target.MIXEE)
    private CommandSpec command;

    /** Returns the servers' addresses for display. */
    String place() {
        return servers == null ? "NATS" : servers.stream().map(URI::toString).collect(Collectors.joining(" or "));
    }

    Signaller signaller(Map<String, String> env, Reloads reloads) throws IOException, GeneralSecurityException {
        Options options = new Options.Builder(options(env, reloads))
                // Otherwise, event loops would wait for room in the queue to a server that has frozen.
                .discardMessagesWhenOutgoingQueueFull()
                .build();
        return new KeptSignaller("nats", place(), ended -> open(options, place(), ended, NatsSignaller::create));
    }

    InvitationSource source(String deviceId, Map<String, String> env, Reloads reloads)
            throws IOException, GeneralSecurityException {
        Options options = options(env, reloads);
        return new KeptSource(
                place(),
                ended -> open(options, place(), ended, connection -> NatsInvitations.create(connection, deviceId)));
    }

    private static <T> KeptOpen.Link<T> open(Options options, String place, Runnable ended, Function<Connection, T> end)
            throws IOException, InterruptedException {
        AtomicBoolean connected = new AtomicBoolean();
        // Its client reconnects, except after it was refused twice or so.
        Connection connection = Nats.connect(new Options.Builder(options)
                .connectionListener((which, event) -> {
                    if (event == ConnectionListener.Events.CONNECTED) {
                        connected.set(true);
                    } else if (event == ConnectionListener.Events.RECONNECTED) {
                        connected.set(true);
                        log.info("is connected to {} again", place);
                    } else if (event == ConnectionListener.Events.DISCONNECTED && connected.getAndSet(false)) {
                        log.warn("has lost {} and keeps trying to connect", place);
                    } else if (event == ConnectionListener.Events.CLOSED) {
                        ended.run();
                    }
                })
                .build());
        return new KeptOpen.Link<>(end.apply(connection), connection::close);
    }

    private Options options(Map<String, String> env, Reloads reloads) throws IOException, GeneralSecurityException {
        if (servers == null) {
            throw usage("--signal nats requires --nats-server URL");
        }
        BrokerUrl url = new BrokerUrl("nats", "nats", "tls", command);
        boolean encrypted = url.check(servers.get(0));
        for (URI server : servers) {
            if (url.check(server) != encrypted) {
                throw usage("--nats-server: either all or none of them must be tls://");
            }
        }
        url.checkTls(encrypted, authorities, cert, key, keyPassword);
        String password = Secrets.read(passwordFile, env, PASSWORD);
        reloads.untilRestart("--nats-password-file", passwordFile);
        Options.Builder options = Options.builder()
                .servers(servers.stream().map(URI::toString).toArray(String[]::new))
                .connectionName("wsbridge")
                // With the name, for TLS to compare it with the certificate, not with an address that it has.
                .hostnameResolveMode(Options.HostnameResolveMode.HappyEyeballs)
                .connectionTimeout(CONNECTING)
                .pingInterval(PING)
                .maxReconnects(EVER)
                .errorListener(new Errors());
        if (user != null) {
            options.userInfo(user.toCharArray(), password.toCharArray());
        } else if (!password.isEmpty()) {
            options.token(password.toCharArray());
        }
        if (encrypted) {
            options.sslContext(NamedTls.of(TlsManagers.context( // since the client does not look at names
                    cert == null ? null : BrokerTls.keys("NATS", cert, key, keyPassword, reloads),
                    authorities == null ? null : BrokerTls.trust("NATS", authorities, reloads))));
        }
        return options.build();
    }

    /** In place of the client's own, which logs each failed attempt as severe. */
    private static final class Errors implements ErrorListener {

        @Override
        public void errorOccurred(Connection connection, String error) {
            if (error.contains("Permissions Violation")) { // or a device would listen in vain, and nobody know why
                log.warn("NATS refuses: {}", error);
            } else {
                log.debug("NATS: {}", error);
            }
        }

        @Override
        public void exceptionOccurred(Connection connection, Exception failure) {
            log.debug("NATS: {}", String.valueOf(failure));
        }
    }

    private ParameterException usage(String message) {
        return new ParameterException(command.commandLine(), message);
    }
}
