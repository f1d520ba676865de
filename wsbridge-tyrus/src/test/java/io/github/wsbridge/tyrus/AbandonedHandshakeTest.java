package io.github.wsbridge.tyrus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.management.UnixOperatingSystemMXBean;
import io.github.wsbridge.spi.Connector;
import io.github.wsbridge.spi.Leg;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Abandoned handshakes: each ends, and leaves no connection. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class AbandonedHandshakeTest {

    private static final int SECONDS = 20;

    private final TyrusConnector connector = new TyrusConnector();

    @AfterEach
    void down() {
        connector.close();
    }

    private static Connector.Target target(int port) {
        return new Connector.Target(URI.create("ws://127.0.0.1:" + port + "/"), Map.of(), "", Duration.ofMinutes(10));
    }

    private CompletableFuture<Leg> connect(int port) {
        return connector.connect(target(port)).toCompletableFuture();
    }

    @Test
    void cancel_whileTheServerThinks_dropsTheConnection() throws Exception {
        try (ServerSocket listening = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
            CompletableFuture<Leg> leg = connect(listening.getLocalPort());
            try (Socket server = listening.accept()) {
                server.setSoTimeout(SECONDS * 1000);
                DataInputStream in = new DataInputStream(server.getInputStream());
                in.readByte(); // the request has been sent
                leg.cancel(true);
                assertThat(catchThrowable(() -> {
                            while (true) {
                                in.readByte();
                            }
                        }))
                        .as("the end of the connection")
                        .satisfiesAnyOf(
                                end -> assertThat(end).isInstanceOf(EOFException.class),
                                end -> assertThat(end).isInstanceOf(java.net.SocketException.class));
            }
        }
    }

    /** Fills a server's accept queue: the kernel ignores further connection attempts, which then wait. */
    private static ServerSocket fullServer(List<Socket> fillers) throws IOException {
        ServerSocket full = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        for (int i = 0; i < 8; i++) {
            Socket filler = new Socket();
            fillers.add(filler);
            try {
                filler.connect(new InetSocketAddress(full.getInetAddress(), full.getLocalPort()), 300);
            } catch (java.net.SocketTimeoutException e) {
                break;
            }
        }
        return full;
    }

    @Test
    void timeout_whileTcpConnects_closesTheSocket() throws Exception {
        assumeTrue(ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean, "a Unix system");
        UnixOperatingSystemMXBean system = (UnixOperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        List<Socket> fillers = new ArrayList<>();
        try (ServerSocket full = fullServer(fillers)) {
            long before = system.getOpenFileDescriptorCount();
            List<CompletableFuture<Leg>> legs = new ArrayList<>();
            for (int i = 0; i < 50; i++) {
                legs.add(connector
                        .connect(new Connector.Target(
                                target(full.getLocalPort()).uri(), Map.of(), "", Duration.ofSeconds(1)))
                        .toCompletableFuture());
            }
            for (CompletableFuture<Leg> leg : legs) {
                assertThat(leg).failsWithin(SECONDS, TimeUnit.SECONDS);
            }
            Awaitility.await().until(() -> system.getOpenFileDescriptorCount() < before + 25);
        } finally {
            for (Socket filler : fillers) {
                filler.close();
            }
        }
    }

    @Test
    void close_whileTcpConnects_failsTheAttempt() throws Exception {
        List<Socket> fillers = new ArrayList<>();
        try (ServerSocket full = fullServer(fillers)) {
            List<CompletableFuture<Leg>> legs = new ArrayList<>();
            for (int i = 0; i < 8; i++) { // each blocks a thread of the connector
                legs.add(connect(full.getLocalPort()));
            }
            connector.close();
            for (CompletableFuture<Leg> leg : legs) {
                assertThat(catchThrowable(() -> leg.get(SECONDS, TimeUnit.SECONDS)))
                        .isInstanceOf(ExecutionException.class)
                        .hasCauseInstanceOf(IOException.class);
            }
        } finally {
            for (Socket filler : fillers) {
                filler.close();
            }
        }
    }
}
