package io.github.wsbridge.launcher;

import io.github.wsbridge.BridgeRequest;
import io.github.wsbridge.CloseReason;
import io.github.wsbridge.client.BridgeClient;
import io.github.wsbridge.client.BridgeLeg;
import io.github.wsbridge.client.DeviceDialer;
import io.github.wsbridge.client.TcpTunnel;
import io.github.wsbridge.client.tls.UntrustedDeviceException;
import io.github.wsbridge.session.BridgeSessions;
import io.github.wsbridge.spi.Connector;
import io.github.wsbridge.spi.StreamTransport;
import io.github.wsbridge.wire.net.HostPort;
import io.github.wsbridge.wire.net.StreamAddress;
import java.io.IOException;
import java.net.SocketAddress;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
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
            "  A proxy for programs that know SOCKS 5 or HTTP CONNECT:",
            "    wsbridge tunnel --server wss://bridge.example.com --device pi-7 --socks 1080",
            "  SSH without a local port:",
            "    ssh -o ProxyCommand='wsbridge tunnel --server wss://bridge.example.com --device pi-7 --target ssh"
                    + " --stdio' pi-7"
        },
        exitCodeListHeading = Main.EXIT_CODES,
        exitCodeList = {Main.EXIT_0, Main.EXIT_1, Main.EXIT_2})
@SuppressWarnings("NullAway.Init")
final class TunnelCommand implements Callable<Integer> {

    private static final CloseReason STOPPED = new CloseReason(CloseReason.GOING_AWAY, "tunnel stopped");

    /** Few connections have bridges of their own, which carry long streams at less cost. */
    private static final int OWN_BRIDGES = 4;

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

    @Mixin
    SocksOptions socks;

    @Option(
            names = "--reason",
            paramLabel = "TEXT",
            description = "Why, for people at the device who are asked (device --ask); up to 256 bytes")
    @Nullable
    String reason;

    @Option(
            names = "--max-connections",
            paramLabel = "N",
            defaultValue = "256",
            description = "Maximum number of concurrent connections for each local address; further ones wait"
                    + " (default ${DEFAULT-VALUE})")
    int maxConnections;

    @Option(
            names = "--session",
            paramLabel = "WHEN",
            defaultValue = "auto",
            description =
                    "Whether the connections to a device share a bridge: auto, if more than four are opened within a"
                            + " second and the device knows how; on, always, so that a device that does not is an"
                            + " error; off, never. With --stdio, auto means off (default ${DEFAULT-VALUE})")
    SessionMode session;

    @Mixin
    EndToEndTunnelOptions endToEnd;

    @Mixin
    TraceOptions traces;

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
        endToEnd.check();
        traces.check();
        secretFiles.check();
        if (config.checkOnly(here)) {
            return 0;
        }
        try (Reloads reloads = new Reloads();
                Connector connector = server.connector(here.env(), reloads);
                TraceOptions.Traces traced = traces.open(true);
                BridgeClient client = client(connector, traced, reloads)) {
            DeviceDialer encrypted = endToEnd.around(client, here, reloads);
            DeviceDialer bridges = stdio ? encrypted : complaining(encrypted);
            try (BridgeSessions sessions = sessions(bridges)) {
                run(sessions == null ? bridges : sessions, wanted, Transport.streams(connector), reloads);
            }
        }
        return 0;
    }

    private void run(DeviceDialer dialer, List<Forward> wanted, @Nullable StreamTransport streams, Reloads reloads)
            throws Exception {
        if (stdio) {
            overStreams(dialer, String.valueOf(device), String.valueOf(target));
            return;
        }
        LiveSettings.watchLogging(spec, here, reloads);
        reloads.start(here);
        if (socks.listen != null) {
            asProxy(dialer, socks.listen, streams);
        } else {
            overSockets(dialer, wanted, streams);
        }
    }

    private BridgeClient client(Connector connector, TraceOptions.Traces traced, Reloads reloads) throws Exception {
        BridgeClient.Builder builder = server.client(
                        connector, server.apiKey(here.env(), reloads), server.authorization(reloads))
                .tracer(traced.tracer());
        if (reason != null) {
            try {
                builder.reason(reason);
            } catch (IllegalArgumentException e) {
                throw usage(e.getMessage());
            }
        }
        return builder.build();
    }

    /** Returns the local addresses and their targets; none for standard input and output. */
    private List<Forward> wanted() {
        if (socks.listen != null) {
            if (forwards != null || target != null || listen != null || stdio) {
                throw usage("--socks cannot be combined with --forward, --target, --listen or --stdio");
            }
            return List.of();
        }
        if (socks.targets != null) {
            throw usage("--socks-target requires --socks");
        }
        if (forwards != null) {
            if (device != null || target != null || listen != null || stdio) {
                throw usage("--forward cannot be combined with --device, --target, --listen or --stdio");
            }
            return forwards;
        }
        if (device == null || target == null) {
            throw usage("specify --forward " + Forward.FORM
                    + ", or both --device ID and --target NAME, or --socks [HOST:]PORT");
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

    /** Says aloud that a device is not the one it should be, which must not be lost among other lines of the log. */
    private DeviceDialer complaining(DeviceDialer dialer) {
        return (id, data) -> {
            CompletableFuture<BridgeLeg> leg = dialer.leg(id, data);
            leg.whenComplete((opened, failure) -> {
                if (failure instanceof UntrustedDeviceException) {
                    here.err()
                            .println(spec.qualifiedName() + ": "
                                    + Failures.oneLine(String.valueOf(failure.getMessage())));
                }
            });
            return leg;
        };
    }

    /** Returns null if each connection has its own bridge. One connection has nobody to share it with. */
    private @Nullable BridgeSessions sessions(DeviceDialer dialer) {
        if (session == SessionMode.off || session == SessionMode.auto && stdio) {
            return null;
        }
        return BridgeSessions.builder(dialer)
                .required(session == SessionMode.on)
                .ownBridges(session == SessionMode.on ? 0 : OWN_BRIDGES)
                .openTimeout(server.connectTimeout)
                .build();
    }

    private void overSockets(DeviceDialer dialer, List<Forward> wanted, @Nullable StreamTransport streams)
            throws Exception {
        Deque<TcpTunnel> tunnels = new ArrayDeque<>();
        try {
            List<String> ready = new ArrayList<>();
            for (Forward forward : wanted) {
                TcpTunnel tunnel = start(dialer, forward, streams);
                tunnels.push(tunnel);
                ready.add("tunnel ready: " + bound(forward.listen(), tunnel) + " forwards to " + forward.target()
                        + " on " + forward.device());
            }
            ready.forEach(here::say);
            here.awaitStop();
        } finally {
            tunnels.forEach(TcpTunnel::close);
        }
        here.say("tunnel stopped");
    }

    private void asProxy(DeviceDialer dialer, StreamAddress listen, @Nullable StreamTransport streams)
            throws Exception {
        try (TcpTunnel tunnel = start(TcpTunnel.builder(socks.entrance(dialer, device)), listen, streams)) {
            here.say("tunnel ready: " + bound(listen, tunnel) + " is a proxy (SOCKS 5, HTTP CONNECT) to "
                    + (device == null ? "any DEVICE.wsbridge" : device));
            here.awaitStop();
        }
        here.say("tunnel stopped");
    }

    private TcpTunnel start(DeviceDialer dialer, Forward forward, @Nullable StreamTransport streams)
            throws IOException {
        return start(TcpTunnel.builder(dialer, forward.device(), forward.target()), forward.listen(), streams);
    }

    private TcpTunnel start(TcpTunnel.Builder builder, StreamAddress listen, @Nullable StreamTransport streams)
            throws IOException {
        SocketAddress address = listen.resolve().get(0);
        builder.listen(address).maxConnections(maxConnections);
        if (streams != null) {
            builder.streams(streams);
        }
        return Transport.listening(address, builder::start);
    }

    /** Returns the address with the port that the system chose. */
    private static StreamAddress bound(StreamAddress listen, TcpTunnel tunnel) {
        return listen instanceof HostPort asked
                ? new HostPort(asked.host(), tunnel.address().getPort())
                : listen;
    }

    /** Prints nothing to standard output, which carries the data. */
    private void overStreams(DeviceDialer dialer, String device, String target) throws IOException {
        CompletableFuture<BridgeLeg> connecting = dialer.leg(device, target);
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
