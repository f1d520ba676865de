package io.github.wsbridge.launcher;

import io.github.wsbridge.Endpoints;
import io.github.wsbridge.Watch;
import io.github.wsbridge.spi.Connector;
import java.io.IOException;
import java.net.ProxySelector;
import java.net.URI;
import java.nio.file.Files;
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

/** How a device or a requester reaches the bridge. */
@SuppressWarnings("NullAway.Init")
final class ServerOptions {

    static final String API_KEY = "WSBRIDGE_API_KEY";

    @Option(
            names = "--server",
            paramLabel = "URL",
            required = true,
            description = "The bridge: ws://HOST:PORT or wss://HOST")
    private URI server;

    @Option(
            names = "--api-key-file",
            paramLabel = "FILE",
            description = "Holds the API key and nothing else. The environment variable " + API_KEY
                    + " may hold the key itself instead")
    private @Nullable Path apiKeyFile;

    @Option(
            names = "--tls-ca",
            paramLabel = "FILE",
            description = "Trust these authorities (PEM; default: the platform's)")
    private @Nullable Path tlsCa;

    @Option(
            names = "--transport",
            paramLabel = "NAME",
            defaultValue = "netty",
            description = "What moves the bytes: netty, jdk, or tyrus, which knows no proxy (default ${DEFAULT-VALUE})")
    private Transport transport;

    @Option(
            names = "--connect-timeout",
            paramLabel = "TIME",
            defaultValue = "45s",
            description = "How long the handshake and the other end's answer may take (default ${DEFAULT-VALUE})")
    Duration connectTimeout;

    @Option(
            names = "--keepalive",
            paramLabel = "TIME",
            defaultValue = "20s",
            description =
                    "Ping a silent server after this time, drop it after as long again (default ${DEFAULT-VALUE})")
    private Duration keepalive;

    @Option(
            names = "--stall-timeout",
            paramLabel = "TIME",
            defaultValue = "2m",
            description = "Give a bridge up that takes no data for so long (default ${DEFAULT-VALUE})")
    private Duration stallTimeout;

    @Spec(Target.MIXEE)
    private CommandSpec command;

    /** The base URL, checked. */
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
            throw new ParameterException(
                    command.commandLine(), "--keepalive and --stall-timeout are longer than nothing");
        }
    }

    Connector connector() throws IOException, GeneralSecurityException {
        return transport.connector(tlsCa, ProxySelector.getDefault());
    }

    /** The API key; empty where there is none. */
    String apiKey(Map<String, String> env) throws IOException {
        String key = apiKeyFile == null
                ? env.getOrDefault(API_KEY, "").strip()
                : Files.readString(apiKeyFile).strip();
        if (apiKeyFile != null && key.isEmpty()) {
            throw new IOException(apiKeyFile + " holds no API key");
        }
        if (!key.chars().allMatch(c -> c > 0x20 && c < 0x7f)) {
            throw new IOException("the API key holds blanks or other characters that no key has");
        }
        return key;
    }
}
