package io.github.wsbridge.launcher;

import io.github.wsbridge.NodeAddress;
import io.github.wsbridge.access.jwt.JwtPolicy;
import io.github.wsbridge.core.BridgeNode;
import io.github.wsbridge.core.NodeStats;
import io.github.wsbridge.core.access.ApiKeyFile;
import io.github.wsbridge.core.access.PolicyChain;
import io.github.wsbridge.core.limits.Limits;
import io.github.wsbridge.core.tokens.KeyFile;
import io.github.wsbridge.core.tokens.TokenKeys;
import io.github.wsbridge.spi.AccessPolicy;
import io.github.wsbridge.spi.BridgeServer;
import io.github.wsbridge.spi.Connector;
import io.github.wsbridge.spi.Signaller;
import io.github.wsbridge.wire.files.Reloaded;
import io.github.wsbridge.wire.files.TlsIdentity;
import io.github.wsbridge.wire.net.HostPort;
import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The {@code node} command: runs one node until it is stopped. */
@Command(
        name = "node",
        description = {"Runs a node, standalone or in a cluster.", ""},
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        sortOptions = false,
        footerHeading = "%nExamples:%n",
        footer = {
            "  A node on this machine, open to everyone on it:",
            "    wsbridge node --insecure",
            "  A node of a cluster behind a TLS proxy:",
            "    wsbridge node --listen 0.0.0.0:8080 --public-url wss://bridge.example.com \\",
            "        --keys keys.json --api-keys api-keys.txt --peers-dns nodes.bridge.internal:8080",
            "  A node whose port 5432 leads to a database behind a device, for the clients of one network:",
            "    wsbridge node --listen 0.0.0.0:8080 --api-keys api-keys.txt \\",
            "        --expose 0.0.0.0:5432=device-1/database --expose-from 10.20.0.0/16",
            "",
            "SIGTERM and SIGINT stop the node gracefully: /readyz turns to 503 at once, new bridges are refused after"
                    + " the drain delay, and live bridges have the grace period to end. A second signal ends them at"
                    + " once. SIGHUP makes the node read at once the files that it otherwise reads again within five"
                    + " seconds of a change: API keys, certificates and their keys, authorities, lists of revoked"
                    + " certificates, the rules for those of clients, and of the configuration file the limits on"
                    + " numbers, rates, shares and bandwidth, --quiet and --verbose.",
        },
        exitCodeListHeading = Main.EXIT_CODES,
        exitCodeList = {Main.EXIT_0, Main.EXIT_1, Main.EXIT_2})
@SuppressWarnings("NullAway.Init")
final class NodeCommand implements Callable<Integer> {

    private static final Duration DRAIN_DELAY = Duration.ofSeconds(5);

    @Option(
            names = "--listen",
            paramLabel = "HOST:PORT",
            defaultValue = "127.0.0.1:8080",
            description = "The address to listen on; port 0 selects a free port, 0.0.0.0 means all"
                    + " interfaces (default ${DEFAULT-VALUE})")
    HostPort listen;

    @Option(
            names = "--api-keys",
            paramLabel = "FILE",
            description = "The API keys that may connect and listen, see 'wsbridge keys api-key'; read again when"
                    + " the file changes")
    @Nullable
    Path apiKeys;

    @Option(
            names = "--insecure",
            fallbackValue = "true",
            description = "Let anyone connect to any device and listen as any device")
    boolean insecure;

    @Option(
            names = "--allow-origin",
            paramLabel = "ORIGIN",
            split = ",",
            description = "Let web pages of this origin, such as https://console.example.com, connect; * for any."
                    + " May be repeated (default: none, except with a signed URL)")
    @Nullable
    List<String> origins;

    @Option(
            names = "--accept-credential",
            fallbackValue = "true",
            description = "Want a device's own credential with each accept, in addition to the token; on all nodes of"
                    + " a cluster")
    boolean acceptCredential;

    @Option(
            names = "--revoke",
            paramLabel = "WHAT",
            defaultValue = "listeners",
            description = "What ends when a credential is revoked or expires: its listeners, or live: its"
                    + " bridges, too (default ${DEFAULT-VALUE})")
    Revoke revoke;

    @Option(
            names = "--proxy-networks",
            paramLabel = "CIDR",
            split = ",",
            description = "The addresses of the proxies before this node, whose X-Forwarded-For or Forwarded is"
                    + " believed, and the field of --proxy-cert-header: 10.0.0.0/8,2001:db8::/32")
    List<String> proxyNetworks = List.of();

    @Mixin
    TlsOptions tls;

    @Mixin
    CertificateOptions certificates;

    @Mixin
    JwtOptions jwt;

    @Option(
            names = "--tls-ca",
            paramLabel = "FILE",
            description = "The certificate authorities to trust when connecting to other nodes (PEM;"
                    + " default: the platform's)")
    @Nullable
    Path tlsCa;

    @Option(
            names = "--transport",
            paramLabel = "NAME",
            defaultValue = "netty",
            description = "The transport: netty or tyrus (default ${DEFAULT-VALUE})")
    Transport transport;

    @Option(
            names = "--grace",
            paramLabel = "TIME",
            defaultValue = "8s",
            description = "How long live bridges may continue when the node stops; includes the drain delay (default"
                    + " ${DEFAULT-VALUE}, which suits 'docker stop')")
    Duration grace;

    @Option(
            names = "--drain-delay",
            paramLabel = "TIME",
            description = "How long a node that stops still takes new bridges, while /readyz answers 503, so that load"
                    + " balancers notice in time (default 5s, or 0s without --public-url)")
    @Nullable
    Duration drainDelay;

    @Mixin
    ClusterOptions cluster;

    @Mixin
    ExposeOptions exposes;

    @Mixin
    SignalOptions signals;

    @Mixin
    LimitOptions limitOptions;

    @Mixin
    ManagementOptions management;

    @Mixin
    AuditOptions audit;

    @Mixin
    TraceOptions traces;

    @Option(
            names = "--traces-clients",
            paramLabel = "WHAT",
            defaultValue = "follow",
            description = "What to do with a trace that a requester or a device brings: follow it, or link it to one"
                    + " of this node's own, so that it does not decide what is recorded (default ${DEFAULT-VALUE})")
    ClientTraces clientTraces;

    @Mixin
    ConfigOptions config;

    @Mixin
    SecretFileOptions secretFiles;

    @Mixin
    LogOptions logOptions;

    @Spec
    CommandSpec spec;

    private final CommandContext here;

    NodeCommand(CommandContext here) {
        this.here = here;
    }

    @Override
    public Integer call() throws Exception {
        check();
        secretFiles.check();
        if (config.checkOnly(here)) {
            return 0;
        }
        cluster.forgetNamesSoon();
        Reloaded<TlsIdentity> identity = tls.identity();
        List<ExposeOptions.Exposed> exposed = exposes.resolve(transport);
        Limits limits = limits();
        Supplier<TokenKeys> keys = cluster.keys(here.env());
        BridgeNode.Builder builder =
                BridgeNode.builder().limits(limits).drainDelay(drainDelay()).keys(keys);
        proxies(builder);
        ApiKeyFile permitted = apiKeys == null ? null : ApiKeyFile.read(apiKeys);
        allowOrigins(builder.acceptCredential(acceptCredential));
        Reloads reloads = new Reloads();
        Collection<Signaller> channels = signals.addTo(builder, here.env(), reloads);
        boolean built = false;
        try {
            Transport.ServerSettings settings = new Transport.ServerSettings(
                    listen.resolve().get(0),
                    limitOptions.maxConnections(),
                    limitOptions.maxHandshakes(),
                    limits.admissionTimeout(),
                    identity,
                    certificates.asked(),
                    certificates.trust());
            try (reloads;
                    JwtPolicy tokens = jwt.policy();
                    Connector connector = transport.connector(tlsCa, identity, null, reloads);
                    BridgeServer server = transport.bind(settings, reloads);
                    BridgeServer internal = cluster.bindInternal(transport, settings, reloads);
                    TraceOptions.Traces traced = traces.open(clientTraces == ClientTraces.follow);
                    AuditOptions.Audited audited = audit.open(here, reloads);
                    ManagementOptions.Managed managed = management.open(reloads)) {
                managed.observe(builder);
                audited.observe(builder);
                builder.tracer(traced.tracer());
                admit(builder, permitted, tokens, reloads);
                NodeAddress self = cluster.self(
                        cluster.host(listen), (internal == null ? server : internal).address(), identity != null);
                if (internal != null) {
                    builder.internalDoorOnly();
                }
                builder.address(self)
                        .publicUrl(cluster.publicUrl(self))
                        .connector(connector)
                        .peers(cluster.directory(self.uri().getScheme()))
                        .peerNetworks(cluster.networks());
                try (BridgeNode node = builder.build()) {
                    built = true;
                    if (permitted != null) {
                        reloads.add(now -> {
                            if (permitted.look(now)) {
                                node.endRevoked(revoke == Revoke.live);
                            }
                        });
                    }
                    if (certificates.decide() || jwt.decide()) { // which expire
                        reloads.add(now -> node.endRevoked(revoke == Revoke.live));
                    }
                    if (keys instanceof KeyFile file) {
                        reloads.add(now -> file.look());
                    }
                    LiveSettings.watch(
                            spec,
                            here,
                            LiveLimits.NAMES,
                            NodeCommand::again,
                            new LiveLimits(
                                    node,
                                    internal == null ? List.of(server) : List.of(server, internal),
                                    limitOptions.maxConnections()),
                            reloads);
                    reloads.start(here);
                    server.serve(node);
                    if (internal != null) {
                        internal.serve(node.internalDoor());
                    }
                    managed.serve(node, server, internal);
                    exposes.open(exposed, node, server).forEach(here::say);
                    run(node, server, self, managed);
                }
            }
        } finally {
            if (!built) { // otherwise the node has closed them
                channels.forEach(Signaller::close);
            }
        }
        return 0;
    }

    private void admit(
            BridgeNode.Builder node, @Nullable ApiKeyFile permitted, @Nullable JwtPolicy tokens, Reloads reloads)
            throws IOException, GeneralSecurityException {
        List<AccessPolicy> policies = new ArrayList<>();
        if (permitted != null) {
            policies.add(permitted);
        }
        if (tokens != null) {
            policies.add(tokens);
        }
        AccessPolicy byCertificate = certificates.policy(reloads, proxyNetworks);
        if (byCertificate != null) {
            policies.add(byCertificate);
        }
        if (policies.isEmpty()) {
            node.insecure();
        } else {
            node.accessPolicy(PolicyChain.of(policies));
        }
    }

    private void allowOrigins(BridgeNode.Builder builder) {
        try {
            (origins == null ? List.<String>of() : origins).forEach(builder::allowOrigin);
        } catch (IllegalArgumentException e) {
            throw usage("--allow-origin: " + e.getMessage());
        }
    }

    /** What ends when a key is revoked, as typed by users. */
    @SuppressWarnings("java:S115")
    enum Revoke {
        listeners,
        live
    }

    /** What becomes of the traces of clients, as typed by users. */
    @SuppressWarnings("java:S115")
    enum ClientTraces {
        follow,
        link
    }

    private void run(BridgeNode node, BridgeServer server, NodeAddress self, ManagementOptions.Managed managed)
            throws InterruptedException {
        here.say("node ready: listens on "
                + new HostPort(listen.host(), server.address().getPort()) + ", address " + self + ", management "
                + managed
                + (insecure ? ", INSECURE: open to everyone" : ""));
        here.awaitStop();
        NodeStats held = node.stats();
        CompletableFuture<Void> stopped = node.stop(grace).toCompletableFuture();
        Runnable restore = Signals.furtherStopMeans(() -> node.stop(Duration.ZERO));
        here.say("node stopping: " + held.bridges() + " live bridges have up to " + grace.toSeconds() + " s");
        stopped.join(); // takes at most the grace period plus 22 seconds
        restore.run();
        here.say("node stopped");
    }

    private void check() {
        if (insecure == (apiKeys != null || certificates.decide() || jwt.decide())) {
            throw usage(
                    insecure
                            ? "--insecure and other ways to admit clients are mutually exclusive"
                            : "specify --api-keys FILE, --client-certs FILE or --jwt-issuer URL, or --insecure to let"
                                    + " anyone connect");
        }
        limits();
        certificates.check(tls.given(), !proxyNetworks.isEmpty());
        jwt.check();
        cluster.check(here.env());
        management.check();
        traces.check();
        if (transport == Transport.jdk) {
            throw usage("--transport jdk is for clients only");
        }
    }

    private void proxies(BridgeNode.Builder builder) {
        try {
            builder.proxies(proxyNetworks);
        } catch (IllegalArgumentException e) {
            throw usage("--proxy-networks: " + e.getMessage());
        }
    }

    /** Nobody balances the load of a node whose own address is the public one. */
    private Duration drainDelay() {
        return drainDelay != null ? drainDelay : cluster.balanced() ? DRAIN_DELAY : Duration.ZERO;
    }

    /** Returns a command that was parsed again, with limits that can be used. */
    private static NodeCommand again(CommandSpec command) {
        NodeCommand again = (NodeCommand) command.userObject();
        again.limits();
        again.limitOptions.maxConnections();
        return again;
    }

    Limits limits() {
        try {
            limitOptions.maxHandshakes();
            return limitOptions.limits();
        } catch (IllegalArgumentException | ArithmeticException e) {
            throw usage(e.getMessage());
        }
    }

    private ParameterException usage(@Nullable String message) {
        return new ParameterException(spec.commandLine(), String.valueOf(message));
    }
}
