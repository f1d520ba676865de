package io.github.wsbridge.examples.signaller;

import io.github.wsbridge.NodeAddress;
import io.github.wsbridge.client.BridgeChannel;
import io.github.wsbridge.client.BridgeClient;
import io.github.wsbridge.client.BridgeDevice;
import io.github.wsbridge.client.IncomingBridge;
import io.github.wsbridge.core.BridgeNode;
import io.github.wsbridge.core.tokens.TokenKeys;
import io.github.wsbridge.tyrus.TyrusBridgeServer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/**
 * A node whose devices have no listen socket: it reaches them through files in a folder. Node, device and requester run
 * in this one program; the folder could also be on a file server.
 */
public final class CustomSignaller {

    private CustomSignaller() {}

    /** Asks a device for its greeting and prints it. The optional argument is the folder. */
    public static void main(String[] args) throws Exception {
        Path folder = args.length > 0 ? Path.of(args[0]) : Files.createTempDirectory("mailboxes");
        System.out.println(hello(folder, "device-1"));
    }

    /** Asks a device that receives its invitations in {@code folder} for its greeting. */
    static String hello(Path folder, String deviceId) throws Exception {
        try (TyrusBridgeServer server = TyrusBridgeServer.builder()
                .address(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .bind()) {
            URI url = URI.create("ws://127.0.0.1:" + server.address().getPort());
            try (BridgeNode node = BridgeNode.builder()
                    .publicUrl(url)
                    .address(new NodeAddress(url))
                    .keys(TokenKeys.generate())
                    .insecure()
                    .signaller(new FolderSignaller(folder, 1000))
                    .build()) {
                server.serve(node);
                return ask(url, folder, deviceId);
            }
        }
    }

    private static String ask(URI url, Path folder, String deviceId) throws Exception {
        try (BridgeDevice device = BridgeDevice.builder(deviceId, url, CustomSignaller::greet)
                        .listen(false)
                        .source(new FolderSource(folder, deviceId))
                        .build()
                        .start();
                BridgeClient client = BridgeClient.builder(url).build()) {
            device.listening().toCompletableFuture().get(10, TimeUnit.SECONDS);
            try (BridgeChannel bridge = client.connect(deviceId).get(30, TimeUnit.SECONDS)) {
                return new String(bridge.inputStream().readAllBytes(), StandardCharsets.UTF_8);
            }
        }
    }

    private static void greet(IncomingBridge incoming) throws Exception {
        try (BridgeChannel bridge = incoming.accept().get(30, TimeUnit.SECONDS)) {
            bridge.write(StandardCharsets.UTF_8.encode("hello from " + incoming.deviceId()));
        }
    }
}
