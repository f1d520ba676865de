package io.github.wsbridge.launcher;

import io.github.wsbridge.Endpoints;
import io.github.wsbridge.Watch;
import io.github.wsbridge.spi.Connector;
import io.github.wsbridge.wire.files.KeyText;
import java.io.IOException;
import java.net.ProxySelector;
import java.net.URI;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;
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
            description = "The bridge server: ws://HOST:PORT or wss://HOST")
    private URI server;

    @Option(
            names = "--api-key-file",
            paramLabel = "FILE",
            description = "A file that contains only the API key. The key may instead be given in the"
                    + " environment variable " + API_KEY)
    private @Nullable Path apiKeyFile;

    @Option(
            names = "--tls-ca",
            paramLabel = "FILE",
            description = "The certificate authorities to trust (PEM; default: the platform's); read again when the"
                    + " file changes")
    private @Nullable Path tlsCa;

    @Option(
            names = "--transport",
            paramLabel = "NAME",
            defaultValue = "netty",
            description = "The transport: netty, jdk, or tyrus, which does not support proxies (default"
                    + " ${DEFAULT-VALUE})")
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
            defaultValue = "20s",
            description = "Ping a silent server after this time, and drop the connection after the same time"
                    + " again (default ${DEFAULT-VALUE})")
    private Duration keepalive;

    @Option(
            names = "--stall-timeout",
            paramLabel = "TIME",
            defaultValue = "2m",
            description = "Drop a bridge that accepts no data for this long (default ${DEFAULT-VALUE})")
    private Duration stallTimeout;

    @Spec(Target.MIXEE)
    private CommandSpec command;

    /** Returns the base URL after validating it. */
    URI server() {
        return base(server);
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

    Connector connector(Reloads reloads) throws IOException, GeneralSecurityException {
        return transport.connector(tlsCa, ProxySelector.getDefault(), reloads);
    }

    /** Returns the API key; empty if there is none. */
    String apiKey(Map<String, String> env) throws IOException {
        String key = apiKeyFile == null
                ? env.getOrDefault(API_KEY, "").strip()
                : KeyText.read(apiKeyFile).strip();
        if (apiKeyFile != null && key.isEmpty()) {
            throw new IOException(apiKeyFile + " contains no API key");
        }
        if (!key.chars().allMatch(c -> c > 0x20 && c < 0x7f)) {
            throw new IOException("the API key contains white space or other invalid characters");
        }
        return key;
    }
}
