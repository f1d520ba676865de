package io.github.wsbridge.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.wsbridge.client.BridgeClient;
import io.github.wsbridge.client.BridgeDevice;
import io.github.wsbridge.client.TcpTunnel;
import io.github.wsbridge.client.TunnelTargets;
import io.github.wsbridge.netty.NettyConnector;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** More requests than a device has places, and targets that do not answer. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class StarvationTest {

    private static final InetAddress LOOPBACK = InetAddress.getLoopbackAddress();

    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final Deque<AutoCloseable> opened = new ArrayDeque<>();
    private Cluster cluster;

    @BeforeEach
    void start() throws Exception {
        opened.push(threads::shutdownNow);
        cluster = open(Cluster.start(2));
    }

    @AfterEach
    void stop() throws Exception {
        while (!opened.isEmpty()) {
            opened.pop().close();
        }
    }

    private <C extends AutoCloseable> C open(C resource) {
        opened.push(resource);
        return resource;
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void requests_150InParallel_throughOneTunnelAndOneDevice_allAnswered(boolean netty) throws Exception {
        Ends ends = new Ends(netty, 100, "good=127.0.0.1:" + echo(Duration.ofMillis(200)));
        int port = ends.tunnel("good");
        CountDownLatch all = new CountDownLatch(150);
        List<Future<Integer>> answers = new ArrayList<>();
        for (int i = 0; i < 150; i++) {
            answers.add(threads.submit(() -> {
                all.countDown();
                all.await();
                return ask(port, 60_000);
            }));
        }
        for (Future<Integer> answer : answers) {
            assertThat(answer.get(60, TimeUnit.SECONDS)).isEqualTo(7);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void deadTarget_with40ImpatientClients_doesNotStarveAGoodOne(boolean netty) throws Exception {
        try (BlackHole hole = new BlackHole()) {
            Ends ends = new Ends(netty, 16, "good=127.0.0.1:" + echo(Duration.ZERO), "dead=" + hole.address());
            int dead = ends.tunnel("dead");
            int good = ends.tunnel("good");
            AtomicBoolean over = new AtomicBoolean();
            for (int i = 0; i < 40; i++) {
                threads.submit(() -> {
                    while (!over.get()) {
                        ask(dead, 300);
                    }
                    return null;
                });
            }
            Awaitility.await()
                    .until(() -> cluster.node(0).stats().pending()
                                    + cluster.node(1).stats().pending()
                            > 20);
            List<Future<Integer>> answers = new ArrayList<>();
            for (int i = 0; i < 48; i++) {
                answers.add(threads.submit(() -> ask(good, 20_000)));
            }
            for (Future<Integer> answer : answers) {
                assertThat(answer.get(30, TimeUnit.SECONDS)).isEqualTo(7);
            }
            over.set(true);
        }
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void requesterGone_itsAttemptEndsEverywhere_withinASecond() throws Exception {
        try (BlackHole hole = new BlackHole()) {
            Ends ends = new Ends(true, 1, "good=127.0.0.1:" + echo(Duration.ZERO), "dead=" + hole.address());
            BridgeClient client = ends.client();
            var attempt = client.connect("device", "dead");
            Awaitility.await().until(() -> pending() == 1);
            var waiting = client.connect("device", "good");
            Awaitility.await().until(() -> pending() == 2);
            assertThat(waiting).isNotDone();
            assertThat(hole.callers()).isEqualTo(1);
            attempt.cancel(true);
            waiting.get(1, TimeUnit.SECONDS).close();
            Awaitility.await("also for the device's dial")
                    .atMost(Duration.ofSeconds(1))
                    .until(() -> pending() == 0 && hole.callers() == 0);
        }
    }

    @ParameterizedTest
    @CsvSource({"true,false", "true,true", "false,false", "false,true"})
    @EnabledOnOs(OS.LINUX)
    void tunnelsClientGone_itsAttemptEndsEverywhere_withinASecond(boolean netty, boolean reset) throws Exception {
        try (BlackHole hole = new BlackHole()) {
            Ends ends = new Ends(netty, 1, "dead=" + hole.address());
            try (Socket client = new Socket(LOOPBACK, ends.tunnel("dead"))) {
                client.setSoTimeout(700);
                client.getOutputStream().write(7);
                assertThatThrownBy(() -> client.getInputStream().read()).isInstanceOf(SocketTimeoutException.class);
                assertThat(pending()).isEqualTo(1);
                client.setSoLinger(reset, 0);
            }
            Awaitility.await("also for the device's dial")
                    .atMost(Duration.ofSeconds(1))
                    .until(() -> pending() == 0 && hole.callers() == 0);
        }
    }

    private int pending() {
        return cluster.nodes().stream().mapToInt(node -> node.stats().pending()).sum();
    }

    /** Sends a byte and returns the one that comes back; -1 if there is none in time. */
    private static int ask(int port, int patienceMillis) throws IOException {
        try (Socket socket = new Socket(LOOPBACK, port)) {
            socket.setSoTimeout(patienceMillis);
            socket.getOutputStream().write(7);
            return socket.getInputStream().read();
        } catch (SocketTimeoutException e) {
            return -1;
        }
    }

    /** Starts a server that returns the first byte of each connection after a while. */
    private int echo(Duration after) throws IOException {
        ServerSocket server = open(new ServerSocket(0, 300, LOOPBACK));
        threads.execute(() -> {
            while (!server.isClosed()) {
                try {
                    Socket socket = server.accept();
                    threads.execute(() -> answer(socket, after));
                } catch (IOException e) {
                    return; // closed
                }
            }
        });
        return server.getLocalPort();
    }

    private static void answer(Socket socket, Duration after) {
        try (socket) {
            InputStream in = socket.getInputStream();
            int question = in.read();
            if (question >= 0) {
                new CountDownLatch(1).await(after.toMillis(), TimeUnit.MILLISECONDS);
                socket.getOutputStream().write(question);
            }
        } catch (IOException | InterruptedException e) {
            // the asker has gone, or the test is over
        }
    }

    /** A device with targets, and tunnels to them. */
    private final class Ends {
        private final boolean netty;

        Ends(boolean netty, int maxBridges, String... targets) throws Exception {
            this.netty = netty;
            TunnelTargets.Builder handler = TunnelTargets.builder();
            for (String target : targets) {
                handler.target(target);
            }
            NettyConnector connector = open(NettyConnector.create());
            if (netty) {
                handler.streams(connector.streams());
            }
            BridgeDevice device = open(BridgeDevice.builder("device", cluster.url(), handler.build())
                    .connector(connector)
                    .maxBridges(maxBridges)
                    .build()
                    .start());
            device.listening().toCompletableFuture().get(30, TimeUnit.SECONDS);
        }

        BridgeClient client() {
            return open(BridgeClient.builder(cluster.url())
                    .connector(open(NettyConnector.create()))
                    .build());
        }

        int tunnel(String target) throws IOException {
            NettyConnector connector = open(NettyConnector.create());
            BridgeClient client = open(
                    BridgeClient.builder(cluster.url()).connector(connector).build());
            TcpTunnel.Builder tunnel =
                    TcpTunnel.builder(client, "device", target).backlog(300);
            if (netty) {
                tunnel.streams(connector.streams());
            }
            return open(tunnel.start()).address().getPort();
        }
    }

    /** A listening socket whose backlog is full, so that a connection to it is neither accepted nor refused. */
    private static final class BlackHole implements AutoCloseable {
        private final ServerSocket server = new ServerSocket(0, 1, LOOPBACK);
        private final List<Socket> waiting = new ArrayList<>();

        BlackHole() throws IOException {
            while (true) {
                Socket socket = new Socket();
                waiting.add(socket);
                try {
                    socket.connect(new InetSocketAddress(LOOPBACK, server.getLocalPort()), 200);
                } catch (SocketTimeoutException e) {
                    socket.close();
                    return;
                }
            }
        }

        String address() {
            return "127.0.0.1:" + server.getLocalPort();
        }

        /** Returns how many sockets wait for their connection to be accepted (SYN_SENT); Linux only. */
        long callers() throws IOException {
            String sent = String.format(Locale.ROOT, ":%04X 02 ", server.getLocalPort());
            try (Stream<String> sockets =
                    Stream.concat(Files.lines(Path.of("/proc/net/tcp")), Files.lines(Path.of("/proc/net/tcp6")))) {
                return sockets.filter(socket -> socket.contains(sent)).count();
            }
        }

        @Override
        public void close() throws IOException {
            for (Socket socket : waiting) {
                socket.close();
            }
            server.close();
        }
    }
}
