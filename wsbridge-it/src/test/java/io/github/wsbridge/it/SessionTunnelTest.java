package io.github.wsbridge.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.github.wsbridge.client.BridgeClient;
import io.github.wsbridge.client.BridgeDevice;
import io.github.wsbridge.client.DeviceDialer;
import io.github.wsbridge.client.TcpTunnel;
import io.github.wsbridge.client.TunnelTargets;
import io.github.wsbridge.netty.NettyConnector;
import io.github.wsbridge.session.BridgeSessions;
import io.github.wsbridge.session.SessionHandler;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** TCP connections through sessions, across three nodes, with connections that are legs at both ends. */
@Timeout(180)
final class SessionTunnelTest {

    private static final String DEVICE = "d";
    private static final int SECONDS = 60;

    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final List<AutoCloseable> opened = new ArrayList<>();
    private final NettyConnector requesters = NettyConnector.create();
    private final NettyConnector devices = NettyConnector.create();
    private Cluster cluster;

    @BeforeEach
    void start() throws Exception {
        cluster = Cluster.start(3);
        opened.add(cluster);
        opened.add(threads::shutdownNow);
        opened.add(requesters);
        opened.add(devices);
    }

    @AfterEach
    void stop() throws Exception {
        for (int i = opened.size() - 1; i >= 0; i--) {
            opened.get(i).close();
        }
    }

    @Test
    void connections_halfCloseAndShareABridge() throws Exception {
        int echo = serve(SessionTunnelTest::echo);
        device(targets(echo), true);
        TcpTunnel tunnel = tunnel(sessions(), "echo");
        for (int i = 0; i < 50; i++) {
            assertThat(exchange(tunnel, "request " + i)).isEqualTo("request " + i);
        }
        assertThat(bridges()).isEqualTo(1);
    }

    @Test
    void bulk_bothDirections_arrivesUnchanged() throws Exception {
        int echo = serve(SessionTunnelTest::echo);
        device(targets(echo), true);
        TcpTunnel tunnel = tunnel(sessions(), "echo");
        byte[] data = Payloads.bytes(50_000_000, 5);
        try (Socket socket = connect(tunnel)) {
            Future<?> sending = threads.submit(() -> {
                socket.getOutputStream().write(data);
                socket.shutdownOutput();
                return null;
            });
            byte[] back = socket.getInputStream().readAllBytes();
            sending.get(SECONDS, TimeUnit.SECONDS);
            assertThat(Arrays.equals(back, data)).isTrue();
        }
    }

    @Test
    void reset_passesOnBothWays() throws Exception {
        AtomicInteger seen = new AtomicInteger();
        CountDownLatch reading = new CountDownLatch(1);
        int target = serve(socket -> {
            if (socket.getInputStream().read() == 'r') {
                socket.setSoLinger(true, 0); // close() resets
                return;
            }
            reading.countDown();
            try {
                socket.getInputStream().read();
            } catch (SocketException e) {
                seen.incrementAndGet();
            }
        });
        device(targets(target), true);
        TcpTunnel tunnel = tunnel(sessions(), "echo");

        try (Socket socket = connect(tunnel)) {
            socket.getOutputStream().write('r');
            assertThatThrownBy(() -> socket.getInputStream().read()).isInstanceOf(SocketException.class);
        }
        try (Socket socket = connect(tunnel)) {
            socket.getOutputStream().write('w');
            assertThat(reading.await(SECONDS, TimeUnit.SECONDS)).isTrue();
            socket.setSoLinger(true, 0);
        }
        await().untilAsserted(() -> assertThat(seen).hasValue(1));
        assertThat(bridges()).isEqualTo(1);
    }

    @Test
    void rejections_sayWhy() throws Exception {
        int closed;
        try (ServerSocket socket = new ServerSocket(0)) {
            closed = socket.getLocalPort();
        }
        device(targets(closed), true);
        BridgeSessions sessions = sessions();

        assertThatThrownBy(() -> sessions.session(DEVICE).open("none").get(SECONDS, TimeUnit.SECONDS))
                .isInstanceOf(ExecutionException.class)
                .hasMessageContaining("4403 404 unknown target");
        assertThatThrownBy(() -> sessions.session(DEVICE).open("echo").get(SECONDS, TimeUnit.SECONDS))
                .isInstanceOf(ExecutionException.class)
                .hasMessageContaining("4403 502 target not reachable");
        assertThat(bridges()).isEqualTo(1);
    }

    @Test
    void streams_200OfWhich20Stall_theOthersFlow() throws Exception {
        int source = serve(socket -> {
            byte[] piece = Payloads.bytes(64 * 1024, 1);
            OutputStream out = socket.getOutputStream();
            for (int i = 0; i < 16; i++) {
                out.write(piece);
            }
        });
        device(targets(source), true);
        TcpTunnel tunnel = tunnel(sessions(), "echo");
        List<Socket> stalled = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            Socket socket = connect(tunnel);
            opened.add(socket);
            stalled.add(socket); // never read until the others are done
        }
        AtomicLong received = new AtomicLong();
        List<Future<?>> all = new ArrayList<>();
        for (int i = 0; i < 180; i++) {
            all.add(threads.submit(() -> {
                try (Socket socket = connect(tunnel)) {
                    received.addAndGet(socket.getInputStream().readAllBytes().length);
                }
                return null;
            }));
        }
        for (Future<?> each : all) {
            each.get(SECONDS, TimeUnit.SECONDS);
        }
        assertThat(received).hasValue(180L << 20);
        for (Socket socket : stalled) {
            assertThat(socket.getInputStream().readAllBytes()).hasSize(1 << 20);
        }
        assertThat(bridges()).isEqualTo(1);
    }

    @Test
    void nodeStops_nextConnectionHasAnotherSession() throws Exception {
        int echo = serve(SessionTunnelTest::echo);
        device(targets(echo), true);
        BridgeSessions sessions = sessions();
        TcpTunnel tunnel = tunnel(sessions, "echo");
        assertThat(exchange(tunnel, "before")).isEqualTo("before");
        int owner = 0;
        while (cluster.node(owner).stats().bridges() == 0) {
            owner++;
        }

        cluster.node(owner).close();

        await().atMost(SECONDS, TimeUnit.SECONDS)
                .until(() -> sessions.session(DEVICE).open() == 0);
        await().atMost(SECONDS, TimeUnit.SECONDS)
                .ignoreExceptions()
                .until(() -> exchange(tunnel, "after").equals("after"));
    }

    @Test
    void oldDevice_isReachedAsBefore() throws Exception {
        int echo = serve(SessionTunnelTest::echo);
        device(targets(echo), false);
        TcpTunnel tunnel = tunnel(sessions(), "echo");
        for (int i = 0; i < 5; i++) {
            assertThat(exchange(tunnel, "request " + i)).isEqualTo("request " + i);
        }
        assertThat(bridges()).isEqualTo(5);
    }

    @Test
    void oldRequester_isServedAsBefore() throws Exception {
        int echo = serve(SessionTunnelTest::echo);
        device(targets(echo), true);
        TcpTunnel tunnel = tunnel(client(), "echo");
        for (int i = 0; i < 5; i++) {
            assertThat(exchange(tunnel, "request " + i)).isEqualTo("request " + i);
        }
        assertThat(bridges()).isEqualTo(5);
    }

    // What the tests are made of

    private interface Service {
        void serve(Socket socket) throws IOException;
    }

    private int serve(Service service) throws IOException {
        ServerSocket server = new ServerSocket(0, 300, InetAddress.getLoopbackAddress());
        opened.add(server);
        threads.execute(() -> {
            while (!server.isClosed()) {
                try {
                    Socket socket = server.accept();
                    threads.execute(() -> {
                        try (socket) {
                            service.serve(socket);
                        } catch (IOException e) {
                            // the other end has gone
                        }
                    });
                } catch (IOException e) {
                    return;
                }
            }
        });
        return server.getLocalPort();
    }

    private static void echo(Socket socket) throws IOException {
        InputStream in = socket.getInputStream();
        in.transferTo(socket.getOutputStream());
        socket.shutdownOutput();
    }

    private TunnelTargets targets(int port) {
        return TunnelTargets.builder()
                .target("echo", "127.0.0.1:" + port)
                .streams(devices.streams())
                .build();
    }

    private void device(TunnelTargets targets, boolean sessions) throws Exception {
        BridgeDevice.Handler handler = sessions ? SessionHandler.over(targets) : targets;
        BridgeDevice device = BridgeDevice.builder(DEVICE, cluster.url(), handler)
                .connector(devices)
                .daemon(true)
                .build()
                .start();
        opened.add(device);
        device.listening().toCompletableFuture().get(SECONDS, TimeUnit.SECONDS);
    }

    private BridgeClient client() {
        BridgeClient client =
                BridgeClient.builder(cluster.url()).connector(requesters).build();
        opened.add(client);
        return client;
    }

    private BridgeSessions sessions() {
        BridgeSessions sessions = BridgeSessions.over(client());
        opened.add(sessions);
        return sessions;
    }

    private TcpTunnel tunnel(DeviceDialer dialer, String target) throws IOException {
        TcpTunnel tunnel = TcpTunnel.builder(dialer, DEVICE, target)
                .streams(requesters.streams())
                .start();
        opened.add(tunnel);
        return tunnel;
    }

    private static Socket connect(TcpTunnel tunnel) throws IOException {
        Socket socket =
                new Socket(InetAddress.getLoopbackAddress(), tunnel.address().getPort());
        socket.setSoTimeout(SECONDS * 1000);
        return socket;
    }

    private static String exchange(TcpTunnel tunnel, String request) throws IOException {
        try (Socket socket = connect(tunnel)) {
            socket.getOutputStream().write(request.getBytes(StandardCharsets.UTF_8));
            socket.shutdownOutput();
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    /** Returns how many bridges have been established. */
    private int bridges() {
        return cluster.crossings.forwarded() + cluster.crossings.direct();
    }
}
