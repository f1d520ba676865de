package io.github.wsbridge.core.bridges;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.wsbridge.Bridge;
import io.github.wsbridge.BridgeException;
import io.github.wsbridge.BridgeId;
import io.github.wsbridge.BridgeRequest;
import io.github.wsbridge.BridgeToken;
import io.github.wsbridge.CloseReason;
import io.github.wsbridge.Hop;
import io.github.wsbridge.Rejection;
import io.github.wsbridge.TraceContext;
import io.github.wsbridge.core.TestCluster;
import io.github.wsbridge.core.limits.Bandwidth;
import io.github.wsbridge.core.limits.FairShare;
import io.github.wsbridge.spi.BridgeListener;
import io.github.wsbridge.spi.SetupTracer;
import io.github.wsbridge.spi.TokenClaims;
import io.github.wsbridge.spi.TokenCodec;
import io.github.wsbridge.testkit.FakeLeg;
import io.github.wsbridge.testkit.FakeScheduler;
import io.github.wsbridge.testkit.FakeSignaller;
import io.github.wsbridge.testkit.Racers;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Claim, rejection, timeout, loss of the requester and stopping of the node, all at once. */
class PendingRaceTest {

    private static final BridgeListener.Client BY = new BridgeListener.Client("", "192.0.2.1:1");

    private static final Requester SOMEBODY = new Requester("somebody", "", "");
    private static final Duration ACCEPT_TIMEOUT = Duration.ofSeconds(30);
    private static final CloseReason GONE = new CloseReason(4321, "gone");

    private final FakeScheduler scheduler = new FakeScheduler();
    private final PendingBridges pending =
            new PendingBridges(1, FairShare::unlimited); // a leaked count would refuse the next round
    private final BridgeSlots slots = new BridgeSlots(1, FairShare.unlimited()); // here too
    private final Watcher watcher = new Watcher();
    private final BridgeBook book = new BridgeBook();
    private final Requests requests = new Requests(
            TestCluster.PUBLIC,
            TestCluster.A,
            new PlainCodec(),
            new FakeSignaller(),
            pending,
            slots,
            ACCEPT_TIMEOUT,
            false,
            new Bandwidth(0, 0, scheduler, () -> 0),
            book,
            scheduler.clock(),
            scheduler,
            watcher,
            SetupTracer.NONE);
    private final BridgeAges ages = new BridgeAges(Duration.ZERO, Duration.ZERO, scheduler);
    private final Accepts accepts = new Accepts(
            TestCluster.A,
            new PlainCodec(),
            null,
            pending,
            slots,
            ages,
            book,
            leg -> leg,
            scheduler.clock(),
            watcher,
            SetupTracer.NONE);
    private final Racers racers = new Racers(2);
    private final Random random = new Random(1);
    private final int[] wins = new int[5];

    @AfterEach
    void stopRacers() {
        racers.stop();
    }

    @Test
    @Timeout(120)
    void pendingBridge_racingEnds_haveOneWinner() throws Exception {
        race(10_000);
    }

    @Test
    @Tag("system")
    @Timeout(600)
    void pendingBridge_racingEndsManyTimes_haveOneWinner() throws Exception {
        race(100_000);
    }

    private void race(int rounds) throws Exception {
        for (int round = 0; round < rounds; round++) {
            new Round().run();
        }
        for (int count : wins) {
            assertThat(count).isGreaterThan(rounds / 100); // each outcome occurred
        }
    }

    private final class Round {
        private final FakeLeg requester = new FakeLeg();
        private final FakeLeg device = new FakeLeg();
        private final FakeLeg rejecter = new FakeLeg();
        private boolean rejects;
        private boolean claims;

        void run() throws Exception {
            watcher.reset();
            Bridge bridge = requests.request(new BridgeRequest("device"), SOMEBODY, requester);
            BridgeToken token = new BridgeToken(bridge.id().toString());
            List<Runnable> rivals = new ArrayList<>();
            rivals.add(() -> accepts.accept(token, null, BY, device, Hop.DIRECT, TraceContext.NONE));
            rivals.add(
                    () -> accepts.accept(token, new Rejection(7, "no"), BY, rejecter, Hop.DIRECT, TraceContext.NONE));
            rivals.add(() -> scheduler.advance(ACCEPT_TIMEOUT));
            rivals.add(() -> requester.end(GONE));
            rivals.add(() -> pending.endAll(BridgeSlots.DRAINING));
            Runnable claim = rivals.get(0);
            Runnable reject = rivals.get(1);
            Collections.shuffle(rivals, random);
            List<Runnable> chosen = rivals.subList(0, 2 + random.nextInt(4));
            claims = chosen.contains(claim);
            rejects = chosen.contains(reject);
            racers.race(chosen);
            check(bridge);
        }

        private void check(Bridge bridge) throws Exception {
            CompletableFuture<Bridge> established = bridge.established().toCompletableFuture();
            CompletableFuture<CloseReason> closed = bridge.closed().toCompletableFuture();
            assertThat(pending.size()).isZero();
            assertThat(scheduler.pending()).isZero();
            assertThat(established).isDone();
            assertThat(watcher.requested.get()).isEqualTo(1);
            if (!established.isCompletedExceptionally()) {
                wins[0]++;
                assertThat(watcher.established.get()).isEqualTo(1);
                if (!closed.isDone()) {
                    assertThat(slots.held()).isEqualTo(1);
                    assertThat(watcher.closed.get()).isZero();
                    bridge.close(GONE);
                }
                assertThat(closed.getNow(null)).isEqualTo(GONE);
                assertThat(device.closes()).isEqualTo(List.of(GONE));
            } else {
                CloseReason reason = closed.getNow(null);
                wins[reason.equals(GONE) ? 4 : List.of(4403, 4408, 4503).indexOf(reason.code()) + 1]++;
                assertThat(watcher.established.get()).isZero();
                assertThat(reasonOf(established)).isEqualTo(reason);
                assertThat(requester.closes()).isEqualTo(reason.equals(GONE) ? List.of() : List.of(reason));
                assertThat(codes(device)).isEqualTo(claims ? List.of(CloseReason.BAD_TOKEN) : List.of());
            }
            boolean rejected = closed.getNow(null).code() == CloseReason.REJECTED;
            assertThat(codes(rejecter))
                    .isEqualTo(rejected ? List.of(1000) : rejects ? List.of(CloseReason.BAD_TOKEN) : List.of());
            assertThat(watcher.closed.get()).isEqualTo(1);
            assertThat(watcher.reason).isEqualTo(closed.getNow(null));
            assertThat(slots.held()).isZero();
            assertThat(requester.ended()).isNotNull();
            assertThat(requester.violations()).isEmpty();
            assertThat(device.violations()).isEmpty();
        }
    }

    private static CloseReason reasonOf(CompletableFuture<Bridge> failed) throws InterruptedException {
        try {
            failed.get();
            throw new AssertionError("not failed");
        } catch (ExecutionException e) {
            return ((BridgeException) e.getCause()).closeReason();
        }
    }

    private static List<Integer> codes(FakeLeg leg) {
        return leg.closes().stream().map(CloseReason::code).toList();
    }

    /** Plaintext tokens that never expire, so that the clock affects only the timeout. */
    private static final class PlainCodec implements TokenCodec {
        @Override
        public BridgeToken encode(TokenClaims claims) {
            return new BridgeToken(claims.bridgeId().toString());
        }

        @Override
        public TokenClaims decode(BridgeToken token) {
            return new TokenClaims(BridgeId.parse(token.value()), TestCluster.A, Instant.MAX);
        }
    }

    /** Counts the events of one round. */
    private static final class Watcher implements BridgeListener {
        private final AtomicInteger requested = new AtomicInteger();
        private final AtomicInteger established = new AtomicInteger();
        private final AtomicInteger closed = new AtomicInteger();
        private volatile CloseReason reason;

        void reset() {
            List.of(requested, established, closed).forEach(count -> count.set(0));
        }

        @Override
        public void onRequested(Bridge bridge, String principal) {
            requested.incrementAndGet();
        }

        @Override
        public void onEstablished(Bridge bridge, Hop hop) {
            established.incrementAndGet();
        }

        @Override
        public void onClosed(Bridge bridge, CloseReason why) {
            reason = why;
            closed.incrementAndGet();
        }
    }
}
