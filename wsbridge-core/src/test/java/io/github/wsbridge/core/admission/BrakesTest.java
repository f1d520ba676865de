package io.github.wsbridge.core.admission;

import static io.github.wsbridge.core.TestCluster.A;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.wsbridge.Endpoints;
import io.github.wsbridge.core.BridgeNode;
import io.github.wsbridge.core.TestCluster;
import io.github.wsbridge.core.limits.Limits;
import io.github.wsbridge.spi.AccessPolicy.Access;
import io.github.wsbridge.spi.Admission;
import io.github.wsbridge.spi.Handshake;
import io.github.wsbridge.spi.Peer;
import io.github.wsbridge.testkit.FakeLeg;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What one client may do to the others of a node: by its key, by its address, or without a valid key. */
class BrakesTest {

    private static final String ADDRESS = "192.0.2.1:5000";
    private static final String OTHER = "192.0.2.2:5000";

    private final TestCluster cluster = new TestCluster();
    private final Set<String> keys = new HashSet<>(Set.of("alice", "bob"));
    private final Limits.Builder limits = Limits.builder();
    private final List<String> proxies = new ArrayList<>();
    private @Nullable BridgeNode node;

    private CompletableFuture<Admission> ask(String path, String query, Map<String, String> fields, String address) {
        BridgeNode to = node;
        if (to == null) {
            to = cluster.node(
                    A,
                    builder -> builder.limits(limits.build())
                            .signaller(cluster.signaller)
                            .proxies(proxies)
                            .accessPolicy(request -> {
                                String key = request.headers().only(Endpoints.API_KEY_HEADER);
                                return CompletableFuture.completedFuture(
                                        keys.contains(key) ? new Access.Granted(key) : new Access.Denied(401));
                            }));
            node = to;
        }
        return to.admit(new Handshake(
                        path,
                        query,
                        true,
                        name -> fields.containsKey(name) ? List.of(fields.get(name)) : List.of(),
                        new Peer(address)))
                .toCompletableFuture();
    }

    private CompletableFuture<Admission> connect(String key, String address, String device) {
        return ask(Endpoints.CONNECT, "deviceId=" + device, Map.of(Endpoints.API_KEY_HEADER, key), address);
    }

    private CompletableFuture<Admission> listen(String key, String address, String device) {
        return ask(Endpoints.LISTEN, "deviceId=" + device, Map.of(Endpoints.API_KEY_HEADER, key), address);
    }

    /** Returns the status of a decision, after opening the leg if it is a grant. */
    private static int status(CompletableFuture<Admission> admission) {
        Admission decided = admission.getNow(null);
        if (decided instanceof Admission.Later later) {
            decided = (Admission) later.decision().toCompletableFuture().join();
        }
        if (decided instanceof Admission.Granted granted) {
            granted.opened().accept(new FakeLeg());
            return 101;
        }
        return decided instanceof Admission.Refused refused ? refused.status() : 0;
    }

    private int granted(int attempts, String key, String address) {
        int count = 0;
        for (int i = 0; i < attempts; i++) {
            count += status(connect(key, address, "d" + i)) == 101 ? 1 : 0;
        }
        return count;
    }

    @Test
    void bridges_ofOnePrincipal_leaveRoomForAnother() {
        limits.maxBridges(40);
        assertThat(granted(100, "alice", ADDRESS)).isEqualTo(20);
        Admission refusal = connect("alice", ADDRESS, "x").join();
        assertThat(refusal).isInstanceOfSatisfying(Admission.Refused.class, refused -> {
            assertThat(refused.status()).isEqualTo(429);
            assertThat(refused.retryAfter()).isPositive();
        });
        assertThat(granted(100, "bob", ADDRESS)).isEqualTo(10);
    }

    @Test
    void bridges_ofOneAddress_leaveRoomForAnother() {
        limits.maxBridges(40).principalShare(100).addressShare(50);
        assertThat(granted(100, "alice", ADDRESS)).isEqualTo(20);
        assertThat(granted(100, "bob", ADDRESS)).isZero();
        assertThat(granted(100, "alice", OTHER)).isEqualTo(10);
    }

    @Test
    void bridges_thatHaveEnded_areGivenBack() {
        limits.maxBridges(4).acceptTimeout(Duration.ofSeconds(30));
        assertThat(granted(9, "alice", ADDRESS)).isEqualTo(2);
        cluster.scheduler.advance(Duration.ofSeconds(31));
        assertThat(granted(9, "alice", ADDRESS)).isEqualTo(2);
    }

    @Test
    void pending_ofOnePrincipal_leaveRoomForAnother() {
        limits.maxPendingPerDevice(8);
        List<FakeLeg> legs = new ArrayList<>();
        for (String key : List.of("alice", "alice", "alice", "alice", "alice", "bob")) {
            Admission admission = ask(
                            Endpoints.CONNECT,
                            "deviceId=d&requestData=" + legs.size(),
                            Map.of(Endpoints.API_KEY_HEADER, key),
                            ADDRESS)
                    .join();
            FakeLeg leg = new FakeLeg();
            legs.add(leg);
            ((Admission.Granted) admission).opened().accept(leg);
        }
        assertThat(legs.get(3).closes()).isEmpty();
        assertThat(legs.get(4).closes())
                .singleElement()
                .satisfies(reason -> assertThat(reason.code()).isEqualTo(4429));
        assertThat(legs.get(5).closes()).isEmpty();
    }

    @Test
    void listeners_ofOneKey_leaveRoomForAnother() {
        limits.maxListeners(8);
        int listening = 0;
        for (int i = 0; i < 20; i++) {
            listening += status(listen("alice", ADDRESS, "a" + i)) == 101 ? 1 : 0;
        }
        assertThat(listening).isEqualTo(4);
        assertThat(status(listen("alice", ADDRESS, "x"))).isEqualTo(429);
        assertThat(status(listen("alice", ADDRESS, "a0"))).isEqualTo(101); // replaces its own
        assertThat(status(listen("bob", ADDRESS, "b"))).isEqualTo(101);
    }

    @Test
    void invalidKeys_areSlowedDownAndThenLockedOut() {
        for (int i = 0; i < 5; i++) {
            assertThat(status(connect("wrong", ADDRESS, "d"))).isEqualTo(401);
        }
        CompletableFuture<Admission> slow = connect("wrong", ADDRESS, "d");
        assertThat(status(slow)).isZero();
        cluster.scheduler.advance(Duration.ofMillis(99));
        assertThat(status(slow)).isZero();
        cluster.scheduler.advance(Duration.ofMillis(1));
        assertThat(status(slow)).isEqualTo(401);
        List<CompletableFuture<Admission>> flood = new ArrayList<>();
        for (int i = 0; i < 1_500; i++) {
            flood.add(connect("wrong" + i, ADDRESS, "d"));
        }
        assertThat(flood.stream().filter(answer -> !answer.isDone())).hasSizeLessThanOrEqualTo(1_000);
        cluster.scheduler.advance(Duration.ofSeconds(4));
        assertThat(flood).allMatch(CompletableFuture::isDone);
        assertThat(status(flood.get(1_499))).isEqualTo(429);
        assertThat(status(connect("wrong", OTHER, "d"))).isEqualTo(401);
    }

    @Test
    void validKey_fromALockedAddress_passesAtOnce() {
        for (int i = 0; i < 100; i++) {
            connect("wrong", ADDRESS, "d");
        }
        assertThat(status(connect("alice", ADDRESS, "d"))).isEqualTo(101);
        assertThat(status(listen("alice", ADDRESS, "d"))).isEqualTo(101);
    }

    @Test
    void garbageTokens_areRefusedBeforeTheUpgradeAfterSome() {
        int upgraded = 0;
        CompletableFuture<Admission> last = new CompletableFuture<>();
        for (int i = 0; i < 100; i++) {
            last = ask(Endpoints.ACCEPT, "bridgeToken=garbage" + i, Map.of(), ADDRESS);
            cluster.scheduler.advance(Duration.ofMillis(3_200));
            upgraded += status(last) == 101 ? 1 : 0;
        }
        assertThat(upgraded).isBetween(20, 40); // some are forgotten meanwhile
        assertThat(status(last)).isEqualTo(429);
    }

    @Test
    void invalidNodeCredentials_areLockedOutToo() {
        for (int i = 0; i < 20; i++) {
            ask(Endpoints.PEER, "", Map.of(Endpoints.NODE_HEADER, "wrong"), ADDRESS);
        }
        CompletableFuture<Admission> last = ask(Endpoints.PEER, "", Map.of(Endpoints.NODE_HEADER, "wrong"), ADDRESS);
        cluster.scheduler.advance(Duration.ofSeconds(4));
        assertThat(status(last)).isEqualTo(429);
    }

    @Test
    void handshakes_ofOneAddress_areLimitedPerSecond() {
        limits.addressRate(10);
        assertThat(granted(100, "alice", ADDRESS)).isEqualTo(10);
        assertThat(status(connect("alice", ADDRESS, "d"))).isEqualTo(429);
        assertThat(granted(100, "alice", OTHER)).isEqualTo(10);
        cluster.scheduler.advance(Duration.ofSeconds(1));
        assertThat(granted(100, "alice", ADDRESS)).isEqualTo(10);
    }

    @Test
    void proxies_areNotTakenForTheirClients() {
        limits.addressRate(1);
        proxies.add("10.0.0.0/8");
        for (int i = 0; i < 10; i++) {
            Map<String, String> fields =
                    Map.of(Endpoints.API_KEY_HEADER, "alice", "X-Forwarded-For", "198.51.100." + i);
            assertThat(status(ask(Endpoints.CONNECT, "deviceId=d", fields, "10.0.0.1:1")))
                    .isEqualTo(101);
            assertThat(status(ask(Endpoints.CONNECT, "deviceId=d", fields, "10.0.0.1:1")))
                    .isEqualTo(429);
        }
    }
}
