package io.github.wsbridge.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.wsbridge.client.BridgeChannel;
import io.github.wsbridge.client.BridgeClient;
import io.github.wsbridge.core.tokens.TokenKeys;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A node that is stopped, but not ended: its host still acknowledges, so only missing heartbeats reveal it. */
@Tag("system")
@Timeout(value = 4, unit = TimeUnit.MINUTES)
final class FrozenNodeSystemTest {

    private static final Duration DEAD = Duration.ofSeconds(40);
    private static final byte UP = 'u';
    private static final byte DOWN = 'd';
    private static final byte IDLE = 'i';

    @TempDir
    private Path folder;

    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final AtomicLong received = new AtomicLong();
    private ServerSocket target;
    private Programs programs;
    private Launcher wsbridge;

    @BeforeEach
    void start() throws Exception {
        programs = new Programs(folder);
        wsbridge = Launcher.install(Files.createDirectories(folder.resolve("installed here")));
        target = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        threads.submit(() -> {
            while (true) {
                Socket socket = target.accept();
                threads.submit(() -> serve(socket));
            }
        });
    }

    @AfterEach
    void stop() throws Exception {
        programs.close();
        target.close();
        threads.shutdownNow();
    }

    /** Receives or sends without end, as the first byte says. */
    private Void serve(Socket socket) throws IOException {
        try (socket) {
            InputStream in = socket.getInputStream();
            if (in.read() == DOWN) {
                flood(socket);
            }
            drain(in);
        }
        return null;
    }

    private static void flood(Socket socket) throws IOException {
        OutputStream out = socket.getOutputStream();
        byte[] some = new byte[64 * 1024];
        while (true) {
            out.write(some);
        }
    }

    private void drain(InputStream in) throws IOException {
        byte[] some = new byte[64 * 1024];
        for (int n = in.read(some); n >= 0; n = in.read(some)) {
            received.addAndGet(n);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"netty", "jdk"})
    void nodeFreezesUnderTransfers_theyEndWithin40Seconds(String transport) throws Exception {
        Programs.Running node = programs.start(wsbridge.command("node", "--insecure", "--listen", "127.0.0.1:0"));
        String server = node.awaitLine("node ready: ").replaceAll(".*address (\\S+),.*", "$1");
        programs.start(wsbridge.command(
                        "device",
                        "--transport",
                        transport,
                        "--server",
                        server,
                        "--id",
                        "pi-7",
                        "--target",
                        "flood=127.0.0.1:" + target.getLocalPort()))
                .awaitLine("device ready: ");
        Programs.Running tunnel = programs.start(wsbridge.command(
                "tunnel",
                "--transport",
                transport,
                "--server",
                server,
                "--device",
                "pi-7",
                "--target",
                "flood",
                "--listen",
                "127.0.0.1:0"));
        int port =
                Integer.parseInt(tunnel.awaitLine("tunnel ready: ").replaceAll("tunnel ready: \\S+:(\\d+) .*", "$1"));

        List<Future<Void>> ends = List.of(
                threads.submit(connection(port, UP)),
                threads.submit(connection(port, DOWN)),
                threads.submit(connection(port, IDLE)));
        long begun = System.nanoTime();
        await().atMost(Duration.ofSeconds(30)).until(() -> received.get() > 200_000_000);
        await().atMost(Duration.ofSeconds(10)) // until the first heartbeats have been exchanged
                .until(() -> System.nanoTime() - begun > TimeUnit.SECONDS.toNanos(3));

        freeze(node);
        long frozen = System.nanoTime();
        for (Future<Void> end : ends) {
            long left = DEAD.toNanos() - (System.nanoTime() - frozen);
            end.get(left, TimeUnit.NANOSECONDS); // fails if it is still open
        }
        node.process().destroyForcibly();
    }

    private static void freeze(Programs.Running node) throws Exception {
        assertThat(new ProcessBuilder(
                                "kill", "-STOP", Long.toString(node.process().pid()))
                        .start()
                        .waitFor())
                .isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"netty", "jdk"})
    void nodeThatADeviceListensAtFreezes_deviceIsReachableElsewhereWithin10Seconds(String transport) throws Exception {
        List<InetSocketAddress> addresses = Cluster.freePorts(2);
        String peers =
                addresses.stream().map(a -> "ws://127.0.0.1:" + a.getPort()).collect(Collectors.joining(","));
        TokenKeys.generate().write(folder.resolve("keys"));
        List<Programs.Running> nodes = new ArrayList<>();
        for (InetSocketAddress address : addresses) {
            nodes.add(programs.start(wsbridge.command(
                    "node",
                    "--insecure",
                    "--listen",
                    "127.0.0.1:" + address.getPort(),
                    "--public-url",
                    peers.split(",")[1],
                    "--keys",
                    folder.resolve("keys").toString(),
                    "--peers",
                    peers)));
            nodes.get(nodes.size() - 1).awaitLine("node ready: ");
        }
        programs.start(wsbridge.command(
                        "device",
                        "--transport",
                        transport,
                        "--server",
                        peers.split(",")[0],
                        "--server",
                        peers.split(",")[1],
                        "--id",
                        "pi-7",
                        "--target",
                        "flood=127.0.0.1:" + target.getLocalPort()))
                .awaitLine("device ready: ");
        try (BridgeClient client =
                BridgeClient.builder(URI.create(peers.split(",")[1])).build()) {
            client.connect("pi-7", "flood").get(20, TimeUnit.SECONDS).close();

            freeze(nodes.get(0));
            long frozen = System.nanoTime();
            await().pollInterval(Duration.ofMillis(100))
                    .atMost(Duration.ofSeconds(10))
                    .until(() -> reachable(client));
            System.out.printf(
                    "a device, %s, that had listened at a frozen node is reachable after %d ms%n",
                    transport, (System.nanoTime() - frozen) / 1_000_000);
        }
        nodes.get(0).process().destroyForcibly();
    }

    private static boolean reachable(BridgeClient client) throws Exception {
        CompletableFuture<BridgeChannel> connecting = client.connect("pi-7", "flood");
        try {
            connecting.get(500, TimeUnit.MILLISECONDS).close();
            return true;
        } catch (ExecutionException e) {
            return false;
        } catch (TimeoutException e) {
            connecting.cancel(true);
            return false;
        }
    }

    /** Ends when the connection does, in whatever way. */
    private Callable<Void> connection(int port, byte kind) {
        return () -> {
            try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
                socket.getOutputStream().write(kind);
                if (kind == UP) {
                    flood(socket);
                }
                drain(socket.getInputStream());
            } catch (IOException e) {
                // reset
            }
            return null;
        };
    }
}
