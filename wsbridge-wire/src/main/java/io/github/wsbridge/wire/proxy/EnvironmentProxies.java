package io.github.wsbridge.wire.proxy;

import io.github.wsbridge.ProxyServer;
import io.github.wsbridge.spi.Proxies;
import io.github.wsbridge.wire.net.IpNetwork;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The proxies that the environment names, as other programs read them: {@code HTTPS_PROXY} for {@code wss} and
 * {@code https}, {@code HTTP_PROXY} for {@code ws} and {@code http}, {@code ALL_PROXY} for these and for MQTT, and
 * {@code NO_PROXY} for exceptions. Names in lower case come first. This machine is never reached through a proxy.
 */
public final class EnvironmentProxies implements Proxies {

    private final @Nullable ProxyServer secure;
    private final @Nullable ProxyServer plain;
    private final @Nullable ProxyServer others;
    private final NoProxy exceptions;

    private EnvironmentProxies(Map<String, String> environment) {
        others = proxy(environment, "ALL_PROXY").orElse(null);
        secure = proxy(environment, "HTTPS_PROXY").orElse(others);
        plain = proxy(environment, "HTTP_PROXY").orElse(others);
        exceptions = NoProxy.parse(value(environment, "NO_PROXY").orElse(""));
    }

    /**
     * Reads an environment.
     *
     * @param environment such as {@link System#getenv()}
     * @return the choice; empty if the environment names no proxy
     * @throws IllegalArgumentException if a variable is not the URL of a proxy; the message names the variable and does
     *     not quote it
     */
    public static Optional<Proxies> of(Map<String, String> environment) {
        boolean any = Stream.of("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY")
                .anyMatch(name -> value(environment, name).isPresent());
        return any ? Optional.of(new EnvironmentProxies(environment)) : Optional.empty();
    }

    private static Optional<String> value(Map<String, String> environment, String name) {
        return Stream.of(name.toLowerCase(Locale.ROOT), name)
                .map(environment::get)
                .filter(value -> value != null && !value.isBlank())
                .map(String::strip)
                .findFirst();
    }

    private static Optional<ProxyServer> proxy(Map<String, String> environment, String name) {
        return value(environment, name).map(url -> {
            try {
                return ProxyServer.parse(url);
            } catch (IllegalArgumentException e) {
                throw new IllegalArgumentException("the environment variable " + name + ": " + e.getMessage(), e);
            }
        });
    }

    @Override
    public @Nullable ProxyServer select(String scheme, String host, int port) {
        if (isThisMachine(host) || exceptions.contains(host, port)) {
            return null;
        }
        return switch (scheme) {
            case "wss", "https" -> secure;
            case "ws", "http" -> plain;
            default -> others;
        };
    }

    private static boolean isThisMachine(String host) {
        byte[] address = IpNetwork.address(host);
        if (address == null) {
            return host.equalsIgnoreCase("localhost");
        }
        return IpNetwork.parse("127.0.0.0/8").contains(address)
                || IpNetwork.parse("::1").contains(address);
    }
}
