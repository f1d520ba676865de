package io.github.wsbridge.launcher;

import io.github.wsbridge.BridgeRequest;
import io.github.wsbridge.core.BridgeNode;
import io.github.wsbridge.core.ExposedPort;
import io.github.wsbridge.core.access.AddressPolicy;
import io.github.wsbridge.spi.BridgeServer;
import io.github.wsbridge.spi.StreamTransport;
import io.github.wsbridge.wire.net.HostPort;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.Spec.Target;

/** Options for a node's exposed ports. */
@SuppressWarnings("NullAway.Init")
final class ExposeOptions {

    private static final String FORM = "[HOST:]PORT=DEVICE/TARGET";

    @Option(
            names = "--expose",
            paramLabel = FORM,
            split = ",",
            description = "Connect each plain TCP connection to this port to a target of a device; may be repeated"
                    + " (default host 127.0.0.1)")
    @Nullable
    private List<String> ports;

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
    record Exposed(InetSocketAddress address, String device, String target) {}

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
        for (String text : ports) {
            Exposed port = parse(text);
            if (clients == null && !port.address().getAddress().isLoopbackAddress()) {
                throw usage("--expose " + text + " can be reached from other machines, without credentials: specify"
                        + " --expose-from CIDR, the clients that may connect, or listen on 127.0.0.1");
            }
            all.add(port);
        }
        return all;
    }

    private Exposed parse(String text) throws IOException {
        int equals = text.indexOf('=');
        int slash = text.lastIndexOf('/'); // a device id may contain slashes
        if (equals <= 0 || slash <= equals + 1 || slash == text.length() - 1) {
            throw usage("--expose " + text + " is not " + FORM);
        }
        String listen = text.substring(0, equals);
        String device = text.substring(equals + 1, slash);
        try {
            new BridgeRequest(device);
            HostPort port = HostPort.parse(listen.contains(":") ? listen : "127.0.0.1:" + listen);
            return new Exposed(port.resolve().get(0), device, text.substring(slash + 1));
        } catch (IllegalArgumentException e) {
            throw usage("--expose " + text + " is not " + FORM + ": " + e.getMessage());
        }
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
        ExposedPort.Builder builder = ExposedPort.builder(
                        node, streams, new BridgeRequest(port.device(), port.target()))
                .listen(port.address())
                .access(access());
        try {
            ExposedPort opened = Transport.listening(port.address(), builder::start);
            InetSocketAddress bound = (InetSocketAddress) opened.address();
            return "port ready: " + new HostPort(bound.getAddress().getHostAddress(), bound.getPort()) + " forwards to "
                    + port.target() + " on " + port.device();
        } catch (IllegalArgumentException e) { // longer than the node's limits
            throw usage("--expose: " + e.getMessage());
        }
    }

    private ParameterException usage(String message) {
        return new ParameterException(command.commandLine(), message);
    }
}
