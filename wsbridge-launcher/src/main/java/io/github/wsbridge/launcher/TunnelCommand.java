package io.github.wsbridge.launcher;

import io.github.wsbridge.BridgeRequest;
import io.github.wsbridge.CloseReason;
import io.github.wsbridge.client.BridgeClient;
import io.github.wsbridge.client.BridgeLeg;
import io.github.wsbridge.client.TcpTunnel;
import io.github.wsbridge.spi.Connector;
import io.github.wsbridge.spi.StreamTransport;
import io.github.wsbridge.wire.net.HostPort;
import io.github.wsbridge.wire.net.StreamAddress;
import java.io.IOException;
import java.net.SocketAddress;
import java.net.URI;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
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

/** The {@code tunnel} command: connects local ports, or standard input and output, to targets of devices. */
@Command(
        name = "tunnel",
        description = {"Connects local ports, or standard input and output, to targets of devices.", ""},
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        sortOptions = false,
        footerHeading = "%nExamples:%n",
        footer = {
            "  A local port, each connection to which becomes a bridge:",
            "    wsbridge tunnel --server wss://bridge.example.com --device pi-7 --target web --listen 127.0.0.1:8000",
            "  Several in one process:",
            "    wsbridge tunnel --server wss://bridge.example.com --forward 8000=pi-7/web --forward 2222=pi-8/ssh",
            "  SSH without a local port:",
            "    ssh -o ProxyCommand='wsbridge tunnel --server wss://bridge.example.com --device pi-7 --target ssh"
                    + " --stdio' pi-7"
        },
        exitCodeListHeading = Main.EXIT_CODES,
        exitCodeList = {Main.EXIT_0, Main.EXIT_1, Main.EXIT_2})
@SuppressWarnings("NullAway.Init")
final class TunnelCommand implements Callable<Integer> {

    private static final CloseReason STOPPED = new CloseReason(CloseReason.GOING_AWAY, "tunnel stopped");

    @Mixin
    ServerOptions server;

    @Option(
            names = "--forward",
            paramLabel = Forward.FORM,
            split = ",",
            description =
                    "Listen on this local address and forward to this target; may be repeated. HOST is 127.0.0.1 by"
                            + " default, port 0 selects a free port, and unix:/PATH is a Unix socket. The device id"
                            + " ends at the last /")
    @Nullable
    List<Forward> forwards;

    @Option(names = "--device", paramLabel = "ID", description = "The device id, if there is no --forward")
    @Nullable
    String device;

    @Option(
            names = "--target",
            paramLabel = "NAME",
            description = "The name of one of the device's targets, or HOST:PORT if the device allows any")
    @Nullable
    String target;

    @Option(
            names = "--listen",
            paramLabel = "HOST:PORT",
            description = "The local address to listen on, or unix:/PATH; port 0 selects a free port")
    @Nullable
    StreamAddress listen;

    @Option(names = "--stdio", fallbackValue = "true", description = "Connect one bridge to standard input and output")
    boolean stdio;

    @Option(
            names = "--max-connections",
            paramLabel = "N",
            defaultValue = "256",
            description = "Maximum number of concurrent connections for each local address; further ones wait"
                    + " (default ${DEFAULT-VALUE})")
    int maxConnections;

    @Mixin
    ConfigOptions config;

    @Mixin
    SecretFileOptions secretFiles;

    @Mixin
    LogOptions logOptions;

    @Spec
    CommandSpec spec;

    private final CommandContext here;

    TunnelCommand(CommandContext here) {
        this.here = here;
    }

    @Override
    public Integer call() throws Exception {
        List<Forward> wanted = wanted();
        secretFiles.check();
        if (config.checkOnly(here)) {
            return 0;
        }
        try (Reloads reloads = new Reloads();
                Connector connector = server.connector(here.env(), reloads);
                BridgeClient client =
                        client(connector, server.apiKey(here.env(), reloads), server.authorization(reloads))) {
            if (stdio) {
                overStreams(client, String.valueOf(device), String.valueOf(target));
            } else {
                reloads.start(here);
                overSockets(client, wanted, Transport.streams(connector));
            }
        }
        return 0;
    }

    /** Returns the local addresses and their targets; none for standard input and output. */
    private List<Forward> wanted() {
        if (forwards != null) {
            if (device != null || target != null || listen != null || stdio) {
                throw usage("--forward cannot be combined with --device, --target, --listen or --stdio");
            }
            return forwards;
        }
        if (device == null || target == null) {
            throw usage("specify --forward " + Forward.FORM + ", or both --device ID and --target NAME");
        }
        if (stdio == (listen != null)) {
            throw usage("specify either --listen HOST:PORT or --stdio");
        }
        try {
            new BridgeRequest(device, target);
        } catch (IllegalArgumentException e) {
            throw usage(e.getMessage());
        }
        return listen == null ? List.of() : List.of(new Forward(listen, device, target));
    }

    private BridgeClient client(
            Connector connector, @Nullable Supplier<String> key, @Nullable Supplier<String> authorization) {
        List<URI> servers = server.servers();
        BridgeClient.Builder builder = BridgeClient.builder(servers.get(0))
                .connector(connector)
                .connectTimeout(server.connectTimeout)
                .keepAlive(server.watch());
        servers.stream().skip(1).forEach(builder::server);
        if (key != null) {
            builder.apiKey(key);
        }
        if (authorization != null) {
            builder.header("Authorization", authorization);
        }
        return builder.build();
    }

    private void overSockets(BridgeClient client, List<Forward> wanted, @Nullable StreamTransport streams)
            throws Exception {
        Deque<TcpTunnel> tunnels = new ArrayDeque<>();
        try {
            List<String> ready = new ArrayList<>();
            for (Forward forward : wanted) {
                TcpTunnel tunnel = start(client, forward, streams);
                tunnels.push(tunnel);
                StreamAddress bound = forward.listen() instanceof HostPort asked
                        ? new HostPort(asked.host(), tunnel.address().getPort())
                        : forward.listen();
                ready.add("tunnel ready: " + bound + " forwards to " + forward.target() + " on " + forward.device());
            }
            ready.forEach(here::say);
            here.awaitStop();
        } finally {
            tunnels.forEach(TcpTunnel::close);
        }
        here.say("tunnel stopped");
    }

    private TcpTunnel start(BridgeClient client, Forward forward, @Nullable StreamTransport streams)
            throws IOException {
        SocketAddress address = forward.listen().resolve().get(0);
        TcpTunnel.Builder builder = TcpTunnel.builder(client, forward.device(), forward.target())
                .listen(address)
                .maxConnections(maxConnections);
        if (streams != null) {
            builder.streams(streams);
        }
        return Transport.listening(address, builder::start);
    }

    /** Prints nothing to standard output, which carries the data. */
    private void overStreams(BridgeClient client, String device, String target) throws IOException {
        CompletableFuture<BridgeLeg> connecting = client.leg(device, target);
        here.stop().thenRun(() -> {
            connecting.cancel(true);
            connecting.thenAccept(bridge -> bridge.close(STOPPED));
        });
        try {
            TcpTunnel.run(connecting, here.in(), here.data());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (IOException | RuntimeException e) {
            if (!here.stop().isDone()) {
                throw e;
            }
        }
    }

    private ParameterException usage(@Nullable String message) {
        return new ParameterException(spec.commandLine(), String.valueOf(message));
    }
}
