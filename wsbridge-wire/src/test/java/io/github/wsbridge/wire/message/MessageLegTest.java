package io.github.wsbridge.wire.message;

import static org.assertj.core.api.Assertions.assertThat;

import com.grack.nanojson.JsonObject;
import io.github.wsbridge.BridgeId;
import io.github.wsbridge.BridgeToken;
import io.github.wsbridge.CloseReason;
import io.github.wsbridge.Endpoints;
import io.github.wsbridge.Invitation;
import io.github.wsbridge.spi.Fragment;
import io.github.wsbridge.testkit.FakeLeg;
import io.github.wsbridge.testkit.LogCapture;
import java.io.IOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Test;

class MessageLegTest {

    private final FakeLeg leg = new FakeLeg();
    private final List<JsonObject> messages = new ArrayList<>();
    private CloseReason closed;
    private RuntimeException failure;

    private final MessageLeg messageLeg = new MessageLeg(leg, new MessageLeg.Handler() {
        @Override
        public void onMessage(JsonObject message) {
            messages.add(message);
            if (failure != null) {
                throw failure;
            }
        }

        @Override
        public void onClosed(CloseReason reason) {
            closed = reason;
        }
    });

    MessageLegTest() {
        messageLeg.open();
    }

    private static Fragment piece(byte[] bytes, int from, int to, boolean last) {
        return new Fragment(Fragment.Kind.TEXT, ByteBuffer.wrap(bytes, from, to - from), last);
    }

    @Test
    void onFragment_piecesOfAMessage_arePutTogether() {
        byte[] json = "{\"type\":\"grüße 日本 \uD83D\uDE80\"}".getBytes(StandardCharsets.UTF_8);
        for (int i = 0; i < json.length; i++) {
            leg.deliver(piece(json, i, i + 1, false));
        }
        leg.deliver(piece(json, 0, 0, true));
        assertThat(messages).hasSize(1);
        assertThat(messages.get(0).getString("type")).isEqualTo("grüße 日本 \uD83D\uDE80");
        assertThat(leg.demanded()).isTrue();
    }

    @Test
    void onFragment_binary_isIgnored() {
        leg.deliver(Fragment.binary(ByteBuffer.wrap("{}".getBytes(StandardCharsets.UTF_8))));
        leg.deliver("{}");
        assertThat(messages).hasSize(1);
    }

    @Test
    void onFragment_garbage_isDroppedQuietlyAndTheNextIsHeard() {
        try (LogCapture log = new LogCapture()) {
            List<String> garbage = List.of(
                    "",
                    "{",
                    "[]",
                    "7",
                    "null",
                    "\"text\"",
                    "{\"a\":}",
                    "{}{}",
                    "\u0000",
                    "[".repeat(60_000),
                    "{\"a\":".repeat(12_000),
                    "{\"type\":\"secret-token\"");
            garbage.forEach(leg::deliver);
            leg.deliver("{\"a\":\"" + "[{\\\"".repeat(10_000) + "\"}");
            assertThat(messages).hasSize(1);
            assertThat(log.loud()).isEmpty();
            assertThat(log.all()).noneMatch(line -> line.contains("secret-token"));
        }
        assertThat(leg.demanded()).isTrue();
    }

    @Test
    void onFragment_handlerThrows_goesOn() {
        try (LogCapture log = new LogCapture()) {
            failure = new IllegalArgumentException("secret-token");
            leg.deliver("{}");
            failure = new IllegalStateException("a bug");
            leg.deliver("{}");
            failure = null;
            leg.deliver("{}");
            assertThat(log.loud()).hasSize(1);
            assertThat(log.all()).noneMatch(line -> line.contains("secret-token"));
        }
        assertThat(messages).hasSize(3);
        assertThat(leg.demanded()).isTrue();
    }

    @Test
    void onFragment_tooLong_isClosed1009() {
        byte[] half = new byte[MessageLeg.MAX_MESSAGE / 2];
        Arrays.fill(half, (byte) ' ');
        leg.deliver(piece(half, 0, half.length, false));
        leg.deliver(piece(half, 0, half.length, false));
        assertThat(leg.closes()).isEmpty();
        leg.deliver(piece(half, 0, 1, false));
        assertThat(leg.closes()).containsExactly(new CloseReason(1009, "message too big"));
        assertThat(closed).isEqualTo(new CloseReason(1009, "message too big"));
        assertThat(leg.demanded()).isFalse();
    }

    @Test
    void send_keepsTheOrderAndSendsOneAtATime() {
        leg.holdSends();
        List<CompletionStage<Void>> sends = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            sends.add(messageLeg.send("{\"n\":" + i + "}"));
        }
        for (int i = 0; i < 100; i++) {
            assertThat(sends.get(i).toCompletableFuture()).isNotDone();
            assertThat(leg.sent()).hasSize(i + 1);
            leg.completeSend();
            assertThat(sends.get(i).toCompletableFuture()).isCompleted();
        }
        assertThat(leg.sent().get(99)).isEqualTo(Fragment.text("{\"n\":99}"));
        assertThat(leg.violations()).isEmpty();
    }

    @Test
    void send_manySynchronous_keepsTheStackFlat() {
        leg.holdSends();
        for (int i = 0; i < 50_000; i++) {
            messageLeg.send("{}");
        }
        FakeLeg free = new FakeLeg();
        MessageLeg other = new MessageLeg(free, new Ignoring());
        other.open();
        for (int i = 0; i < 50_000; i++) {
            other.send("{}");
        }
        assertThat(free.sent()).hasSize(50_000);
        for (int i = 0; i < 50_000; i++) {
            leg.completeSend();
        }
        assertThat(leg.sent()).hasSize(50_000);
    }

    @Test
    void send_tooMuchWaits_isRefused() {
        leg.holdSends();
        String kilobyte = "x".repeat(1024);
        List<CompletableFuture<Void>> taken = new ArrayList<>();
        taken.add(messageLeg.send(kilobyte).toCompletableFuture()); // in flight: no longer in the queue
        for (int i = 0; i < MessageLeg.MAX_QUEUED / 1024; i++) {
            taken.add(messageLeg.send(kilobyte).toCompletableFuture());
        }
        assertThat(messageLeg.send(kilobyte).toCompletableFuture()).isCompletedExceptionally();
        assertThat(taken).noneMatch(CompletableFuture::isDone);
        leg.completeSend();
        assertThat(messageLeg.send(kilobyte).toCompletableFuture()).isNotDone();
        assertThat(messageLeg.send(kilobyte).toCompletableFuture()).isCompletedExceptionally();
        assertThat(leg.ended()).as("the others are still sent").isNull();
    }

    @Test
    void end_unsentMessages_fail() {
        leg.holdSends();
        CompletableFuture<Void> first = messageLeg.send("{}").toCompletableFuture();
        CompletableFuture<Void> second = messageLeg.send("{}").toCompletableFuture();
        leg.failSend(new IOException("cut"));
        assertThat(first).isCompletedExceptionally();
        assertThat(second).isCompletedExceptionally();
        assertThat(messageLeg.send("{}").toCompletableFuture()).isCompletedExceptionally();
        assertThat(closed.code()).isEqualTo(CloseReason.VANISHED);
    }

    @Test
    void invitation_largestAllowed_fitsIntoAMessage() {
        String worst = "\u0001".repeat(6144);
        String deviceId = "\u0800".repeat(341);
        BridgeToken token = new BridgeToken("t".repeat(1024));
        Invitation invitation = new Invitation(
                new BridgeId(-1, -1),
                deviceId,
                token,
                Endpoints.accept(URI.create("wss://bridge.example.com"), token, worst),
                worst,
                Instant.parse("2026-01-01T00:00:00.123Z"));
        byte[] json = Messages.deliver(Long.MAX_VALUE, invitation).getBytes(StandardCharsets.UTF_8);
        assertThat(json.length).isLessThan(MessageLeg.MAX_MESSAGE);
        leg.deliver(piece(json, 0, json.length, true));
        assertThat(Messages.readInvitation(messages.get(0))).isEqualTo(invitation);
    }

    private static final class Ignoring implements MessageLeg.Handler {
        @Override
        public void onMessage(JsonObject message) {}

        @Override
        public void onClosed(CloseReason reason) {}
    }
}
