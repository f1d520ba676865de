package io.github.wsbridge.core.bridges;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.wsbridge.Bridge;
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
import io.github.wsbridge.spi.Admission;
import io.github.wsbridge.spi.BridgeListener;
import io.github.wsbridge.spi.Headers;
import io.github.wsbridge.spi.Peer;
import io.github.wsbridge.spi.SetupTracer;
import io.github.wsbridge.spi.TokenClaims;
import io.github.wsbridge.spi.TokenCodec;
import io.github.wsbridge.testkit.FakeLeg;
import io.github.wsbridge.testkit.FakeScheduler;
import io.github.wsbridge.testkit.FakeSignaller;
import io.github.wsbridge.testkit.Racers;
import io.github.wsbridge.wire.websocket.ServerUpgrade;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The device accepts or rejects while the waiting requester disconnects, the timeout expires, and the node stops. */
class WaitingRaceTest {

    private static final BridgeListener.Client BY = new BridgeListener.Client("", "192.0.2.1:1");

    private static final Requester SOMEBODY = new Requester("somebody", "", "");
    private static final int ROUNDS = 3_000;
    private static final Duration ACCEPT_TIMEOUT = Duration.ofSeconds(30);
    private static final Map<String, String> UPGRADE = Map.of(
            "Host", "h",
            "Upgrade", "websocket",
            "Connection", "Upgrade",
            "Sec-WebSocket-Version", "13",
            "Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==");
    private static final Headers FIELDS = name -> UPGRADE.containsKey(name) ? List.of(UPGRADE.get(name)) : List.of();

    private final FakeScheduler scheduler = new FakeScheduler();
    private final PendingBridges pending =
            new PendingBridges(1, FairShare::unlimited); // one count too many would refuse the next round
    private final BridgeSlots slots = new BridgeSlots(1, FairShare.unlimited()); // here too
    private final AtomicInteger established = new AtomicInteger();
    private final AtomicInteger closed = new AtomicInteger();
    private final BridgeListener events = new BridgeListener() {
        @Override
        public void onEstablished(Bridge bridge, Hop hop) {
            established.incrementAndGet();
        }

        @Override
        public void onClosed(Bridge bridge, CloseReason reason) {
            closed.incrementAndGet();
        }
    };
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
            events,
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
            events,
            SetupTracer.NONE);
    private final Racers racers = new Racers(2);
    private final Random random = new Random(1);
    private final int[] wins = new int[5];

    @AfterEach
    void stopRacers() {
        racers.stop();
    }

    @Test
    @Timeout(600)
    void waitingRequester_racingEnds_isAnsweredOnceOrAbandoned() throws Exception {
        for (int round = 0; round < ROUNDS; round++) {
            new Round().run();
        }
        for (int count : wins) {
            assertThat(count).isGreaterThan(ROUNDS / 100); // each outcome occurred
        }
    }

    /** One request over a transport that loses its connection. */
    private final class Round implements ServerUpgrade.Answer {
        private final ServerUpgrade connection =
                new ServerUpgrade("GET", "HTTP/1.1", "/bridge/connect", null, FIELDS, new Peer(""));
        private final FakeLeg requester = new FakeLeg();
        private final FakeLeg device = new FakeLeg();
        private final AtomicInteger grants = new AtomicInteger();
        private final List<Integer> refusals = Collections.synchronizedList(new ArrayList<>());
        private final AtomicInteger abandoned = new AtomicInteger();

        @Override
        public void grant(Admission.Granted granted) {
            grants.incrementAndGet();
            if (requester.ended() == null) {
                connection.open(granted, requester);
            } else {
                connection.lost();
            }
        }

        @Override
        public void refuse(Admission.Refused refused) {
            refusals.add(refused.status());
        }

        private void lose() {
            requester.end(CloseReason.vanished("lost"));
            connection.lost();
        }

        void run() {
            established.set(0);
            closed.set(0);
            WaitingRequester waiting = new WaitingRequester("", leg -> leg);
            Bridge bridge = requests.request(new BridgeRequest("device"), SOMEBODY, waiting);
            Admission.Later later = waiting.admission(ACCEPT_TIMEOUT.plusSeconds(5));
            connection.ask(handshake -> CompletableFuture.completedFuture(counted(later)), scheduler, this);
            BridgeToken token = new BridgeToken(bridge.id().toString());
            Runnable claim = () -> accepts.accept(token, null, BY, device, Hop.DIRECT, TraceContext.NONE);
            Runnable reject = () ->
                    accepts.accept(token, new Rejection(7, "no"), BY, new FakeLeg(), Hop.DIRECT, TraceContext.NONE);
            Runnable late = () -> scheduler.advance(ACCEPT_TIMEOUT);
            Runnable stop = () -> pending.endAll(BridgeSlots.DRAINING);
            List<Runnable> rivals = new ArrayList<>(List.of(this::lose, claim, reject, late, stop));
            if (random.nextBoolean()) {
                rivals = new ArrayList<>(List.of(this::lose, claim)); // the closest race
            }
            Collections.shuffle(rivals, random);
            racers.race(rivals.subList(0, 2 + random.nextInt(rivals.size() - 1)));
            check(bridge);
        }

        private Admission.Later counted(Admission.Later later) {
            return new Admission.Later(later.decision(), later.timeout(), () -> {
                abandoned.incrementAndGet();
                later.abandoned().run();
            });
        }

        private void check(Bridge bridge) {
            assertThat(grants.get() + refusals.size()).isLessThanOrEqualTo(1);
            assertThat(abandoned.get()).isLessThanOrEqualTo(1);
            boolean upgraded = requester.opened();
            if (upgraded) {
                wins[0]++;
                assertThat(grants).hasValue(1);
                assertThat(abandoned).hasValue(0);
                assertThat(established).hasValue(1);
                bridge.close(CloseReason.normal());
            } else if (refusals.isEmpty()) {
                wins[4]++;
                assertThat(abandoned).hasValue(1);
                assertThat(established).hasValue(0);
            } else {
                wins[List.of(403, 408, 503).indexOf(refusals.get(0)) + 1]++;
                assertThat(established).hasValue(0);
            }
            assertThat(closed).hasValue(1);
            assertThat(bridge.closed()).isCompleted();
            assertThat(pending.size()).isZero();
            assertThat(slots.held()).isZero();
            assertThat(scheduler.pending()).isZero();
            assertThat(device.opened()).isEqualTo(device.ended() != null);
            assertThat(requester.violations()).isEmpty();
            assertThat(device.violations()).isEmpty();
        }
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
}
