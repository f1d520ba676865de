package io.github.wsbridge.launcher;

import io.github.wsbridge.Endpoints;
import io.github.wsbridge.NodeAddress;
import io.github.wsbridge.core.ApiKeyPolicy;
import io.github.wsbridge.core.BridgeNode;
import io.github.wsbridge.core.BridgeNodeBuilder;
import io.github.wsbridge.core.KeyFile;
import io.github.wsbridge.core.Limits;
import io.github.wsbridge.core.NodeStats;
import io.github.wsbridge.core.PeerDirectory;
import io.github.wsbridge.core.TokenKeys;
import io.github.wsbridge.tyrus.TyrusBridgeServer;
import io.github.wsbridge.tyrus.TyrusConnector;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Runs one node until it is told to stop. */
@Command(
        name = "node",
        description = {"Runs one node of a bridge cluster.", ""},
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        sortOptions = false,
        footerHeading = "%nExamples:%n",
        footer = {
            "  One node on this machine, open to everybody on it:",
            "    wsbridge node --insecure",
            "  One node of a cluster behind a proxy that speaks TLS:",
            "    wsbridge node --listen 0.0.0.0:8080 --public-url wss://bridge.example.com \\",
            "        --keys keys.json --api-keys api-keys.txt --peers-dns nodes.bridge.internal:8080",
            "",
            "SIGTERM and SIGINT stop the node in good order: it takes nothing new, and live bridges have the grace period."
        },
        exitCodeListHeading = Main.EXIT_CODES,
        exitCodeList = {Main.EXIT_0, Main.EXIT_1, Main.EXIT_2})
@SuppressWarnings("NullAway.Init")
final class NodeCommand implements Callable<Integer> {

    @Option(
            names = "--listen",
            paramLabel = "HOST:PORT",
            defaultValue = "127.0.0.1:8080",
            description = "Where to listen; port 0 takes a free one, 0.0.0.0 means every interface"
                    + " (default ${DEFAULT-VALUE})")
    HostPort listen;

    @Option(
            names = "--public-url",
            paramLabel = "URL",
            description =
                    "How devices reach the cluster, ws or wss. Required with peers; else the default is the node's"
                            + " own address")
    @Nullable
    URI publicUrl;

    @Option(
            names = "--address",
            paramLabel = "URL",
            description =
                    "How other nodes reach this one, as they have it in their peers. Default: ws (wss with TLS), the"
                            + " host of --listen, and the port; for 0.0.0.0 the address that this machine's name stands for")
    @Nullable
    URI address;

    @Option(
            names = "--keys",
            paramLabel = "FILE",
            description =
                    "The cluster's key file, see 'wsbridge keys'; read again when it changes. Required with peers;"
                            + " a single node makes its own")
    @Nullable
    Path keys;

    @Option(
            names = "--api-keys",
            paramLabel = "FILE",
            description = "Who may connect and listen, see 'wsbridge keys api-key'")
    @Nullable
    Path apiKeys;

    @Option(
            names = "--insecure",
            fallbackValue = "true",
            description = "Let everybody connect to every device and listen as any device")
    boolean insecure;

    @Option(
            names = "--peers",
            paramLabel = "URL",
            split = ",",
            description = "The addresses of the cluster's nodes, with commas between; the node's own may be among them")
    @Nullable
    URI[] peers;

    @Option(
            names = "--peers-dns",
            paramLabel = "NAME:PORT",
            description = "A name whose addresses are the cluster's nodes, with the port that they listen on")
    @Nullable
    HostPort peersDns;

    @Option(
            names = "--tls-cert",
            paramLabel = "FILE",
            description = "Speak TLS with this certificate (PEM, with its chain)")
    @Nullable
    Path tlsCert;

    @Option(
            names = "--tls-key",
            paramLabel = "FILE",
            description = "The certificate's key (PEM, PKCS #8, not encrypted)")
    @Nullable
    Path tlsKey;

    @Option(
            names = "--tls-ca",
            paramLabel = "FILE",
            description = "Trust these authorities on the way to other nodes (PEM; default: the platform's)")
    @Nullable
    Path tlsCa;

    @Option(
            names = "--grace",
            paramLabel = "TIME",
            defaultValue = "30s",
            description = "How long live bridges have when the node stops (default ${DEFAULT-VALUE})")
    Duration grace;

    @Mixin
    LimitOptions limitOptions;

    @Mixin
    LogOptions logOptions;

    @Spec
    CommandSpec spec;

    private final Surroundings here;

    NodeCommand(Surroundings here) {
        this.here = here;
    }

    @Override
    public Integer call() throws Exception {
        boolean clustered = peers != null || peersDns != null;
        check(clustered);
        Limits limits = limits();
        BridgeNodeBuilder builder = BridgeNode.builder().limits(limits).listener(new NodeLog());
        if (keys == null) {
            builder.keys(TokenKeys.generate());
        } else {
            builder.keys(keyFile(keys));
        }
        if (insecure) {
            builder.insecure();
        } else if (apiKeys != null) {
            builder.accessPolicy(ApiKeyPolicy.read(apiKeys));
        }
        // The node's address needs the server's port, and the server the node: early handshakes wait for it.
        CompletableFuture<BridgeNode> node = new CompletableFuture<>();
        TyrusBridgeServer.Builder door = TyrusBridgeServer.builder(
                        handshake -> node.thenCompose(ready -> ready.admit(handshake)))
                .address(listen.resolve())
                .maxConnections(limitOptions.maxConnections())
                .handshakeTimeout(limits.admissionTimeout());
        if (tlsCert != null && tlsKey != null) {
            door.tls(PemFiles.server(tlsCert, tlsKey));
        }
        try (TyrusConnector connector = new TyrusConnector(tlsCa == null ? null : PemFiles.client(tlsCa), null);
                TyrusBridgeServer server = start(door)) {
            NodeAddress self = self(server.address());
            builder.address(self)
                    .publicUrl(publicUrl == null ? self.uri() : publicUrl)
                    .connector(connector)
                    .peers(directory(self.uri().getScheme()));
            try (BridgeNode running = builder.build()) {
                node.complete(running);
                serve(running, server, self);
            }
        }
        return 0;
    }

    private void serve(BridgeNode node, TyrusBridgeServer server, NodeAddress self) throws InterruptedException {
        here.say("node ready: listens on "
                + HostPort.authority(listen.host(), server.address().getPort()) + ", address " + self
                + (insecure ? ", INSECURE: open to everybody" : ""));
        here.awaitStop();
        NodeStats held = node.stats();
        here.say("node stopping: " + held.bridges() + " live bridges have up to " + grace.toSeconds() + " s");
        node.stop(grace).toCompletableFuture().join(); // bounded by the grace period and eleven seconds
        here.say("node stopped");
    }

    private void check(boolean clustered) {
        if (insecure == (apiKeys != null)) {
            throw usage(
                    insecure
                            ? "--api-keys and --insecure exclude each other"
                            : "who may connect? Give --api-keys FILE, or --insecure to let everybody in");
        }
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
        if ((tlsCert == null) != (tlsKey == null)) {
            throw usage("--tls-cert and --tls-key go together");
        }
        for (URI url : Arrays.asList(publicUrl, address)) {
            if (url != null) {
                base(url);
            }
        }
    }

    private Limits limits() {
        try {
            return limitOptions.limits();
        } catch (IllegalArgumentException | ArithmeticException e) {
            throw usage(e.getMessage());
        }
    }

    private static KeyFile keyFile(Path file) throws IOException {
        try {
            return new KeyFile(file);
        } catch (GeneralSecurityException e) {
            throw new IOException(file + " holds no keyset: " + e.getMessage(), e);
        }
    }

    private static TyrusBridgeServer start(TyrusBridgeServer.Builder door) throws IOException {
        return door.start();
    }

    private NodeAddress self(InetSocketAddress bound) throws IOException {
        if (address != null) {
            return new NodeAddress(address);
        }
        String host = listen.host();
        if (bound.getAddress().isAnyLocalAddress()) {
            InetAddress machine = InetAddress.getLocalHost();
            if (machine.isLoopbackAddress() && (peers != null || peersDns != null)) {
                throw usage("this machine's name stands for " + machine.getHostAddress()
                        + ", where no other node reaches it: give --address");
            }
            host = machine.getHostAddress();
        }
        return NodeAddress.parse((tlsCert == null ? "ws://" : "wss://") + HostPort.authority(host, bound.getPort()));
    }

    private PeerDirectory directory(String scheme) {
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
        return new ParameterException(spec.commandLine(), String.valueOf(message));
    }
}
