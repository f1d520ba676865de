package io.github.wsbridge.launcher;

import io.github.wsbridge.core.BridgeNode;
import io.github.wsbridge.launcher.management.ManagementPort;
import io.github.wsbridge.spi.BridgeServer;
import io.github.wsbridge.wire.files.KeyText;
import io.github.wsbridge.wire.files.Reloaded;
import io.github.wsbridge.wire.net.HostPort;
import java.io.IOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.Spec.Target;

/** Options for the port on which a node answers its operator. */
@SuppressWarnings("NullAway.Init")
final class ManagementOptions {

    private static final Logger log = LoggerFactory.getLogger(ManagementOptions.class);

    private static final String OFF = "off";
    private static final InetSocketAddress DEFAULT = new InetSocketAddress("127.0.0.1", 9480);
    private static final int SHORTEST_KEY = 16;

    @Option(
            names = "--management-listen",
            paramLabel = "HOST:PORT",
            description = "The address for operators, apart from --listen: the status page at /, /metrics, /status,"
                    + " /devices, /livez, /readyz; off for none (default 127.0.0.1:9480, or a free port if that is"
                    + " taken)")
    private @Nullable String listen;

    @Option(
            names = "--management-key-file",
            paramLabel = "FILE",
            description = "A file that contains only the key with which the status page, /metrics, /status and"
                    + " /devices can be read from other machines (Authorization: Bearer, or in a browser as the"
                    + " password of any user); read again when it changes. Required unless --management-listen is an"
                    + " address of this machine only")
    private @Nullable Path keyFile;

    @Option(
            names = "--management-admin-key-file",
            paramLabel = "FILE",
            description = "The same for the key with which the status page can end bridges. Without it, nobody can")
    private @Nullable Path adminKeyFile;

    @Spec(Target.MIXEE)
    private CommandSpec command;

    /** The port, or nothing. */
    static final class Managed implements AutoCloseable {
        private final @Nullable ManagementPort port;

        private Managed(@Nullable ManagementPort port) {
            this.port = port;
        }

        void observe(BridgeNode.Builder node) {
            if (port != null) {
                port.listeners().forEach(node::listener);
            }
        }

        void serve(BridgeNode node, BridgeServer server, @Nullable BridgeServer internal) throws IOException {
            if (port == null) {
                return;
            }
            Map<String, BridgeServer> servers =
                    internal == null ? Map.of("public", server) : Map.of("public", server, "internal", internal);
            port.serve(node, servers, new Main.Version().number());
        }

        /** Returns where it is, for people. */
        @Override
        public String toString() {
            return port == null
                    ? "off"
                    : "on http://"
                            + new HostPort(
                                    port.address().getAddress().getHostAddress(),
                                    port.address().getPort());
        }

        @Override
        public void close() {
            if (port != null) {
                port.close();
            }
        }
    }

    /** Rejects what cannot be, before anything is opened. */
    void check() {
        if (off() && (keyFile != null || adminKeyFile != null)) {
            throw usage("a management key is of no use with --management-listen off");
        }
    }

    private boolean off() {
        return OFF.equals(listen);
    }

    /** Binds the port, unless it is off. */
    Managed open(Reloads reloads) throws IOException, GeneralSecurityException {
        if (off()) {
            return new Managed(null);
        }
        InetSocketAddress address = listen == null ? DEFAULT : address(listen);
        Reloaded<Key> key = keyFile == null ? null : key("management key", keyFile);
        Reloaded<Key> adminKey = adminKeyFile == null ? null : key("management admin key", adminKeyFile);
        if (key == null && !address.getAddress().isLoopbackAddress()) {
            throw usage("--management-listen " + listen + " can be reached from other machines, which need a key:"
                    + " specify --management-key-file FILE");
        }
        ManagementPort port = bind(address, text(key), text(adminKey));
        Stream.of(key, adminKey).filter(Objects::nonNull).forEach(file -> reloads.add(file, taken -> {}));
        return new Managed(port);
    }

    private ManagementPort bind(
            InetSocketAddress address, @Nullable Supplier<String> key, @Nullable Supplier<String> adminKey)
            throws IOException {
        try {
            return new ManagementPort(address, key, adminKey);
        } catch (BindException e) {
            if (listen != null) {
                throw new IOException("cannot listen on " + listen + " (--management-listen): " + e.getMessage(), e);
            }
            ManagementPort other = new ManagementPort(new InetSocketAddress(address.getAddress(), 0), key, adminKey);
            log.warn(
                    "port {} is taken, as by another node on this machine: the management port is {}; choose one with"
                            + " --management-listen",
                    address.getPort(),
                    other.address().getPort());
            return other;
        }
    }

    private static @Nullable Supplier<String> text(@Nullable Reloaded<Key> key) {
        return key == null ? null : () -> key.get().text();
    }

    private InetSocketAddress address(String text) throws IOException {
        try {
            return HostPort.parse(text).resolve().get(0);
        } catch (IllegalArgumentException e) {
            throw usage("--management-listen: " + e.getMessage() + ", or " + OFF);
        }
    }

    /** Reads a file with a key, which has a name for messages. */
    static Reloaded<Key> key(String name, Path file) throws IOException, GeneralSecurityException {
        return new Reloaded<>(name + " " + file, List.of(file), () -> Key.read(file));
    }

    /** What readers on other machines present. */
    record Key(String text) {
        static Key read(Path file) throws IOException {
            String text = KeyText.read(file).strip();
            if (text.length() < SHORTEST_KEY || !text.chars().allMatch(c -> c > 0x20 && c < 0x7f)) {
                throw new IOException(
                        file + " must contain one key of at least " + SHORTEST_KEY + " letters, digits and signs");
            }
            return new Key(text);
        }

        @Override
        public String toString() {
            return "one key";
        }
    }

    private ParameterException usage(String message) {
        return new ParameterException(command.commandLine(), message);
    }
}
