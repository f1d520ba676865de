package io.github.wsbridge.netty;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.github.wsbridge.BridgeRequest;
import io.github.wsbridge.NodeAddress;
import io.github.wsbridge.Watch;
import io.github.wsbridge.client.BridgeDevice;
import io.github.wsbridge.client.TunnelTargets;
import io.github.wsbridge.core.BridgeNode;
import io.github.wsbridge.core.ExposedPort;
import io.github.wsbridge.core.access.AddressPolicy;
import io.github.wsbridge.core.cluster.PeerDirectory;
import io.github.wsbridge.core.limits.Limits;
import io.github.wsbridge.core.tokens.TokenKeys;
import io.github.wsbridge.spi.Admission;
import io.github.wsbridge.spi.Door;
import io.github.wsbridge.spi.Leg;
import io.github.wsbridge.spi.Peer;
import io.github.wsbridge.spi.StreamTransport;
import io.github.wsbridge.testkit.FakeSignaller;
import io.github.wsbridge.testkit.RecordingListener;
import io.github.wsbridge.testkit.RecordingListener.Event;
import io.github.wsbridge.testkit.transport.Backpressure;
import io.github.wsbridge.testkit.transport.TestKeys;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiConsumer;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Plain TCP clients, a node's exposed port, and a device's target. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class NettyExposedPortTest {

    private static final InetSocketAddress ANY = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final TokenKeys keys = TokenKeys.generate();
    private final RecordingListener events = new RecordingListener();
    private final List<AutoCloseable> opened = new ArrayList<>();
    private final BlockingQueue<TcpLeg> clients = new LinkedBlockingQueue<>();
    private final BlockingQueue<NettyLeg> devices = new LinkedBlockingQueue<>();
    private ServerSocket target;

    /** A server and a node, which is built later, since its address is the server's. */
    private final class Site {
        final NettyBridgeServer server;
        final URI url;
        BridgeNode node;

        Site(TestKeys tls) throws Exception {
            NettyBridgeServer.Builder settings =
                    NettyBridgeServer.builder().address(ANY).threads(2);
            if (tls != null) {
                settings.tls(tls.context());
            }
            server = opened(settings.bind());
            url = URI.create((tls == null ? "ws" : "wss") + "://localhost:"
                    + server.address().getPort());
        }

        Site node(UnaryOperator<BridgeNode.Builder> more) throws Exception {
            NettyConnector connector = opened(NettyConnector.create());
            node = opened(more.apply(BridgeNode.builder()
                            .publicUrl(url)
                            .address(NodeAddress.parse(url.toString()))
                            .keys(keys)
                            .insecure()
                            .connector(connector)
                            .listener(events))
                    .build());
            server.serve(watched(node));
            return this;
        }

        /** Lets the test see the legs of devices. */
        private Door watched(Door door) {
            return handshake -> door.admit(handshake)
                    .thenApply(admission ->
                            handshake.path().equals("/bridge/accept") && admission instanceof Admission.Granted granted
                                    ? new Admission.Granted(granted.subprotocol(), leg -> {
                                        devices.add((NettyLeg) leg);
                                        granted.opened().accept(leg);
                                    })
                                    : admission);
        }

        ExposedPort.Builder port(String device, String name) {
            return ExposedPort.builder(node, new Seen(server.streams()), new BridgeRequest(device, name));
        }
    }

    private Site site(UnaryOperator<BridgeNode.Builder> more) throws Exception {
        return new Site(null).node(more);
    }

    private Site site() throws Exception {
        return site(builder -> builder);
    }

    @BeforeEach
    void up() throws Exception {
        target = opened(new ServerSocket(0, 50, InetAddress.getLoopbackAddress()));
        target.setSoTimeout((int) PATIENCE.toMillis());
    }

    @AfterEach
    void down() throws Exception {
        for (int i = opened.size() - 1; i >= 0; i--) {
            opened.get(i).close();
        }
    }

    private <T extends AutoCloseable> T opened(T one) {
        opened.add(one);
        return one;
    }

    private BridgeDevice device(URI url, TestKeys tls) throws Exception {
        NettyConnector.Builder settings = NettyConnector.builder().threads(2);
        if (tls != null) {
            settings.sslContext(tls.context());
        }
        NettyConnector connector = opened(settings.build());
        BridgeDevice device = opened(BridgeDevice.builder(
                        "dev",
                        url,
                        TunnelTargets.builder()
                                .target("it", "127.0.0.1:" + target.getLocalPort())
                                .streams(connector.streams())
                                .build())
                .connector(connector)
                .build()
                .start());
        device.listening().toCompletableFuture().get(20, TimeUnit.SECONDS);
        return device;
    }

    private Socket dial(ExposedPort port) throws IOException {
        Socket socket = opened(new Socket());
        socket.connect(port.address(), (int) PATIENCE.toMillis());
        socket.setSoTimeout((int) PATIENCE.toMillis());
        return socket;
    }

    private Socket atTarget() throws IOException {
        Socket socket = opened(target.accept());
        socket.setSoTimeout((int) PATIENCE.toMillis());
        return socket;
    }

    private static void assertReset(Socket socket) {
        assertThatThrownBy(() -> {
                    if (socket.getInputStream().read() < 0) {
                        throw new AssertionError("a clean end");
                    }
                })
                .isInstanceOf(SocketException.class);
    }

    /** The reset may come before the client knows that it was connected. */
    private void assertRefused(ExposedPort port) {
        assertThatThrownBy(() -> {
                    Socket socket = dial(port);
                    socket.getOutputStream().write(new byte[1000]);
                    if (socket.getInputStream().read() < 0) {
                        throw new AssertionError("a clean end");
                    }
                })
                .isInstanceOf(SocketException.class)
                .isNotInstanceOf(ConnectException.class);
    }

    private static void reset(Socket socket) throws IOException {
        socket.setSoLinger(true, 0);
        socket.close();
    }

    private static void assertConnected(Socket near, Socket far) throws IOException {
        near.getOutputStream().write("question".getBytes(UTF_8));
        assertThat(far.getInputStream().readNBytes(8)).asString(UTF_8).isEqualTo("question");
        far.getOutputStream().write("answer".getBytes(UTF_8));
        assertThat(near.getInputStream().readNBytes(6)).asString(UTF_8).isEqualTo("answer");
    }

    private static <T> T take(BlockingQueue<T> legs) throws InterruptedException {
        T leg = legs.poll(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        assertThat(leg).as("a leg in time").isNotNull();
        return leg;
    }

    private static void exchange(Socket near, Socket far, long size) throws Exception {
        CompletableFuture<String> there = TcpBridgeTests.receive(far);
        CompletableFuture<String> back = TcpBridgeTests.receive(near);
        CompletableFuture<String> sentThere = TcpBridgeTests.send(near, size, 1);
        CompletableFuture<String> sentBack = TcpBridgeTests.send(far, size, 2);
        assertThat(there.get(60, TimeUnit.SECONDS)).isEqualTo(sentThere.get(1, TimeUnit.SECONDS));
        assertThat(back.get(60, TimeUnit.SECONDS)).isEqualTo(sentBack.get(1, TimeUnit.SECONDS));
    }

    @Test
    void bytes_ofAnyNumberBothWaysAtOnce_arriveUnchanged() throws Exception {
        exchangeAll(null);
    }

    @Test
    @Tag("system")
    void bytes_ofDevicesOverTls_arriveUnchanged() throws Exception {
        exchangeAll(TestKeys.shared());
    }

    private void exchangeAll(TestKeys tls) throws Exception {
        Site site = new Site(tls).node(builder -> builder);
        device(site.url, tls);
        ExposedPort port = site.port("dev", "it").start();
        for (long size : new long[] {0, 1, 126, 65_536, 1_000_000, 64L << 20}) {
            exchange(dial(port), atTarget(), size);
        }
        await().atMost(PATIENCE).until(() -> site.node.stats().bridges() == 0);
    }

    @Test
    void bothDirections_areTransferredBelowFragments() throws Exception {
        Site site = site();
        device(site.url, null);
        Socket near = dial(site.port("dev", "it").start());
        Socket far = atTarget();
        assertConnected(near, far);
        TcpLeg client = take(clients);
        NettyLeg device = take(devices);
        await().atMost(PATIENCE)
                .until(
                        () -> { // once the device has sent something
                            assertConnected(near, far);
                            return client.passesOn() && device.passesOn();
                        });
        assertThat(client.channel().eventLoop()).isSameAs(device.channel().eventLoop());
    }

    @Test
    void dataAndFinBeforeTheBridgeIsEstablished_arrive() throws Exception {
        Site site = site();
        device(site.url, null);
        ExposedPort port = site.port("dev", "it").start();
        for (int i = 0; i < 30; i++) {
            byte[] question = JoinedTests.bytes(i * 4_999);
            Socket near = dial(port);
            near.getOutputStream().write(question);
            near.shutdownOutput();
            try (Socket far = atTarget()) {
                assertThat(far.getInputStream().readAllBytes()).isEqualTo(question);
                far.getOutputStream().write("answer".getBytes(UTF_8));
            }
            assertThat(near.getInputStream().readAllBytes()).asString(UTF_8).isEqualTo("answer");
        }
    }

    @Test
    void finOfTheTarget_leavesTheOtherDirectionOpen() throws Exception {
        Site site = site();
        device(site.url, null);
        Socket near = dial(site.port("dev", "it").start());
        Socket far = atTarget();
        far.getOutputStream().write("SSH-2.0".getBytes(UTF_8)); // a server that sends first
        far.shutdownOutput();
        assertThat(near.getInputStream().readAllBytes()).asString(UTF_8).isEqualTo("SSH-2.0");
        near.getOutputStream().write("more".getBytes(UTF_8));
        near.shutdownOutput();
        assertThat(far.getInputStream().readAllBytes()).asString(UTF_8).isEqualTo("more");
        await().atMost(PATIENCE).until(() -> site.node.stats().bridges() == 0);
        assertThat(events.await("Closed", PATIENCE).detail()).hasToString("1000");
    }

    @Test
    void resets_arePassedOnBothWays_alsoAfterAHalfClose() throws Exception {
        Site site = site();
        device(site.url, null);
        ExposedPort port = site.port("dev", "it").start();
        for (boolean back : new boolean[] {false, true}) {
            for (boolean halfClosed : new boolean[] {false, true}) {
                Socket near = dial(port);
                Socket far = atTarget();
                assertConnected(near, far);
                Socket from = back ? far : near;
                Socket to = back ? near : far;
                if (halfClosed) {
                    to.shutdownOutput();
                    assertThat(from.getInputStream().read()).isEqualTo(-1);
                }
                reset(from);
                assertReset(to);
            }
        }
        await().atMost(PATIENCE).until(() -> site.node.stats().bridges() == 0);
    }

    @Test
    void unknownTargetOrDevice_resetsTheConnection() throws Exception {
        Site site = site();
        device(site.url, null);
        assertRefused(site.port("dev", "nothing").start());
        assertRefused(site.port("nobody", "it").start());
        await().atMost(PATIENCE).until(() -> events.events("Closed").size() == 2);
        assertThat(events.events("Closed"))
                .extracting(event -> event.detail().toString().substring(0, 4))
                .containsExactly("4403", "4404");
        assertThat(site.node.stats().bridges()).isZero();
    }

    @Test
    void deniedClient_isReset_andNoDeviceIsSignalled() throws Exception {
        Site site = site();
        device(site.url, null);
        ExposedPort port = site.port("dev", "it")
                .access(AddressPolicy.of(List.of("192.0.2.0/24", "::1")))
                .start();
        assertRefused(port);
        String name = "127.0.0.1:" + ((InetSocketAddress) port.address()).getPort();
        assertThat(events.events("Refused")).containsExactly(new Event("Refused", name, 403));
        assertThat(events.names()).containsExactlyInAnyOrder("Listening", "Refused");
    }

    @Test
    void fullNode_resetsTheConnection() throws Exception {
        Site site =
                site(builder -> builder.limits(Limits.builder().maxBridges(1).build()));
        device(site.url, null);
        ExposedPort port = site.port("dev", "it").maxConnections(10).start();
        Socket near = dial(port);
        Socket far = atTarget();
        assertConnected(near, far);
        assertRefused(port);
        assertConnected(near, far);
        near.close();
        far.close();
        await().atMost(PATIENCE).until(() -> site.node.stats().bridges() == 0);
        assertConnected(dial(port), atTarget());
    }

    /** While one client does not read, others get everything; then so does this one. */
    @Test
    void clientThatDoesNotRead_costsItsOwnBridgeOnly() throws Exception {
        Site site = site();
        device(site.url, null);
        ExposedPort port = site.port("dev", "it").start();
        Socket slow = dial(port);
        Socket flooding = atTarget();
        AtomicLong sent = new AtomicLong();
        AtomicLong most = new AtomicLong(Long.MAX_VALUE);
        CompletableFuture<Void> flood = JoinedTests.inBackground(() -> {
            byte[] piece = new byte[8192];
            while (sent.get() < most.get()) {
                flooding.getOutputStream().write(piece);
                sent.addAndGet(piece.length);
            }
            flooding.shutdownOutput();
        });
        await().atMost(Duration.ofSeconds(40)).until(() -> Backpressure.stalled(sent));
        assertThat(sent.get()).isLessThan(64L << 20);
        assertThat(take(clients).holds()).isLessThan(256 * 1024);
        exchange(dial(port), atTarget(), 4 << 20);
        most.set(sent.get());
        long got = 0;
        byte[] piece = new byte[1 << 16];
        for (int n = slow.getInputStream().read(piece);
                n >= 0;
                n = slow.getInputStream().read(piece)) {
            got += n;
        }
        flood.get(20, TimeUnit.SECONDS);
        assertThat(got).isEqualTo(sent.get());
    }

    @Test
    void connectionThatWaitsForItsDevice_isHardlyRead_andGivenUpIfReset() throws Exception {
        FakeSignaller silent = new FakeSignaller();
        Site site = site(builder -> builder.signaller("silent", silent));
        ExposedPort port = site.port("silent", "it").start();
        List<Socket> waiting = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            Socket near = dial(port);
            waiting.add(near);
            JoinedTests.inBackground(() -> near.getOutputStream().write(new byte[1 << 20]));
        }
        await().atMost(PATIENCE).until(() -> site.node.stats().pending() == 5);
        for (int i = 0; i < 5; i++) {
            TcpLeg leg = take(clients);
            await().atMost(PATIENCE).until(() -> leg.holds() > 0);
            assertThat(leg.holds()).isLessThan(16 * 1024);
        }
        for (Socket near : waiting) {
            reset(near);
        }
        await().atMost(PATIENCE).until(() -> site.node.stats().pending() == 0);
    }

    @Test
    void deviceOnAnotherNode_isReached() throws Exception {
        Site owner = new Site(null);
        Site other = new Site(null);
        PeerDirectory both = PeerDirectory.of(
                Set.of(NodeAddress.parse(owner.url.toString()), NodeAddress.parse(other.url.toString())));
        owner.node(builder -> builder.publicUrl(other.url).peers(both));
        other.node(builder -> builder.peers(both));
        device(other.url, null);
        ExposedPort port = owner.port("dev", "it").start();
        for (long size : new long[] {1, 16L << 20}) {
            exchange(dial(port), atTarget(), size);
        }
        assertThat(events.events("Forwarded")).hasSize(2);
        Socket near = dial(port);
        Socket far = atTarget();
        assertConnected(near, far);
        reset(far);
        assertReset(near);
    }

    @Test
    void idleConnection_outlivesTheKeepalive() throws Exception {
        Watch watch = new Watch(Duration.ofMillis(400), Duration.ofMinutes(1));
        Site site = site(builder -> builder.limits(Limits.builder().watch(watch).build()));
        device(site.url, null);
        Socket near = dial(site.port("dev", "it").start());
        Socket far = atTarget();
        assertConnected(near, far);
        await().atMost(PATIENCE)
                .during(Duration.ofSeconds(2))
                .until(() -> site.node.stats().bridges() == 1);
        assertConnected(near, far);
    }

    @Test
    void clientThatReadsNothingForTheStallTime_isReset() throws Exception {
        Watch watch = new Watch(Duration.ofSeconds(1), Duration.ofSeconds(2));
        Site site = site(builder -> builder.limits(Limits.builder().watch(watch).build()));
        device(site.url, null);
        dial(site.port("dev", "it").start());
        Socket flooding = atTarget();
        assertThatThrownBy(() -> {
                    while (true) {
                        flooding.getOutputStream().write(new byte[1 << 16]);
                    }
                })
                .isInstanceOf(SocketException.class);
        assertThat(events.await("Closed", PATIENCE).detail()).hasToString("4000 read no data for 2 s");
    }

    @Test
    void stopOfTheNode_refusesNewConnections_andLeavesBridgesTheGracePeriod() throws Exception {
        Site site = site();
        device(site.url, null);
        ExposedPort port = site.port("dev", "it").start();
        Socket near = dial(port);
        Socket far = atTarget();
        assertConnected(near, far);
        CompletableFuture<Void> stopped = site.node.stop(Duration.ofMinutes(5)).toCompletableFuture();
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThatThrownBy(() -> dial(port)).isInstanceOf(ConnectException.class));
        assertConnected(near, far);
        near.shutdownOutput();
        assertThat(far.getInputStream().read()).isEqualTo(-1);
        far.close();
        assertThat(near.getInputStream().read()).isEqualTo(-1);
        stopped.get(20, TimeUnit.SECONDS);
    }

    @Test
    void endOfTheGracePeriod_resetsConnections() throws Exception {
        Site site = site();
        device(site.url, null);
        ExposedPort port = site.port("dev", "it").start();
        Socket near = dial(port);
        Socket far = atTarget();
        assertConnected(near, far);
        site.node.stop(Duration.ofMillis(100)).toCompletableFuture().get(20, TimeUnit.SECONDS);
        assertReset(near);
        assertReset(far);
    }

    @Test
    void closeOfTheServer_closesPortAndConnections() throws Exception {
        Site site = site();
        device(site.url, null);
        ExposedPort port = site.port("dev", "it").start();
        Socket near = dial(port);
        assertConnected(near, atTarget());
        site.server.close();
        assertThatThrownBy(() -> dial(port)).isInstanceOf(ConnectException.class);
        await().atMost(PATIENCE).until(() -> site.node.stats().bridges() == 0);
    }

    @Test
    void addressInUse_isAnIoException() throws Exception {
        Site site = site();
        ExposedPort port = site.port("dev", "it").start();
        assertThatThrownBy(() -> site.port("dev", "it").listen(port.address()).start())
                .isInstanceOf(IOException.class)
                .hasMessageContaining("in use");
    }

    /** Lets the test see the legs of clients. */
    private final class Seen implements StreamTransport {
        private final StreamTransport streams;

        Seen(StreamTransport streams) {
            this.streams = streams;
        }

        @Override
        public CompletionStage<Leg> dial(SocketAddress address, Duration timeout) {
            return streams.dial(address, timeout);
        }

        @Override
        public Listening listen(SocketAddress address, Limits limits, BiConsumer<Leg, Peer> accepted)
                throws IOException {
            return streams.listen(address, limits, (leg, client) -> {
                clients.add((TcpLeg) leg);
                accepted.accept(leg, client);
            });
        }
    }
}
