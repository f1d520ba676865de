package io.github.wsbridge.launcher;

import io.github.wsbridge.ProxyServer;
import io.github.wsbridge.spi.Proxies;
import io.github.wsbridge.wire.proxy.EnvironmentProxies;
import java.net.ProxySelector;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.Spec.Target;

/** The option for the proxy to the outside. Loads the classes for proxies only if there is one. */
@SuppressWarnings("NullAway.Init")
final class ProxyOptions {

    private static final String NONE = "none";
    private static final List<String> VARIABLES = List.of("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY");
    private static final List<String> PROPERTIES =
            List.of("http.proxyHost", "https.proxyHost", "socksProxyHost", "java.net.useSystemProxies");

    // Not a converted type: picocli would quote a wrong value, password and all.
    @Option(
            names = "--proxy",
            paramLabel = "URL",
            description = "The proxy to servers, MQTT brokers and webhooks: http://[USER:PASSWORD@]HOST[:PORT], the"
                    + " same with socks5://, or none (default: HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY of the"
                    + " environment). Other users of this machine can see a command line, but not WSBRIDGE_PROXY")
    private @Nullable String proxy;

    @Spec(Target.MIXEE)
    private CommandSpec command;

    /** Returns the choice of proxies; null if there is none at all. */
    @Nullable
    Proxies proxies(Map<String, String> env) {
        try {
            if (proxy != null) {
                return proxy.equalsIgnoreCase(NONE) ? null : Proxies.of(ProxyServer.parse(proxy));
            }
            if (named(env)) {
                Proxies chosen = EnvironmentProxies.of(env).orElse(null);
                if (chosen != null) {
                    return chosen;
                }
            }
        } catch (IllegalArgumentException e) {
            throw new ParameterException(command.commandLine(), (proxy == null ? "" : "--proxy: ") + e.getMessage());
        }
        for (String name : PROPERTIES) {
            if (System.getProperty(name) != null) {
                return Proxies.of(ProxySelector.getDefault());
            }
        }
        return null;
    }

    private static boolean named(Map<String, String> env) {
        for (String name : VARIABLES) {
            if (env.containsKey(name) || env.containsKey(name.toLowerCase(Locale.ROOT))) {
                return true;
            }
        }
        return false;
    }
}
