package io.github.wsbridge.netty;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.github.wsbridge.spi.Admission;
import io.github.wsbridge.spi.Connector;
import io.github.wsbridge.spi.Leg;
import io.github.wsbridge.wire.concurrent.Newcomers;
import io.github.wsbridge.wire.websocket.ClientUpgrade;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.HttpResponseDecoder;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/** Both sides of the handshake on Netty, with any bytes in two pieces. */
class HandshakeFuzzTest {

    private static final int MOST = 4096;

    @FuzzTest(maxDuration = "1m")
    void anyBytes_areAnsweredOrRefused(byte[] input) throws IOException {
        int cut = input.length == 0 ? 0 : (input[0] & 0xFF) % (input.length + 1);
        server(input, cut);
        client(input, cut);
    }

    private static void server(byte[] input, int cut) {
        EmbeddedChannel channel = new EmbeddedChannel(
                new RequestDecoder(MOST),
                new ServerHandshake(
                        handshake -> CompletableFuture.completedFuture(new Admission.Refused(403, "as always")),
                        Duration.ofSeconds(10),
                        new Newcomers(1).enter("", () -> {})));
        write(channel, input, cut);
        String answer = answer(channel);
        if (!answer.isEmpty() && !answer.matches("(?s)HTTP/1\\.1 4\\d\\d .*")) {
            throw new AssertionError("an answer of another form: " + answer);
        }
        if (answer.split("HTTP/1\\.1 \\d", -1).length > 2) {
            throw new AssertionError("two answers: " + answer);
        }
        channel.finishAndReleaseAll();
    }

    private static void client(byte[] input, int cut) throws IOException {
        CompletableFuture<Leg> leg = new CompletableFuture<>();
        ClientUpgrade upgrade =
                new ClientUpgrade(new Connector.Target(URI.create("ws://node"), Map.of(), "", Duration.ofSeconds(1)));
        EmbeddedChannel channel = new EmbeddedChannel(new HttpResponseDecoder(), new ClientHandshake(upgrade, leg));
        write(channel, input, cut);
        channel.finishAndReleaseAll();
        if (!leg.isCompletedExceptionally()) {
            throw new AssertionError("neither refused nor failed: " + leg);
        }
    }

    private static void write(EmbeddedChannel channel, byte[] input, int cut) {
        channel.writeInbound(Unpooled.copiedBuffer(input, 0, cut));
        if (channel.isOpen()) {
            channel.writeInbound(Unpooled.copiedBuffer(input, cut, input.length - cut));
        }
        channel.checkException();
    }

    private static String answer(EmbeddedChannel channel) {
        StringBuilder text = new StringBuilder();
        for (ByteBuf next = channel.readOutbound(); next != null; next = channel.readOutbound()) {
            text.append(next.toString(StandardCharsets.ISO_8859_1));
            next.release();
        }
        return text.toString();
    }
}
