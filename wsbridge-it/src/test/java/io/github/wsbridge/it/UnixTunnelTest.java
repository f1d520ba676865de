package io.github.wsbridge.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.wsbridge.client.BridgeClient;
import io.github.wsbridge.client.BridgeDevice;
import io.github.wsbridge.client.TcpTunnel;
import io.github.wsbridge.client.TunnelTargets;
import io.github.wsbridge.netty.NettyConnector;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A tunnel that listens on a Unix socket, and a device's target that is one: on Netty, and on the JDK's sockets. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class UnixTunnelTest {

    private static final int MUCH = 32 << 20;

    @TempDir
    private Path folder;

    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final NettyConnector connector = NettyConnector.create();
    private Cluster cluster;
    private ServerSocketChannel target;
    private BridgeDevice device;
    private BridgeClient client;
    private TcpTunnel tunnel;

    @BeforeEach
    void up() throws Exception {
        cluster = Cluster.start(1);
        target = ServerSocketChannel.open(StandardProtocolFamily.UNIX)
                .bind(UnixDomainSocketAddress.of(folder.resolve("far")));
    }

    private void start(boolean netty) throws Exception {
        TunnelTargets.Builder targets = TunnelTargets.builder().target("unix", "unix:" + folder.resolve("far"));
        if (netty) {
            targets.streams(connector.streams());
        }
        BridgeDevice.Builder settings = BridgeDevice.builder("device", cluster.url(), targets.build());
        device = (netty ? settings.connector(connector) : settings).build().start();
        device.listening().toCompletableFuture().get(30, TimeUnit.SECONDS);
        BridgeClient.Builder requester = BridgeClient.builder(cluster.url());
        client = (netty ? requester.connector(connector) : requester).build();
        TcpTunnel.Builder ends =
                TcpTunnel.builder(client, "device", "unix").listen(UnixDomainSocketAddress.of(folder.resolve("near")));
        tunnel = (netty ? ends.streams(connector.streams()) : ends).start();
    }

    @AfterEach
    void down() throws Exception {
        tunnel.close();
        assertThat(folder.resolve("near")).doesNotExist();
        client.close();
        device.close();
        target.close();
        connector.close();
        cluster.close();
        threads.shutdownNow();
    }

    private SocketChannel dial() throws IOException {
        return SocketChannel.open(UnixDomainSocketAddress.of(folder.resolve("near")));
    }

    private Future<String> sha256(SocketChannel from) {
        return threads.submit(
                () -> Payloads.sha256(Channels.newInputStream(from).readAllBytes()));
    }

    private Future<Void> send(SocketChannel to, byte[] bytes) {
        Callable<Void> sending = () -> {
            ByteBuffer source = ByteBuffer.wrap(bytes);
            while (source.hasRemaining()) {
                to.write(source);
            }
            to.shutdownOutput();
            return null;
        };
        return threads.submit(sending);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void bytes_bothWaysAtOnce_arriveAsTheyAre(boolean netty) throws Exception {
        start(netty);
        byte[] there = Payloads.bytes(MUCH, 1);
        byte[] back = Payloads.bytes(MUCH, 2);
        try (SocketChannel near = dial();
                SocketChannel far = target.accept()) {
            Future<Void> sending = send(near, there);
            Future<Void> answering = send(far, back);
            Future<String> atFar = sha256(far);
            Future<String> atNear = sha256(near);
            assertThat(atFar.get(100, TimeUnit.SECONDS)).isEqualTo(Payloads.sha256(there));
            assertThat(atNear.get(100, TimeUnit.SECONDS)).isEqualTo(Payloads.sha256(back));
            sending.get(10, TimeUnit.SECONDS);
            answering.get(10, TimeUnit.SECONDS);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void halfClose_isPassedOn_andTheOtherDirectionGoesOn(boolean netty) throws Exception {
        start(netty);
        byte[] question = Payloads.bytes(1000, 3);
        for (int i = 0; i < 20; i++) {
            try (SocketChannel near = dial()) {
                send(near, question).get(10, TimeUnit.SECONDS);
                try (SocketChannel far = target.accept()) {
                    assertThat(sha256(far).get(30, TimeUnit.SECONDS)).isEqualTo(Payloads.sha256(question));
                    send(far, question).get(10, TimeUnit.SECONDS);
                }
                assertThat(sha256(near).get(30, TimeUnit.SECONDS)).isEqualTo(Payloads.sha256(question));
            }
        }
    }

    /** A Unix socket that is closed while it has unread data resets its peer. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void reset_endsTheOtherEnd(boolean netty) throws Exception {
        start(netty);
        try (SocketChannel near = dial()) {
            near.write(ByteBuffer.wrap(Payloads.bytes(100_000, 4)));
            try (SocketChannel far = target.accept()) {
                far.read(ByteBuffer.allocate(1));
            }
            assertThat(threads.submit(() -> endOf(near)).get(30, TimeUnit.SECONDS))
                    .as("an end or a reset")
                    .isLessThanOrEqualTo(0);
            assertThatThrownBy(() -> {
                        while (true) {
                            near.write(ByteBuffer.allocate(1000));
                        }
                    })
                    .isInstanceOf(IOException.class);
        }
    }

    private static int endOf(SocketChannel channel) {
        try {
            return channel.read(ByteBuffer.allocate(1));
        } catch (IOException e) {
            return 0; // a reset
        }
    }
}
