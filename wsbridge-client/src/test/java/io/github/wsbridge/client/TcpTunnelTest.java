package io.github.wsbridge.client;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.github.wsbridge.BridgeException;
import io.github.wsbridge.CloseReason;
import io.github.wsbridge.wire.concurrent.TaskThreads;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class TcpTunnelTest {

    private final FakeNode node = FakeNode.joining();
    private final BridgeClient client =
            BridgeClient.builder(FakeNode.BASE).connector(node).build();
    private final Socket nobody = new Socket(); // bound but not listening
    private ServerSocket target;
    private BridgeDevice device;
    private TcpTunnel tunnel;

    @BeforeEach
    void start() throws IOException {
        target = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        target.setSoTimeout(10_000);
        nobody.bind(new InetSocketAddress("127.0.0.1", 0));
        device = device(TunnelTargets.parse(
                List.of("echo=127.0.0.1:" + target.getLocalPort(), "nobody=127.0.0.1:" + nobody.getLocalPort())));
        tunnel = TcpTunnel.builder(client, "dev", "echo").start();
    }

    @AfterEach
    void stop() throws IOException {
        tunnel.close();
        device.close();
        client.close();
        target.close();
        nobody.close();
    }

    private BridgeDevice device(TunnelTargets targets) {
        return BridgeDevice.builder("dev", FakeNode.BASE, targets)
                .connector(node)
                .build()
                .start();
    }

    private Socket dial() throws IOException {
        Socket socket = new Socket();
        socket.connect(tunnel.address());
        socket.setSoTimeout(10_000);
        return socket;
    }

    private Socket atTarget() throws IOException {
        Socket socket = target.accept();
        socket.setSoTimeout(10_000);
        return socket;
    }

    private static int closeCode(BridgeClient client, String device, String data) throws Exception {
        try {
            client.connect(device, data).get(10, TimeUnit.SECONDS);
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
        try (Socket near = dial();
                Socket far = atTarget()) {
            near.getOutputStream().write("question".getBytes(UTF_8));
            near.shutdownOutput();
            assertThat(far.getInputStream().readAllBytes()).asString().isEqualTo("question");
            far.getOutputStream().write("answer".getBytes(UTF_8));
            far.close();
            assertThat(near.getInputStream().readAllBytes()).asString().isEqualTo("answer");
        }
    }

    @Test
    void targetEndsFirst_otherDirectionContinues() throws Exception {
        try (Socket near = dial();
                Socket far = atTarget()) {
            far.shutdownOutput();
            assertThat(near.getInputStream().read()).isEqualTo(-1);
            near.getOutputStream().write("more".getBytes(UTF_8));
            near.shutdownOutput();
            assertThat(far.getInputStream().readAllBytes()).asString().isEqualTo("more");
        }
    }

    @Test
    void manyBytes_arriveUnchanged() throws Exception {
        byte[] data = new byte[3_000_000];
        new java.util.Random(1).nextBytes(data);
        try (Socket near = dial();
                Socket far = atTarget()) {
            CompletableFuture<Void> echo = CompletableFuture.runAsync(() -> {
                try {
                    far.getInputStream().transferTo(far.getOutputStream());
                    far.shutdownOutput();
                } catch (IOException e) {
                    throw new IllegalStateException(e);
                }
            });
            CompletableFuture<byte[]> received = CompletableFuture.supplyAsync(
                    () -> {
                        try {
                            return near.getInputStream().readAllBytes();
                        } catch (IOException e) {
                            throw new IllegalStateException(e);
                        }
                    },
                    TaskThreads.shared());
            near.getOutputStream().write(data);
            near.shutdownOutput();
            echo.get();
            assertThat(received.get()).isEqualTo(data);
        }
    }

    @Test
    void reset_resetsTheFarConnection() throws Exception {
        try (Socket near = dial();
                Socket far = atTarget()) {
            near.getOutputStream().write(1);
            far.getInputStream().read();
            near.setSoLinger(true, 0);
            near.close();
            assertThatThrownBy(() -> far.getInputStream().read()).isInstanceOf(SocketException.class);
        }
    }

    @Test
    void resetByTheTarget_resetsTheNearConnection() throws Exception {
        try (Socket near = dial();
                Socket far = atTarget()) {
            far.getOutputStream().write(1);
            near.getInputStream().read();
            far.setSoLinger(true, 0);
            far.close();
            assertThatThrownBy(() -> near.getInputStream().read()).isInstanceOf(SocketException.class);
        }
    }

    @Test
    void unknownTarget_isRejectedWith404() throws Exception {
        assertThat(closeCode(client, "dev", "nothing")).isEqualTo(404);
        assertThat(closeCode(client, "dev", "127.0.0.1:" + target.getLocalPort()))
                .isEqualTo(404);
        assertThat(closeCode(client, "else", "echo")).isEqualTo(CloseReason.UNREACHABLE);
    }

    @Test
    void targetThatIsNotReached_isRejectedWith502() throws Exception {
        assertThat(closeCode(client, "dev", "nobody")).isEqualTo(502);
    }

    @Test
    void failedBridge_resetsTheLocalConnection() throws Exception {
        tunnel.close();
        tunnel = TcpTunnel.builder(client, "dev", "nobody").start();
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
    void anyTarget_ifAllowed() throws Exception {
        device.close();
        device = device(TunnelTargets.builder()
                .allowAny(address -> address.getPort() == target.getLocalPort()
                        && address.getAddress().isLoopbackAddress())
                .build());
        try (BridgeChannel bridge =
                client.connect("dev", "localhost:" + target.getLocalPort()).get(10, TimeUnit.SECONDS)) {
            assertThat(bridge.isOpen()).isTrue();
        }
        assertThat(closeCode(client, "dev", "127.0.0.1:1")).isEqualTo(403);
        assertThat(closeCode(client, "dev", "ssh")).isEqualTo(404);
    }

    @Test
    void anyTarget_predicateThatThrows_isRejectedWith500() throws Exception {
        device.close();
        device = device(TunnelTargets.builder()
                .allowAny(address -> {
                    throw new IllegalStateException("on purpose");
                })
                .build());
        assertThat(closeCode(client, "dev", "127.0.0.1:1")).isEqualTo(500);
    }

    @Test
    void anyTarget_wildcardAddress_doesNotReachLoopback() throws Exception {
        device.close();
        device = device(TunnelTargets.builder()
                .allowAny(address -> !address.getAddress().isLoopbackAddress())
                .build());
        for (String host : List.of("0.0.0.0", "[::]", "127.1", "[::ffff:127.0.0.1]")) {
            assertThat(closeCode(client, "dev", host + ":" + target.getLocalPort()))
                    .as(host)
                    .isEqualTo(403);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void rejectingExecutor_losesOnlyOneConnection(boolean withAnError) throws Exception {
        tunnel.close();
        AtomicBoolean full = new AtomicBoolean(true);
        tunnel = TcpTunnel.builder(client, "dev", "echo")
                .maxConnections(1)
                .executor(task -> {
                    if (full.getAndSet(false)) {
                        if (withAnError) {
                            throw new OutOfMemoryError("no thread, on purpose");
                        }
                        throw new RejectedExecutionException("full on purpose");
                    }
                    TaskThreads.shared().execute(task);
                })
                .start();
        try (Socket first = dial();
                Socket second = dial()) {
            assertThatThrownBy(() -> first.getInputStream().read()).isInstanceOf(SocketException.class);
            second.getOutputStream().write(2);
            boolean served = false;
            for (int i = 0; i < 2 && !served; i++) { // the device may have dialled for the first one already
                try (Socket far = atTarget()) {
                    served = far.getInputStream().read() == 2;
                } catch (SocketException e) {
                    assertThat(i).as("which was reset").isZero();
                }
            }
            assertThat(served).isTrue();
        }
    }

    @Test
    void interruptedConnection_leavesNoBridge() throws Exception {
        FakeNode slow = FakeNode.scripted();
        tunnel.close();
        try (BridgeClient waiting =
                BridgeClient.builder(FakeNode.BASE).connector(slow).build()) {
            tunnel = TcpTunnel.builder(waiting, "dev", "echo")
                    .executor(task -> TaskThreads.shared().execute(() -> {
                        Thread.currentThread().interrupt();
                        task.run();
                    }))
                    .start();
            try (Socket near = dial()) {
                assertThatThrownBy(() -> near.getInputStream().read()).isInstanceOf(SocketException.class);
                CompletableFuture<?> answer = slow.call().answer();
                await().atMost(10, TimeUnit.SECONDS).until(answer::isCancelled);
            }
        }
    }

    @Test
    void maxConnections_furtherOnesWait() throws Exception {
        tunnel.close();
        tunnel = TcpTunnel.builder(client, "dev", "echo").maxConnections(1).start();
        try (Socket first = dial();
                Socket second = dial()) {
            Socket firstFar = atTarget();
            second.getOutputStream().write(2);
            target.setSoTimeout(200);
            assertThatThrownBy(this::atTarget).isInstanceOf(IOException.class);
            target.setSoTimeout(10_000);
            first.close();
            firstFar.close();
            assertThat(atTarget().getInputStream().read()).isEqualTo(2);
        }
    }

    @Test
    void close_endsConnections() throws Exception {
        try (Socket near = dial();
                Socket far = atTarget()) {
            near.getOutputStream().write(1);
            far.getInputStream().read();
            tunnel.close();
            assertThatThrownBy(() -> near.getInputStream().read()).isInstanceOf(SocketException.class);
            assertThatThrownBy(() -> far.getInputStream().read()).isInstanceOf(SocketException.class);
            // The kernel keeps the port until the accept returns.
            await().untilAsserted(() -> assertThatThrownBy(this::dial).isInstanceOf(IOException.class));
        }
    }

    @Test
    void run_carriesStreams() throws Exception {
        CompletableFuture<Void> echo = CompletableFuture.runAsync(
                () -> {
                    try (Socket far = atTarget()) {
                        far.getInputStream().transferTo(far.getOutputStream());
                    } catch (IOException e) {
                        throw new IllegalStateException(e);
                    }
                },
                TaskThreads.shared());
        ByteArrayOutputStream output = new ByteArrayOutputStream();
        TcpTunnel.run(
                client.connect("dev", "echo").get(10, TimeUnit.SECONDS),
                new ByteArrayInputStream("hello".getBytes(UTF_8)),
                output);
        assertThat(output).hasToString("hello");
        echo.get();
    }

    @Test
    void run_ofALeg_carriesStreams() throws Exception {
        CompletableFuture<Void> echo = CompletableFuture.runAsync(
                () -> {
                    try (Socket far = atTarget()) {
                        far.getInputStream().transferTo(far.getOutputStream());
                    } catch (IOException e) {
                        throw new IllegalStateException(e);
                    }
                },
                TaskThreads.shared());
        byte[] sent = new byte[1_000_000];
        new java.util.Random(2).nextBytes(sent);
        ByteArrayOutputStream output = new ByteArrayOutputStream();
        TcpTunnel.run(client.leg("dev", "echo"), new ByteArrayInputStream(sent), output);
        assertThat(output.toByteArray()).isEqualTo(sent);
        echo.get();
    }

    @Test
    void run_ofALeg_failsAfterAnAbnormalEnd() throws Exception {
        byte[] sent = new byte[300_000];
        new java.util.Random(3).nextBytes(sent);
        try (PipedOutputStream silent = new PipedOutputStream();
                PipedInputStream input = new PipedInputStream(silent)) {
            CompletableFuture<BridgeLeg> connecting = client.leg("dev", "echo");
            ByteArrayOutputStream output = new ByteArrayOutputStream();
            CompletableFuture<Void> device = CompletableFuture.runAsync(
                    () -> {
                        try (Socket far = atTarget()) {
                            far.getOutputStream().write(sent);
                            await().atMost(10, TimeUnit.SECONDS).until(() -> output.size() == sent.length);
                            far.setSoLinger(true, 0);
                        } catch (IOException e) {
                            throw new IllegalStateException(e);
                        }
                    },
                    TaskThreads.shared());
            assertThatThrownBy(() -> TcpTunnel.run(connecting, input, output)).isInstanceOf(BridgeException.class);
            device.get(10, TimeUnit.SECONDS);
            assertThat(output.toByteArray()).isEqualTo(sent);
        }
    }

    @Test
    void run_ofALeg_failsAfterAnAbnormalEnd_evenIfTheInputHasEnded() throws Exception {
        CompletableFuture<BridgeLeg> connecting = client.leg("dev", "echo");
        ByteArrayOutputStream output = new ByteArrayOutputStream();
        CompletableFuture<Void> device = CompletableFuture.runAsync(
                () -> {
                    try (Socket far = atTarget()) {
                        far.getInputStream().readAllBytes();
                        far.getOutputStream().write("half of the".getBytes(UTF_8));
                        await().atMost(10, TimeUnit.SECONDS).until(() -> output.size() > 0);
                        far.setSoLinger(true, 0);
                    } catch (IOException e) {
                        throw new IllegalStateException(e);
                    }
                },
                TaskThreads.shared());
        assertThatThrownBy(
                        () -> TcpTunnel.run(connecting, new ByteArrayInputStream("question".getBytes(UTF_8)), output))
                .isInstanceOf(BridgeException.class);
        device.get(10, TimeUnit.SECONDS);
        assertThat(output).hasToString("half of the");
    }

    @Test
    void run_ofALeg_inputThatThrows_failsAndEndsTheBridge() throws Exception {
        InputStream broken = new InputStream() {
            @Override
            public int read() {
                throw new IllegalStateException("broken on purpose");
            }
        };
        assertThatThrownBy(() -> TcpTunnel.run(client.leg("dev", "echo"), broken, new ByteArrayOutputStream()))
                .isInstanceOf(IOException.class)
                .hasRootCauseMessage("broken on purpose");
    }

    @Test
    void run_ofALegThatIsRejected_failsAndClosesTheStreams() throws Exception {
        try (PipedOutputStream silent = new PipedOutputStream();
                PipedInputStream input = new PipedInputStream(silent)) {
            AtomicBoolean closed = new AtomicBoolean();
            ByteArrayOutputStream output = new ByteArrayOutputStream() {
                @Override
                public void close() {
                    closed.set(true);
                }
            };
            assertThatThrownBy(() -> TcpTunnel.run(client.leg("dev", "nothing"), input, output))
                    .isInstanceOf(BridgeException.class)
                    .hasMessageContaining("404");
            await().untilTrue(closed);
        }
    }

    @Test
    void run_endsWithTheBridge_evenIfInputIsSilent() throws Exception {
        try (PipedOutputStream silent = new PipedOutputStream();
                PipedInputStream input = new PipedInputStream(silent)) {
            CompletableFuture<BridgeChannel> connecting = client.connect("dev", "echo");
            Socket far = atTarget();
            BridgeChannel bridge = connecting.get(10, TimeUnit.SECONDS);
            far.setSoLinger(true, 0);
            far.close();
            assertThatThrownBy(() -> TcpTunnel.run(bridge, input, new ByteArrayOutputStream()))
                    .isInstanceOf(BridgeException.class);
        }
    }

    @Test
    void builder_definitions_areChecked() {
        assertThat(TunnelTargets.parse(List.of("ssh=127.0.0.1:22", "web = [::1]:80", "x=host.name:1"))
                        .names())
                .containsExactlyInAnyOrder("ssh", "web", "x");
        for (String bad :
                List.of("ssh", "=a:1", "ssh=", "ssh=host", "ssh=:22", "ssh=h:", "ssh=h:99999", "ssh=::1:22")) {
            assertThatThrownBy(() -> TunnelTargets.parse(List.of(bad)))
                    .as(bad)
                    .isInstanceOf(IllegalArgumentException.class);
        }
        assertThatThrownBy(() -> TunnelTargets.parse(List.of("a=b:1", "a=c:2"))).hasMessageContaining("twice");
        assertThat(TcpTunnel.parseAddress("[fe80::1]:8080"))
                .isEqualTo(InetSocketAddress.createUnresolved("fe80::1", 8080));
    }
}
