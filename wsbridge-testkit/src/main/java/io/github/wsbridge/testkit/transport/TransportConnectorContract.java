package io.github.wsbridge.testkit.transport;

import static io.github.wsbridge.testkit.RecordingReceiver.PATIENCE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.awaitility.Awaitility.await;

import io.github.wsbridge.CloseReason;
import io.github.wsbridge.HandshakeException;
import io.github.wsbridge.spi.BridgeServer;
import io.github.wsbridge.spi.ClientCertificates;
import io.github.wsbridge.spi.Connector;
import io.github.wsbridge.spi.Fragment;
import io.github.wsbridge.spi.Leg;
import io.github.wsbridge.testkit.RawWebSocket;
import io.github.wsbridge.testkit.RecordingReceiver;
import io.github.wsbridge.testkit.SocketConnectorContract;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The contract of a connector with its own threads, in addition to {@link SocketConnectorContract}, tested with a
 * server of the same transport: it exerts backpressure on the server, supports TLS and verifies the server's name,
 * supports HTTP proxies, and shares a few threads among all connections, which it stops when it is closed.
 */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
public abstract class TransportConnectorContract {

    /** The door of the peer. */
    protected final FakeDoor door = new FakeDoor();

    private final List<RecordingReceiver> ends = new CopyOnWriteArrayList<>();
    private @Nullable BridgeServer server;
    private @Nullable Connector connector;
    private @Nullable ServerSocket listening;

    /** Creates the suite. */
    protected TransportConnectorContract() {}

    /**
     * Creates a server that is bound to a free port of the loopback address but not serving yet. The suite closes it.
     *
     * @param tls the TLS context; null for plain text
     * @param clients whether clients are asked for certificates, on which the context decides
     */
    protected abstract BridgeServer bind(@Nullable SSLContext tls, ClientCertificates clients) throws Exception;

    /**
     * Creates the connector under test. The suite closes it.
     *
     * @param tls the TLS context for {@code wss} URLs; null for the connector's default
     * @param proxy the HTTP proxy to use; null for none
     */
    protected abstract Connector connector(@Nullable SSLContext tls, @Nullable InetSocketAddress proxy)
            throws Exception;

    /**
     * Creates a connector that presents a certificate and trusts only its authority. The suite closes it. By default,
     * these are in its TLS context; a connector that also takes them in another way has them that way here.
     */
    protected Connector presenting(TestAuthority.Issued own) throws Exception {
        return connector(own.context(), null);
    }

    /** Returns a prefix that only the names of the connector's threads have. */
    protected abstract String threadNames();

    @BeforeEach
    final void up() throws Exception {
        server = start(null);
        connector = connector(null, null);
        listening = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    }

    @AfterEach
    final void down() throws Exception {
        connector().close();
        server().close();
        listening().close();
        assertThat(door.violations()).as("rules of legs broken").isEmpty();
        assertThat(ends).allSatisfy(end -> assertThat(end.violations()).isEmpty());
    }

    private BridgeServer start(@Nullable SSLContext tls) throws Exception {
        return start(tls, ClientCertificates.NOT_ASKED);
    }

    private BridgeServer start(@Nullable SSLContext tls, ClientCertificates clients) throws Exception {
        BridgeServer bound = bind(tls, clients);
        bound.serve(door);
        return bound;
    }

    /** Returns the connector under test, with default TLS and without a proxy. */
    protected final Connector connector() {
        return Objects.requireNonNull(connector, "not started");
    }

    /** Returns a server of the same transport, with {@link #door}. */
    protected final BridgeServer server() {
        return Objects.requireNonNull(server, "not started");
    }

    /** Returns a listening socket, for a test that acts as the server or a proxy. */
    protected final ServerSocket listening() {
        return Objects.requireNonNull(listening, "not started");
    }

    /** Returns a target with a path of {@link #server}. */
    protected final Connector.Target target(String path) {
        return target(URI.create("ws://localhost:" + server().address().getPort() + path));
    }

    /** Returns a target with default settings. */
    protected static Connector.Target target(URI uri) {
        return new Connector.Target(uri, Map.of(), "", Duration.ofSeconds(10));
    }

    /** Connects, and opens the leg. */
    protected final RecordingReceiver connect(Connector.Target target) throws Exception {
        return connect(connector(), target);
    }

    private RecordingReceiver connect(Connector by, Connector.Target target) throws Exception {
        Leg leg = by.connect(target).toCompletableFuture().get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        RecordingReceiver end = new RecordingReceiver(leg);
        ends.add(end);
        return end.open();
    }

    /** Returns why an attempt to connect fails. */
    protected static Throwable failure(CompletionStage<Leg> leg) {
        Throwable failure = catchThrowable(() -> leg.toCompletableFuture().get(PATIENCE.toSeconds(), TimeUnit.SECONDS));
        assertThat(failure).isInstanceOf(ExecutionException.class);
        return Objects.requireNonNull(failure.getCause());
    }

    @Test
    void noDemand_stopsOnlyThisServer() throws Exception {
        RecordingReceiver slow = connect(target("/slow"));
        RecordingReceiver node = door.takeEnd();
        AtomicLong sent = new AtomicLong();
        sendOn(node.leg(), sent);
        await().until(() -> Backpressure.stalled(sent));
        assertThat(sent.get()).isLessThan(16L << 20);

        RecordingReceiver quick = connect(target("/quick"));
        RecordingReceiver other = door.takeEnd();
        other.send(Fragment.text("quick"));
        assertThat(quick.nextText()).isEqualTo("quick");

        for (int i = 0; i < 300; i++) {
            slow.next();
        }
        slow.leg().abort();
        assertThat(slow.awaitClosed().code()).isEqualTo(CloseReason.VANISHED);
        assertThat(node.awaitClosed().code()).isEqualTo(CloseReason.VANISHED);
    }

    private static void sendOn(Leg leg, AtomicLong sent) {
        leg.send(Fragment.binary(ByteBuffer.allocate(16_000))).thenRun(() -> {
            sent.addAndGet(16_000);
            CompletableFuture.runAsync(() -> sendOn(leg, sent));
        });
    }

    @Test
    void tls_checksTheServersName() throws Exception {
        TestKeys keys = TestKeys.shared();
        try (BridgeServer secure = start(keys.context());
                Connector trusting = connector(keys.context(), null)) {
            String rest = ":" + secure.address().getPort() + "/bridge/connect";
            RecordingReceiver client = connect(trusting, target(URI.create("wss://localhost" + rest)));
            RecordingReceiver node = door.takeEnd();
            CompletableFuture<Void> sent = client.leg()
                    .send(Fragment.binary(ByteBuffer.allocate(3_000_000)))
                    .toCompletableFuture();
            int total = 0;
            while (total < 3_000_000) {
                total += node.next().payload().remaining();
            }
            sent.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
            node.leg().close(new CloseReason(4000, "bye"));
            assertThat(client.awaitClosed()).isEqualTo(new CloseReason(4000, "bye"));

            assertThat(failure(trusting.connect(target(URI.create("wss://127.0.0.1" + rest)))))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("is for another host");
            assertThat(failure(connector().connect(target(URI.create("wss://localhost" + rest)))))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("is not trusted")
                    .hasMessageContaining("--tls-ca");
        }
    }

    @Test
    void tls_serverThatAsks_getsTheCertificate() throws Exception {
        TestAuthority authority = TestAuthority.shared("first");
        TestAuthority.Issued server = authority.issue("CN=localhost", "dns:localhost");
        TestAuthority.Issued device = authority.issue("CN=device-1");
        try (BridgeServer secure = start(server.context(), ClientCertificates.REQUIRED);
                Connector inContext = connector(device.context(), null);
                Connector ownWay = presenting(device)) {
            URI uri = URI.create("wss://localhost:" + secure.address().getPort() + "/");
            for (Connector presenting : List.of(inContext, ownWay)) {
                connect(presenting, target(uri));
                assertThat(door.takeHandshake().peer().certificates().get(0)).isEqualTo(device.certificate());
                door.takeEnd().leg().abort();
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256", "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA"})
    void tls_serverWithOldSuitesOnly_isRefused(String suite) throws Exception {
        TestAuthority.Issued own = TestAuthority.shared("first").issue("CN=localhost", "dns:localhost");
        try (SSLServerSocket old = (SSLServerSocket) own.context()
                        .getServerSocketFactory()
                        .createServerSocket(0, 1, InetAddress.getLoopbackAddress());
                Connector inContext = connector(own.context(), null);
                Connector ownWay = presenting(own)) {
            old.setEnabledProtocols(new String[] {"TLSv1.2"});
            old.setEnabledCipherSuites(new String[] {suite});
            for (Connector modern : List.of(inContext, ownWay)) {
                CompletionStage<Leg> leg =
                        modern.connect(target(URI.create("wss://localhost:" + old.getLocalPort() + "/")));
                try (SSLSocket socket = (SSLSocket) old.accept()) {
                    assertThatThrownBy(socket::startHandshake).isInstanceOf(IOException.class);
                }
                assertThat(failure(leg)).isInstanceOf(IOException.class);
            }
        }
    }

    @Test
    void tls_onAPortWithout_failsAtOnceAndSaysSo() {
        long started = System.nanoTime();
        URI wrong = URI.create("wss://localhost:" + server().address().getPort() + "/");
        assertThat(failure(connector().connect(target(wrong))))
                .isInstanceOf(IOException.class)
                .hasMessage("localhost:" + wrong.getPort() + " does not speak TLS: use ws:// instead of wss://");
        assertThat(Duration.ofNanos(System.nanoTime() - started)).isLessThan(Duration.ofSeconds(5));
    }

    @Test
    void plain_onAPortWithTls_failsAndSaysSo() throws Exception {
        try (BridgeServer secure = start(TestKeys.shared().context())) {
            URI wrong = URI.create("ws://localhost:" + secure.address().getPort() + "/");
            assertThat(failure(connector().connect(target(wrong))))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("if localhost:" + wrong.getPort() + " expects TLS, use wss://");
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void proxy_isUsedByConnect(boolean secure) throws Exception {
        TestKeys keys = TestKeys.shared();
        SSLContext tls = secure ? keys.context() : null;
        try (BridgeServer behind = start(tls);
                Connector proxied = connector(
                        tls,
                        InetSocketAddress.createUnresolved(
                                "localhost", listening().getLocalPort()))) {
            CompletableFuture<String> asked = CompletableFuture.supplyAsync(this::proxyOnce);
            String uri =
                    (secure ? "wss" : "ws") + "://localhost:" + behind.address().getPort() + "/bridge/connect";
            RecordingReceiver client = connect(proxied, target(URI.create(uri)));
            assertThat(asked.get())
                    .startsWith("CONNECT localhost:" + behind.address().getPort() + " HTTP/1.1\r\n");
            RecordingReceiver node = door.takeEnd();
            client.send(Fragment.text("through"));
            assertThat(node.nextText()).isEqualTo("through");
        }
    }

    @Test
    void proxyThatRefuses_fails() throws Exception {
        try (Connector proxied =
                connector(null, new InetSocketAddress("localhost", listening().getLocalPort()))) {
            CompletionStage<Leg> leg = proxied.connect(target("/"));
            try (RawWebSocket raw = RawWebSocket.server(listening().accept())) {
                raw.readHead();
                raw.writeRaw("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n");
                long started = System.nanoTime();
                assertThat(failure(leg)).isInstanceOf(IOException.class).isNotInstanceOf(HandshakeException.class);
                assertThat(Duration.ofNanos(System.nanoTime() - started)).isLessThan(Duration.ofSeconds(8));
            }
        }
    }

    /** Acts as a proxy for one connection, and returns the head of its request. */
    private String proxyOnce() {
        try {
            Socket client = listening().accept();
            RawWebSocket raw = RawWebSocket.server(client);
            String head = raw.readHead();
            int port = Integer.parseInt(head.replaceAll("(?s)CONNECT [^:]*:(\\d+) .*", "$1"));
            Socket onward = new Socket("localhost", port);
            raw.writeRaw("HTTP/1.1 200 Connection established\r\n\r\n");
            relay(raw.inputStream(), onward);
            relay(onward.getInputStream(), client);
            return head;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void relay(InputStream from, Socket to) {
        Thread thread = new Thread(() -> {
            try {
                from.transferTo(to.getOutputStream());
                to.close();
            } catch (IOException e) {
                // the test is over
            }
        });
        thread.setDaemon(true);
        thread.start();
    }

    @Test
    void close_endsLegsAndThreads() throws Exception {
        RecordingReceiver client = connect(target("/"));
        RecordingReceiver node = door.takeEnd();
        connector().close();
        assertThat(client.awaitClosed().code()).isEqualTo(CloseReason.VANISHED);
        assertThat(node.awaitClosed().code()).isEqualTo(CloseReason.VANISHED);
        await().until(() -> Thread.getAllStackTraces().keySet().stream()
                .noneMatch(thread -> thread.getName().startsWith(threadNames())));
        assertThat(failure(connector().connect(target("/")))).isInstanceOf(IOException.class);
    }

    @Test
    void manyConnections_shareThreads() throws Exception {
        for (int i = 0; i < 50; i++) {
            connect(target("/" + i));
        }
        assertThat(Thread.getAllStackTraces().keySet().stream()
                        .filter(thread -> thread.getName().startsWith(threadNames()))
                        .count())
                .isLessThan(20);
    }
}
