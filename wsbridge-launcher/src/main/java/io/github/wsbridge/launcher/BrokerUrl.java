package io.github.wsbridge.launcher;

import java.net.URI;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/**
 * What the URL of a broker is like, and whether the options for TLS go with it.
 *
 * @param name what the broker's options begin with
 * @param plain the scheme without TLS
 * @param encrypted the scheme with TLS
 */
record BrokerUrl(String name, String plain, String encrypted, CommandSpec command) {

    private static final int LAST_PORT = 65_535;

    /** Checks a URL, and returns whether it wants TLS. The messages do not quote it: a password may be in it. */
    boolean check(URI url) {
        boolean tls = encrypted.equals(url.getScheme());
        if (url.getRawUserInfo() != null) {
            throw usage("-server must not contain a user or a password: see --" + name + "-user");
        }
        if (!tls && !plain.equals(url.getScheme())
                || url.getHost() == null
                || url.getPort() == 0
                || url.getPort() > LAST_PORT
                || !url.getRawPath().isEmpty() && !url.getRawPath().equals("/")
                || url.getRawQuery() != null
                || url.getRawFragment() != null) {
            throw usage("-server must be " + plain + "://HOST[:PORT] or " + encrypted + "://HOST[:PORT]");
        }
        return tls;
    }

    void checkTls(
            boolean tls,
            @Nullable Path authorities,
            @Nullable Path cert,
            @Nullable Path key,
            @Nullable Path keyPassword) {
        if (cert == null && (key != null || keyPassword != null)) {
            throw usage("-key requires --" + name + "-cert FILE");
        }
        if (!tls && (authorities != null || cert != null)) {
            throw usage("-ca and --" + name + "-cert require a server with " + encrypted + "://");
        }
    }

    private ParameterException usage(String message) {
        return new ParameterException(command.commandLine(), "--" + name + message);
    }
}
