package io.github.wsbridge.launcher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.wsbridge.BridgeId;
import io.github.wsbridge.client.BridgeChannel;
import io.github.wsbridge.client.IncomingBridge;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class TerminalAskerTest {

    private static final Duration LIMIT = Duration.ofSeconds(20);

    private final PipedOutputStream keyboard = new PipedOutputStream();
    private final ByteArrayOutputStream screen = new ByteArrayOutputStream();
    private final TerminalAsker asker;

    TerminalAskerTest() throws IOException {
        asker = new TerminalAsker(
                new PipedInputStream(keyboard), new PrintStream(screen, true, StandardCharsets.UTF_8));
    }

    private record Visit(String principal, String requestData, String reason) implements IncomingBridge {
        @Override
        public BridgeId bridgeId() {
            return new BridgeId(1, 2);
        }

        @Override
        public String deviceId() {
            return "d";
        }

        @Override
        public Instant expiresAt() {
            return Instant.MAX;
        }

        @Override
        public CompletableFuture<BridgeChannel> accept() {
            throw new UnsupportedOperationException();
        }

        @Override
        public boolean reject(int code, String reason) {
            throw new UnsupportedOperationException();
        }
    }

    private CompletableFuture<Boolean> ask(String principal, String target, String reason) {
        return asker.ask(new Visit(principal, target, reason), LIMIT).toCompletableFuture();
    }

    private String shown() {
        return screen.toString(StandardCharsets.UTF_8);
    }

    private void type(String text) throws IOException {
        keyboard.write(text.getBytes(StandardCharsets.US_ASCII));
        keyboard.flush();
    }

    @Test
    void questions_areAskedOneAfterTheOther() throws Exception {
        CompletableFuture<Boolean> first = ask("alice", "ssh", "");
        CompletableFuture<Boolean> second = ask("", "web", "because");
        assertThat(shown()).isEqualTo("alice asks for \"ssh\" of d. Permit it? [y/N, within 20 s] ");
        type("YES\n\n");
        assertThat(first.get(10, TimeUnit.SECONDS)).isTrue();
        assertThat(second.get(10, TimeUnit.SECONDS)).isFalse();
        assertThat(shown()).contains("Somebody whom the node does not name asks for \"web\" of d, because of");
    }

    @Test
    void answerJustAfterAQuestionHasGone_isNotTaken() throws Exception {
        CompletableFuture<Boolean> gone = ask("alice", "ssh", "");
        CompletableFuture<Boolean> next = ask("mallory", "ssh", "");
        gone.cancel(true);
        type("y\n");
        await().until(() -> shown().contains("That was too fast for this question."));
        assertThat(next).isNotDone();
        await().until(() -> {
            type("n\n");
            return next.isDone();
        });
        assertThat(next.join()).isFalse();
    }

    @Test
    void whatOthersWrote_cannotForgeTheScreen() {
        ask("al\u001b[2Jice\nbob", "ssh\r", "\u202e" + "x".repeat(500));
        assertThat(shown())
                .doesNotContain("\u001b", "\n", "\r", "\u202e", "x".repeat(101))
                .startsWith("al?[2Jice?bob asks for \"ssh?\"");
    }

    @Test
    void questionThatGoesWhileAnotherIsShown_isNeverShown() throws Exception {
        CompletableFuture<Boolean> first = ask("alice", "ssh", "");
        ask("bob", "ssh", "").cancel(true);
        type("y\n");
        assertThat(first.get(10, TimeUnit.SECONDS)).isTrue();
        assertThat(shown()).doesNotContain("bob");
    }
}
