package io.github.wsbridge.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.wsbridge.BridgeId;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class ConsentTest {

    private final List<CompletableFuture<Boolean>> asked = new ArrayList<>();
    private final List<Duration> limits = new ArrayList<>();
    private final List<IncomingBridge> passed = new ArrayList<>();

    private CompletionStage<Boolean> ask(IncomingBridge incoming, Duration limit) {
        CompletableFuture<Boolean> answer = new CompletableFuture<>();
        asked.add(answer);
        limits.add(limit);
        return answer;
    }

    private Consent.Builder consent() {
        return Consent.builder(this::ask, passed::add).executor(Runnable::run);
    }

    /** An invitation whose rejection is kept. */
    private static final class Visit implements IncomingBridge {
        private final String principal;
        private final String data;
        private final CompletableFuture<Void> lapsed = new CompletableFuture<>();
        private final CompletableFuture<String> rejected = new CompletableFuture<>();
        private Instant expiresAt = Instant.now().plusSeconds(30);

        Visit(String principal, String data) {
            this.principal = principal;
            this.data = data;
        }

        @Override
        public BridgeId bridgeId() {
            return new BridgeId(1, 2);
        }

        @Override
        public String deviceId() {
            return "device-1";
        }

        @Override
        public String requestData() {
            return data;
        }

        @Override
        public String principal() {
            return principal;
        }

        @Override
        public Instant expiresAt() {
            return expiresAt;
        }

        @Override
        public CompletableFuture<BridgeChannel> accept() {
            throw new UnsupportedOperationException();
        }

        @Override
        public CompletionStage<Void> lapsed() {
            return lapsed;
        }

        @Override
        public boolean reject(int code, String reason) {
            return rejected.complete(code + " " + reason);
        }

        private String rejection() {
            return rejected.getNow("");
        }
    }

    @Test
    void yes_passesTheBridgeOn() {
        Visit visit = new Visit("alice", "ssh");
        consent().build().handle(visit);
        assertThat(passed).isEmpty();
        asked.get(0).complete(true);
        assertThat(passed).containsExactly(visit);
        assertThat(visit.rejection()).isEmpty();
    }

    @Test
    void no_isToldToTheRequester() {
        Visit visit = new Visit("alice", "ssh");
        consent().build().handle(visit);
        asked.get(0).complete(false);
        assertThat(visit.rejection()).isEqualTo("403 the person at the device said no");
        assertThat(passed).isEmpty();
    }

    @Test
    void noAnswer_isToldInTime_andTheQuestionIsCancelled() {
        Visit visit = new Visit("alice", "ssh");
        consent().timeLimit(Duration.ofMillis(50)).build().handle(visit);
        await().until(() -> visit.rejection().equals("408 nobody at the device answered in time"));
        await().until(asked.get(0)::isCancelled);
        assertThat(passed).isEmpty();
    }

    @Test
    void sameQuestion_whileTheFirstOneIsGivenUp_isAskedAnew() {
        Visit first = new Visit("alice", "ssh");
        Visit second = new Visit("alice", "ssh");
        Consent consent = consent().build();
        consent.handle(first);
        asked.get(0).whenComplete((yes, failure) -> consent.handle(second));
        first.lapsed.complete(null);
        assertThat(asked).hasSize(2);
        asked.get(1).complete(true);
        assertThat(passed).containsExactly(second);
    }

    @Test
    void askerFindsNobody_isToldAsNoAnswer() {
        Visit visit = new Visit("alice", "ssh");
        consent().build().handle(visit);
        asked.get(0).completeExceptionally(new TimeoutException());
        assertThat(visit.rejection()).isEqualTo("408 nobody at the device answered in time");
    }

    @Test
    void limit_endsBeforeTheInvitationDoes() {
        Visit soon = new Visit("alice", "ssh");
        soon.expiresAt = Instant.now().plusSeconds(10);
        Visit wrongClock = new Visit("alice", "web");
        wrongClock.expiresAt = Instant.now().minusSeconds(1000);
        Consent consent = consent().timeLimit(Duration.ofSeconds(20)).build();
        consent.handle(soon);
        consent.handle(wrongClock);
        assertThat(limits.get(0)).isBetween(Duration.ofSeconds(5), Duration.ofSeconds(8));
        assertThat(limits.get(1)).isEqualTo(Duration.ofSeconds(20));
    }

    @Test
    void failure_isNoConsent() {
        Visit failed = new Visit("alice", "ssh");
        consent().build().handle(failed);
        asked.get(0).completeExceptionally(new IOException("no terminal"));
        assertThat(failed.rejection()).isEqualTo("500 the device cannot ask anybody");
        Visit thrown = new Visit("alice", "ssh");
        Consent.builder(
                        (incoming, limit) -> {
                            throw new IllegalStateException("broken");
                        },
                        passed::add)
                .build()
                .handle(thrown);
        assertThat(thrown.rejection()).isEqualTo("500 the device cannot ask anybody");
        assertThat(passed).isEmpty();
    }

    @Test
    void requesterGone_cancelsTheQuestion() {
        Visit visit = new Visit("alice", "ssh");
        consent().build().handle(visit);
        visit.lapsed.complete(null);
        assertThat(asked.get(0)).isCancelled();
        assertThat(passed).isEmpty();
    }

    @Test
    void samePrincipalAndTarget_shareAQuestion() {
        Visit first = new Visit("alice", "ssh");
        Visit second = new Visit("alice", "ssh");
        Visit third = new Visit("alice", "ssh");
        Consent consent = consent().maxQuestions(1).build();
        consent.handle(first);
        consent.handle(second);
        consent.handle(third);
        assertThat(asked).hasSize(1);
        first.lapsed.complete(null);
        assertThat(asked.get(0)).isNotDone();
        asked.get(0).complete(true);
        assertThat(passed).containsExactlyInAnyOrder(second, third);
    }

    @Test
    void othersAndTheUnknown_areAskedAboutEach() {
        Consent consent = consent().remember(Duration.ofHours(1)).build();
        for (Visit visit : List.of(
                new Visit("alice", "ssh"),
                new Visit("alice", "web"),
                new Visit("bob", "ssh"),
                new Visit("", "ssh"),
                new Visit("", "ssh"),
                new Visit("anonymous", "ssh"),
                new Visit("anonymous", "ssh"))) {
            consent.handle(visit);
        }
        assertThat(asked).hasSize(7);
        asked.forEach(answer -> answer.complete(true));
        consent.handle(new Visit("", "ssh"));
        assertThat(asked).hasSize(8);
    }

    @Test
    void remembered_yesCountsAgain_noDoesNot() {
        Consent consent = consent().remember(Duration.ofHours(1)).build();
        consent.handle(new Visit("alice", "ssh"));
        asked.get(0).complete(false);
        consent.handle(new Visit("alice", "ssh"));
        assertThat(asked).hasSize(2);
        asked.get(1).complete(true);
        consent.handle(new Visit("alice", "ssh"));
        assertThat(asked).hasSize(2);
        assertThat(passed).hasSize(2);
    }

    @Test
    void notRemembered_isAskedAgain() {
        Consent consent = consent().build();
        consent.handle(new Visit("alice", "ssh"));
        asked.get(0).complete(true);
        consent.handle(new Visit("alice", "ssh"));
        assertThat(asked).hasSize(2);
    }

    @Test
    void tooManyQuestions_areRejected_andRoomComesBack() {
        Consent consent = consent().maxQuestions(2).build();
        Visit third = new Visit("c", "ssh");
        consent.handle(new Visit("a", "ssh"));
        consent.handle(new Visit("b", "ssh"));
        consent.handle(third);
        assertThat(third.rejection()).isEqualTo("429 the device has too many open questions");
        asked.get(0).complete(false);
        consent.handle(new Visit("d", "ssh"));
        assertThat(asked).hasSize(3);
    }

    @Test
    void handlerThatFails_rejects() {
        Visit visit = new Visit("alice", "ssh");
        Consent.builder(this::ask, incoming -> {
                    throw new IOException("broken");
                })
                .executor(Runnable::run)
                .build()
                .handle(visit);
        asked.get(0).complete(true);
        assertThat(visit.rejection()).isEqualTo("500 the device's handler failed");
    }
}
