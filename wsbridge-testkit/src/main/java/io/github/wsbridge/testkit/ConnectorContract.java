package io.github.wsbridge.testkit;

import static java.util.concurrent.TimeUnit.MILLISECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.github.wsbridge.HandshakeException;
import io.github.wsbridge.spi.Connector;
import io.github.wsbridge.spi.Connector.Target;
import io.github.wsbridge.spi.Fragment;
import io.github.wsbridge.spi.Leg;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/**
 * The contract of {@link Connector}, independent of how it connects. Connectors over sockets run
 * {@link SocketConnectorContract}, which adds network failures.
 */
@Execution(ExecutionMode.CONCURRENT)
public abstract class ConnectorContract {

    private Connector connector = target -> CompletableFuture.failedFuture(new IOException("not set up"));
    private Peer peer = NoPeer.NONE;

    /** Creates the suite. */
    protected ConnectorContract() {}

    /** Creates the connector under test. The suite closes it. */
    protected abstract Connector newConnector() throws Exception;

    /** Starts what the connector connects to. The suite closes it. */
    protected abstract Peer startPeer() throws Exception;

    /** Returns an unreachable URL. */
    protected abstract URI unreachable() throws Exception;

    /** Returns the length of the longest query that can be sent, in characters. */
    protected int longestQuery() {
        return Integer.MAX_VALUE;
    }

    /** Returns the time limit for expected events on a slow, busy machine; 20 seconds by default. */
    protected Duration patience() {
        return Duration.ofSeconds(20);
    }

    /** A server as seen by a connector. */
    public interface Peer extends AutoCloseable {

        /** Returns its URL, without a path. */
        URI uri();

        /** Accepts handshakes from now on, with the subprotocol offered. This is the initial state. */
        void upgrade();

        /** Refuses handshakes from now on, with an HTTP status. */
        void refuse(int status);

        /** Leaves handshakes unanswered from now on. */
        void ignore();

        /** Waits for the next handshake, refused or not. */
        SeenHandshake takeHandshake(Duration patience) throws InterruptedException;

        /** Waits for the server's end of the next connection, a leg without a receiver. */
        Leg takeLeg(Duration patience) throws InterruptedException;

        @Override
        void close() throws IOException;
    }

    @BeforeEach
    void start() throws Exception {
        connector = newConnector();
        peer = startPeer();
    }

    @AfterEach
    void stop() throws Exception {
        connector.close();
        peer.close();
    }

    @Test
    void connect_leg_carriesDataBothWays() throws Exception {
        RecordingReceiver near = new RecordingReceiver(connect(target("/path", "", patience()))).open();
        RecordingReceiver far = new RecordingReceiver(peer.takeLeg(patience())).open();
        near.demand();
        far.demand();
        near.leg().send(Fragment.text("there"));
        far.leg().send(Fragment.text("and back"));
        assertThat(far.awaitMessages(1, patience())).containsExactly(Fragment.text("there"));
        assertThat(near.awaitMessages(1, patience())).containsExactly(Fragment.text("and back"));
        near.leg().abort();
    }

    @Test
    void connect_pathAndQuery_arriveAsInTheUrl() throws Exception {
        connect(target("/a/b%2Fc?x=%C3%A4%20%26&y=1+2&z=~%7e&empty=", "", patience()));
        SeenHandshake seen = peer.takeHandshake(patience());
        assertThat(seen.path()).isEqualTo("/a/b%2Fc");
        assertThat(seen.rawQuery()).isEqualTo("x=%C3%A4%20%26&y=1+2&z=~%7e&empty=");
    }

    @Test
    void connect_longQuery_arrivesWhole() throws Exception {
        String query = "bridgeToken=" + "t".repeat(1024) + "&requestData=" + "%20".repeat(1300);
        assumeThat(query.length()).isLessThanOrEqualTo(longestQuery());
        connect(target("/bridge/accept?" + query, "", patience()));
        assertThat(peer.takeHandshake(patience()).rawQuery()).isEqualTo(query);
    }

    @Test
    void connect_headers_arrive() throws Exception {
        URI uri = peer.uri().resolve("/path");
        connect(new Target(uri, Map.of("X-Api-Key", "k1:secret", "X-Other", "a, b"), "", patience()));
        SeenHandshake seen = peer.takeHandshake(patience());
        assertThat(seen.headers().all("x-api-key")).containsExactly("k1:secret");
        assertThat(seen.headers().all("X-Other")).containsExactly("a, b");
        assertThat(seen.headers().all("Origin")).as("for browsers only").isEmpty();
    }

    @Test
    void connect_withSubprotocol_agreesOnIt() throws Exception {
        assertThat(connect(target("/path", "wsbridge.v1", patience())).subprotocol())
                .isEqualTo("wsbridge.v1");
    }

    @Test
    void connect_withoutSubprotocol_offersNone() throws Exception {
        assertThat(connect(target("/path", "", patience())).subprotocol()).isEmpty();
        assertThat(peer.takeHandshake(patience()).headers().all("Sec-WebSocket-Protocol"))
                .isEmpty();
    }

    @Test
    void connect_refused_failsWithTheStatus() throws Exception {
        for (int status : List.of(400, 401, 403, 404, 409, 426, 429, 500, 503)) {
            peer.refuse(status);
            assertThatThrownBy(() -> connect(target("/path", "", patience())))
                    .isInstanceOfSatisfying(
                            HandshakeException.class,
                            e -> assertThat(e.status()).isEqualTo(status));
        }
        peer.upgrade();
        connect(target("/path", "", patience()));
    }

    @Test
    void connect_unreachable_failsInTime() throws Exception {
        URI uri = unreachable();
        assertThatThrownBy(() -> connect(new Target(uri, Map.of(), "", Duration.ofSeconds(5))))
                .isInstanceOf(IOException.class)
                .isNotInstanceOf(HandshakeException.class);
    }

    @Test
    void connect_unanswered_failsAfterTheTimeout() throws Exception {
        peer.ignore();
        Duration timeout = Duration.ofSeconds(3);
        long start = System.nanoTime();
        CompletableFuture<Leg> leg =
                connector.connect(target("/path", "", timeout)).toCompletableFuture();
        assertThat(leg.isDone() && System.nanoTime() - start >= timeout.toNanos())
                .as("blocked the caller")
                .isFalse();
        assertThatThrownBy(() -> get(leg)).isInstanceOf(IOException.class).isNotInstanceOf(HandshakeException.class);
        assertThat(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start))
                .isBetween(timeout.toMillis() - 200, timeout.toMillis() + 5000);
    }

    @Test
    void connect_openLeg_outlivesTheTimeout() throws Exception {
        Duration timeout = Duration.ofSeconds(3);
        RecordingReceiver near = new RecordingReceiver(connect(target("/path", "", timeout))).open();
        RecordingReceiver far = new RecordingReceiver(peer.takeLeg(patience())).open();
        LegFixture.staysAt(0, near);
        long start = System.nanoTime();
        Awaitility.await().atMost(patience()).until(() -> System.nanoTime() - start > timeout.toNanos() + 200_000_000);
        near.demand();
        far.leg().send(Fragment.text("later"));
        assertThat(near.awaitMessages(1, patience())).containsExactly(Fragment.text("later"));
        assertThat(near.closed()).isNull();
        near.leg().abort();
    }

    @Test
    void connect_manyAtOnce_eachGetsItsOwn() throws Exception {
        List<CompletableFuture<Leg>> legs = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            legs.add(connector.connect(target("/path?" + i, "", patience())).toCompletableFuture());
        }
        for (CompletableFuture<Leg> leg : legs) {
            new RecordingReceiver(get(leg)).open().leg().abort();
        }
        Set<String> queries = new HashSet<>();
        for (int i = 0; i < legs.size(); i++) {
            queries.add(String.valueOf(peer.takeHandshake(patience()).rawQuery()));
        }
        assertThat(queries).hasSize(legs.size());
    }

    @Test
    void close_endsOpenLegs() throws Exception {
        RecordingReceiver near = new RecordingReceiver(connect(target("/path", "", patience()))).open();
        RecordingReceiver far = new RecordingReceiver(peer.takeLeg(patience())).open();
        near.demand();
        far.demand();
        connector.close();
        near.awaitClosed(LegFixture.CLOSE_DEADLINE);
        far.awaitClosed(LegFixture.CLOSE_DEADLINE);
    }

    /** Returns a target at the peer. */
    protected final Target target(String pathAndQuery, String subprotocol, Duration timeout) {
        return new Target(URI.create(peer.uri() + pathAndQuery), Map.of(), subprotocol, timeout);
    }

    /** Connects, and waits for the leg. */
    protected final Leg connect(Target target) throws Exception {
        return get(connector.connect(target).toCompletableFuture());
    }

    private Leg get(CompletableFuture<Leg> leg) throws Exception {
        try {
            return leg.get(patience().toMillis(), MILLISECONDS);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof Exception cause ? cause : e;
        }
    }

    /** The peer before one is started. */
    private enum NoPeer implements Peer {
        NONE;

        @Override
        public URI uri() {
            throw new IllegalStateException();
        }

        @Override
        public void upgrade() {}

        @Override
        public void refuse(int status) {}

        @Override
        public void ignore() {}

        @Override
        public SeenHandshake takeHandshake(Duration patience) {
            throw new IllegalStateException();
        }

        @Override
        public Leg takeLeg(Duration patience) {
            throw new IllegalStateException();
        }

        @Override
        public void close() {}
    }
}
