package io.github.wsbridge.core.peers;

import static org.assertj.core.api.Assertions.assertThat;

import com.grack.nanojson.JsonWriter;
import io.github.wsbridge.BridgeId;
import io.github.wsbridge.BridgeToken;
import io.github.wsbridge.CloseReason;
import io.github.wsbridge.Endpoints;
import io.github.wsbridge.Invitation;
import io.github.wsbridge.core.Json;
import io.github.wsbridge.core.TestCluster;
import io.github.wsbridge.spi.Leg;
import io.github.wsbridge.testkit.FakeLeg;
import io.github.wsbridge.testkit.FakeScheduler;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

class PeerLinkTest {

    private final FakeScheduler scheduler = new FakeScheduler();
    private long nanos = 42;
    private int dials;
    private Supplier<CompletionStage<Leg>> dial;
    private final List<FakeLeg> legs = new ArrayList<>();
    private final PeerLink link = new PeerLink(
            () -> {
                dials++;
                return new PeerLink.Dial(
                        dial.get(),
                        challenge -> PeerMessages.proof(challenge).equals("genuine")
                                ? PeerMessages.proof("proof of " + PeerMessages.challenge(challenge))
                                : null);
            },
            Duration.ofSeconds(3),
            scheduler,
            () -> nanos);

    PeerLinkTest() {
        dial = () -> {
            FakeLeg leg = new FakeLeg();
            legs.add(leg);
            return CompletableFuture.completedFuture(leg);
        };
    }

    /** Waits for one second of real time: a link is dialled at most once a second. */
    static void awaitSecond() {
        long start = System.nanoTime();
        Awaitility.await().atMost(TestCluster.PATIENCE).until(() -> System.nanoTime() - start > 1_000_000_000L);
    }

    private static Invitation invitation() {
        BridgeToken token = new BridgeToken("token");
        return new Invitation(
                new BridgeId(1, 2),
                "device",
                token,
                Endpoints.accept(TestCluster.PUBLIC, token, ""),
                "",
                "alice",
                Instant.EPOCH);
    }

    private void greet(int leg) {
        legs.get(leg).deliver(JsonWriter.string(PeerMessages.challenge("challenge", "genuine")));
    }

    private void answer(int leg, int number, boolean delivered) {
        legs.get(leg).deliver(JsonWriter.string(PeerMessages.answer(number, delivered)));
    }

    @Test
    void deliver_answers_matchTheirRequests() {
        CompletableFuture<Boolean> first = link.deliver(invitation());
        CompletableFuture<Boolean> second = link.deliver(invitation());
        greet(0);
        answer(0, 2, true);
        assertThat(second).isCompletedWithValue(true);
        assertThat(first).isNotDone();
        answer(0, 99, true);
        answer(0, 1, false);
        assertThat(first).isCompletedWithValue(false);
        assertThat(dials).isEqualTo(1);
        assertThat(scheduler.pending()).isZero();
    }

    @Test
    void deliver_unanswered_isFalseAndDropsTheLink() {
        CompletableFuture<Boolean> answer = link.deliver(invitation());
        greet(0);
        scheduler.advance(Duration.ofSeconds(3));
        assertThat(answer).isCompletedWithValue(false);
        assertThat(legs.get(0).aborted()).isTrue();
    }

    @Test
    void deliver_peerWasSilent_waitsOnlyBriefly_untilItGreets() {
        link.deliver(invitation());
        greet(0);
        scheduler.advance(Duration.ofSeconds(3));
        nanos += 1_000_000_000L;
        CompletableFuture<Boolean> brief = link.deliver(invitation());
        scheduler.advance(Duration.ofMillis(249));
        assertThat(brief).isNotDone();
        scheduler.advance(Duration.ofMillis(1));
        assertThat(brief).isCompletedWithValue(false);
        assertThat(dials).isEqualTo(2);
        greet(1);
        CompletableFuture<Boolean> patient = link.deliver(invitation());
        scheduler.advance(Duration.ofMillis(2_999));
        assertThat(patient).isNotDone();
        answer(1, 3, true);
        assertThat(patient).isCompletedWithValue(true);
    }

    @Test
    void deliver_peerWasSilent_andGreetsButAnswersLate_keepsItsLink() {
        link.deliver(invitation());
        greet(0);
        scheduler.advance(Duration.ofSeconds(3));
        nanos += 1_000_000_000L;
        CompletableFuture<Boolean> brief = link.deliver(invitation());
        greet(1);
        scheduler.advance(Duration.ofMillis(250));
        assertThat(brief).isCompletedWithValue(false);
        assertThat(legs.get(1).aborted()).isFalse();
    }

    @Test
    void deliver_linkBroken_asksOnceMoreOnANewLink() {
        CompletableFuture<Boolean> answer = link.deliver(invitation());
        greet(0);
        nanos += 1_000_000_000L;
        legs.get(0).end(CloseReason.vanished("cut"));
        assertThat(dials).isEqualTo(2);
        assertThat(answer).isNotDone();
        greet(1);
        answer(1, 2, true);
        assertThat(answer).isCompletedWithValue(true);
        assertThat(scheduler.pending()).isZero();
    }

    @Test
    void deliver_newLinkAlsoBroken_isFalse() {
        CompletableFuture<Boolean> answer = link.deliver(invitation());
        greet(0);
        nanos += 1_000_000_000L;
        legs.get(0).end(CloseReason.vanished("cut"));
        nanos += 1_000_000_000L;
        greet(1);
        legs.get(1).end(CloseReason.vanished("cut again"));
        assertThat(answer).isCompletedWithValue(false);
        assertThat(dials).isEqualTo(2);
    }

    @Test
    void deliver_linkBrokenWithinItsFirstSecond_isFalse() {
        CompletableFuture<Boolean> answer = link.deliver(invitation());
        greet(0);
        legs.get(0).end(CloseReason.vanished("cut"));
        assertThat(answer).isCompletedWithValue(false);
        assertThat(dials).isEqualTo(1);
    }

    @Test
    void deliver_dialFails_isNotTriedAgainWithinASecond() {
        Supplier<CompletionStage<Leg>> good = dial;
        dial = () -> CompletableFuture.failedFuture(new IOException("unreachable"));
        assertThat(link.deliver(invitation())).isCompletedWithValue(false);
        assertThat(link.deliver(invitation())).isCompletedWithValue(false);
        nanos += 999_999_999;
        assertThat(link.deliver(invitation())).isCompletedWithValue(false);
        assertThat(dials).isEqualTo(1);
        nanos++;
        dial = good;
        assertThat(link.deliver(invitation())).isNotDone();
        assertThat(dials).isEqualTo(2);
    }

    @Test
    void deliver_dialThrows_countsAsFailed() {
        Supplier<CompletionStage<Leg>> good = dial;
        dial = () -> {
            throw new IllegalStateException("a bad connector");
        };
        assertThat(link.deliver(invitation())).isCompletedWithValue(false);
        nanos += 1_000_000_000L;
        dial = good;
        CompletableFuture<Boolean> answer = link.deliver(invitation());
        greet(0);
        answer(0, 2, true);
        assertThat(answer).isCompletedWithValue(true);
    }

    @Test
    void deliver_whileDialling_waitsForTheLink() {
        CompletableFuture<Leg> dialled = new CompletableFuture<>();
        dial = () -> dialled;
        CompletableFuture<Boolean> first = link.deliver(invitation());
        CompletableFuture<Boolean> second = link.deliver(invitation());
        assertThat(dials).isEqualTo(1);
        FakeLeg leg = new FakeLeg();
        legs.add(leg);
        dialled.complete(leg);
        assertThat(leg.sent()).as("nothing before the peer's challenge").isEmpty();
        greet(0);
        assertThat(leg.sent()).hasSize(3);
        assertThat(Json.text(leg.sent().get(0), "proof")).isEqualTo("proof of challenge");
        answer(0, 1, true);
        answer(0, 2, true);
        assertThat(first).isCompletedWithValue(true);
        assertThat(second).isCompletedWithValue(true);
    }

    @Test
    void deliver_slowDial_isFalse_andTheLinkIsUsedLater() {
        CompletableFuture<Leg> dialled = new CompletableFuture<>();
        dial = () -> dialled;
        CompletableFuture<Boolean> first = link.deliver(invitation());
        scheduler.advance(Duration.ofSeconds(3));
        assertThat(first).isCompletedWithValue(false);
        FakeLeg leg = new FakeLeg();
        legs.add(leg);
        dialled.complete(leg);
        greet(0);
        assertThat(leg.aborted()).isFalse();
        CompletableFuture<Boolean> second = link.deliver(invitation());
        answer(0, 2, true);
        assertThat(second).isCompletedWithValue(true);
        assertThat(dials).isEqualTo(1);
    }

    @Test
    void close_whileDialling_closesTheNewLink() {
        CompletableFuture<Leg> dialled = new CompletableFuture<>();
        dial = () -> dialled;
        CompletableFuture<Boolean> answer = link.deliver(invitation());
        link.close();
        FakeLeg leg = new FakeLeg();
        dialled.complete(leg);
        assertThat(leg.closes().get(0).code()).isEqualTo(1001);
        assertThat(answer).isCompletedWithValue(false);
        nanos += 5_000_000_000L;
        assertThat(link.deliver(invitation())).isCompletedWithValue(false);
        assertThat(dials).isEqualTo(1);
    }

    @Test
    void onMessage_garbage_isIgnored() {
        CompletableFuture<Boolean> answer = link.deliver(invitation());
        greet(0);
        for (String garbage :
                List.of("", "{", "[]", "null", "{\"type\":7}", "{\"type\":\"answer\"}", "[".repeat(60_000))) {
            legs.get(0).deliver(garbage);
        }
        answer(0, 1, true);
        assertThat(answer).isCompletedWithValue(true);
    }

    @Test
    void serverThatIsNoPeer_learnsNothing_andIsDropped() {
        for (String first : List.of(
                JsonWriter.string(PeerMessages.challenge("challenge", "forged")),
                "{\"type\":\"challenge\",\"challenge\":\"of an earlier version\",\"time\":0}",
                JsonWriter.string(PeerMessages.answer(dials + 1, true)))) {
            CompletableFuture<Boolean> answer = link.deliver(invitation());
            FakeLeg impostor = legs.get(legs.size() - 1);
            impostor.deliver(first);
            scheduler.advance(Duration.ofSeconds(3));
            assertThat(impostor.aborted()).as(first).isTrue();
            assertThat(impostor.sent()).as(first).isEmpty();
            assertThat(answer).as(first).isCompletedWithValue(false);
            nanos += 1_000_000_000L;
        }
        assertThat(dials).isEqualTo(3);
    }

    @Test
    void peerThatDoesNotGreet_isDroppedAndDialledAgain() {
        CompletableFuture<Boolean> answer = link.deliver(invitation());
        scheduler.advance(Duration.ofSeconds(3));
        assertThat(answer).isCompletedWithValue(false);
        assertThat(legs.get(0).aborted()).isTrue();
        nanos += 1_000_000_000L;
        link.deliver(invitation());
        assertThat(dials).isEqualTo(2);
    }

    @Test
    void peerHeardOf_isDialledAtOnce() {
        Supplier<CompletionStage<Leg>> good = dial;
        dial = () -> CompletableFuture.failedFuture(new IOException("it restarts"));
        assertThat(link.deliver(invitation())).isCompletedWithValue(false);
        dial = good;
        assertThat(link.deliver(invitation())).isCompletedWithValue(false);
        link.heardOf();
        CompletableFuture<Boolean> answer = link.deliver(invitation());
        greet(0);
        answer(0, 3, true);
        assertThat(answer).isCompletedWithValue(true);
    }
}
