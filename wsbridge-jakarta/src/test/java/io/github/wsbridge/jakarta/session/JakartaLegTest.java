package io.github.wsbridge.jakarta.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.Mockito.mock;

import io.github.wsbridge.CloseReason;
import io.github.wsbridge.spi.Fragment;
import io.github.wsbridge.testkit.RecordingReceiver;
import jakarta.websocket.Session;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(300)
class JakartaLegTest {

    private static final int ROUNDS = 15_000;

    /** Has no connection. */
    private static final class Idle implements SessionIo {
        @Override
        public void attach(JakartaLeg leg) {}

        @Override
        public void arrived() {}

        @Override
        public void delivered() {}

        @Override
        public CompletionStage<Void> perform(Step send, boolean last) {
            return CompletableFuture.failedFuture(new IOException("idle"));
        }

        @Override
        public void ping() {}

        @Override
        public void heartbeat(Duration next) {}

        @Override
        public void close(CloseReason reason) {}

        @Override
        public void drop() {}

        @Override
        public void closedByContainer(CloseReason reason) {}
    }

    @Test
    void fragmentAndEnd_onTwoThreads_endComesLast() throws Exception {
        Session session = mock();
        CyclicBarrier together = new CyclicBarrier(2);
        JakartaLeg[] legs = new JakartaLeg[ROUNDS];
        RecordingReceiver[] ends = new RecordingReceiver[ROUNDS];
        for (int i = 0; i < ROUNDS; i++) {
            legs[i] = new JakartaLeg(session, new Idle());
            ends[i] = new RecordingReceiver(legs[i]).open();
            ends[i].demand();
        }
        CompletableFuture<Void> ending = CompletableFuture.runAsync(() -> {
            for (JakartaLeg leg : legs) {
                meet(together);
                leg.ended(CloseReason.normal());
            }
        });
        for (JakartaLeg leg : legs) {
            meet(together);
            leg.arrived(Fragment.text("x"));
        }
        ending.get(RecordingReceiver.PATIENCE.toSeconds(), TimeUnit.SECONDS);
        for (RecordingReceiver end : ends) {
            assertThat(end.awaitClosed()).isEqualTo(CloseReason.normal());
            assertThat(end.violations()).isEmpty();
        }
    }

    @Test
    void close_endAfterDataWithoutDemand_reportsTheEnd() {
        JakartaLeg leg = new JakartaLeg(mock(), new Idle());
        RecordingReceiver end = new RecordingReceiver(leg).open();
        leg.arrived(Fragment.text("unread"));
        leg.ended(new CloseReason(4001, "bye"));
        assertThat(end.closed()).isNull();
        leg.close(new CloseReason(4002, "never mind"));
        assertThat(end.closed()).isEqualTo(new CloseReason(4001, "bye"));
        leg.abort();
        assertThat(end.violations()).isEmpty();
    }

    @Test
    void close_beforeOpen_releasesTheContainersThread() throws Exception {
        JakartaLeg leg = new JakartaLeg(mock(), new Idle());
        leg.arrived(Fragment.text("unread"));
        leg.ended(CloseReason.normal());
        Thread container = new Thread(leg::awaitDelivery);
        container.start();
        Awaitility.await().until(() -> container.getState() == Thread.State.WAITING);
        leg.close(CloseReason.normal());
        container.join(RecordingReceiver.PATIENCE.toMillis());
        assertThat(container.isAlive()).isFalse();
    }

    private static void meet(CyclicBarrier together) {
        try {
            together.await(RecordingReceiver.PATIENCE.toSeconds(), TimeUnit.SECONDS);
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }
}
