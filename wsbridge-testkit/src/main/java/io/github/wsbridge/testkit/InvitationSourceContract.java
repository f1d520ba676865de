package io.github.wsbridge.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.wsbridge.BridgeId;
import io.github.wsbridge.BridgeToken;
import io.github.wsbridge.CloseReason;
import io.github.wsbridge.Endpoints;
import io.github.wsbridge.Invitation;
import io.github.wsbridge.Rejection;
import io.github.wsbridge.spi.InvitationSource;
import io.github.wsbridge.spi.InvitationSource.Answer;
import io.github.wsbridge.spi.Signaller;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * The contract of {@link InvitationSource}, a device's end of a secondary channel. The other end is the channel's
 * {@link Signaller}.
 */
public abstract class InvitationSourceContract {

    private static final URI BASE = URI.create("wss://bridge.example.com/base");

    private static final Rejection REJECTION = new Rejection(403, "nö, not today");

    private final List<InvitationSource> sources = new ArrayList<>();
    private @Nullable Signaller signaller;

    /** Creates the suite. */
    protected InvitationSourceContract() {}

    /** Creates the node's end of the channel. The suite closes it. */
    protected abstract Signaller newSignaller() throws Exception;

    /** Creates a source under test. The suite starts it, and closes it, possibly twice. */
    protected abstract InvitationSource newSource(String deviceId) throws Exception;

    /** Returns device ids that the channel supports. */
    protected List<String> deviceIds() {
        return List.of("plain", "UPPER.lower-0_~", "a b&c=d/e?f#g%h+i", "grüße-日本-\uD83D\uDE80");
    }

    /** Returns the time limit for expected events on a slow, busy machine; 20 seconds by default. */
    protected Duration patience() {
        return Duration.ofSeconds(20);
    }

    /** A device that records what a source tells, and answers as a test says. */
    private final class Device implements InvitationSource.Sink {
        private final CountDownLatch listening = new CountDownLatch(1);
        private final BlockingQueue<Invitation> heard = new LinkedBlockingQueue<>();
        private final BlockingQueue<CloseReason> ended = new LinkedBlockingQueue<>();
        private final Function<Invitation, CompletionStage<Answer>> answer;

        private Device(Function<Invitation, CompletionStage<Answer>> answer) {
            this.answer = answer;
        }

        @Override
        public void listening() {
            listening.countDown();
        }

        @Override
        public CompletionStage<Answer> offer(Invitation invitation) {
            heard.add(invitation);
            return answer.apply(invitation);
        }

        @Override
        public void ended(CloseReason reason) {
            ended.add(reason);
        }

        Invitation take() throws InterruptedException {
            Invitation next = heard.poll(patience().toMillis(), TimeUnit.MILLISECONDS);
            if (next == null) {
                throw new AssertionError("the device received nothing within " + patience());
            }
            return next;
        }
    }

    private static CompletionStage<Answer> accept(Invitation invitation) {
        return CompletableFuture.completedFuture(new Answer.Accepted());
    }

    private Device listen(String deviceId, Function<Invitation, CompletionStage<Answer>> answer) throws Exception {
        Device device = new Device(answer);
        InvitationSource source = newSource(deviceId);
        sources.add(source);
        source.start(device);
        assertThat(device.listening.await(patience().toMillis(), TimeUnit.MILLISECONDS))
                .as("%s is listening", deviceId)
                .isTrue();
        return device;
    }

    private InvitationSource last() {
        return sources.get(sources.size() - 1);
    }

    @BeforeEach
    void open() throws Exception {
        signaller = newSignaller();
    }

    @AfterEach
    void shut() throws Exception {
        for (InvitationSource source : sources) {
            source.close();
        }
        signaller().close();
    }

    private Signaller signaller() {
        Signaller started = signaller;
        if (started == null) {
            throw new IllegalStateException("not started");
        }
        return started;
    }

    private CompletableFuture<Signaller.Result> signal(Invitation invitation) {
        return signaller().signal(invitation).toCompletableFuture();
    }

    @Test
    void offer_isTheInvitationThatWasSent() throws Exception {
        for (String deviceId : deviceIds()) {
            Device device = listen(deviceId, InvitationSourceContract::accept);
            for (String data : List.of("", "ssh", "{\"a\": \"grüße, 日本\\n'<>&\"}\r\n")) {
                Invitation invitation = invitation(deviceId, data, Duration.ofMinutes(1));
                assertThat(signal(invitation).get(patience().toMillis(), TimeUnit.MILLISECONDS))
                        .isInstanceOf(Signaller.Result.Delivered.class);
                assertThat(device.take()).isEqualTo(invitation);
            }
            assertThat(device.ended).isEmpty();
        }
    }

    @Test
    void offer_thatIsNotAnswered_holdsUpNoOther() throws Exception {
        CompletableFuture<Answer> undecided = new CompletableFuture<>();
        Device device = listen(
                "thinker", invitation -> invitation.requestData().equals("hard") ? undecided : accept(invitation));
        signal(invitation("thinker", "hard", Duration.ofMinutes(1)));
        assertThat(device.take().requestData()).isEqualTo("hard");
        signal(invitation("thinker", "easy", Duration.ofMinutes(1)));
        assertThat(device.take().requestData()).isEqualTo("easy");
        undecided.complete(new Answer.Accepted());
    }

    @Test
    void reject_saysWhetherTheChannelCarriesIt() throws Exception {
        CompletableFuture<Boolean> carried = new CompletableFuture<>();
        listen("refuser", invitation -> {
            // As a device does: on the channel first, and then as the answer.
            CompletableFuture<Answer> answer = new CompletableFuture<>();
            CompletableFuture.runAsync(() -> last().reject(invitation, REJECTION)
                    .whenComplete((taken, failure) -> {
                        carried.complete(failure == null && taken);
                        answer.complete(new Answer.Rejected(REJECTION));
                    }));
            return answer;
        });
        CompletableFuture<Signaller.Result> result = signal(invitation("refuser", "", Duration.ofMinutes(1)));
        if (carried.get(patience().toMillis(), TimeUnit.MILLISECONDS)) {
            assertThat(result.get(patience().toMillis(), TimeUnit.MILLISECONDS))
                    .isEqualTo(new Signaller.Result.Rejected(REJECTION.code(), REJECTION.reason()));
        }
    }

    @Test
    void close_isQuietAndFinal_andAnotherSourceMayFollow() throws Exception {
        Device first = listen("returner", InvitationSourceContract::accept);
        Invitation before = invitation("returner", "before", Duration.ofMinutes(1));
        signal(before);
        assertThat(first.take()).isEqualTo(before);
        InvitationSource source = last();
        source.close();
        source.close();

        Device second = listen("returner", InvitationSourceContract::accept);
        Invitation after = invitation("returner", "after", Duration.ofMinutes(1));
        await().atMost(patience())
                .until(
                        () -> { // a channel may still think of the first
                            signal(after);
                            return second.heard.poll(1, TimeUnit.SECONDS) != null;
                        });
        assertThat(first.heard).isEmpty();
        assertThat(first.ended).isEmpty();
        CompletionStage<Boolean> late = source.reject(before, REJECTION);
        assertThat(late.handle((taken, failure) -> true).toCompletableFuture()).succeedsWithin(Duration.ofSeconds(5));
    }

    @Test
    void secrets_areNotShown() throws Exception {
        Device device = listen("discreet", InvitationSourceContract::accept);
        Invitation invitation = invitation("discreet", "private words", Duration.ofMinutes(1));
        try (LogCapture log = new LogCapture()) {
            signal(invitation);
            device.take();
            assertThat(String.join("\n", log.all()))
                    .doesNotContain(invitation.token().value())
                    .doesNotContain("private words");
        }
    }

    private static Invitation invitation(String deviceId, String requestData, Duration life) {
        ThreadLocalRandom random = ThreadLocalRandom.current();
        BridgeId id = new BridgeId(random.nextLong(), random.nextLong());
        BridgeToken token = new BridgeToken("tok_-" + id);
        return new Invitation(
                id,
                deviceId,
                token,
                Endpoints.accept(BASE, token, requestData),
                requestData,
                "alice",
                "the printer jams",
                Instant.now().plus(life).truncatedTo(ChronoUnit.MILLIS));
    }
}
