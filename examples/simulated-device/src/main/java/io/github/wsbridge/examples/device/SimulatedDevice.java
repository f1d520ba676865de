package io.github.wsbridge.examples.device;

import io.github.wsbridge.client.BridgeChannel;
import io.github.wsbridge.client.BridgeDevice;
import io.github.wsbridge.client.IncomingBridge;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * A device behind NAT with a small home page. It speaks HTTP directly on the bridge, without opening a port: a bridge
 * is a byte stream that can carry any protocol.
 *
 * <p>Arguments: the bridge server's URL and the device id. The API key, if any, is read from {@code WSBRIDGE_API_KEY}.
 */
public final class SimulatedDevice {

    private SimulatedDevice() {}

    /** Runs until the process ends. */
    public static void main(String[] args) {
        BridgeDevice.Builder builder = describe(args[1], URI.create(args[0]));
        String apiKey = System.getenv("WSBRIDGE_API_KEY");
        if (apiKey != null) {
            builder.apiKey(apiKey);
        }
        try (BridgeDevice device = builder.build().start()) {
            System.out.println(
                    "stopped: " + device.stopped().toCompletableFuture().join());
        }
    }

    /** Returns a builder for a device that answers with its page. */
    static BridgeDevice.Builder describe(String deviceId, URI server) {
        return BridgeDevice.builder(deviceId, server, SimulatedDevice::answer);
    }

    private static void answer(IncomingBridge incoming) throws Exception {
        if (!incoming.requestData().isEmpty() && !incoming.requestData().equals("web")) {
            incoming.reject(404, "only a web page is available");
            return;
        }
        try (BridgeChannel bridge = incoming.accept().get(30, TimeUnit.SECONDS)) {
            bridge.readTimeout(Duration.ofSeconds(10));
            BufferedReader request =
                    new BufferedReader(new InputStreamReader(bridge.inputStream(), StandardCharsets.US_ASCII));
            String path = request.readLine();
            for (String line = path; line != null && !line.isEmpty(); line = request.readLine()) {
                // header fields are ignored
            }
            write(
                    bridge,
                    "<!doctype html><title>Device</title><h1>The home page of " + incoming.deviceId() + "</h1>\n");
        }
    }

    private static void write(BridgeChannel bridge, String page) throws IOException {
        byte[] body = page.getBytes(StandardCharsets.UTF_8);
        String head = "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: " + body.length
                + "\r\nConnection: close\r\n\r\n";
        bridge.write(ByteBuffer.wrap(head.getBytes(StandardCharsets.US_ASCII)));
        bridge.write(ByteBuffer.wrap(body));
    }
}
