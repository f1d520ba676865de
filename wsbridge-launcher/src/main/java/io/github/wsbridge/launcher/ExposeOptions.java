package io.github.wsbridge.launcher;

import io.github.wsbridge.BridgeRequest;
import io.github.wsbridge.core.BridgeNode;
import io.github.wsbridge.core.ExposedPort;
import io.github.wsbridge.core.access.AddressPolicy;
import io.github.wsbridge.spi.AccessPolicy;
import io.github.wsbridge.spi.BridgeServer;
import io.github.wsbridge.spi.StreamTransport;
import io.github.wsbridge.wire.net.HostPort;
import io.github.wsbridge.wire.net.StreamAddress;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.Spec.Target;

/** Options for a node's exposed ports. */
@SuppressWarnings("NullAway.Init")
final class ExposeOptions {

    @Option(
            names = "--expose",
            paramLabel = Forward.FORM,
            split = ",",
            description = "Forward plain TCP connections on this port to a target of a device; may be repeated. HOST is"
                    + " 127.0.0.1 by default, and unix:/PATH is a Unix socket")
    @Nullable
    private List<Forward> ports;

    @Option(
            names = "--expose-from",
            paramLabel = "CIDR",
            split = ",",
            description = "The clients that may connect to exposed ports, as IP addresses or networks, separated"
                    + " by commas (default: this machine only)")
    @Nullable
    private List<String> clients;

    @Spec(Target.MIXEE)
    private CommandSpec command;

    /** A port to open. */
    record Exposed(SocketAddress address, Forward forward) {}

    /**
     * Returns the ports to open, after checking the options.
     *
     * @throws IOException if a host name cannot be resolved
     */
    List<Exposed> resolve(Transport transport) throws IOException {
        if (ports == null) {
            if (clients != null) {
                throw usage("--expose-from requires --expose");
            }
            return List.of();
        }
        if (transport != Transport.netty) {
            throw usage("--expose requires --transport netty");
        }
        access();
        List<Exposed> all = new ArrayList<>();
        for (Forward port : ports) {
            SocketAddress address = port.listen().resolve().get(0);
            if (clients == null
                    && address instanceof InetSocketAddress inet
                    && !inet.getAddress().isLoopbackAddress()) {
                throw usage("--expose " + port + " would let other machines connect without credentials: specify"
                        + " --expose-from CIDR, the permitted clients, or listen on 127.0.0.1");
            }
            all.add(new Exposed(address, port));
        }
        return all;
    }

    private AddressPolicy access() {
        try {
            return clients == null ? AddressPolicy.loopback() : AddressPolicy.of(clients);
        } catch (IllegalArgumentException e) {
            throw usage("--expose-from: " + e.getMessage());
        }
    }

    /**
     * Opens the ports, which the node closes when it stops.
     *
     * @return what to tell the user
     */
    List<String> open(List<Exposed> all, BridgeNode node, BridgeServer server) throws IOException {
        List<String> opened = new ArrayList<>();
        StreamTransport streams = Transport.streams(server);
        if (streams != null) { // always true if there are ports
            for (Exposed port : all) {
                opened.add(open(port, node, streams));
            }
        }
        return opened;
    }

    private String open(Exposed port, BridgeNode node, StreamTransport streams) throws IOException {
        Forward forward = port.forward();
        ExposedPort.Builder builder = ExposedPort.builder(
                        node, streams, new BridgeRequest(forward.device(), forward.target()))
                .listen(port.address())
                .access(port.address() instanceof InetSocketAddress ? access() : ExposeOptions::unixClient);
        try {
            ExposedPort opened = Transport.listening(port.address(), builder::start);
            StreamAddress shown =
                    opened.address() instanceof InetSocketAddress bound && forward.listen() instanceof HostPort asked
                            ? new HostPort(asked.host(), bound.getPort())
                            : forward.listen();
            return "port ready: " + shown + " forwards to " + forward.target() + " on " + forward.device();
        } catch (IllegalArgumentException e) { // longer than the node's limits
            throw usage("--expose: " + e.getMessage());
        }
    }

    /** Grants access: the permissions of the socket's file decide. */
    private static CompletionStage<AccessPolicy.Access> unixClient(AccessPolicy.AccessRequest request) {
        return CompletableFuture.completedFuture(new AccessPolicy.Access.Granted("unix"));
    }

    private ParameterException usage(String message) {
        return new ParameterException(command.commandLine(), message);
    }
}
