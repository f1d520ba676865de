package io.github.wsbridge.launcher;

import io.github.wsbridge.Endpoints;
import io.github.wsbridge.Watch;
import io.github.wsbridge.client.BridgeClient;
import io.github.wsbridge.spi.Connector;
import io.github.wsbridge.spi.Proxies;
import io.github.wsbridge.wire.files.KeyText;
import io.github.wsbridge.wire.files.Reloaded;
import io.github.wsbridge.wire.files.TlsIdentity;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.Spec.Target;

/** Options for connecting to the bridge server, shared by {@code device} and {@code tunnel}. */
@SuppressWarnings("NullAway.Init")
final class ServerOptions {

    static final String API_KEY = "WSBRIDGE_API_KEY";

    @Option(
            names = "--server",
            paramLabel = "URL",
            required = true,
            split = ",",
            description =
                    "The bridge server: ws://HOST:PORT or wss://HOST. If several are given, they are tried in turn")
    private List<URI> servers;

    @Option(
            names = "--api-key-file",
            paramLabel = "FILE",
            description = "A file that contains only the API key; read again when it changes. The key may instead be"
                    + " given in the environment variable " + API_KEY)
    private @Nullable Path apiKeyFile;

    @Option(
            names = "--bearer-file",
            paramLabel = "FILE",
            description = "A file that contains only a token, such as a JSON Web Token, which is presented as"
                    + " Authorization: Bearer; read again when it changes")
    private @Nullable Path bearerFile;

    @Option(
            names = "--tls-ca",
            paramLabel = "FILE",
            description = "The certificate authorities to trust (PEM; default: the platform's); read again when the"
                    + " file changes")
    private @Nullable Path tlsCa;

    @Mixin
    private TlsOptions tls;

    @Option(
            names = "--transport",
            paramLabel = "NAME",
            defaultValue = "netty",
            description = "The transport: netty, jdk or tyrus (default ${DEFAULT-VALUE})")
    private Transport transport;

    @Option(
            names = "--connect-timeout",
            paramLabel = "TIME",
            defaultValue = "45s",
            description = "Time limit for the handshake and the other end's answer (default ${DEFAULT-VALUE})")
    Duration connectTimeout;

    @Option(
            names = "--keepalive",
            paramLabel = "TIME",
            defaultValue = "13s",
            description = "Ping a silent server after this time, and drop the connection after the same time"
                    + " again (default ${DEFAULT-VALUE})")
    private Duration keepalive;

    @Option(
            names = "--stall-timeout",
            paramLabel = "TIME",
            defaultValue = "24h",
            description = "Drop a bridge that accepts no data for this long (default ${DEFAULT-VALUE})")
    private Duration stallTimeout;

    @Mixin
    private ProxyOptions proxy;

    @Spec(Target.MIXEE)
    private CommandSpec command;

    /** Returns the base URLs, at least one, after validating them. */
    List<URI> servers() {
        return servers.stream().map(this::base).toList();
    }

    /** Returns the servers for display; one of them is enough. */
    String places() {
        return servers().stream().map(URI::toString).collect(Collectors.joining(" or "));
    }

    URI base(URI url) {
        try {
            return Endpoints.base(url);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(command.commandLine(), String.valueOf(e.getMessage()));
        }
    }

    Watch watch() {
        try {
            return new Watch(keepalive, stallTimeout);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(command.commandLine(), "--keepalive and --stall-timeout must be positive");
        }
    }

    /** Returns the choice of proxies; null for none. */
    @Nullable
    Proxies proxies(Map<String, String> env) {
        return proxy.proxies(env);
    }

    /** Reads the own certificate and its key; null if there is none. */
    @Nullable
    Reloaded<TlsIdentity> identity() throws IOException, GeneralSecurityException {
        return tls.identity();
    }

    Connector connector(Map<String, String> env, Reloads reloads) throws IOException, GeneralSecurityException {
        return transport.connector(tlsCa, tls.identity(), proxies(env), reloads);
    }

    /**
     * Returns the settings of a requester.
     *
     * @param key the API key; null for none
     * @param authorization the value of {@code Authorization}; null for none
     */
    BridgeClient.Builder client(
            Connector connector, @Nullable Supplier<String> key, @Nullable Supplier<String> authorization) {
        BridgeClient.Builder builder = requester(connector);
        if (key != null) {
            builder.apiKey(key);
        }
        if (authorization != null) {
            builder.header("Authorization", authorization);
        }
        return builder;
    }

    /** Returns a builder for a requester without credentials. */
    BridgeClient.Builder requester(Connector connector) {
        List<URI> all = servers();
        BridgeClient.Builder builder = BridgeClient.builder(all.get(0))
                .connector(connector)
                .connectTimeout(connectTimeout)
                .keepAlive(watch());
        all.stream().skip(1).forEach(builder::server);
        return builder;
    }

    /** Returns the API key, which is read again when its file changes; null if there is none. */
    @Nullable
    Supplier<String> apiKey(Map<String, String> env, Reloads reloads) throws IOException, GeneralSecurityException {
        Path file = apiKeyFile;
        if (file == null) {
            String key = env.getOrDefault(API_KEY, "").strip();
            return key.isEmpty() ? null : Key.of(key)::text;
        }
        Reloaded<Key> key = new Reloaded<>("API key " + file, List.of(file), () -> read(file));
        reloads.add(key, taken -> {});
        return () -> key.get().text();
    }

    /** Returns the value of {@code Authorization}, which is read again when the file changes; null if there is none. */
    @Nullable
    Supplier<String> authorization(Reloads reloads) throws IOException, GeneralSecurityException {
        Path file = bearerFile;
        if (file == null) {
            return null;
        }
        Reloaded<Key> token = new Reloaded<>("token " + file, List.of(file), () -> read(file));
        reloads.add(token, taken -> {});
        return () -> "Bearer " + token.get().text();
    }

    private static Key read(Path file) throws IOException {
        String text = KeyText.read(file).strip();
        if (text.isEmpty()) {
            throw new IOException(file + " is empty");
        }
        return Key.of(text);
    }

    /** An API key or token that a header can carry. */
    private record Key(String text) {
        static Key of(String text) throws IOException {
            if (!text.chars().allMatch(c -> c > 0x20 && c < 0x7f)) {
                throw new IOException("the API key or token contains white space or other invalid characters");
            }
            return new Key(text);
        }

        @Override
        public String toString() {
            return "one key";
        }
    }
}
