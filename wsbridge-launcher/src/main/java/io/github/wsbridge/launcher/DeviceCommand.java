package io.github.wsbridge.launcher;

import io.github.wsbridge.CloseReason;
import io.github.wsbridge.DeviceState;
import io.github.wsbridge.client.BridgeDevice;
import io.github.wsbridge.client.TargetNetworks;
import io.github.wsbridge.client.TunnelTargets;
import io.github.wsbridge.session.SessionHandler;
import io.github.wsbridge.spi.Connector;
import io.github.wsbridge.spi.StreamTransport;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The {@code device} command: connects bridges to TCP ports and Unix sockets. */
@Command(
        name = "device",
        description = {
            "Runs a device: connects each bridge to a TCP port or Unix socket that this machine can reach.",
            ""
        },
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        sortOptions = false,
        footerHeading = "%nExample:%n",
        footer = {
            "  wsbridge device --server wss://bridge.example.com --id pi-7 --api-key-file device.key \\",
            "      --target ssh=127.0.0.1:22 --target web=127.0.0.1:80",
            "",
            "The device listens until it is stopped, and reconnects whenever the connection is lost. If another"
                    + " listener takes over its id, it says so and tries again after half a minute to a minute."
        },
        exitCodeListHeading = Main.EXIT_CODES,
        exitCodeList = {Main.EXIT_0, Main.EXIT_1, Main.EXIT_2})
@SuppressWarnings("NullAway.Init")
final class DeviceCommand implements Callable<Integer> {

    private static final int SOON_SECONDS = 5;

    @Mixin
    ServerOptions server;

    @Option(names = "--id", paramLabel = "ID", required = true, description = "The device id")
    String id;

    @Option(
            names = "--target",
            paramLabel = "NAME=HOST:PORT",
            split = ",",
            description = "The address that requesters reach as NAME, or NAME=unix:/PATH; may be repeated")
    @Nullable
    List<String> targets;

    @Option(
            names = "--allow-any",
            fallbackValue = "true",
            description = "Let requesters choose any HOST:PORT that this machine can reach")
    boolean allowAny;

    @Option(
            names = "--allow-networks",
            paramLabel = "CIDR",
            split = ",",
            description = "With --allow-any: only addresses in these networks, such as 192.168.7.0/24 (default: all"
                    + " that are not denied)")
    List<String> allowNetworks = List.of();

    @Option(
            names = "--deny-networks",
            paramLabel = "CIDR",
            split = ",",
            description = "With --allow-any: no address in these networks. Link-local addresses and those of clouds'"
                    + " metadata services are denied unless --allow-networks names them")
    List<String> denyNetworks = List.of();

    @Option(
            names = "--allow-origin",
            paramLabel = "URL",
            split = ",",
            description = "Another server whose accept URLs the device may open (default: only --server)")
    @Nullable
    List<URI> origins;

    @Option(
            names = "--max-bridges",
            paramLabel = "N",
            defaultValue = "100",
            description = "Maximum number of concurrent bridges; further ones wait, up to 1000, until their requesters"
                    + " give up (default ${DEFAULT-VALUE})")
    int maxBridges;

    @Option(
            names = "--session",
            paramLabel = "WHEN",
            defaultValue = "auto",
            description = "Whether tunnels may have their connections share a bridge: auto or on; or off, so that each"
                    + " has its own (default ${DEFAULT-VALUE})")
    SessionMode session;

    @Option(
            names = "--max-streams",
            paramLabel = "N",
            defaultValue = "256",
            description = "Maximum number of concurrent connections on a bridge that they share (default"
                    + " ${DEFAULT-VALUE})")
    int maxStreams;

    @Option(
            names = "--reconnect-min",
            paramLabel = "TIME",
            defaultValue = "1s",
            description = "The shortest delay before reconnecting (default ${DEFAULT-VALUE})")
    Duration reconnectMin;

    @Option(
            names = "--reconnect-max",
            paramLabel = "TIME",
            defaultValue = "1m",
            description = "The longest delay before reconnecting (default ${DEFAULT-VALUE})")
    Duration reconnectMax;

    @Mixin
    AskOptions ask;

    @Mixin
    EndToEndDeviceOptions endToEnd;

    @Mixin
    HearOptions channels;

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
    private volatile String why = ""; // it does not listen

    DeviceCommand(CommandContext here) {
        this.here = here;
    }

    @Override
    public Integer call() throws Exception {
        TunnelTargets.Builder reachable = reachable();
        traces.check();
        secretFiles.check();
        if (config.checkOnly(here)) {
            return 0;
        }
        try (Reloads reloads = new Reloads();
                Connector connector = server.connector(here.env(), reloads)) {
            StreamTransport streams = Transport.streams(connector);
            if (streams != null) {
                reachable.streams(streams);
            }
            Supplier<String> key = server.apiKey(here.env(), reloads);
            Supplier<String> authorization = server.authorization(reloads);
            LiveTargets reached = new LiveTargets(reachable.build());
            LiveSettings.watch(
                    spec,
                    here,
                    LiveTargets.NAMES,
                    again -> ((DeviceCommand) again.userObject()).reachable(),
                    next -> reached.change((streams == null ? next : next.streams(streams)).build()),
                    reloads);
            BridgeDevice.Handler asking = ask.before(reached, streams == null ? null : Runnable::run, here);
            if (session == SessionMode.off) {
                BridgeDevice.Handler handler = endToEnd.around(asking, here, reloads);
                return listen(reached, handler, () -> {}, connector, key, authorization, reloads);
            }
            SessionHandler sessions =
                    SessionHandler.builder(asking).maxStreams(maxStreams).build();
            BridgeDevice.Handler handler = endToEnd.around(sessions, here, reloads);
            return listen(reached, handler, sessions::close, connector, key, authorization, reloads);
        }
    }

    /** @param leave tells the other ends of sessions that the device goes, before it does */
    private int listen(
            LiveTargets reached,
            BridgeDevice.Handler handler,
            Runnable leave,
            Connector connector,
            @Nullable Supplier<String> key,
            @Nullable Supplier<String> authorization,
            Reloads reloads)
            throws Exception {
        try (TraceOptions.Traces traced = traces.open(true);
                BridgeDevice device = device(handler, connector, key, authorization, traced, reloads)) {
            reloads.start(here);
            CompletableFuture<CloseReason> stopped = device.stopped().toCompletableFuture();
            device.listening()
                    .thenRun(() -> here.say("device ready: " + id + " listens at " + channels.places(server.places())
                            + (reached.names().isEmpty()
                                    ? ""
                                    : ", targets " + String.join(", ", new TreeSet<>(reached.names())))
                            + (allowAny ? ", any target" : "")));
            device.start();
            sayWhereItIsNotListeningSoon(device);
            CompletableFuture.anyOf(stopped, here.stop()).join();
            leave.run();
            if (!here.stop().isDone()) {
                here.err()
                        .println(spec.qualifiedName() + ": stopped: "
                                + Failures.oneLine(stopped.join().toString()));
                return 1;
            }
            here.say("device stopped");
            return 0;
        }
    }

    private void heard(DeviceState state) {
        if (state instanceof DeviceState.Retrying retrying) {
            why = retrying.why();
        } else if (state instanceof DeviceState.Refused refused) {
            why = refused.why();
        } else if (state instanceof DeviceState.Replaced replaced) {
            why = replaced.why();
        }
    }

    /** A device never stops retrying, so a wrong URL would otherwise go unnoticed. */
    private void sayWhereItIsNotListeningSoon(BridgeDevice device) {
        device.listening()
                .toCompletableFuture()
                .orTimeout(SOON_SECONDS, TimeUnit.SECONDS)
                .exceptionally(late -> {
                    if (!here.stop().isDone()) {
                        here.err()
                                .println(spec.qualifiedName() + ": the device is not listening at "
                                        + channels.places(server.places()) + " yet; still trying"
                                        + (why.isEmpty() ? "" : ": " + Failures.oneLine(why)));
                    }
                    return null;
                });
    }

    private TunnelTargets.Builder reachable() {
        try {
            ask.check();
        } catch (IllegalArgumentException e) {
            throw usage(e.getMessage());
        }
        if (targets == null && !allowAny) {
            throw usage("specify --target NAME=HOST:PORT, or --allow-any");
        }
        try {
            TunnelTargets.Builder builder = TunnelTargets.builder();
            if (targets != null) {
                targets.forEach(builder::target);
            }
            if (allowAny) {
                builder.allowAny(TargetNetworks.of(allowNetworks, denyNetworks));
            } else if (!allowNetworks.isEmpty() || !denyNetworks.isEmpty()) {
                throw usage("--allow-networks and --deny-networks require --allow-any");
            }
            return builder;
        } catch (IllegalArgumentException e) {
            throw usage(e.getMessage());
        }
    }

    private BridgeDevice device(
            BridgeDevice.Handler handler,
            Connector connector,
            @Nullable Supplier<String> key,
            @Nullable Supplier<String> authorization,
            TraceOptions.Traces traced,
            Reloads reloads)
            throws Exception {
        try {
            List<URI> servers = server.servers();
            BridgeDevice.Builder builder = BridgeDevice.builder(id, servers.get(0), handler)
                    .daemon(true) // the command waits itself
                    .onState(this::heard)
                    .connector(connector)
                    .tracer(traced.tracer())
                    .connectTimeout(server.connectTimeout)
                    .keepAlive(server.watch())
                    .backoff(reconnectMin, reconnectMax)
                    .maxBridges(maxBridges);
            servers.stream().skip(1).forEach(builder::server);
            if (key != null) {
                builder.apiKey(key);
            }
            if (authorization != null) {
                builder.header("Authorization", authorization);
            }
            if (Transport.streams(connector) != null) {
                builder.executor(Runnable::run); // the handler does not block
            }
            if (origins != null) {
                origins.forEach(origin -> builder.allowOrigin(server.base(origin)));
            }
            channels.addTo(builder, id, here.env(), server.proxies(here.env()), reloads);
            return builder.build();
        } catch (IllegalArgumentException e) {
            throw usage(e.getMessage());
        }
    }

    private ParameterException usage(@Nullable String message) {
        return new ParameterException(spec.commandLine(), String.valueOf(message));
    }
}
