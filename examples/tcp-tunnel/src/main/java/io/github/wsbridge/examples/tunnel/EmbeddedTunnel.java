package io.github.wsbridge.examples.tunnel;

import io.github.wsbridge.client.BridgeClient;
import io.github.wsbridge.client.BridgeDevice;
import io.github.wsbridge.client.TcpTunnel;
import io.github.wsbridge.client.TunnelTargets;
import java.io.IOException;
import java.net.URI;
import java.util.List;

/**
 * A TCP tunnel embedded in a program. The device connects bridges to its targets; the requester opens a local port that
 * forwards to one of them. The two usually run on different machines; each role is one method.
 */
public final class EmbeddedTunnel {

    private EmbeddedTunnel() {}

    /**
     * Runs {@code device URL ID NAME=HOST:PORT…} or {@code requester URL ID NAME} until the process ends. The API key
     * is read from {@code WSBRIDGE_API_KEY}.
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
                System.out.println("listening on " + tunnel.address());
                Thread.currentThread().join();
            }
        }
    }

    /** Returns a device on which requesters can reach only these targets. */
    static BridgeDevice device(URI server, String deviceId, List<String> targets) {
        BridgeDevice.Builder builder = BridgeDevice.builder(deviceId, server, TunnelTargets.parse(targets));
        String apiKey = System.getenv("WSBRIDGE_API_KEY");
        return (apiKey == null ? builder : builder.apiKey(apiKey)).build().start();
    }

    /** Returns a client, which can be used for any number of tunnels. */
    static BridgeClient client(URI server) {
        BridgeClient.Builder builder = BridgeClient.builder(server);
        String apiKey = System.getenv("WSBRIDGE_API_KEY");
        return (apiKey == null ? builder : builder.apiKey(apiKey)).build();
    }

    /** Opens a port on the loopback interface; each connection to it becomes a bridge. */
    static TcpTunnel requester(BridgeClient client, String deviceId, String target) throws IOException {
        return TcpTunnel.builder(client, deviceId, target).start();
    }
}
