package io.github.wsbridge.wire.message;

import static org.assertj.core.api.Assertions.assertThat;

import com.grack.nanojson.JsonObject;
import io.github.wsbridge.CloseReason;
import io.github.wsbridge.spi.Fragment;
import io.github.wsbridge.testkit.FakeLeg;
import io.github.wsbridge.testkit.LogCapture;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
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
    private Throwable failure;

    private final MessageLeg messageLeg = new MessageLeg(leg, new MessageLeg.Handler() {
        @Override
        public void onMessage(JsonObject message) {
            messages.add(message);
            if (failure instanceof RuntimeException e) {
                throw e;
            }
            if (failure instanceof Error e) {
                throw e;
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
    void onFragment_fragmentsOfAMessage_areReassembled() {
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
    void onFragment_garbage_isDropped_nextMessageIsDelivered() {
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
    void onFragment_handlerThrows_continues() {
        try (LogCapture log = new LogCapture()) {
            failure = new IllegalArgumentException("secret-token");
            leg.deliver("{}");
            failure = new IllegalStateException("a bug");
            leg.deliver("{}");
            failure = new OutOfMemoryError("unable to create native thread");
            leg.deliver("{}");
            failure = null;
            leg.deliver("{}");
            assertThat(log.loud()).hasSize(2);
            assertThat(log.all()).noneMatch(line -> line.contains("secret-token"));
        }
        assertThat(messages).hasSize(4);
        assertThat(leg.demanded()).isTrue();
    }

    @Test
    void onFragment_tooLong_isClosed1009() {
        byte[] half = new byte[JsonMessage.MAX_BYTES / 2];
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
    void onFragment_tooLongMessage_isSkipped() {
        FakeLeg far = new FakeLeg();
        List<JsonObject> heard = new ArrayList<>();
        new MessageLeg(far, new MessageLeg.Handler() {
                    @Override
                    public void onMessage(JsonObject message) {
                        heard.add(message);
                    }

                    @Override
                    public boolean skipsLongMessages() {
                        return true;
                    }

                    @Override
                    public void onClosed(CloseReason reason) {}
                })
                .open();
        byte[] text = new byte[JsonMessage.MAX_BYTES + 1];
        Arrays.fill(text, (byte) ' ');
        far.deliver(piece(text, 0, text.length, false));
        far.deliver("{}"); // still part of the long message
        far.deliver("{\"n\":1}");
        assertThat(heard).containsExactly(JsonObject.builder().value("n", 1).done());
        assertThat(far.closes()).isEmpty();
    }

    @Test
    void send_keepsTheOrderAndSendsOneAtATime() {
        leg.holdSends();
        List<CompletionStage<Void>> sends = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            sends.add(messageLeg.send(JsonObject.builder().value("n", i).done()));
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
            messageLeg.send(new JsonObject());
        }
        FakeLeg free = new FakeLeg();
        MessageLeg other = new MessageLeg(free, new Ignoring());
        other.open();
        for (int i = 0; i < 50_000; i++) {
            other.send(new JsonObject());
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
        JsonObject kilobyte = message(1024);
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
        CompletableFuture<Void> first = messageLeg.send(new JsonObject()).toCompletableFuture();
        CompletableFuture<Void> second = messageLeg.send(new JsonObject()).toCompletableFuture();
        leg.failSend(new IOException("cut"));
        assertThat(first).isCompletedExceptionally();
        assertThat(second).isCompletedExceptionally();
        assertThat(messageLeg.send(new JsonObject()).toCompletableFuture()).isCompletedExceptionally();
        assertThat(closed.code()).isEqualTo(CloseReason.VANISHED);
    }

    /** A message whose JSON has the given length. */
    private static JsonObject message(int length) {
        JsonObject message = new JsonObject();
        message.put("x", "x".repeat(length - "{\"x\":\"\"}".length()));
        return message;
    }

    private static final class Ignoring implements MessageLeg.Handler {
        @Override
        public void onMessage(JsonObject message) {}

        @Override
        public void onClosed(CloseReason reason) {}
    }
}
