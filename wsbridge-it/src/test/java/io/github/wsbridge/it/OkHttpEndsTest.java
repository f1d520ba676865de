package io.github.wsbridge.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.wsbridge.client.BridgeChannel;
import io.github.wsbridge.client.BridgeClient;
import io.github.wsbridge.client.BridgeDevice;
import io.github.wsbridge.client.IncomingBridge;
import io.github.wsbridge.okhttp.OkHttpConnector;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Both ends on OkHttp, over two nodes. */
@Timeout(60)
class OkHttpEndsTest {

    private static final byte[] DATA = Payloads.bytes(3_000_001, 7);

    private static void echo(IncomingBridge incoming) throws Exception {
        try (BridgeChannel bridge = incoming.accept().get()) {
            ByteBuffer piece = ByteBuffer.allocate(32 * 1024);
            while (bridge.read(piece.clear()) >= 0) {
                bridge.write(piece.flip());
            }
            bridge.shutdownOutput();
            bridge.read(piece.clear());
        }
    }

    private static byte[] readAll(BridgeChannel bridge) throws Exception {
        ByteBuffer all = ByteBuffer.allocate(DATA.length + 1);
        while (bridge.read(all) >= 0) {
            continue;
        }
        return Arrays.copyOf(all.array(), all.position());
    }

    @Test
    void everythingSent_comesBack_andBothDirectionsEndByThemselves() throws Exception {
        ExecutorService writer = Executors.newSingleThreadExecutor();
        try (Cluster cluster = Cluster.start(2);
                OkHttpConnector connector = OkHttpConnector.create();
                BridgeDevice device = BridgeDevice.builder("device", cluster.url(), OkHttpEndsTest::echo)
                        .connector(connector)
                        .build()
                        .start();
                BridgeClient client =
                        BridgeClient.builder(cluster.url()).connector(connector).build()) {
            device.listening().toCompletableFuture().get(20, TimeUnit.SECONDS);
            for (int i = 0; i < 2; i++) { // each node owns one
                try (BridgeChannel bridge = client.connect("device", "").get(20, TimeUnit.SECONDS)) {
                    CompletableFuture<Void> sent = CompletableFuture.runAsync(
                            () -> {
                                try {
                                    bridge.write(ByteBuffer.wrap(DATA));
                                    bridge.shutdownOutput();
                                } catch (IOException e) {
                                    throw new UncheckedIOException(e);
                                }
                            },
                            writer);
                    assertThat(readAll(bridge)).isEqualTo(DATA);
                    sent.get(20, TimeUnit.SECONDS);
                }
            }
        } finally {
            writer.shutdownNow();
        }
    }
}
