package io.github.wsbridge.examples.tunnel;

import io.github.wsbridge.client.BridgeClient;
import io.github.wsbridge.client.BridgeDevice;
import io.github.wsbridge.client.TcpTunnel;
import io.github.wsbridge.client.TunnelTargets;
import java.io.IOException;
import java.net.URI;
import java.util.List;

/**
 * A TCP tunnel in a program of one's own: the device leads bridges to its ports, the requester leads a local port to one of
 * them. Two programs on two machines, as a rule; each role is one method.
 */
public final class EmbeddedTunnel {

    private EmbeddedTunnel() {}

    /**
     * {@code device URL ID NAME=HOST:PORT…} or {@code requester URL ID NAME}; runs until the process ends. API keys come from
     * {@code WSBRIDGE_API_KEY}.
     */
    public static void main(String[] args) throws Exception {
        URI server = URI.create(args[1]);
        if (args[0].equals("device")) {
            try (BridgeDevice device = device(server, args[2], List.of(args).subList(3, args.length))) {
                device.stopped().toCompletableFuture().join();
            }
        } else {
            try (BridgeClient client = client(server);
                    TcpTunnel tunnel = requester(client, args[2], args[3])) {
                System.out.println("listens on " + tunnel.address());
                Thread.currentThread().join();
            }
        }
    }

    /** The device's role: requesters reach these targets and no others. */
    static BridgeDevice device(URI server, String deviceId, List<String> targets) {
        BridgeDevice.Builder builder = BridgeDevice.builder(deviceId, server, TunnelTargets.parse(targets));
        String apiKey = System.getenv("WSBRIDGE_API_KEY");
        return (apiKey == null ? builder : builder.apiKey(apiKey)).build().start();
    }

    /** One client serves any number of tunnels. */
    static BridgeClient client(URI server) {
        BridgeClient.Builder builder = BridgeClient.builder(server);
        String apiKey = System.getenv("WSBRIDGE_API_KEY");
        return (apiKey == null ? builder : builder.apiKey(apiKey)).build();
    }

    /** The requester's role: a port on this machine's loopback interface, and each connection to it a bridge. */
    static TcpTunnel requester(BridgeClient client, String deviceId, String target) throws IOException {
        return TcpTunnel.builder(client, deviceId, target).start();
    }
}
