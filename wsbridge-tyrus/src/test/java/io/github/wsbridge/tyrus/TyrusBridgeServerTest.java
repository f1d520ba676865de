package io.github.wsbridge.tyrus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.wsbridge.CloseReason;
import io.github.wsbridge.spi.BridgeServer;
import io.github.wsbridge.testkit.transport.Ear;
import io.github.wsbridge.testkit.transport.RawSocket;
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
        try (RawSocket raw = RawSocket.connect(port)) {
            raw.write("GET  / HTTP/1.1\r\n\r\n");
            assertThat(raw.readHead()).startsWith("HTTP/1.1 400 ");
        }
    }

    @Test
    void textThatIsNotUtf8_isAnsweredAndEndsTheLeg() throws Exception {
        try (RawSocket raw = RawSocket.open(port, TARGET)) {
            Ear ear = door.ear();
            ear.leg.demand();
            raw.write(HexFormat.of().parseHex("818100000000FF"));
            assertThat(raw.receive().closeCode()).isEqualTo(1007);
            assertThat(ear.closed().code()).isEqualTo(CloseReason.VANISHED);
            assertThat(raw.ended()).isTrue();
        }
    }

    @Test
    void pingFloodWithoutReading_isHeldBack() throws Exception {
        try (RawSocket raw = RawSocket.open(port, TARGET)) {
            Ear ear = door.ear();
            AtomicLong sent = new AtomicLong();
            byte[] pings = new byte[131 * 500];
            byte[] ping = RawSocket.frame(0x89, new byte[125], RawSocket.KEY);
            for (int i = 0; i < 500; i++) {
                System.arraycopy(ping, 0, pings, i * ping.length, ping.length);
            }
            CompletableFuture<Void> flooding = CompletableFuture.runAsync(() -> {
                try {
                    while (true) {
                        raw.write(pings);
                        sent.addAndGet(pings.length);
                    }
                } catch (Exception e) {
                    throw new IllegalStateException(e);
                }
            });
            await().atMost(Duration.ofSeconds(30)).until(() -> stalled(sent));
            assertThat(sent.get()).isLessThan(64L << 20);
            long before = sent.get();
            for (int i = 0; i < 200_000; i++) {
                assertThat(raw.receive().opcode()).isEqualTo(0xA);
            }
            await().until(() -> sent.get() > before);
            raw.reset();
            flooding.exceptionally(broken -> null).get(Ear.SECONDS, TimeUnit.SECONDS);
            ear.leg.demand();
            ear.closed();
        }
    }
}
