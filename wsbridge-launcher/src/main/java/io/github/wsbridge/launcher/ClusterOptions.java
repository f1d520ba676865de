package io.github.wsbridge.launcher;

import io.github.wsbridge.Endpoints;
import io.github.wsbridge.NodeAddress;
import io.github.wsbridge.core.cluster.PeerDirectory;
import io.github.wsbridge.core.cluster.PeerNetworks;
import io.github.wsbridge.core.tokens.KeyFile;
import io.github.wsbridge.core.tokens.TokenKeys;
import io.github.wsbridge.spi.BridgeServer;
import io.github.wsbridge.wire.net.HostPort;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.Security;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.Spec.Target;

/** Options for a node in a cluster. */
@SuppressWarnings("NullAway.Init")
final class ClusterOptions {

    /** The environment variable that may contain the keyset, in the form of the key file. */
    static final String KEYSET = "WSBRIDGE_KEYSET";

    /** As often as a node looks up its peers. */
    private static final String NAME_SECONDS = "2";

    @Option(
            names = "--public-url",
            paramLabel = "URL",
            description = "The URL at which devices reach the cluster, ws or wss. Required with peers; otherwise"
                    + " defaults to the node's own address")
    @Nullable
    private URI publicUrl;

    @Option(
            names = "--address",
            paramLabel = "URL",
            description = "The URL at which other nodes reach this one, the same as in their list of peers."
                    + " Default: ws (wss with TLS) and the host and port of --listen; for 0.0.0.0, the address"
                    + " that this machine's host name resolves to")
    @Nullable
    private URI address;

    @Option(
            names = "--keys",
            paramLabel = "FILE",
            description =
                    "The cluster's key file, see 'wsbridge keys'; reloaded when it changes. The keyset may instead"
                            + " be given in the environment variable " + KEYSET + ". Required with peers; a single node"
                            + " generates its own keys")
    @Nullable
    private Path keys;

    @Option(
            names = "--peers",
            paramLabel = "URL",
            split = ",",
            description = "The addresses of the cluster's nodes, separated by commas; may include this node's own")
    @Nullable
    private URI[] peers;

    @Option(
            names = "--peers-dns",
            paramLabel = "NAME:PORT",
            description = "A DNS name that resolves to the addresses of the cluster's nodes, and the port"
                    + " they listen on")
    @Nullable
    private HostPort peersDns;

    @Option(
            names = "--peers-networks",
            paramLabel = "CIDR",
            split = ",",
            description = "The networks of the other nodes, such as 10.0.3.0/24: no other address is dialled, whatever"
                    + " a DNS answer or a token says, and no node is let in from elsewhere (default: anywhere)")
    @Nullable
    private List<String> peersNetworks;

    @Option(
            names = "--internal-listen",
            paramLabel = "HOST:PORT",
            description = "A second address to listen on, for other nodes only; --listen then refuses them. The default"
                    + " of --address follows it, and --peers and --peers-dns have to name it")
    @Nullable
    private HostPort internalListen;

    @Spec(Target.MIXEE)
    private CommandSpec command;

    /** Rejects inconsistent options. */
    void check(Map<String, String> env) {
        boolean clustered = peers != null || peersDns != null;
        if (peers != null && peersDns != null) {
            throw usage("--peers and --peers-dns are mutually exclusive");
        }
        if (clustered && keys == null && keyset(env).isEmpty()) {
            throw usage("the nodes of a cluster share their keys: specify --keys FILE ('wsbridge keys create"
                    + " FILE' creates one)");
        }
        if (clustered && publicUrl == null) {
            throw usage("a cluster requires --public-url, the URL at which devices reach any of its nodes");
        }
        if (internalListen != null && publicUrl == null) {
            throw usage("--internal-listen requires --public-url, the URL at which devices reach this node");
        }
        networks();
        for (URI url : Arrays.asList(publicUrl, address)) {
            if (url != null) {
                base(url);
            }
        }
    }

    /** Has the JVM forget DNS answers soon, so that new nodes are known soon. Called before the first lookup. */
    void forgetNamesSoon() {
        if (peersDns != null) {
            for (String property : List.of("networkaddress.cache.ttl", "networkaddress.cache.negative.ttl")) {
                Security.setProperty(property, NAME_SECONDS);
            }
        }
    }

    private static String keyset(Map<String, String> env) {
        return env.getOrDefault(KEYSET, "").strip();
    }

    /** Returns the cluster's keys, or new ones for a single node. */
    Supplier<TokenKeys> keys(Map<String, String> env) throws IOException {
        if (keys == null) {
            TokenKeys own = keyset(env).isEmpty() ? TokenKeys.generate() : parsed(keyset(env));
            return () -> own;
        }
        try {
            return KeyFile.read(keys);
        } catch (GeneralSecurityException e) {
            throw new IOException(keys + " does not contain a keyset: " + e.getMessage(), e);
        }
    }

    /** Returns where other nodes may be. */
    PeerNetworks networks() {
        try {
            return peersNetworks == null ? PeerNetworks.any() : PeerNetworks.of(peersNetworks);
        } catch (IllegalArgumentException e) {
            throw usage(e.getMessage());
        }
    }

    /** Starts the server for other nodes; returns null if they use the same as everybody. */
    @Nullable
    BridgeServer bindInternal(Transport transport, Transport.ServerSettings everybody, Reloads reloads)
            throws IOException, GeneralSecurityException {
        return internalListen == null
                ? null
                : transport.bind(everybody.at(internalListen.resolve().get(0)), reloads);
    }

    /** Returns the host on which other nodes are served. */
    String host(HostPort listen) {
        return internalListen == null ? listen.host() : internalListen.host();
    }

    private static TokenKeys parsed(String keyset) throws IOException {
        try {
            return TokenKeys.parse(keyset);
        } catch (GeneralSecurityException e) {
            throw new IOException(KEYSET + " does not contain a keyset: " + e.getMessage(), e);
        }
    }

    /** Returns whether a load balancer may be in front of the node. */
    boolean balanced() {
        return publicUrl != null;
    }

    URI publicUrl(NodeAddress self) {
        return publicUrl == null ? self.uri() : publicUrl;
    }

    /** Returns the node's own address; see {@code --address}. */
    NodeAddress self(String listenHost, InetSocketAddress bound, boolean tls) throws IOException {
        if (address != null) {
            return new NodeAddress(address);
        }
        String host = listenHost;
        if (bound.getAddress().isAnyLocalAddress()) {
            InetAddress machine = InetAddress.getLocalHost();
            if (machine.isLoopbackAddress() && (peers != null || peersDns != null)) {
                throw usage("this machine's host name resolves to " + machine.getHostAddress() + ", which"
                        + " other nodes cannot reach: specify --address");
            }
            host = machine.getHostAddress();
        }
        return NodeAddress.parse((tls ? "wss://" : "ws://") + new HostPort(host, bound.getPort()));
    }

    PeerDirectory directory(String scheme) {
        if (peersDns != null) {
            return PeerDirectory.dns(scheme, peersDns.host(), peersDns.port());
        }
        return peers == null
                ? PeerDirectory.none()
                : PeerDirectory.of(Arrays.stream(peers)
                        .map(this::base)
                        .map(NodeAddress::new)
                        .collect(Collectors.toSet()));
    }

    private URI base(URI url) {
        try {
            return Endpoints.base(url);
        } catch (IllegalArgumentException e) {
            throw usage(e.getMessage());
        }
    }

    private ParameterException usage(@Nullable String message) {
        return new ParameterException(command.commandLine(), String.valueOf(message));
    }
}
