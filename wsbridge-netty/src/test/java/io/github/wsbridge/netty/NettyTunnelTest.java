package io.github.wsbridge.netty;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.github.wsbridge.BridgeException;
import io.github.wsbridge.CloseReason;
import io.github.wsbridge.NodeAddress;
import io.github.wsbridge.client.BridgeChannel;
import io.github.wsbridge.client.BridgeClient;
import io.github.wsbridge.client.BridgeDevice;
import io.github.wsbridge.client.TcpTunnel;
import io.github.wsbridge.client.TunnelTargets;
import io.github.wsbridge.core.BridgeNode;
import io.github.wsbridge.core.tokens.TokenKeys;
import io.github.wsbridge.spi.Door;
import io.github.wsbridge.testkit.FakeSignaller;
import io.github.wsbridge.testkit.transport.Backpressure;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A tunnel and a device's targets whose connections are legs, with a node between them. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class NettyTunnelTest {

    private static final InetSocketAddress ANY = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);

    private final NettyConnector requesters = NettyConnector.create();
    private final NettyConnector devices = NettyConnector.create();
    private final Socket nobody = new Socket(); // bound but not listening
    private NettyBridgeServer server;
    private BridgeNode node;
    private volatile Door door;
    private BridgeClient client;
    private ServerSocket target;
    private BridgeDevice device;
    private TcpTunnel tunnel;

    @BeforeEach
    void up() throws Exception {
        server = NettyBridgeServer.builder().address(ANY).bind();
        node = node().build();
        door = node;
        server.serve(handshake -> door.admit(handshake));
        target = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        target.setSoTimeout(20_000);
        nobody.bind(ANY);
        device = device(TunnelTargets.builder()
                .target("echo", "127.0.0.1:" + target.getLocalPort())
                .target("nobody", "127.0.0.1:" + nobody.getLocalPort())
                .target("nowhere", "name.invalid:80"));
        client = BridgeClient.builder(url()).connector(requesters).build();
        tunnel = tunnel("echo").start();
    }

    @AfterEach
    void down() throws Exception {
        tunnel.close();
        device.close();
        client.close();
        target.close();
        nobody.close();
        await().atMost(Duration.ofSeconds(20)).until(() -> node.stats().bridges() == 0);
        node.stop(Duration.ZERO);
        requesters.close();
        devices.close();
        server.close();
        node.close();
    }

    private BridgeNode.Builder node() throws Exception {
        return BridgeNode.builder()
                .publicUrl(url())
                .address(NodeAddress.parse(url().toString()))
                .keys(TokenKeys.generate())
                .insecure()
                .connector(requesters);
    }

    private URI url() {
        return URI.create("ws://127.0.0.1:" + server.address().getPort());
    }

    private TcpTunnel.Builder tunnel(String name) {
        return TcpTunnel.builder(client, "dev", name).streams(requesters.streams());
    }

    private BridgeDevice device(TunnelTargets.Builder targets) throws Exception {
        BridgeDevice started = BridgeDevice.builder(
                        "dev", url(), targets.streams(devices.streams()).build())
                .connector(devices)
                .build()
                .start();
        started.listening().toCompletableFuture().get(20, TimeUnit.SECONDS);
        return started;
    }

    private Socket dial() throws IOException {
        Socket socket = new Socket();
        socket.connect(tunnel.address());
        socket.setSoTimeout(20_000);
        return socket;
    }

    private Socket atTarget() throws IOException {
        Socket socket = target.accept();
        socket.setSoTimeout(20_000);
        return socket;
    }

    private int closeCode(String data) throws Exception {
        try {
            client.connect("dev", data).get(20, TimeUnit.SECONDS);
            throw new AssertionError("connected");
        } catch (ExecutionException e) {
            CloseReason reason = ((BridgeException) e.getCause()).closeReason();
            return reason.code() == CloseReason.REJECTED
                    ? Integer.parseInt(reason.reason().split(" ")[0])
                    : reason.code();
        }
    }

    @Test
    void bytesAndHalfCloses_passBothWays() throws Exception {
        for (int i = 0; i < 30; i++) {
            try (Socket near = dial()) {
                near.getOutputStream().write("question".getBytes(UTF_8));
                if (i % 2 == 0) {
                    near.shutdownOutput(); // before the bridge is established
                }
                try (Socket far = atTarget()) {
                    assertThat(far.getInputStream().readNBytes(8))
                            .asString(UTF_8)
                            .isEqualTo("question");
                    if (i % 2 == 1) {
                        near.shutdownOutput();
                    }
                    assertThat(far.getInputStream().read()).isEqualTo(-1);
                    far.getOutputStream().write("answer".getBytes(UTF_8));
                }
                assertThat(near.getInputStream().readAllBytes()).asString(UTF_8).isEqualTo("answer");
            }
        }
    }

    @Test
    void targetEndsFirst_otherDirectionContinues() throws Exception {
        try (Socket near = dial();
                Socket far = atTarget()) {
            far.getOutputStream().write("SSH-2.0".getBytes(UTF_8)); // the server sends first
            far.shutdownOutput();
            assertThat(near.getInputStream().readAllBytes()).asString(UTF_8).isEqualTo("SSH-2.0");
            near.getOutputStream().write("more".getBytes(UTF_8));
            near.shutdownOutput();
            assertThat(far.getInputStream().readAllBytes()).asString(UTF_8).isEqualTo("more");
        }
    }

    @Test
    void resets_passBothWays() throws Exception {
        for (boolean back : new boolean[] {false, true}) {
            try (Socket near = dial();
                    Socket far = atTarget()) {
                near.getOutputStream().write(1);
                far.getInputStream().read();
                Socket from = back ? far : near;
                Socket to = back ? near : far;
                from.setSoLinger(true, 0);
                from.close();
                assertThatThrownBy(() -> to.getInputStream().read()).isInstanceOf(SocketException.class);
            }
        }
    }

    @Test
    void rejections_haveTheirCodes() throws Exception {
        assertThat(closeCode("nothing")).isEqualTo(404);
        assertThat(closeCode("127.0.0.1:" + target.getLocalPort())).isEqualTo(404);
        assertThat(closeCode("nobody")).isEqualTo(502);
        assertThat(closeCode("nowhere")).isEqualTo(502);
    }

    @Test
    void anyTarget_ifAllowed() throws Exception {
        device.close();
        device = device(TunnelTargets.builder()
                .allowAny(address -> address.getPort() == target.getLocalPort()
                        && address.getAddress().isLoopbackAddress()));
        try (BridgeChannel bridge =
                client.connect("dev", "localhost:" + target.getLocalPort()).get(20, TimeUnit.SECONDS)) {
            bridge.write(UTF_8.encode("typed by hand"));
            bridge.shutdownOutput();
            try (Socket far = atTarget()) {
                assertThat(far.getInputStream().readAllBytes()).asString(UTF_8).isEqualTo("typed by hand");
            }
            assertThat(bridge.inputStream().read()).isEqualTo(-1);
        }
        assertThat(closeCode("127.0.0.1:1")).isEqualTo(403);
        assertThat(closeCode("ssh")).isEqualTo(404);
    }

    @Test
    void failedBridge_resetsTheLocalConnection() throws Exception {
        tunnel.close();
        tunnel = tunnel("nobody").start();
        try (Socket near = dial()) {
            assertThatThrownBy(() -> {
                        near.getOutputStream().write(1);
                        if (near.getInputStream().read() < 0) {
                            throw new AssertionError("a clean end");
                        }
                    })
                    .isInstanceOf(SocketException.class);
        }
    }

    @Test
    void localConnectionClosedBeforeItsBridgeIsEstablished_leavesNoBridge() throws Exception {
        device.close(); // the requesters' bridges now stay pending
        try (BridgeNode silent = node().signaller(new FakeSignaller()).build()) {
            door = silent;
            List<Socket> waiting = new ArrayList<>();
            for (int i = 0; i < 5; i++) {
                waiting.add(dial());
            }
            await().until(() -> silent.stats().pending() == 5);
            for (Socket near : waiting) {
                near.setSoLinger(true, 0);
                near.close();
            }
            await().until(() -> silent.stats().pending() == 0);
            silent.stop(Duration.ZERO);
        }
    }

    @Test
    void maxConnections_furtherOnesWait() throws Exception {
        tunnel.close();
        tunnel = tunnel("echo").maxConnections(1).start();
        try (Socket first = dial();
                Socket second = dial()) {
            Socket firstFar = atTarget();
            second.getOutputStream().write(2);
            target.setSoTimeout(300);
            assertThatThrownBy(this::atTarget).isInstanceOf(IOException.class);
            target.setSoTimeout(20_000);
            first.close();
            firstFar.close();
            assertThat(atTarget().getInputStream().read()).isEqualTo(2);
        }
    }

    @Test
    void close_resetsConnections() throws Exception {
        try (Socket near = dial();
                Socket far = atTarget()) {
            near.getOutputStream().write(1);
            far.getInputStream().read();
            tunnel.close();
            assertThatThrownBy(() -> near.getInputStream().read()).isInstanceOf(SocketException.class);
            assertThatThrownBy(() -> far.getInputStream().read()).isInstanceOf(SocketException.class);
            await().untilAsserted(() -> assertThatThrownBy(this::dial).isInstanceOf(IOException.class));
        }
    }

    @Test
    void closeOfTheDevice_resetsConnections() throws Exception {
        try (Socket near = dial();
                Socket far = atTarget()) {
            near.getOutputStream().write(1);
            far.getInputStream().read();
            device.close();
            assertThatThrownBy(() -> near.getInputStream().read()).isInstanceOf(SocketException.class);
            assertThatThrownBy(() -> far.getInputStream().read()).isInstanceOf(SocketException.class);
        }
    }

    @Test
    void addressInUse_isAnIoException() {
        assertThatThrownBy(() -> tunnel("echo").listen(tunnel.address()).start())
                .isInstanceOf(IOException.class)
                .hasMessageContaining("in use");
    }

    /** While the target does not read, nothing in between reads either; then everything arrives. */
    @Test
    void targetThatDoesNotRead_holdsTheNearEndBack() throws Exception {
        try (Socket near = dial();
                Socket far = atTarget()) {
            AtomicLong sent = new AtomicLong();
            AtomicLong most = new AtomicLong(Long.MAX_VALUE);
            CompletableFuture<Void> flooding = JoinedFixture.inBackground(() -> {
                byte[] piece = new byte[8192];
                while (sent.get() < most.get()) {
                    near.getOutputStream().write(piece);
                    sent.addAndGet(piece.length);
                }
                near.shutdownOutput();
            });
            await().atMost(Duration.ofSeconds(40)).until(() -> Backpressure.stalled(sent));
            assertThat(sent.get()).isLessThan(64L << 20);
            most.set(sent.get());
            long got = 0;
            byte[] piece = new byte[1 << 16];
            for (int n = far.getInputStream().read(piece);
                    n >= 0;
                    n = far.getInputStream().read(piece)) {
                got += n;
            }
            flooding.get(20, TimeUnit.SECONDS);
            assertThat(got).isEqualTo(sent.get());
        }
    }
}
