package io.github.wsbridge.launcher;

import io.github.wsbridge.BridgeRequest;
import io.github.wsbridge.client.BridgeChannel;
import io.github.wsbridge.client.BridgeClient;
import io.github.wsbridge.client.TcpTunnel;
import io.github.wsbridge.spi.Connector;
import io.github.wsbridge.spi.StreamTransport;
import io.github.wsbridge.wire.net.HostPort;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The {@code tunnel} command: connects a local port, or standard input and output, to a target of a device. */
@Command(
        name = "tunnel",
        description = {"Connects a local port, or standard input and output, to a target of a device.", ""},
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        sortOptions = false,
        footerHeading = "%nExamples:%n",
        footer = {
            "  A local port, each connection to which becomes a bridge:",
            "    wsbridge tunnel --server wss://bridge.example.com --device pi-7 --target web --listen 127.0.0.1:8000",
            "  SSH without a local port:",
            "    ssh -o ProxyCommand='wsbridge tunnel --server wss://bridge.example.com --device pi-7 --target ssh"
                    + " --stdio' pi-7"
        },
        exitCodeListHeading = Main.EXIT_CODES,
        exitCodeList = {Main.EXIT_0, Main.EXIT_1, Main.EXIT_2})
@SuppressWarnings("NullAway.Init")
final class TunnelCommand implements Callable<Integer> {

    @Mixin
    ServerOptions server;

    @Option(names = "--device", paramLabel = "ID", required = true, description = "The device id")
    String device;

    @Option(
            names = "--target",
            paramLabel = "NAME",
            required = true,
            description = "The name of one of the device's targets, or HOST:PORT if the device allows any")
    String target;

    @Option(
            names = "--listen",
            paramLabel = "HOST:PORT",
            description = "The local address to listen on;" + " port 0 selects a free port")
    @Nullable
    HostPort listen;

    @Option(names = "--stdio", fallbackValue = "true", description = "Connect one bridge to standard input and output")
    boolean stdio;

    @Option(
            names = "--max-connections",
            paramLabel = "N",
            defaultValue = "256",
            description = "Maximum number of concurrent connections; further ones wait (default ${DEFAULT-VALUE})")
    int maxConnections;

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
        if (stdio == (listen != null)) {
            throw usage("specify either --listen HOST:PORT or --stdio");
        }
        try {
            new BridgeRequest(device, target);
        } catch (IllegalArgumentException e) {
            throw usage(e.getMessage());
        }
        try (Connector connector = server.connector();
                BridgeClient client = client(connector)) {
            if (listen == null) {
                overStreams(client);
            } else {
                overSockets(client, listen, Transport.streams(connector));
            }
        }
        return 0;
    }

    private BridgeClient client(Connector connector) throws IOException {
        BridgeClient.Builder builder = BridgeClient.builder(server.server())
                .connector(connector)
                .connectTimeout(server.connectTimeout)
                .keepAlive(server.watch());
        String key = server.apiKey(here.env());
        if (!key.isEmpty()) {
            builder.apiKey(key);
        }
        return builder.build();
    }

    private void overSockets(BridgeClient client, HostPort listen, @Nullable StreamTransport streams) throws Exception {
        InetSocketAddress address = listen.resolve().get(0);
        TcpTunnel.Builder builder =
                TcpTunnel.builder(client, device, target).listen(address).maxConnections(maxConnections);
        if (streams != null) {
            builder.streams(streams);
        }
        try (TcpTunnel tunnel = Transport.listening(address, builder::start)) {
            here.say("tunnel ready: "
                    + new HostPort(
                            tunnel.address().getAddress().getHostAddress(),
                            tunnel.address().getPort())
                    + " forwards to " + target + " on " + device);
            here.awaitStop();
            here.say("tunnel stopped");
        }
    }

    /** Prints nothing to standard output, which carries the data. */
    private void overStreams(BridgeClient client) throws IOException {
        CompletableFuture<BridgeChannel> connecting = client.connect(device, target);
        here.stop().thenRun(() -> {
            connecting.cancel(true);
            connecting.thenAccept(BridgeChannel::close);
        });
        try {
            TcpTunnel.run(connecting.get(), here.in(), here.data());
        } catch (ExecutionException e) {
            throw e.getCause() instanceof IOException failure ? failure : new IOException(e.getCause());
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
