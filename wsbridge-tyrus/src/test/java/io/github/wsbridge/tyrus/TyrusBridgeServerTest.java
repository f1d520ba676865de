package io.github.wsbridge.tyrus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.wsbridge.CloseReason;
import io.github.wsbridge.spi.BridgeServer;
import io.github.wsbridge.testkit.RawWebSocket;
import io.github.wsbridge.testkit.RecordingReceiver;
import io.github.wsbridge.testkit.transport.Backpressure;
import io.github.wsbridge.testkit.transport.StandaloneServerContract;
import java.time.Duration;
import java.util.HexFormat;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class TyrusBridgeServerTest extends StandaloneServerContract {

    @Override
    protected BridgeServer bind(Settings settings) throws Exception {
        TyrusBridgeServer.Builder builder = TyrusBridgeServer.builder().address(settings.address());
        if (settings.maxConnections() != null) {
            builder.maxConnections(settings.maxConnections());
        }
        if (settings.handshakeTimeout() != null) {
            builder.handshakeTimeout(settings.handshakeTimeout());
        }
        if (settings.tls() != null) {
            builder.tls(settings.tls());
        }
        return builder.bind();
    }

    @Override
    protected String threadNames() {
        return "wsbridge-tyrus-server";
    }

    @Test
    void twoSpacesInTheRequestLine_areRefusedWith400() throws Exception {
        try (RawWebSocket raw = RawWebSocket.dial(port())) {
            raw.writeRaw("GET  / HTTP/1.1\r\n\r\n");
            assertThat(raw.readHead()).startsWith("HTTP/1.1 400 ");
        }
    }

    @Test
    void textThatIsNotUtf8_isAnsweredAndEndsTheLeg() throws Exception {
        try (RawWebSocket raw = RawWebSocket.open(port(), TARGET)) {
            RecordingReceiver end = door.takeEnd();
            end.demand();
            raw.writeRaw(HexFormat.of().parseHex("818100000000FF"));
            assertThat(raw.read().closeCode()).isEqualTo(1007);
            assertThat(end.awaitClosed().code()).isEqualTo(CloseReason.VANISHED);
            assertThat(raw.ended()).isTrue();
        }
    }

    @Test
    void pingFloodWithoutReading_isHeldBack() throws Exception {
        try (RawWebSocket raw = RawWebSocket.open(port(), TARGET)) {
            RecordingReceiver end = door.takeEnd();
            AtomicLong sent = new AtomicLong();
            byte[] pings = new byte[131 * 500];
            byte[] ping = RawWebSocket.frame(RawWebSocket.PING, true, true, new byte[125]);
            for (int i = 0; i < 500; i++) {
                System.arraycopy(ping, 0, pings, i * ping.length, ping.length);
            }
            CompletableFuture<Void> flooding = CompletableFuture.runAsync(() -> {
                try {
                    while (true) {
                        raw.writeRaw(pings);
                        sent.addAndGet(pings.length);
                    }
                } catch (Exception e) {
                    throw new IllegalStateException(e);
                }
            });
            await().atMost(Duration.ofSeconds(30)).until(() -> Backpressure.stalled(sent));
            assertThat(sent.get()).isLessThan(64L << 20);
            long before = sent.get();
            for (int i = 0; i < 200_000; i++) {
                assertThat(raw.read().opcode()).isEqualTo(0xA);
            }
            await().until(() -> sent.get() > before);
            raw.reset();
            flooding.exceptionally(broken -> null).get(RecordingReceiver.PATIENCE.toSeconds(), TimeUnit.SECONDS);
            end.demand();
            end.awaitClosed();
        }
    }
}
