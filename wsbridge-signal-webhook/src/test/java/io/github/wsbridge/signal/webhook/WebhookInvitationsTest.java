package io.github.wsbridge.signal.webhook;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.wsbridge.CloseReason;
import io.github.wsbridge.Invitation;
import io.github.wsbridge.signal.webhook.WebhookInvitations.Reply;
import io.github.wsbridge.spi.InvitationSource;
import io.github.wsbridge.spi.InvitationSource.Answer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Test;

class WebhookInvitationsTest {

    private final WebhookInvitations source = WebhookInvitations.create("device-1", WebhookVerifier.of(Samples.KEY));
    private final Hearing device = new Hearing();

    /** A device that receives invitations and answers as the test decides. */
    private static final class Hearing implements InvitationSource.Sink {
        private final List<Invitation> heard = new ArrayList<>();
        private CompletableFuture<Answer> answer = new CompletableFuture<>();
        private int listening;

        @Override
        public void listening() {
            listening++;
        }

        @Override
        public CompletionStage<Answer> offer(Invitation invitation) {
            heard.add(invitation);
            return Objects.requireNonNull(answer);
        }

        @Override
        public void ended(CloseReason reason) {
            throw new AssertionError(reason);
        }
    }

    private CompletableFuture<Reply> deliver(Invitation invitation) {
        return deliver(invitation, Samples.KEY);
    }

    private CompletableFuture<Reply> deliver(Invitation invitation, WebhookKey key) {
        byte[] body = WebhookBody.write(invitation);
        long time = Instant.now().getEpochSecond();
        Map<String, String> headers =
                Map.of(WebhookHeaders.TIMESTAMP, Long.toString(time), WebhookHeaders.SIGNATURE, key.sign(time, body));
        return source.deliver(headers::get, body).toCompletableFuture();
    }

    private CompletableFuture<Reply> answered(Answer answer) {
        device.answer = CompletableFuture.completedFuture(answer);
        return deliver(Samples.invitation());
    }

    @Test
    void deliver_answers_comeBack() {
        source.start(device);
        assertThat(device.listening).isEqualTo(1);
        assertThat(answered(new Answer.Accepted())).isCompletedWithValue(new Reply(200, "{\"result\":\"delivered\"}"));
        assertThat(answered(new Answer.Rejected(7, "\"no\"")))
                .isCompletedWithValue(new Reply(200, "{\"result\":\"rejected\",\"code\":7,\"reason\":\"\\\"no\\\"\"}"));
        assertThat(answered(new Answer.Expired())).isCompletedWithValue(new Reply(202, "{\"result\":\"deferred\"}"));
    }

    @Test
    void deliver_repeated_isOfferedOnceAndGetsTheSameAnswer() {
        source.start(device);
        Invitation invitation = Samples.invitation();
        CompletableFuture<Reply> first = deliver(invitation);
        CompletableFuture<Reply> second = deliver(invitation);
        assertThat(first).isNotDone();
        assertThat(device.heard).containsExactly(invitation);
        device.answer.complete(new Answer.Rejected(1, ""));
        assertThat(first.join())
                .isEqualTo(second.join())
                .isEqualTo(deliver(invitation).join());
        assertThat(device.heard).hasSize(1);
    }

    @Test
    void deliver_repeated_doesNotAffectTheFirst() {
        source.start(device);
        Invitation invitation = Samples.invitation();
        CompletableFuture<Reply> first = deliver(invitation);
        deliver(invitation).complete(new Reply(500, "")); // as a server may do when it times out
        assertThat(first).isNotDone();
        device.answer.complete(new Answer.Accepted());
        assertThat(deliver(invitation).join()).isEqualTo(new Reply(200, "{\"result\":\"delivered\"}"));
    }

    @Test
    void deliver_sinkThatThrows_isAnswered() {
        device.answer = null;
        source.start(device);
        Invitation invitation = Samples.invitation();
        Reply deferred = new Reply(202, "{\"result\":\"deferred\"}");
        assertThat(deliver(invitation)).isCompletedWithValue(deferred);
        assertThat(deliver(invitation)).as("the retry").isCompletedWithValue(deferred);
        assertThat(device.heard).hasSize(1);
    }

    @Test
    void deliver_forged_isNotOffered() {
        source.start(device);
        assertThat(deliver(Samples.invitation(), Samples.OTHER))
                .isCompletedWithValue(new Reply(401, "{\"error\":\"the signature is wrong\"}"));
        assertThat(device.heard).isEmpty();
    }

    @Test
    void deliver_otherOrUnknownDevice_isUnreachable() {
        Reply unreachable = new Reply(200, "{\"result\":\"unreachable\",\"reason\":\"the device is not listening\"}");
        assertThat(deliver(Samples.invitation())).as("not started").isCompletedWithValue(unreachable);
        source.start(device);
        Invitation stray = Samples.invitation("device-2", Instant.now(), Duration.ofMinutes(1));
        assertThat(deliver(stray)).isCompletedWithValue(unreachable);
        assertThat(deliver(stray)).as("the retry").isCompletedWithValue(unreachable);
        source.close();
        assertThat(deliver(Samples.invitation())).as("closed").isCompletedWithValue(unreachable);
        assertThat(device.heard).isEmpty();
    }
}
