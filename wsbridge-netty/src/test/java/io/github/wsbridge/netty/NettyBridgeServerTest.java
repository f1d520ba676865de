package io.github.wsbridge.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.github.wsbridge.CloseReason;
import io.github.wsbridge.spi.Admission;
import io.github.wsbridge.spi.BridgeServer;
import io.github.wsbridge.spi.ClientCertificates;
import io.github.wsbridge.spi.Connector;
import io.github.wsbridge.spi.Fragment;
import io.github.wsbridge.spi.Leg;
import io.github.wsbridge.testkit.RawWebSocket;
import io.github.wsbridge.testkit.RecordingReceiver;
import io.github.wsbridge.testkit.transport.StandaloneServerContract;
import io.github.wsbridge.testkit.transport.TestAuthority;
import io.github.wsbridge.testkit.transport.TestKeys;
import io.github.wsbridge.wire.files.TlsManagers;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.ResourceLock;

class NettyBridgeServerTest extends StandaloneServerContract {

    @Override
    protected BridgeServer bind(Settings settings) throws Exception {
        NettyBridgeServer.Builder builder = NettyBridgeServer.builder().address(settings.address());
        if (settings.maxConnections() != null) {
            builder.maxConnections(settings.maxConnections());
        }
        if (settings.handshakeTimeout() != null) {
            builder.handshakeTimeout(settings.handshakeTimeout());
        }
        if (settings.tls() != null) {
            builder.tls(settings.tls()).clientCertificates(settings.clients());
        }
        return builder.bind();
    }

    @Override
    protected String threadNames() {
        return "wsbridge-netty-server";
    }

    @Test
    void tls12_renegotiationByTheClient_isRefusedWithPemFiles() throws Exception {
        TestKeys keys = TestKeys.shared();
        try (NettyBridgeServer secure = NettyBridgeServer.builder()
                .address(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .tls(keys.certificate(), keys.key()) // by BoringSSL where there is one
                .bind()) {
            secure.serve(door);
            refusesRenegotiation(secure, keys);
        }
    }

    @Test
    void tls_withPemFiles_refusesOldVersionsAndWeakSuites_andHugeHeaders() throws Exception {
        TestKeys keys = TestKeys.shared();
        try (NettyBridgeServer secure = NettyBridgeServer.builder()
                .address(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .tls(keys.certificate(), keys.key())
                .bind()) {
            secure.serve(door);
            refusesOldTls(secure, keys);
            refusesHugeHeader(secure, keys);
        }
    }

    @Test
    void clientCertificates_thatNothingDecidesOn_areNotAskedFor() throws Exception {
        TestKeys keys = TestKeys.shared();
        NettyBridgeServer.Builder builder = NettyBridgeServer.builder()
                .address(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .clientCertificates(ClientCertificates.REQUIRED);
        assertThatThrownBy(builder::bind).as("without TLS").isInstanceOf(IllegalStateException.class);
        builder.tls(keys.certificate(), keys.key());
        assertThatThrownBy(builder::bind).as("without trust").isInstanceOf(IllegalStateException.class);
        TestAuthority.Issued other = TestAuthority.shared("first").issue("CN=localhost", "dns:localhost");
        try (NettyBridgeServer secure = builder.tls(keys.context()).bind()) {
            assertThatThrownBy(() -> secure.renewTls(other.key(), other.chain()))
                    .as("without the trust of the context")
                    .isInstanceOf(IllegalStateException.class);
        }
    }

    @Test
    void clientTrust_renewed_countsAtOnce_alsoForSessionsThatCouldBeResumed() throws Exception {
        TestAuthority first = TestAuthority.shared("first");
        TestAuthority second = TestAuthority.shared("second");
        TestAuthority.Issued own = first.issue("CN=localhost", "dns:localhost");
        TestAuthority.Issued old = first.issue("CN=device-1");
        TestAuthority.Issued fresh = second.issue("CN=device-1");
        try (NettyBridgeServer secure = NettyBridgeServer.builder()
                        .address(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                        .tls(own.key(), own.chain())
                        .clientCertificates(
                                ClientCertificates.REQUIRED, TlsManagers.trust(List.of(first.certificate())))
                        .bind();
                NettyConnector connector = NettyConnector.builder()
                        .trust(List.of(first.certificate()))
                        .identity(old.key(), old.chain())
                        .build()) {
            secure.serve(door);
            for (int i = 0; i < 2; i++) { // the second one resumes
                assertThat(certificate(connector, secure)).isEqualTo(old.certificate());
            }
            secure.renewClientTrust(TlsManagers.trust(List.of(second.certificate())));
            assertThatThrownBy(() -> certificate(connector, secure)).isInstanceOf(ExecutionException.class);
            connector.renewIdentity(fresh.key(), fresh.chain());
            assertThat(certificate(connector, secure)).isEqualTo(fresh.certificate());
        }
    }

    private X509Certificate certificate(NettyConnector connector, NettyBridgeServer server) throws Exception {
        URI uri = URI.create("wss://localhost:" + server.address().getPort() + "/");
        Leg leg = connector
                .connect(new Connector.Target(uri, Map.of(), "", RecordingReceiver.PATIENCE))
                .toCompletableFuture()
                .get(RecordingReceiver.PATIENCE.toSeconds(), TimeUnit.SECONDS);
        RecordingReceiver client = new RecordingReceiver(leg).open();
        RecordingReceiver end = door.takeEnd();
        end.send(Fragment.text("behind the tickets"));
        assertThat(client.nextText()).isEqualTo("behind the tickets");
        end.leg().abort();
        return door.takeHandshake().peer().certificates().get(0);
    }

    @Test
    void tls_framesRightAfterTheRequest_areNotLost() throws Exception {
        TestKeys keys = TestKeys.shared();
        CompletableFuture<Admission> late = new CompletableFuture<>();
        door.answers(handshake -> late);
        try (BridgeServer secure = start(new Settings(0, null, null, keys.context()));
                RawWebSocket raw = RawWebSocket.client(keys.context()
                        .getSocketFactory()
                        .createSocket("localhost", secure.address().getPort()))) {
            byte[] frame = RawWebSocket.frame(RawWebSocket.TEXT, true, true, "early".getBytes(StandardCharsets.UTF_8));
            raw.writeRaw(RawWebSocket.request(TARGET, "") + new String(frame, StandardCharsets.ISO_8859_1));
            door.takeHandshake();
            late.complete(door.grant(""));
            assertThat(raw.readHead()).startsWith("HTTP/1.1 101");
            assertThat(door.takeEnd().nextText()).isEqualTo("early");
        }
    }

    @Test
    void tls_peerEndsWithoutCloseNotify_isReported() throws Exception {
        TestKeys keys = TestKeys.shared();
        try (BridgeServer secure = start(new Settings(0, null, null, keys.context()));
                Socket plain = new Socket("localhost", secure.address().getPort());
                RawWebSocket raw = RawWebSocket.client(
                        keys.context().getSocketFactory().createSocket(plain, "localhost", plain.getPort(), false))) {
            raw.writeRaw(RawWebSocket.request(TARGET, ""));
            raw.readHead();
            RecordingReceiver end = door.takeEnd();
            raw.write(RawWebSocket.TEXT, true, "last");
            assertThat(end.nextText()).isEqualTo("last");
            end.demand();
            plain.shutdownOutput();
            assertThat(end.awaitClosed().code()).isEqualTo(CloseReason.VANISHED);
        }
    }

    @Test
    void tls_slowHandshake_isDropped() throws Exception {
        TestKeys keys = TestKeys.shared();
        try (BridgeServer secure = start(new Settings(0, null, Duration.ofMillis(300), keys.context()));
                RawWebSocket raw = RawWebSocket.dial(secure.address().getPort())) {
            raw.writeRaw(new byte[] {22, 3, 1, 0, 100, 1});
            assertThat(raw.ended()).isTrue();
        }
    }

    @Test
    @ResourceLock(THREADS)
    void closeFromItsOwnThread_works() throws Exception {
        BridgeServer other = start(new Settings(0, null, null, null));
        try (RawWebSocket raw = RawWebSocket.open(other.address().getPort(), TARGET);
                RawWebSocket second = RawWebSocket.open(other.address().getPort(), TARGET)) {
            Leg leg = door.takeLeg();
            RecordingReceiver end = new RecordingReceiver(door.takeLeg()).open();
            CompletableFuture<Void> closed = new CompletableFuture<>();
            leg.open(new Leg.Receiver() {
                @Override
                public void onFragment(Fragment fragment) {
                    other.close();
                    closed.complete(null);
                }

                @Override
                public void onClosed(CloseReason reason) {}
            });
            leg.demand();
            raw.write(RawWebSocket.TEXT, true, "close");
            second.write(RawWebSocket.TEXT, true, "whichever was first");
            if (!closed.isDone()) {
                end.demand();
            }
            closed.get(RecordingReceiver.PATIENCE.toSeconds(), TimeUnit.SECONDS);
            assertThat(raw.ended()).isTrue();
        }
        await().until(() -> Thread.getAllStackTraces().keySet().stream()
                        .filter(thread -> thread.getName().startsWith(threadNames()))
                        .count()
                <= Runtime.getRuntime().availableProcessors());
    }

    @Test
    void receiverThatThrows_losesOnlyItsLeg() throws Exception {
        try (RawWebSocket raw = RawWebSocket.open(port(), TARGET);
                RawWebSocket other = RawWebSocket.open(port(), TARGET)) {
            Leg leg = door.takeLeg();
            Leg second = door.takeLeg();
            CompletableFuture<CloseReason> ended = new CompletableFuture<>();
            for (Leg each : List.of(leg, second)) {
                each.open(new Leg.Receiver() {
                    @Override
                    public void onFragment(Fragment fragment) {
                        throw new IllegalStateException("a test's failure");
                    }

                    @Override
                    public void onClosed(CloseReason reason) {
                        ended.complete(reason);
                        throw new IllegalStateException("another failure of a test");
                    }
                });
                each.demand();
            }
            raw.write(RawWebSocket.TEXT, true, "x");
            assertThat(ended.get(RecordingReceiver.PATIENCE.toSeconds(), TimeUnit.SECONDS)
                            .code())
                    .isEqualTo(CloseReason.VANISHED);
            assertThat(raw.broken()).isTrue();
            other.write(RawWebSocket.PING, true, "still there?");
            assertThat(other.read().text()).isEqualTo("still there?");
        }
    }

    @Test
    void sendAfterTheServersEnd_fails() throws Exception {
        try (RawWebSocket raw = RawWebSocket.open(port(), TARGET)) {
            Leg leg = door.takeLeg(); // never opened, so it receives no events
            stop();
            assertThat(leg.send(Fragment.text("late")).toCompletableFuture())
                    .failsWithin(RecordingReceiver.PATIENCE.toSeconds(), TimeUnit.SECONDS);
        }
    }
}
