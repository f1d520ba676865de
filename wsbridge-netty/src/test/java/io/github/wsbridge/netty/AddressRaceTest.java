package io.github.wsbridge.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.wsbridge.HandshakeException;
import io.github.wsbridge.spi.Connector;
import io.github.wsbridge.spi.Leg;
import io.github.wsbridge.testkit.TestWebSocketServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A server with several addresses, of which some do not work. */
@Timeout(60)
class AddressRaceTest {

    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private TestWebSocketServer good;
    private final List<InetSocketAddress> addresses = new ArrayList<>();
    private final List<AutoCloseable> toClose = new ArrayList<>();
    private final NettyConnector connector =
            NettyConnector.builder().lookup(server -> addresses).build();

    @BeforeEach
    void start() throws IOException {
        good = new TestWebSocketServer();
    }

    @AfterEach
    void stop() throws Exception {
        connector.close();
        good.close();
        for (AutoCloseable each : toClose) {
            each.close();
        }
    }

    private InetSocketAddress goodAddress() {
        return new InetSocketAddress("127.0.0.1", good.uri().getPort());
    }

    private ServerSocket listener() throws IOException {
        ServerSocket listener = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"));
        toClose.add(listener);
        return listener;
    }

    /** An address that drops every SYN, because its queue is full. */
    private InetSocketAddress dead() throws IOException {
        InetSocketAddress address = (InetSocketAddress) listener().getLocalSocketAddress();
        for (int i = 0; i < 10; i++) {
            Socket socket = new Socket();
            toClose.add(socket);
            try {
                socket.connect(address, 200);
            } catch (SocketTimeoutException e) {
                return address;
            }
        }
        throw new AssertionError("the queue does not fill");
    }

    private CompletableFuture<Leg> connect() {
        return connector
                .connect(new Connector.Target(URI.create("ws://several.test/x"), Map.of(), "", PATIENCE))
                .toCompletableFuture();
    }

    private Duration timeToConnect() throws Exception {
        long started = System.nanoTime();
        Leg leg = connect().get(20, TimeUnit.SECONDS);
        Duration took = Duration.ofNanos(System.nanoTime() - started);
        assertThat(good.takeHandshake(PATIENCE).path()).isEqualTo("/x");
        leg.abort();
        return took;
    }

    @Test
    void firstAddressIsDead_costsAQuarterOfASecond() throws Exception {
        addresses.addAll(List.of(dead(), goodAddress()));
        assertThat(timeToConnect()).isBetween(Duration.ofMillis(240), Duration.ofSeconds(3));
    }

    @Test
    void firstAddressRefuses_nextIsTriedAtOnce() throws Exception {
        addresses.addAll(List.of(new InetSocketAddress("127.0.0.1", 1), goodAddress()));
        assertThat(timeToConnect()).isLessThan(Duration.ofMillis(2_000));
    }

    @Test
    void firstAddressFailsInTheHandshake_nextIsTried() throws Exception {
        try (TestWebSocketServer broken = new TestWebSocketServer()) {
            broken.answerRaw("not HTTP\r\n\r\n");
            addresses.addAll(
                    List.of(new InetSocketAddress("127.0.0.1", broken.uri().getPort()), goodAddress()));
            timeToConnect();
            broken.refuse(503);
            timeToConnect();
        }
    }

    @Test
    void firstAddressRefusesTheClient_isFinal() throws Exception {
        try (TestWebSocketServer strict = new TestWebSocketServer()) {
            strict.refuse(403);
            addresses.addAll(
                    List.of(new InetSocketAddress("127.0.0.1", strict.uri().getPort()), goodAddress()));
            assertThatThrownBy(() -> connect().get(20, TimeUnit.SECONDS))
                    .cause()
                    .isInstanceOfSatisfying(
                            HandshakeException.class,
                            e -> assertThat(e.status()).isEqualTo(403));
        }
    }

    @Test
    void noAddressWorks_failsWithTheFirstFailure() {
        addresses.addAll(List.of(new InetSocketAddress("127.0.0.1", 1), new InetSocketAddress("127.0.0.1", 2)));
        assertThatThrownBy(() -> connect().get(20, TimeUnit.SECONDS))
                .cause()
                .isInstanceOf(IOException.class)
                .hasMessageContaining("127.0.0.1:1");
    }

    @Test
    void oneAddressRefuses_anotherAnswers_failsWithTheAnswer() throws Exception {
        try (TestWebSocketServer full = new TestWebSocketServer()) {
            full.refuse(503);
            addresses.addAll(List.of(
                    new InetSocketAddress("127.0.0.1", 1),
                    new InetSocketAddress("127.0.0.1", full.uri().getPort()),
                    new InetSocketAddress("127.0.0.1", 2)));
            assertThatThrownBy(() -> connect().get(20, TimeUnit.SECONDS))
                    .cause()
                    .isInstanceOfSatisfying(
                            HandshakeException.class,
                            e -> assertThat(e.status()).isEqualTo(503));
        }
    }

    @Test
    void cancelled_closesEverything() throws Exception {
        ServerSocket silent = listener();
        addresses.addAll(List.of((InetSocketAddress) silent.getLocalSocketAddress(), goodAddress()));
        CompletableFuture<Leg> leg = connect();
        try (Socket accepted = silent.accept()) {
            leg.cancel(true);
            accepted.setSoTimeout(20_000);
            assertThat(accepted.getInputStream().readAllBytes()).isNotNull();
        }
    }

    @Test
    void families_takeTurns() throws Exception {
        InetSocketAddress six1 = new InetSocketAddress(InetAddress.getByName("fd00::1"), 1);
        InetSocketAddress six2 = new InetSocketAddress(InetAddress.getByName("fd00::2"), 1);
        InetSocketAddress four1 = new InetSocketAddress(InetAddress.getByName("10.0.0.1"), 1);
        InetSocketAddress four2 = new InetSocketAddress(InetAddress.getByName("10.0.0.2"), 1);
        assertThat(AddressRace.alternating(List.of(six1, six2, four1, four2)))
                .containsExactly(six1, four1, six2, four2);
        assertThat(AddressRace.alternating(List.of(four1, four2, six1))).containsExactly(four1, six1, four2);
    }
}
