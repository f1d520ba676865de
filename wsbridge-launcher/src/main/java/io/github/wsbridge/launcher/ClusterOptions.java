package io.github.wsbridge.launcher;

import io.github.wsbridge.Endpoints;
import io.github.wsbridge.NodeAddress;
import io.github.wsbridge.core.cluster.PeerDirectory;
import io.github.wsbridge.core.tokens.KeyFile;
import io.github.wsbridge.core.tokens.TokenKeys;
import io.github.wsbridge.wire.net.HostPort;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.Spec.Target;

/** A node's place in its cluster, on the command line. */
@SuppressWarnings("NullAway.Init")
final class ClusterOptions {

    @Option(
            names = "--public-url",
            paramLabel = "URL",
            description =
                    "How devices reach the cluster, ws or wss. Required with peers; else the default is the node's"
                            + " own address")
    @Nullable
    private URI publicUrl;

    @Option(
            names = "--address",
            paramLabel = "URL",
            description =
                    "How other nodes reach this one, as they have it in their peers. Default: ws (wss with TLS), the"
                            + " host of --listen, and the port; for 0.0.0.0 the address that this machine's name stands for")
    @Nullable
    private URI address;

    @Option(
            names = "--keys",
            paramLabel = "FILE",
            description =
                    "The cluster's key file, see 'wsbridge keys'; read again when it changes. Required with peers;"
                            + " a single node makes its own")
    @Nullable
    private Path keys;

    @Option(
            names = "--peers",
            paramLabel = "URL",
            split = ",",
            description = "The addresses of the cluster's nodes, with commas between; the node's own may be among them")
    @Nullable
    private URI[] peers;

    @Option(
            names = "--peers-dns",
            paramLabel = "NAME:PORT",
            description = "A name whose addresses are the cluster's nodes, with the port that they listen on")
    @Nullable
    private HostPort peersDns;

    @Spec(Target.MIXEE)
    private CommandSpec command;

    /** Refuses what does not fit together. */
    void check() {
        boolean clustered = peers != null || peersDns != null;
        if (peers != null && peersDns != null) {
            throw usage("--peers and --peers-dns exclude each other");
        }
        if (clustered && keys == null) {
            throw usage(
                    "the nodes of a cluster share their keys: give --keys FILE ('wsbridge keys create FILE' makes one)");
        }
        if (clustered && publicUrl == null) {
            throw usage("a cluster needs --public-url, the URL at which devices reach any of its nodes");
        }
        for (URI url : Arrays.asList(publicUrl, address)) {
            if (url != null) {
                base(url);
            }
        }
    }

    /** The cluster's keys, or new ones that a single node keeps to itself. */
    Supplier<TokenKeys> keys() throws IOException {
        if (keys == null) {
            TokenKeys own = TokenKeys.generate();
            return () -> own;
        }
        try {
            return new KeyFile(keys);
        } catch (GeneralSecurityException e) {
            throw new IOException(keys + " holds no keyset: " + e.getMessage(), e);
        }
    }

    URI publicUrl(NodeAddress self) {
        return publicUrl == null ? self.uri() : publicUrl;
    }

    /** The node's own address, see the option. */
    NodeAddress self(String listenHost, InetSocketAddress bound, boolean tls) throws IOException {
        if (address != null) {
            return new NodeAddress(address);
        }
        String host = listenHost;
        if (bound.getAddress().isAnyLocalAddress()) {
            InetAddress machine = InetAddress.getLocalHost();
            if (machine.isLoopbackAddress() && (peers != null || peersDns != null)) {
                throw usage("this machine's name stands for " + machine.getHostAddress()
                        + ", where no other node reaches it: give --address");
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
