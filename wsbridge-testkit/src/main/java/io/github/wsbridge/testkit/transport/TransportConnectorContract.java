package io.github.wsbridge.testkit.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.awaitility.Awaitility.await;

import io.github.wsbridge.CloseReason;
import io.github.wsbridge.HandshakeException;
import io.github.wsbridge.spi.Admission;
import io.github.wsbridge.spi.BridgeServer;
import io.github.wsbridge.spi.Connector;
import io.github.wsbridge.spi.Fragment;
import io.github.wsbridge.spi.Leg;
import io.github.wsbridge.testkit.RawWebSocket;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What every connector must do beside its contract, towards a server of its own transport and plain sockets. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
public abstract class TransportConnectorContract {

    protected final FakeDoor door = new FakeDoor();
    protected BridgeServer server;
    protected Connector connector;
    protected ServerSocket listening;

    /** A server on a free port of the loopback address, not yet serving; with TLS unless {@code tls} is null. */
    protected abstract BridgeServer bind(SSLContext tls) throws Exception;

    private BridgeServer start(SSLContext tls) throws Exception {
        BridgeServer server = bind(tls);
        server.serve(door);
        return server;
    }

    /** Makes a connector; TLS and the proxy may be null. */
    protected abstract Connector connector(SSLContext tls, InetSocketAddress proxy) throws Exception;

    /** What the names of the connector's threads begin with. */
    protected abstract String threadNames();

    @BeforeEach
    void up() throws Exception {
        server = start(null);
        connector = connector(null, null);
        listening = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    }

    @AfterEach
    void down() throws Exception {
        connector.close();
        server.close();
        listening.close();
    }

    protected Connector.Target target(String path) {
        return target("ws://localhost:" + server.address().getPort() + path, "", Map.of(), Duration.ofSeconds(10));
    }

    protected static Connector.Target target(
            String uri, String subprotocol, Map<String, String> headers, Duration timeout) {
        return new Connector.Target(URI.create(uri), headers, subprotocol, timeout);
    }

    protected Ear connect(Connector.Target target) throws Exception {
        return new Ear(connector.connect(target).toCompletableFuture().get(Ear.SECONDS, TimeUnit.SECONDS));
    }

    protected static Throwable failure(CompletableFuture<Leg> leg) {
        Throwable failure = catchThrowable(() -> leg.get(Ear.SECONDS, TimeUnit.SECONDS));
        assertThat(failure).isInstanceOf(ExecutionException.class);
        return failure.getCause();
    }

    /** A connection to a server that is a plain socket. */
    protected RawSocket rawServer(AtomicReference<Ear> ear) throws Exception {
        CompletableFuture<Leg> leg = connector
                .connect(target(
                        "ws://localhost:" + listening.getLocalPort() + "/x?y=z", "", Map.of(), Duration.ofSeconds(5)))
                .toCompletableFuture();
        RawSocket raw = new RawSocket(listening.accept());
        String head = raw.readHead();
        assertThat(head).startsWith("GET /x?y=z HTTP/1.1\r\n");
        raw.write(answer(head, ""));
        ear.set(new Ear(leg.get(Ear.SECONDS, TimeUnit.SECONDS)));
        return raw;
    }

    protected static String answer(String head, String further) {
        String key = head.replaceAll("(?s).*Sec-WebSocket-Key: ([^\r]*)\r\n.*", "$1");
        return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "
                + RawWebSocket.acceptFor(key) + "\r\n" + further + "\r\n";
    }

    @Test
    void connect_carriesDataBothWays() throws Exception {
        Ear client = connect(target("/bridge/connect?deviceId=d"));
        Ear node = door.ear();
        client.send(Fragment.text("hin"));
        node.send(Fragment.binary(ByteBuffer.wrap(new byte[] {1, 2})));
        assertThat(Ear.text(node.next())).isEqualTo("hin");
        assertThat(Ear.bytes(client.next())).containsExactly(1, 2);
        client.leg.ping();
        node.leg.ping();
        await().until(() -> client.pongs.get() == 1 && node.pongs.get() == 1);
        client.leg.close(new CloseReason(4321, "genug"));
        assertThat(node.closed()).isEqualTo(new CloseReason(4321, "genug"));
        assertThat(client.closed()).isEqualTo(new CloseReason(4321, "genug"));
    }

    @Test
    void connect_sendsHeadersQueryAndSubprotocol() throws Exception {
        door.answer = handshake -> door.granted("wsbridge.v1");
        Ear client = connect(target(
                "ws://localhost:" + server.address().getPort() + "/bridge/accept?bridgeToken=a-b&requestData=%C3%BC%26",
                "wsbridge.v1",
                Map.of("X-Api-Key", "k", "X-Bridge-Node", "n"),
                Duration.ofSeconds(5)));
        var handshake = door.handshakes.take();
        assertThat(handshake.rawQuery()).isEqualTo("bridgeToken=a-b&requestData=%C3%BC%26");
        assertThat(handshake.headers().only("X-Api-Key")).isEqualTo("k");
        assertThat(handshake.headers().only("X-Bridge-Node")).isEqualTo("n");
        assertThat(handshake.headers().only("Host"))
                .isEqualTo("localhost:" + server.address().getPort());
        assertThat(client.leg.subprotocol()).isEqualTo("wsbridge.v1");
    }

    @ParameterizedTest
    @ValueSource(ints = {302, 400, 401, 403, 404, 426, 429, 503})
    void refused_failsWithTheStatus(int status) {
        door.refuses(new Admission.Refused(status, "no", null));
        Throwable failure = failure(connector.connect(target("/bridge/connect")).toCompletableFuture());
        assertThat(failure).isInstanceOf(HandshakeException.class);
        assertThat(((HandshakeException) failure).status()).isEqualTo(status);
    }

    @Test
    void nobodyListens_fails() throws Exception {
        try (Socket nobody = new Socket()) {
            nobody.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
            int port = nobody.getLocalPort();
            assertThat(failure(connector
                            .connect(target("ws://localhost:" + port + "/", "", Map.of(), Duration.ofSeconds(5)))
                            .toCompletableFuture()))
                    .isInstanceOf(IOException.class)
                    .isNotInstanceOf(HandshakeException.class);
        }
    }

    @Test
    void garbledHeader_failsBeforeAnythingIsSent() {
        Connector.Target garbled = target(
                "ws://localhost:" + listening.getLocalPort() + "/",
                "",
                Map.of("X-Api-Key", "a\r\nX-Other: b"),
                Duration.ofSeconds(5));
        assertThat(failure(connector.connect(garbled).toCompletableFuture()))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("cannot be sent")
                .hasMessageNotContaining("X-Other");
    }

    @Test
    void unknownHost_fails() {
        assertThat(failure(connector
                        .connect(target("ws://no-such-host.invalid/", "", Map.of(), Duration.ofSeconds(5)))
                        .toCompletableFuture()))
                .isInstanceOf(IOException.class);
    }

    @Test
    void serverThatDoesNotAnswer_failsInTime_andIsDropped() throws Exception {
        CompletableFuture<Leg> leg = connector
                .connect(
                        target("ws://localhost:" + listening.getLocalPort() + "/", "", Map.of(), Duration.ofSeconds(3)))
                .toCompletableFuture();
        try (RawSocket raw = new RawSocket(listening.accept())) {
            assertThat(failure(leg)).isInstanceOf(IOException.class);
            raw.readHead();
            assertThat(raw.ended()).isTrue();
        }
    }

    @Test
    void timeout_endsWithTheHandshake() throws Exception {
        Ear client = connect(
                target("ws://localhost:" + server.address().getPort() + "/", "", Map.of(), Duration.ofSeconds(3)));
        Ear node = door.ear();
        await().during(Duration.ofMillis(3_500)).atMost(Duration.ofSeconds(10)).until(() -> !client.closed.isDone());
        node.send(Fragment.text("still"));
        assertThat(Ear.text(client.next())).isEqualTo("still");
    }

    @ParameterizedTest
    @CsvSource({
        "Sec-WebSocket-Protocol: other",
        "Sec-WebSocket-Extensions: permessage-deflate",
    })
    void answersThatWereNotAskedFor_fail(String field) throws Exception {
        CompletableFuture<Leg> leg = connector
                .connect(
                        target("ws://localhost:" + listening.getLocalPort() + "/", "", Map.of(), Duration.ofSeconds(5)))
                .toCompletableFuture();
        try (RawSocket raw = new RawSocket(listening.accept())) {
            raw.write(answer(raw.readHead(), field + "\r\n"));
            assertThat(failure(leg)).isInstanceOf(IOException.class);
            assertThat(raw.ended()).isTrue();
        }
    }

    @Test
    void wrongKey_fails() throws Exception {
        CompletableFuture<Leg> leg = connector
                .connect(
                        target("ws://localhost:" + listening.getLocalPort() + "/", "", Map.of(), Duration.ofSeconds(5)))
                .toCompletableFuture();
        try (RawSocket raw = new RawSocket(listening.accept())) {
            raw.readHead();
            raw.write(answer("Sec-WebSocket-Key: nonsense\r\n", ""));
            assertThat(failure(leg)).isInstanceOf(IOException.class);
        }
    }

    @Test
    void hugeFrameFromTheServer_streamsThrough() throws Exception {
        AtomicReference<Ear> ear = new AtomicReference<>();
        try (RawSocket raw = rawServer(ear)) {
            byte[] payload = new byte[8 << 20];
            Arrays.fill(payload, (byte) 9);
            CompletableFuture<Void> sending = CompletableFuture.runAsync(() -> {
                try {
                    raw.write(RawSocket.frame(0x82, payload, null));
                } catch (IOException e) {
                    throw new IllegalStateException(e);
                }
            });
            long total = 0;
            Fragment fragment;
            do {
                fragment = ear.get().next();
                total += fragment.payload().remaining();
                assertThat(fragment.payload().remaining()).isLessThanOrEqualTo(256 * 1024);
            } while (!fragment.last());
            sending.get();
            assertThat(total).isEqualTo(payload.length);
        }
    }

    @Test
    void maskedFrameFromTheServer_isAProtocolError() throws Exception {
        AtomicReference<Ear> ear = new AtomicReference<>();
        try (RawSocket raw = rawServer(ear)) {
            raw.send(0x82, new byte[] {1});
            assertThat(raw.receive().closeCode()).isEqualTo(1002);
            assertThat(ear.get().closed().code()).isEqualTo(CloseReason.VANISHED);
        }
    }

    @ParameterizedTest
    @CsvSource({"1005,1005", "1012,1012", "1013,1013", "1000,1000", "4999,4999"})
    void close_anyCode_isSentMasked(int code, int onTheWire) throws Exception {
        AtomicReference<Ear> ear = new AtomicReference<>();
        try (RawSocket raw = rawServer(ear)) {
            ear.get().leg.close(new CloseReason(code, ""));
            assertThat(raw.receive().closeCode()).isEqualTo(onTheWire);
            raw.write(RawSocket.frame(0x88, new byte[] {0x0F, (byte) 0xA1}, null));
            assertThat(ear.get().closed()).isEqualTo(new CloseReason(4001, ""));
        }
    }

    @Test
    void serverCloses_isAnswered_andTheServerHangsUp() throws Exception {
        AtomicReference<Ear> ear = new AtomicReference<>();
        try (RawSocket raw = rawServer(ear)) {
            raw.write(RawSocket.frame(0x88, new byte[] {0x0F, (byte) 0xA1}, null));
            assertThat(raw.receive().closeCode()).isEqualTo(4001);
            assertThat(ear.get().closed()).isEqualTo(new CloseReason(4001, ""));
            raw.socket.shutdownOutput();
            assertThat(raw.ended()).isTrue();
        }
    }

    @Test
    void noDemand_serverIsHeldBack_othersAreNot() throws Exception {
        Ear slow = connect(target("/slow"));
        Ear node = door.ear();
        AtomicLong sent = new AtomicLong();
        sendOn(node.leg, sent);
        await().until(() -> BridgeServerContract.stalled(sent));
        assertThat(sent.get()).isLessThan(16L << 20);

        Ear quick = connect(target("/quick"));
        Ear other = door.ear();
        other.send(Fragment.text("quick"));
        assertThat(Ear.text(quick.next())).isEqualTo("quick");

        for (int i = 0; i < 300; i++) {
            slow.next();
        }
        slow.leg.abort();
        assertThat(slow.closed().code()).isEqualTo(CloseReason.VANISHED);
        assertThat(node.closed().code()).isEqualTo(CloseReason.VANISHED);
    }

    private static void sendOn(Leg leg, AtomicLong sent) {
        leg.send(Fragment.binary(ByteBuffer.allocate(16_000))).thenRun(() -> {
            sent.addAndGet(16_000);
            CompletableFuture.runAsync(() -> sendOn(leg, sent));
        });
    }

    @Test
    void tls_checksTheServersName() throws Exception {
        TestKeys keys = TestKeys.create();
        try (BridgeServer secure = start(keys.context());
                Connector trusting = connector(keys.context(), null)) {
            String rest = ":" + secure.address().getPort() + "/bridge/connect";
            Ear client =
                    new Ear(trusting.connect(target("wss://localhost" + rest, "", Map.of(), Duration.ofSeconds(10)))
                            .toCompletableFuture()
                            .get(Ear.SECONDS, TimeUnit.SECONDS));
            Ear node = door.ear();
            CompletableFuture<Void> sent = client.leg
                    .send(Fragment.binary(ByteBuffer.allocate(3_000_000)))
                    .toCompletableFuture();
            int total = 0;
            while (total < 3_000_000) {
                total += node.next().payload().remaining();
            }
            sent.get(Ear.SECONDS, TimeUnit.SECONDS);
            node.leg.close(new CloseReason(4000, "bye"));
            assertThat(client.closed()).isEqualTo(new CloseReason(4000, "bye"));

            assertThat(failure(trusting.connect(target("wss://127.0.0.1" + rest, "", Map.of(), Duration.ofSeconds(10)))
                            .toCompletableFuture()))
                    .isInstanceOf(IOException.class);
            assertThat(failure(connector
                            .connect(target("wss://localhost" + rest, "", Map.of(), Duration.ofSeconds(10)))
                            .toCompletableFuture()))
                    .isInstanceOf(IOException.class);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void proxy_isUsedByConnect(boolean secure) throws Exception {
        TestKeys keys = TestKeys.create();
        SSLContext tls = secure ? keys.context() : null;
        try (BridgeServer behind = start(tls);
                Connector proxied =
                        connector(tls, InetSocketAddress.createUnresolved("localhost", listening.getLocalPort()))) {
            CompletableFuture<String> asked = CompletableFuture.supplyAsync(this::proxyOnce);
            String uri =
                    (secure ? "wss" : "ws") + "://localhost:" + behind.address().getPort() + "/bridge/connect";
            Ear client = new Ear(proxied.connect(target(uri, "", Map.of(), Duration.ofSeconds(10)))
                    .toCompletableFuture()
                    .get(Ear.SECONDS, TimeUnit.SECONDS));
            assertThat(asked.get())
                    .startsWith("CONNECT localhost:" + behind.address().getPort() + " HTTP/1.1\r\n");
            Ear node = door.ear();
            client.send(Fragment.text("through"));
            assertThat(Ear.text(node.next())).isEqualTo("through");
        }
    }

    @Test
    void proxyThatRefuses_fails() throws Exception {
        try (Connector proxied = connector(null, new InetSocketAddress("localhost", listening.getLocalPort()))) {
            CompletableFuture<Leg> leg = proxied.connect(target("/")).toCompletableFuture();
            try (RawSocket raw = new RawSocket(listening.accept())) {
                raw.readHead();
                raw.write("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n");
                long started = System.nanoTime();
                assertThat(failure(leg)).isInstanceOf(IOException.class).isNotInstanceOf(HandshakeException.class);
                assertThat(Duration.ofNanos(System.nanoTime() - started)).isLessThan(Duration.ofSeconds(8));
            }
        }
    }

    private String proxyOnce() {
        try {
            RawSocket client = new RawSocket(listening.accept());
            String head = client.readHead();
            int port = Integer.parseInt(head.replaceAll("(?s)CONNECT [^:]*:(\\d+) .*", "$1"));
            Socket onward = new Socket("localhost", port);
            client.write("HTTP/1.1 200 Connection established\r\n\r\n");
            relay(client.in, onward);
            relay(onward.getInputStream(), client.socket);
            return head;
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void relay(java.io.InputStream from, Socket to) {
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
        Ear client = connect(target("/"));
        Ear node = door.ear();
        connector.close();
        assertThat(client.closed().code()).isEqualTo(CloseReason.VANISHED);
        assertThat(node.closed().code()).isEqualTo(CloseReason.VANISHED);
        await().until(() -> Thread.getAllStackTraces().keySet().stream()
                .noneMatch(thread -> thread.getName().startsWith(threadNames())));
        assertThat(failure(connector.connect(target("/")).toCompletableFuture()))
                .isInstanceOf(IOException.class);
    }

    @Test
    void manyConnections_shareThreads() throws Exception {
        Ear[] ears = new Ear[50];
        for (int i = 0; i < ears.length; i++) {
            ears[i] = connect(target("/" + i));
        }
        assertThat(Thread.getAllStackTraces().keySet().stream()
                        .filter(thread -> thread.getName().startsWith(threadNames()))
                        .count())
                .isLessThan(20);
    }
}
