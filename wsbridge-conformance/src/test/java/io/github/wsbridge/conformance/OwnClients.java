package io.github.wsbridge.conformance;

import io.github.wsbridge.client.BridgeChannel;
import io.github.wsbridge.client.BridgeClient;
import io.github.wsbridge.client.BridgeDevice;
import io.github.wsbridge.client.IncomingBridge;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;

/** This project's requester and device, as the kit wants them: they send back what they get. */
final class OwnClients {

    static final String DEVICE = "conformance ä/1 +&=%";
    static final String DATA = "echo";

    private OwnClients() {}

    static BridgeDevice device(URI url) {
        return BridgeDevice.builder(DEVICE, url, OwnClients::serve)
                .backoff(Duration.ofMillis(50), Duration.ofMillis(200))
                .build()
                .start();
    }

    private static void serve(IncomingBridge incoming) throws Exception {
        if (!incoming.requestData().equals(DATA)) {
            incoming.reject(404, "no such target");
            return;
        }
        try (BridgeChannel channel = incoming.accept().get()) {
            echo(channel);
        } catch (ExecutionException | CancellationException e) {
            // refused, as some checks do
        }
    }

    private static void echo(BridgeChannel channel) {
        try {
            channel.inputStream().transferTo(channel.outputStream());
            channel.shutdownOutput();
            channel.closed().toCompletableFuture().join();
        } catch (IOException e) {
            // ended by the kit
        }
    }

    /** Opens one bridge after another, until interrupted. */
    static void request(URI url) {
        try (BridgeClient client = BridgeClient.builder(url).build()) {
            while (!Thread.currentThread().isInterrupted()) {
                try (BridgeChannel channel = client.connect(DEVICE, DATA).get()) {
                    echo(channel);
                } catch (ExecutionException e) {
                    // ended by the kit
                }
            }
        } catch (InterruptedException e) {
            // the test is over
        }
    }
}
