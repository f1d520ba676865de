package io.github.wsbridge.testkit;

import static java.util.concurrent.TimeUnit.MILLISECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.wsbridge.BridgeToken;
import io.github.wsbridge.Hop;
import io.github.wsbridge.NodeAddress;
import io.github.wsbridge.Rejection;
import io.github.wsbridge.spi.Fragment;
import io.github.wsbridge.spi.Leg;
import io.github.wsbridge.spi.NodeRouter;
import io.github.wsbridge.spi.NodeRouter.Forward;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The contract of {@link NodeRouter}. A router's test provides owners that report what they received. */
public abstract class NodeRouterContract {

    private final List<AutoCloseable> owners = new ArrayList<>();
    private @Nullable NodeRouter router;

    /** Creates the suite. */
    protected NodeRouterContract() {}

    /** Creates the router under test, with a deadline of {@link #deadline}. The suite closes it. */
    protected abstract NodeRouter newRouter() throws Exception;

    /** Starts a node that admits every forwarded accept. The suite closes it. */
    protected abstract Owner startOwner() throws Exception;

    /** Returns the address of an unreachable node. */
    protected abstract NodeAddress unreachable() throws Exception;

    /**
     * Returns the address of a node that accepts connections and never answers. If this is null, the default, its test
     * is skipped.
     */
    protected @Nullable NodeAddress silent() throws Exception {
        return null;
    }

    /** Returns the router's deadline; five seconds. */
    protected Duration deadline() {
        return Duration.ofSeconds(5);
    }

    /** Returns the time limit for expected events on a slow, busy machine; 20 seconds by default. */
    protected Duration patience() {
        return Duration.ofSeconds(20);
    }

    /** A node as seen by a router. */
    public interface Owner extends AutoCloseable {

        /** Returns its address. */
        NodeAddress address();

        /** Waits for the next accept that it receives. */
        Dialled takeDialled(Duration patience) throws Exception;
    }

    /**
     * An accept that an owner received.
     *
     * @param token the token
     * @param subprotocol the subprotocol offered; empty for none
     * @param hop how the accept reached the owner
     * @param rejection the device's rejection; null if it accepts
     * @param leg the owner's end, without a receiver; null if the accept is a rejection
     */
    public record Dialled(
            BridgeToken token,
            String subprotocol,
            Hop hop,
            @Nullable Rejection rejection,
            @Nullable Leg leg) {}

    @BeforeEach
    void start() throws Exception {
        router = newRouter();
    }

    @AfterEach
    void stop() throws Exception {
        router().close();
        for (AutoCloseable owner : owners) {
            owner.close();
        }
    }

    @Test
    void dial_owner_seesTheTokenAsForwarded() throws Exception {
        Owner owner = owner();
        BridgeToken token = new BridgeToken("Az09-_".repeat(30));
        leg(router().dial(owner.address(), new Forward(token, "", null)));
        Dialled seen = owner.takeDialled(patience());
        assertThat(seen.token()).isEqualTo(token);
        assertThat(seen.hop()).isEqualTo(Hop.FORWARDED);
        assertThat(seen.rejection()).isNull();
        assertThat(seen.subprotocol()).isEmpty();
    }

    @Test
    void dial_subprotocol_isAgreedOn() throws Exception {
        Owner owner = owner();
        Leg leg = leg(router().dial(owner.address(), new Forward(new BridgeToken("t"), "wsbridge.v1", null)));
        assertThat(owner.takeDialled(patience()).subprotocol()).isEqualTo("wsbridge.v1");
        assertThat(leg.subprotocol()).isEqualTo("wsbridge.v1");
    }

    @Test
    void dial_rejection_isPassedOn() throws Exception {
        Owner owner = owner();
        for (Rejection rejected :
                List.of(new Rejection(0, ""), new Rejection(9999, "nö & so=fort? 100% 日本 \uD83D\uDE80 +"))) {
            router().dial(owner.address(), new Forward(new BridgeToken("t"), "", rejected));
            Dialled seen = owner.takeDialled(patience());
            assertThat(seen.rejection()).isEqualTo(rejected);
            assertThat(seen.hop()).isEqualTo(Hop.FORWARDED);
        }
    }

    @Test
    void dial_leg_carriesDataBothWays() throws Exception {
        Owner owner = owner();
        Leg leg = leg(router().dial(owner.address(), new Forward(new BridgeToken("t"), "", null)));
        Leg other = owner.takeDialled(patience()).leg();
        if (other == null) {
            throw new AssertionError("the owner has no leg");
        }
        RecordingReceiver near = new RecordingReceiver(leg).open();
        RecordingReceiver far = new RecordingReceiver(other).open();
        near.demand();
        far.demand();
        near.leg().send(Fragment.text("to the owner"));
        far.leg().send(Fragment.text("from the owner"));
        assertThat(far.awaitMessages(1, patience())).containsExactly(Fragment.text("to the owner"));
        assertThat(near.awaitMessages(1, patience())).containsExactly(Fragment.text("from the owner"));
        near.leg().abort();
        far.leg().abort();
    }

    @Test
    void dial_oneOfSeveral_reachesThatOne() throws Exception {
        List<Owner> some = List.of(owner(), owner(), owner());
        List<CompletableFuture<Leg>> legs = new ArrayList<>();
        for (int i = 0; i < 30; i++) {
            Forward forward = new Forward(new BridgeToken("owner" + i % 3 + "-number" + i), "", null);
            legs.add(router().dial(some.get(i % 3).address(), forward).toCompletableFuture());
        }
        for (CompletableFuture<Leg> leg : legs) {
            leg(leg);
        }
        for (int i = 0; i < 3; i++) {
            String prefix = "owner" + i + "-";
            Set<String> tokens = new HashSet<>();
            for (int j = 0; j < 10; j++) {
                tokens.add(some.get(i).takeDialled(patience()).token().value());
            }
            assertThat(tokens).hasSize(10).allSatisfy(token -> assertThat(token).startsWith(prefix));
        }
    }

    @Test
    void dial_unreachableOwner_failsWithinTheDeadline() throws Exception {
        failsWithinTheDeadline(unreachable());
    }

    @Test
    void dial_silentOwner_failsWithinTheDeadline() throws Exception {
        NodeAddress silent = silent();
        assumeTrue(silent != null, "no silent node is available");
        failsWithinTheDeadline(Objects.requireNonNull(silent));
    }

    private void failsWithinTheDeadline(NodeAddress owner) {
        CompletableFuture<Leg> leg = router().dial(owner, new Forward(new BridgeToken("secretToken0123"), "", null))
                .toCompletableFuture();
        assertThatThrownBy(() -> leg.get(deadline().toMillis() + 5000, MILLISECONDS))
                .isInstanceOf(ExecutionException.class)
                .satisfies(e -> assertThat(e.toString()).doesNotContain("secretToken0123"));
    }

    private NodeRouter router() {
        NodeRouter started = router;
        if (started == null) {
            throw new IllegalStateException("not started");
        }
        return started;
    }

    private Owner owner() throws Exception {
        Owner owner = startOwner();
        owners.add(owner);
        return owner;
    }

    private Leg leg(CompletionStage<Leg> stage) throws Exception {
        return stage.toCompletableFuture().get(patience().toMillis(), MILLISECONDS);
    }
}
