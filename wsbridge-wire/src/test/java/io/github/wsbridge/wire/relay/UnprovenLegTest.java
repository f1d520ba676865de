package io.github.wsbridge.wire.relay;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.wsbridge.CloseReason;
import io.github.wsbridge.spi.Fragment;
import io.github.wsbridge.testkit.FakeLeg;
import io.github.wsbridge.testkit.FakeScheduler;
import io.github.wsbridge.testkit.RecordingReceiver;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class UnprovenLegTest {

    private static final CloseReason BYE = new CloseReason(4321, "bye");

    private final FakeLeg fake = new FakeLeg();
    private final FakeScheduler scheduler = new FakeScheduler();
    private final UnprovenLeg leg = new UnprovenLeg(fake, scheduler);

    @BeforeEach
    void open() {
        new RecordingReceiver(leg).open();
    }

    @AfterEach
    void noViolations() {
        assertThat(fake.violations()).isEmpty();
    }

    private CompletableFuture<Void> send(int size) {
        return leg.send(Fragment.binary(ByteBuffer.allocate(size))).toCompletableFuture();
    }

    @Test
    void send_little_isSentAtOnce() {
        for (int i = 0; i < 8; i++) {
            assertThat(send(1_000)).isCompleted();
        }
        assertThat(fake.pings()).isZero();
        assertThat(scheduler.pending()).isZero();
    }

    @Test
    void send_manySmallFragments_areHeldIncludingHeaders() {
        for (int i = 0; i < UnprovenLeg.ALLOWANCE / 11; i++) {
            assertThat(send(1)).isCompleted();
        }
        assertThat(send(1)).isNotDone();
    }

    @Test
    void send_much_waitsForThePong() {
        CompletableFuture<Void> held = send(20_000);
        assertThat(fake.sent()).isEmpty();
        assertThat(fake.pings()).isEqualTo(1);
        fake.pong();
        assertThat(fake.sent()).hasSize(1);
        assertThat(held).isCompleted();
        assertThat(send(20_000)).isCompleted();
        assertThat(fake.pings()).isEqualTo(1);
    }

    @Test
    void send_muchAfterThePeerHasSent_isSentAtOnce() {
        leg.demand();
        fake.deliver("hello");
        assertThat(send(20_000)).isCompleted();
        assertThat(fake.pings()).isZero();
    }

    @Test
    void send_peerStaysSilent_isSentAfterAWhile() {
        CompletableFuture<Void> held = send(20_000);
        scheduler.advance(UnprovenLeg.PATIENCE.minus(Duration.ofMillis(1)));
        assertThat(held).isNotDone();
        scheduler.advance(Duration.ofMillis(1));
        assertThat(held).isCompleted();
    }

    @Test
    void send_transportIsNotReady_doesNotCompleteWithThePong() {
        CompletableFuture<Void> held = send(20_000);
        fake.holdSends();
        fake.pong();
        assertThat(held).isNotDone();
        fake.completeSend();
        assertThat(held).isCompleted();
    }

    @Test
    void close_whileASendIsHeld_comesAfterIt() {
        CompletableFuture<Void> held = send(20_000);
        leg.close(BYE);
        leg.close(CloseReason.normal());
        assertThat(fake.closes()).isEmpty();
        fake.pong();
        assertThat(fake.sent()).hasSize(1);
        assertThat(fake.closes()).containsExactly(BYE);
        assertThat(held).isCompleted();
    }

    @Test
    void close_nothingHeld_isPassedOn() {
        assertThat(send(10)).isCompleted();
        leg.close(BYE);
        assertThat(fake.closes()).containsExactly(BYE);
    }

    @Test
    void end_whileASendIsHeld_failsIt() {
        CompletableFuture<Void> held = send(20_000);
        fake.end(CloseReason.vanished("gone"));
        assertThat(held).isCompletedExceptionally();
        assertThat(fake.sent()).isEmpty();
    }
}
