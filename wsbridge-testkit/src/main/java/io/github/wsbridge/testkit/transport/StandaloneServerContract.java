package io.github.wsbridge.testkit.transport;

import static io.github.wsbridge.testkit.RawWebSocket.BINARY;
import static io.github.wsbridge.testkit.RawWebSocket.CLOSE;
import static io.github.wsbridge.testkit.RawWebSocket.TEXT;
import static io.github.wsbridge.testkit.RecordingReceiver.PATIENCE;
import static io.github.wsbridge.testkit.transport.Backpressure.flood;
import static io.github.wsbridge.testkit.transport.Backpressure.stalled;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.github.wsbridge.CloseReason;
import io.github.wsbridge.spi.Admission;
import io.github.wsbridge.spi.BridgeServer;
import io.github.wsbridge.spi.ClientCertificates;
import io.github.wsbridge.spi.Fragment;
import io.github.wsbridge.testkit.RawWebSocket;
import io.github.wsbridge.testkit.RecordingReceiver;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.ResourceAccessMode;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.api.parallel.ResourceLockTarget;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The contract of {@link BridgeServer}, in addition to {@link BridgeServerContract}: it binds before it serves,
 * enforces its limits and timeouts, answers every request, supports TLS, and releases everything when it stops.
 */
@ResourceLock(
        value = StandaloneServerContract.THREADS,
        mode = ResourceAccessMode.READ,
        target = ResourceLockTarget.CHILDREN)
public abstract class StandaloneServerContract extends BridgeServerContract {

    /**
     * The settings of a server.
     *
     * @param port the port to listen on; 0 for a free one
     * @param maxConnections the maximum number of connections; null for the server's default
     * @param handshakeTimeout the time limit for a request and its answer; null for the server's default
     * @param tls the TLS context; null for plain text
     * @param clients whether clients are asked for certificates, on which the context decides
     */
    public record Settings(
            int port,
            @Nullable Integer maxConnections,
            @Nullable Duration handshakeTimeout,
            @Nullable SSLContext tls,
            ClientCertificates clients) {

        /** The settings of a server that does not ask for certificates. */
        public Settings(
                int port,
                @Nullable Integer maxConnections,
                @Nullable Duration handshakeTimeout,
                @Nullable SSLContext tls) {
            this(port, maxConnections, handshakeTimeout, tls, ClientCertificates.NOT_ASKED);
        }

        /** Returns the address to listen on, a port of the loopback address. */
        public InetSocketAddress address() {
            return new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
        }
    }

    /** A lock for a test that counts the threads of all servers in the process; the others share it. */
    protected static final String THREADS = "threads of servers";

    private static final Settings USUAL = new Settings(0, null, null, null);

    private @Nullable BridgeServer server;

    /** Creates the suite. */
    protected StandaloneServerContract() {}

    /** Creates a server that is bound to {@link Settings#address} but not serving yet. The caller closes it. */
    protected abstract BridgeServer bind(Settings settings) throws Exception;

    /** Creates a server that serves {@link #door}. The caller closes it. */
    protected final BridgeServer start(Settings settings) throws Exception {
        BridgeServer bound = bind(settings);
        bound.serve(door);
        return bound;
    }

    /** Returns a prefix that only the names of the server's threads have. */
    protected abstract String threadNames();

    @Override
    protected int start() throws Exception {
        BridgeServer started = start(USUAL);
        server = started;
        return started.address().getPort();
    }

    @Override
    protected void stop() {
        server().close();
    }

    /** Returns the server that listens on {@link #port}. */
    protected final BridgeServer server() {
        return Objects.requireNonNull(server, "not started");
    }

    @Test
    void tlsOnAPlainPort_isRefusedAtOnce() throws Exception {
        try (RawWebSocket raw = RawWebSocket.dial(port())) {
            raw.writeRaw(HexFormat.of().parseHex("160301006801000064")); // the beginning of a ClientHello
            long started = System.nanoTime();
            assertThat(raw.readHead()).startsWith("HTTP/1.1 400 ");
            assertThat(Duration.ofNanos(System.nanoTime() - started)).isLessThan(Duration.ofSeconds(5));
        }
    }

    @ParameterizedTest
    @CsvSource({"1005,1005", "1012,1012", "1013,1013", "1014,1014", "1006,1011", "2000,1011"})
    void close_anyCode_isSentOrReplaced(int code, int onTheWire) throws Exception {
        try (RawWebSocket raw = RawWebSocket.open(port(), TARGET)) {
            RecordingReceiver end = door.takeEnd();
            end.leg().close(new CloseReason(code, ""));
            assertThat(raw.read().closeCode()).isEqualTo(onTheWire);
            raw.writeClose(4567, "the answer");
            assertThat(end.awaitClosed()).isEqualTo(new CloseReason(4567, "the answer"));
            assertThat(raw.ended()).isTrue();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1012, 1013, 1014})
    void peerCloses_unusualCodes_areReported(int code) throws Exception {
        try (RawWebSocket raw = RawWebSocket.open(port(), TARGET)) {
            RecordingReceiver end = door.takeEnd();
            raw.writeClose(code, "x");
            assertThat(end.awaitClosed()).isEqualTo(new CloseReason(code, "x"));
            assertThat(raw.read().closeCode()).isEqualTo(code);
            assertThat(raw.ended()).isTrue();
        }
    }

    @Test
    void peerClosesWithoutCode_isAnsweredWithoutCode() throws Exception {
        try (RawWebSocket raw = RawWebSocket.open(port(), TARGET)) {
            RecordingReceiver end = door.takeEnd();
            raw.write(CLOSE, true, new byte[0]);
            assertThat(end.awaitClosed()).isEqualTo(new CloseReason(CloseReason.NO_STATUS, ""));
            assertThat(raw.read().payload()).isEmpty();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "8201,1002", // an unmasked frame from a client
        "F28001020304,1002", // reserved bits
        "838001020304,1002", // a reserved opcode
        "098001020304,1002", // a fragmented ping
        "808001020304,1002", // a continuation without a message
        "88810102030405,1002", // half a close code
        "8882010203040101,1002", // an illegal close code
        "C8820102030402EA,1002", // a reserved bit on a close frame
        "88FE00020102030402EA,1002", // a close frame with a longer length than it needs
        "82FE000101020304FF,1002", // a length of two bytes where one is enough
        "82FF000000000000000101020304FF,1002", // and one of eight
    })
    void protocolErrors_areAnsweredAndEndTheLeg(String bytes, int code) throws Exception {
        try (RawWebSocket raw = RawWebSocket.open(port(), TARGET)) {
            RecordingReceiver end = door.takeEnd();
            end.demand();
            raw.writeRaw(HexFormat.of().parseHex(bytes));
            assertThat(raw.read().closeCode()).isEqualTo(code);
            assertThat(end.awaitClosed().code()).isEqualTo(CloseReason.VANISHED);
            assertThat(raw.ended()).isTrue();
        }
    }

    @Test
    void slowHandshake_isDropped() throws Exception {
        try (BridgeServer impatient = start(new Settings(0, null, Duration.ofMillis(600), null));
                RawWebSocket raw = RawWebSocket.dial(impatient.address().getPort())) {
            CompletableFuture<Void> dripping = CompletableFuture.runAsync(() -> drip(raw));
            assertThat(raw.ended()).isTrue();
            raw.close();
            dripping.exceptionally(broken -> null).get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
            assertThat(door.handshakes()).isZero();
        }
    }

    private static void drip(RawWebSocket raw) {
        try {
            for (char c : RawWebSocket.request(TARGET, "X-Filler: " + "x".repeat(5_000) + "\r\n")
                    .toCharArray()) {
                raw.writeRaw(new byte[] {(byte) c});
                await().during(Duration.ofMillis(20))
                        .pollInterval(Duration.ofMillis(10))
                        .until(() -> true);
            }
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void doorThatDoesNotAnswer_isRefusedWith503() throws Exception {
        CompletableFuture<Admission> late = new CompletableFuture<>();
        door.answers(handshake -> late);
        try (BridgeServer impatient = start(new Settings(0, null, Duration.ofSeconds(1), null));
                RawWebSocket raw = RawWebSocket.dial(impatient.address().getPort())) {
            raw.writeRaw(RawWebSocket.request(TARGET, ""));
            assertThat(raw.readHead()).startsWith("HTTP/1.1 503 ").contains("Retry-After: ");
            late.complete(door.grant(""));
            raw.readToEnd();
            assertThat(door.legs()).isZero();
        }
    }

    @Test
    void later_isNotBoundByTheHandshakeTimeout() throws Exception {
        FakeDoor.Waiting waiting = door.keepsWaiting(Duration.ofMinutes(1));
        try (BridgeServer impatient = start(new Settings(0, null, Duration.ofMillis(600), null));
                RawWebSocket raw = RawWebSocket.dial(impatient.address().getPort())) {
            raw.writeRaw(RawWebSocket.request(TARGET, "Sec-WebSocket-Protocol: wsbridge.v1\r\n"));
            assertThat(raw.silentFor(Duration.ofMillis(1_500))).isTrue();
            waiting.grant("wsbridge.v1");
            assertThat(raw.readHead()).startsWith("HTTP/1.1 101 ").contains("Sec-WebSocket-Protocol: wsbridge.v1\r\n");
            raw.write(TEXT, true, "at last");
            assertThat(door.takeEnd().nextText()).isEqualTo("at last");
            assertThat(waiting.abandoned()).isZero();
        }
    }

    @Test
    void later_serverCloses_isAbandonedOnce() throws Exception {
        FakeDoor.Waiting waiting = door.keepsWaiting(Duration.ofMinutes(1));
        try (RawWebSocket raw = ask("")) {
            door.takeHandshake();
            server().close();
            await().untilAsserted(() -> assertThat(waiting.abandoned()).isEqualTo(1));
            assertThat(raw.ended()).isTrue();
            waiting.grant("");
            assertThat(waiting.abandoned()).isEqualTo(1);
            assertThat(door.legs()).isZero();
        }
    }

    @Test
    void hugeHeader_isRefusedWith431() throws Exception {
        try (RawWebSocket raw = RawWebSocket.dial(port())) {
            raw.writeRaw(RawWebSocket.request(TARGET, "X-Filler: " + "x".repeat(20_000) + "\r\n"));
            assertThat(raw.readHead()).startsWith("HTTP/1.1 431 ");
            raw.readToEnd();
        }
    }

    @Test
    void hugeHeader_withTls_isRefusedWith431_whileTheClientIsSending() throws Exception {
        TestKeys keys = TestKeys.shared();
        try (BridgeServer secure = start(new Settings(0, null, null, keys.context()))) {
            refusesHugeHeader(secure, keys);
        }
    }

    /**
     * Checks that a client can read why it is refused, although it sends more than the server wants to see.
     *
     * @param secure serves {@link #door} with {@code keys}
     */
    protected final void refusesHugeHeader(BridgeServer secure, TestKeys keys) throws Exception {
        try (RawWebSocket raw = secure(secure, keys.context())) {
            raw.writeRaw(RawWebSocket.request(TARGET, "X-Filler: " + "x".repeat(1_000_000) + "\r\n"));
            assertThat(raw.readHead()).startsWith("HTTP/1.1 431 ");
        }
    }

    @Test
    void manyFields_areRefusedWith431() throws Exception {
        try (RawWebSocket raw = RawWebSocket.dial(port())) {
            raw.writeRaw(RawWebSocket.request(TARGET, "a:\r\n".repeat(101)));
            assertThat(raw.readHead()).startsWith("HTTP/1.1 431 ");
            assertThat(door.handshakes()).isZero();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"GET / HTTP/1.1\r\nHost: h\r\n\r\n", "\u0082\u0001x", "\u0080\u0080xxxx", "{}"})
    void dataThatIsNoFrame_isRefusedWith400(String data) throws Exception {
        CompletableFuture<Admission> late = new CompletableFuture<>();
        door.answers(handshake -> late);
        try (RawWebSocket together = RawWebSocket.dial(port());
                RawWebSocket after = ask("")) {
            together.writeRaw(RawWebSocket.request(TARGET, "") + data);
            assertThat(together.readHead()).startsWith("HTTP/1.1 400 ");
            door.takeHandshake();
            after.writeRaw(data);
            assertThat(after.readHead()).startsWith("HTTP/1.1 400 ");
            late.complete(door.grant(""));
            after.readToEnd();
            assertThat(door.legs()).isZero();
        }
    }

    @ParameterizedTest(name = "{index}")
    @ValueSource(
            strings = {
                "hello\r\n\r\n",
                "GET /\r\n\r\n",
                "GET / HTTP/2.0\r\n\r\n",
                "GET / HTTP/1.1\r\nno colon\r\n\r\n",
                "GET / HTTP/1.1\r\nspace : x\r\n\r\n",
                "GET / HTTP/1.1\r\n folded\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: h\r\nA: b\r\n folded\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: h\r\nA: b\rC: d\r\n\r\n",
                "GET / HTTP/1.1\nHost: h\n\n",
                "GET / HTTP/1.1\r\nHost: h\r\nA: \0\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: h\r\n: b\r\n\r\n",
                "GET  / HTTP/1.1\r\nHost: h\r\n\r\n",
                "GET / HTTP/1.1 \r\nHost: h\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: h\r\nContent-Length: -1\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999999999999999\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: h/x\r\n\r\n"
            })
    void garbledRequest_isRefusedWith400(String request) throws Exception {
        try (RawWebSocket raw = RawWebSocket.dial(port())) {
            raw.writeRaw(request);
            assertThat(raw.readHead()).startsWith("HTTP/1.1 400 ");
            assertThat(door.handshakes()).isZero();
        }
    }

    @Test
    void missingKey_isRefusedWith400() throws Exception {
        try (RawWebSocket raw = RawWebSocket.dial(port())) {
            raw.writeRaw(RawWebSocket.request(TARGET, "").replace("dGhlIHNhbXBsZSBub25jZQ==", "dGhl"));
            assertThat(raw.readHead()).startsWith("HTTP/1.1 400 ");
            assertThat(door.legs()).isZero();
        }
    }

    @Test
    void absoluteUrl_isRead() throws Exception {
        try (RawWebSocket raw = RawWebSocket.dial(port())) {
            raw.writeRaw(RawWebSocket.request("http://example.com:80/bridge/listen?deviceId=d", ""));
            assertThat(raw.readHead()).startsWith("HTTP/1.1 101 ");
            assertThat(door.takeHandshake().path()).isEqualTo("/bridge/listen");
        }
    }

    @Test
    void framesRightAfterTheRequest_areNotLost() throws Exception {
        CompletableFuture<Admission> late = new CompletableFuture<>();
        door.answers(handshake -> late);
        try (RawWebSocket raw = RawWebSocket.dial(port())) {
            byte[] frame = RawWebSocket.frame(TEXT, true, true, "early".getBytes(StandardCharsets.UTF_8));
            raw.writeRaw(RawWebSocket.request(TARGET, "") + new String(frame, StandardCharsets.ISO_8859_1));
            door.takeHandshake();
            late.complete(door.grant(""));
            raw.readHead();
            assertThat(door.takeEnd().nextText()).isEqualTo("early");
        }
    }

    @Test
    @ResourceLock(THREADS)
    void manySlowPeers_holdNoThreads() throws Exception {
        List<RawWebSocket> slow = new ArrayList<>();
        try {
            for (int i = 0; i < 40; i++) {
                RawWebSocket raw = RawWebSocket.open(port(), TARGET);
                slow.add(raw);
                RecordingReceiver end = door.takeEnd();
                raw.write(BINARY, true, new byte[16_000]); // never demanded
                end.leg().send(Fragment.binary(ByteBuffer.allocate(20 << 20))); // never read
            }
            try (RawWebSocket raw = RawWebSocket.open(port(), TARGET)) {
                RecordingReceiver end = door.takeEnd();
                raw.write(TEXT, true, "quick");
                assertThat(end.nextText()).isEqualTo("quick");
                end.send(Fragment.text("too"));
                assertThat(raw.read().text()).isEqualTo("too");
            }
            assertThat(threads()).isLessThan(40);
        } finally {
            for (RawWebSocket raw : slow) {
                raw.close();
            }
        }
    }

    @Test
    void moreThanMaxConnections_areDropped() throws Exception {
        try (BridgeServer small = start(new Settings(0, 1, null, null));
                RawWebSocket first = RawWebSocket.open(small.address().getPort(), TARGET)) {
            RecordingReceiver end = door.takeEnd();
            try (RawWebSocket second = RawWebSocket.dial(small.address().getPort())) {
                assertThat(second.ended()).isTrue();
            }
            first.close();
            end.demand();
            end.awaitClosed();
            await().ignoreExceptions().until(() -> {
                RawWebSocket.open(small.address().getPort(), TARGET).close();
                return true;
            });
        }
    }

    @Test
    void stopAccepting_leavesOpenConnections() throws Exception {
        try (RawWebSocket raw = RawWebSocket.open(port(), TARGET)) {
            RecordingReceiver end = door.takeEnd();
            server().stopAccepting();
            await().until(() -> {
                try (RawWebSocket late = RawWebSocket.dial(port())) {
                    return false;
                } catch (ConnectException e) {
                    return true;
                }
            });
            raw.write(TEXT, true, "still");
            assertThat(end.nextText()).isEqualTo("still");
        }
    }

    @Test
    @ResourceLock(THREADS)
    void close_endsLegsAndThreadsAndFreesThePort() throws Exception {
        try (RawWebSocket raw = RawWebSocket.open(port(), TARGET)) {
            RecordingReceiver end = door.takeEnd();
            server().close();
            assertThat(end.awaitClosed().code()).isEqualTo(CloseReason.VANISHED);
            assertThat(raw.ended()).isTrue();
            await().until(() -> threads() == 0);
            try (BridgeServer again = start(new Settings(port(), null, null, null));
                    RawWebSocket anew = RawWebSocket.open(again.address().getPort(), TARGET)) {
                assertThat(door.takeEnd().leg()).isNotNull();
            }
        }
    }

    private long threads() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().startsWith(threadNames()))
                .count();
    }

    @Test
    void tls_carriesDataBothWays_withBackpressure() throws Exception {
        TestKeys keys = TestKeys.shared();
        try (BridgeServer secure = start(new Settings(0, null, null, keys.context()));
                SSLSocket socket = (SSLSocket) keys.context()
                        .getSocketFactory()
                        .createSocket("localhost", secure.address().getPort());
                RawWebSocket raw = RawWebSocket.client(socket)) {
            raw.writeRaw(RawWebSocket.request(TARGET, ""));
            assertThat(raw.readHead()).startsWith("HTTP/1.1 101 ");
            assertThat(door.takeHandshake().peer().certificates())
                    .as("the client presented no certificate")
                    .isEmpty();
            RecordingReceiver end = door.takeEnd();
            AtomicLong sent = new AtomicLong();
            CompletableFuture<Void> flooding = CompletableFuture.runAsync(() -> flood(raw, sent));
            await().until(() -> stalled(sent));
            for (int i = 0; i < 500; i++) {
                assertThat(end.next().payload().remaining()).isPositive();
            }
            end.send(Fragment.text("grüße"));
            assertThat(raw.read().text()).isEqualTo("grüße");
            end.leg().close(new CloseReason(4000, "bye"));
            assertThat(raw.read().closeCode()).isEqualTo(4000);
            end.leg().abort();
            end.awaitClosed();
            flooding.exceptionally(broken -> null).get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        }
    }

    @Test
    void tls12_renegotiationByTheClient_isRefused() throws Exception {
        TestKeys keys = TestKeys.shared();
        try (BridgeServer secure = start(new Settings(0, null, null, keys.context()))) {
            refusesRenegotiation(secure, keys);
        }
    }

    @Test
    void clientCertificates_areShownToTheDoor_alsoWhenASessionIsResumed() throws Exception {
        TestAuthority authority = TestAuthority.shared("first");
        TestAuthority.Issued own = authority.issue("CN=localhost", "dns:localhost");
        TestAuthority.Issued device = authority.issue("CN=device-1");
        for (ClientCertificates clients : List.of(ClientCertificates.WANTED, ClientCertificates.REQUIRED)) {
            try (BridgeServer secure = start(new Settings(0, null, null, own.context(), clients))) {
                SSLContext client = device.context();
                for (int i = 0; i < 2; i++) {
                    try (RawWebSocket raw = secure(secure, client)) {
                        raw.writeRaw(RawWebSocket.request(TARGET, ""));
                        assertThat(raw.readHead()).startsWith("HTTP/1.1 101 ");
                        assertThat(door.takeHandshake().peer().certificates().get(0))
                                .isEqualTo(device.certificate());
                        door.takeEnd().send(Fragment.text("behind the tickets"));
                        assertThat(raw.read().text()).isEqualTo("behind the tickets");
                    }
                }
                assertThatThrownBy(() ->
                                talk(secure, TestAuthority.shared("second").issue("CN=device-1")))
                        .isInstanceOf(IOException.class);
                SSLContext nothing = SSLContext.getInstance("TLS");
                nothing.init(null, trusting(authority.certificate()), null);
                if (clients == ClientCertificates.WANTED) {
                    try (RawWebSocket raw = secure(secure, nothing)) {
                        raw.writeRaw(RawWebSocket.request(TARGET, ""));
                        assertThat(raw.readHead()).startsWith("HTTP/1.1 101 ");
                        assertThat(door.takeHandshake().peer().certificates()).isEmpty();
                        door.takeEnd().leg().abort();
                    }
                } else {
                    assertThatThrownBy(() -> talk(secure, nothing)).isInstanceOf(IOException.class);
                }
            }
        }
        assertThat(door.handshakes()).as("those that were refused").isZero();
    }

    private static TrustManager[] trusting(X509Certificate authority) throws Exception {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        store.setCertificateEntry("authority", authority);
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(store);
        return trust.getTrustManagers();
    }

    /** Returns the type of the record that answers a ClientHello with a version of TLS and a suite, or -1. */
    private static int answerToHello(BridgeServer server, String version, String suite) throws IOException {
        try (RawWebSocket raw = RawWebSocket.dial(server.address().getPort())) {
            // Groups and signatures for keys of 256 and, as newer JDKs make them, 384 bits.
            String groups = "000a00080006" + "00170018001d";
            String signatures = "000d00080006" + "040305030203";
            String extensions = groups + "000b00020100" + signatures;
            String hello = version + "11".repeat(32) + "00" + "0002" + suite + "0100" + "001e" + extensions;
            raw.writeRaw(HexFormat.of().parseHex("160301004d" + "01000049" + hello));
            return raw.inputStream().read();
        }
    }

    private static RawWebSocket secure(BridgeServer server, SSLContext client) throws IOException {
        SSLSocket socket = (SSLSocket) client.getSocketFactory()
                .createSocket("localhost", server.address().getPort());
        socket.setSoTimeout((int) PATIENCE.toMillis());
        return RawWebSocket.client(socket);
    }

    private static void talk(BridgeServer server, TestAuthority.Issued identity) throws Exception {
        KeyStore own = KeyStore.getInstance("PKCS12");
        own.load(null, null);
        own.setKeyEntry("own", identity.key(), new char[0], identity.chain().toArray(X509Certificate[]::new));
        KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        keys.init(own, new char[0]);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(keys.getKeyManagers(), new TrustManager[] {new Anyone()}, null);
        talk(server, context);
    }

    private static void talk(BridgeServer server, SSLContext client) throws Exception {
        try (RawWebSocket raw = secure(server, client)) {
            raw.writeRaw(RawWebSocket.request(TARGET, ""));
            raw.readHead();
        }
    }

    /** Trusts every server. */
    private static final class Anyone extends X509ExtendedTrustManager {
        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket) {}

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type) {}

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }

    @Test
    void tls_oldVersionsAndWeakSuites_areRefused() throws Exception {
        TestKeys keys = TestKeys.shared();
        try (BridgeServer secure = start(new Settings(0, null, null, keys.context()))) {
            refusesOldTls(secure, keys);
        }
    }

    /**
     * Checks that clients with TLS 1.1, or with suites without authenticated encryption or forward secrecy, are
     * refused.
     *
     * @param secure serves {@link #door} with {@code keys}
     */
    protected final void refusesOldTls(BridgeServer secure, TestKeys keys) throws Exception {
        assertThat(answerToHello(secure, "0303", "c02b")).as("a ServerHello").isEqualTo(0x16);
        assertThat(answerToHello(secure, "0302", "c009"))
                .as("an alert or the end")
                .isIn(0x15, -1);
        for (String suite : List.of(
                "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256",
                "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA",
                "TLS_ECDH_ECDSA_WITH_AES_128_GCM_SHA256")) {
            try (SSLSocket socket = (SSLSocket) keys.context()
                    .getSocketFactory()
                    .createSocket("localhost", secure.address().getPort())) {
                socket.setEnabledProtocols(new String[] {"TLSv1.2"});
                socket.setEnabledCipherSuites(new String[] {suite});
                socket.setSoTimeout((int) PATIENCE.toMillis());
                assertThatThrownBy(socket::startHandshake)
                        .as(suite)
                        .isInstanceOf(IOException.class)
                        .isNotInstanceOf(SocketTimeoutException.class);
            }
        }
        for (String protocol : List.of("TLSv1.2", "TLSv1.3")) {
            try (SSLSocket socket = (SSLSocket) keys.context()
                    .getSocketFactory()
                    .createSocket("localhost", secure.address().getPort())) {
                socket.setEnabledProtocols(new String[] {protocol});
                socket.startHandshake();
                assertThat(socket.getSession().getProtocol()).isEqualTo(protocol);
            }
        }
    }

    /**
     * Checks that a client of TLS 1.2 cannot have a second handshake.
     *
     * @param secure serves {@link #door} with {@code keys}
     */
    protected final void refusesRenegotiation(BridgeServer secure, TestKeys keys) throws Exception {
        try (SSLSocket socket = (SSLSocket) keys.context()
                .getSocketFactory()
                .createSocket("localhost", secure.address().getPort())) {
            socket.setEnabledProtocols(new String[] {"TLSv1.2"});
            socket.setSoTimeout((int) PATIENCE.toMillis());
            try (RawWebSocket raw = RawWebSocket.client(socket)) {
                raw.writeRaw(RawWebSocket.request(TARGET, ""));
                assertThat(raw.readHead()).startsWith("HTTP/1.1 101 ");
                RecordingReceiver end = door.takeEnd();
                end.send(Fragment.text("before"));
                assertThat(raw.read().text()).isEqualTo("before");
                assertThatThrownBy(() -> {
                            socket.startHandshake();
                            socket.getInputStream().read();
                        })
                        .isInstanceOf(IOException.class)
                        .isNotInstanceOf(SocketTimeoutException.class);
                assertThat(end.awaitClosed().code()).isEqualTo(CloseReason.VANISHED);
            }
        }
    }
}
