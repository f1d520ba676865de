package io.github.wsbridge.it;

import io.github.wsbridge.CloseReason;
import io.github.wsbridge.client.BridgeChannel;
import io.github.wsbridge.client.BridgeDevice;
import io.github.wsbridge.client.IncomingBridge;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;

/** Devices {@code device-0}, {@code device-1}, … that echo what they receive. */
final class EchoDevices implements AutoCloseable {

    private final List<BridgeDevice> devices = new ArrayList<>();

    /** The ends of the bridges, as seen by the devices. */
    final Queue<CloseReason> ends = new ConcurrentLinkedQueue<>();

    EchoDevices(URI server, int count) throws Exception {
        for (int i = 0; i < count; i++) {
            devices.add(BridgeDevice.builder("device-" + i, server, this::echo)
                    .backoff(Duration.ofMillis(50), Duration.ofMillis(500))
                    .maxBridges(1_000)
                    .build()
                    .start());
        }
        for (BridgeDevice device : devices) {
            device.listening().toCompletableFuture().get(30, TimeUnit.SECONDS);
        }
    }

    private void echo(IncomingBridge incoming) throws Exception {
        try (BridgeChannel bridge = incoming.accept().get()) {
            bridge.closed().thenAccept(ends::add);
            bridge.inputStream().transferTo(bridge.outputStream());
            bridge.shutdownOutput();
        } catch (IOException e) {
            // the test sees how it ended
        }
    }

    @Override
    public void close() {
        devices.forEach(BridgeDevice::close);
    }
}
