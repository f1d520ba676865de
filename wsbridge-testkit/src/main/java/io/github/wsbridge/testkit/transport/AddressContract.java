package io.github.wsbridge.testkit.transport;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.wsbridge.HandshakeException;
import io.github.wsbridge.spi.Connector;
import io.github.wsbridge.spi.Leg;
import io.github.wsbridge.testkit.SeenHandshake;
import io.github.wsbridge.testkit.TestWebSocketServer;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
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
import java.util.function.Supplier;
import javax.net.ssl.ExtendedSSLSession;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * The contract of a connector to a server with several addresses, of which some do not work (RFC 8305). The addresses
 * differ in their ports; the URL has the first one's.
 */
@Timeout(60)
public abstract class AddressContract {

    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final List<InetSocketAddress> addresses = new ArrayList<>();
    private final List<AutoCloseable> toClose = new ArrayList<>();
    private @Nullable Connector made;

    /** Creates the suite. */
    protected AddressContract() {}

    /**
     * Creates the connector under test. The suite closes it.
     *
     * @param tls its TLS context; null for the default
     * @param addresses the result of every name lookup
     */
    protected abstract Connector connector(@Nullable SSLContext tls, Supplier<List<InetSocketAddress>> addresses)
            throws Exception;

    /** Returns whether a cancelled attempt drops its connection at once, and not only after its time limit. */
    protected boolean dropsAtOnce() {
        return true;
    }

    @AfterEach
    final void stop() throws Exception {
        for (AutoCloseable each : toClose) {
            each.close();
        }
    }

    private <T extends AutoCloseable> T closing(T opened) {
        toClose.add(0, opened);
        return opened;
    }

    private Connector connector() throws Exception {
        Connector connector = made;
        if (connector == null) {
            connector = closing(connector(null, () -> List.copyOf(addresses)));
            made = connector;
        }
        return connector;
    }

    private TestWebSocketServer server() throws IOException {
        TestWebSocketServer server = closing(new TestWebSocketServer());
        addresses.add(new InetSocketAddress("127.0.0.1", server.uri().getPort()));
        return server;
    }

    private ServerSocket listener() throws IOException {
        return closing(new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1")));
    }

    /** Adds an address that drops every SYN, because its queue is full. */
    private void dead() throws IOException {
        InetSocketAddress address = (InetSocketAddress) listener().getLocalSocketAddress();
        for (int i = 0; i < 10; i++) {
            Socket socket = closing(new Socket());
            try {
                socket.connect(address, 200);
            } catch (SocketTimeoutException e) {
                addresses.add(address);
                return;
            }
        }
        throw new AssertionError("the queue does not fill");
    }

    /** Adds an address that refuses connections. */
    private void refusing(int port) {
        addresses.add(new InetSocketAddress("127.0.0.1", port));
    }

    private CompletableFuture<Leg> connect() throws Exception {
        return connect(connector(), "ws://localhost");
    }

    private CompletableFuture<Leg> connect(Connector connector, String server) {
        URI uri = URI.create(server + ":" + addresses.get(0).getPort() + "/x");
        return connector
                .connect(new Connector.Target(uri, Map.of(), "", PATIENCE))
                .toCompletableFuture();
    }

    private Duration timeToConnect(TestWebSocketServer good) throws Exception {
        long started = System.nanoTime();
        Leg leg = connect().get(20, TimeUnit.SECONDS);
        Duration took = Duration.ofNanos(System.nanoTime() - started);
        SeenHandshake seen = good.takeHandshake(PATIENCE);
        assertThat(seen.path()).isEqualTo("/x");
        assertThat(seen.headers().only("Host"))
                .isEqualTo("localhost:" + addresses.get(0).getPort());
        leg.abort();
        return took;
    }

    @Test
    void firstAddressIsDead_costsAQuarterOfASecond() throws Exception {
        dead();
        TestWebSocketServer good = server();
        assertThat(timeToConnect(good)).isBetween(Duration.ofMillis(240), Duration.ofSeconds(3));
    }

    @Test
    void firstAddressRefuses_nextIsTriedAtOnce() throws Exception {
        refusing(1);
        TestWebSocketServer good = server();
        assertThat(timeToConnect(good)).isLessThan(Duration.ofMillis(2_000));
    }

    @Test
    void allAddressesWork_firstOneIsUsed() throws Exception {
        TestWebSocketServer first = server();
        server();
        timeToConnect(first);
    }

    @Test
    void firstAddressFailsInTheHandshake_nextIsTried() throws Exception {
        TestWebSocketServer broken = server();
        TestWebSocketServer good = server();
        broken.answerRaw("not HTTP\r\n\r\n");
        timeToConnect(good);
        timeToConnect(good);
    }

    @Test
    void firstAddressIsStopping_nextIsTried() throws Exception {
        TestWebSocketServer stopping = server();
        TestWebSocketServer good = server();
        stopping.refuse(503);
        timeToConnect(good);
    }

    @Test
    void firstAddressRefusesTheClient_isFinal() throws Exception {
        server().refuse(403);
        server();
        assertThatThrownBy(() -> connect().get(20, TimeUnit.SECONDS))
                .cause()
                .isInstanceOfSatisfying(
                        HandshakeException.class, e -> assertThat(e.status()).isEqualTo(403));
    }

    @Test
    void noAddressWorks_failsWithTheFirstFailure() {
        refusing(1);
        refusing(2);
        assertThatThrownBy(() -> connect().get(20, TimeUnit.SECONDS))
                .cause()
                .isInstanceOf(IOException.class)
                .hasMessageContaining("127.0.0.1:1");
    }

    @Test
    void oneAddressRefuses_anotherAnswers_failsWithTheAnswer() throws Exception {
        refusing(1);
        server().refuse(503);
        refusing(2);
        assertThatThrownBy(() -> connect().get(20, TimeUnit.SECONDS))
                .cause()
                .isInstanceOfSatisfying(
                        HandshakeException.class, e -> assertThat(e.status()).isEqualTo(503));
    }

    @Test
    void cancelled_closesEverything() throws Exception {
        assumeTrue(dropsAtOnce(), "it would take long");
        ServerSocket silent = listener();
        addresses.add((InetSocketAddress) silent.getLocalSocketAddress());
        server();
        CompletableFuture<Leg> leg = connect();
        silent.setSoTimeout(20_000);
        while (true) {
            try (Socket accepted = silent.accept()) {
                accepted.setSoTimeout(20_000);
                if (accepted.getInputStream().read() < 0) {
                    continue; // it only tried whether there is an answer
                }
                leg.cancel(true);
                assertThat(accepted.getInputStream().readAllBytes()).isNotNull();
                return;
            }
        }
    }

    private static SSLContext tls() throws Exception {
        return TestAuthority.shared("addresses")
                .issue("CN=several", "dns:several.test")
                .context();
    }

    /** Adds an address with TLS, for {@code several.test}, and returns the name that a client asks for. */
    private CompletableFuture<String> secure() throws Exception {
        SSLServerSocket listener = (SSLServerSocket)
                closing(tls().getServerSocketFactory().createServerSocket(0, 5, InetAddress.getByName("127.0.0.1")));
        addresses.add((InetSocketAddress) listener.getLocalSocketAddress());
        CompletableFuture<String> name = new CompletableFuture<>();
        // A thread of its own: on two cores, the common pool may have one thread only, which clients need.
        Thread server = new Thread(() -> name.complete(serveSecurely(listener)), "address-contract");
        server.setDaemon(true);
        server.start();
        return name;
    }

    /** Refuses a client with 403 and returns the name that it asked for. */
    private static String serveSecurely(SSLServerSocket listener) {
        while (true) {
            try (SSLSocket client = (SSLSocket) listener.accept()) {
                client.setSoTimeout(20_000);
                BufferedReader request = new BufferedReader(new InputStreamReader(client.getInputStream(), US_ASCII));
                if (request.lines().noneMatch(String::isEmpty)) {
                    continue; // a client that only tried
                }
                client.getOutputStream().write("HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n".getBytes(US_ASCII));
                String asked = ((ExtendedSSLSession) client.getSession())
                        .getRequestedServerNames().stream()
                                .map(name -> ((SNIHostName) name).getAsciiName())
                                .findFirst()
                                .orElse("");
                awaitEnd(client);
                return asked;
            } catch (IOException | UncheckedIOException e) {
                if (listener.isClosed()) {
                    return "";
                }
                // otherwise a client that does not trust the server
            }
        }
    }

    private static void awaitEnd(Socket client) {
        try {
            client.getInputStream().readAllBytes();
        } catch (IOException e) {
            // It is the end as well.
        }
    }

    @Test
    void tlsToAnotherAddress_namesAndChecksTheHost() throws Exception {
        refusing(1);
        CompletableFuture<String> name = secure();
        Connector connector = closing(connector(tls(), () -> List.copyOf(addresses)));
        assertThatThrownBy(() -> connect(connector, "wss://other.test").get(20, TimeUnit.SECONDS))
                .cause()
                .isInstanceOf(IOException.class)
                .isNotInstanceOf(HandshakeException.class);
        assertThatThrownBy(() -> connect(connector, "wss://several.test").get(20, TimeUnit.SECONDS))
                .cause()
                .isInstanceOf(HandshakeException.class);
        assertThat(name.get(20, TimeUnit.SECONDS)).isEqualTo("several.test");
    }
}
