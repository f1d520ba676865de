package io.github.wsbridge.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.wsbridge.BridgeException;
import io.github.wsbridge.BridgeId;
import io.github.wsbridge.CloseReason;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.SocketFactory;
import org.junit.jupiter.api.Test;

final class BridgeSocketTest extends SocketBehaviour {

    private final AtomicInteger bridges = new AtomicInteger();
    private final CompletableFuture<BridgeLeg> never = new CompletableFuture<>();
    private final SocketFactory factory = dialer(this::bridge).socketFactory("device-1", "web");

    private interface Opening {
        CompletableFuture<BridgeLeg> open();
    }

    private static DeviceDialer dialer(Opening opening) {
        return (device, target) -> opening.open();
    }

    /** Opens a bridge to the server socket, in memory. */
    private CompletableFuture<BridgeLeg> bridge() {
        PairLeg one = PairLeg.pair("");
        BridgeId id = new BridgeId(0, bridges.incrementAndGet());
        Offered offered = new Offered(id, greeted(one.peer(), id));
        ((BridgeServerSocket) server).handle(offered);
        return offered.rejected == null
                ? CompletableFuture.completedFuture(greeted(one, id))
                : CompletableFuture.failedFuture(
                        new BridgeException(new CloseReason(CloseReason.REJECTED, offered.rejected)));
    }

    private static GreetedLeg greeted(PairLeg leg, BridgeId id) {
        GreetedLeg greeted = new GreetedLeg(leg, id);
        leg.open(greeted.receiver());
        return greeted;
    }

    @Override
    ServerSocket serve() {
        return new BridgeServerSocket(2);
    }

    @Override
    Socket socket() throws IOException {
        return factory.createSocket();
    }

    @Override
    void connect(Socket socket) throws IOException {
        socket.connect(InetSocketAddress.createUnresolved("device-1.invalid", 80), 5_000);
    }

    @Test
    void connect_addressIsAName() throws Exception {
        assertThat(near.getInetAddress().getHostName()).isEqualTo("device-1.invalid");
        assertThat(near.getPort()).isEqualTo(80);
        assertThat(far.getInetAddress().getHostName()).isEqualTo(new BridgeId(0, 1).toString());
        assertThat(far.getInetAddress().isLoopbackAddress()).isFalse();
        try (Socket other = factory.createSocket("device-1.invalid", 81);
                Socket otherFar = server.accept()) {
            assertThat(other.isConnected() && otherFar.isConnected()).isTrue();
        }
    }

    @Test
    void connect_timeOut_endsTheAttempt() throws Exception {
        try (Socket socket = dialer(() -> never).socketFactory("device-1", "").createSocket()) {
            assertThatThrownBy(() -> socket.connect(new InetSocketAddress(80), 30))
                    .isInstanceOf(SocketTimeoutException.class);
            assertThat(never).isCancelled();
            assertThatThrownBy(() -> socket.connect(new InetSocketAddress(80), 30))
                    .isInstanceOf(SocketException.class);
        }
    }

    @Test
    void connect_isWokenByClose() throws Exception {
        Socket socket = dialer(() -> never).socketFactory("device-1", "").createSocket();
        FutureTask<Void> connecting = blocked("connect", () -> {
            socket.connect(new InetSocketAddress(80));
            return null;
        });
        socket.close();
        assertThatThrownBy(connecting::get).hasCauseInstanceOf(SocketException.class);
        assertThat(never).isCancelled();
    }

    @Test
    void connect_bridgeThatComesTooLate_isDropped() throws Exception {
        PairLeg leg = PairLeg.pair("");
        Socket socket = dialer(() -> new CompletableFuture<>() {
                    @Override
                    public boolean cancel(boolean mayInterrupt) {
                        return complete(greeted(leg, new BridgeId(0, 9)));
                    }
                })
                .socketFactory("device-1", "")
                .createSocket();
        assertThatThrownBy(() -> socket.connect(new InetSocketAddress(80), 30))
                .isInstanceOf(SocketTimeoutException.class);
        assertThat(leg.aborted).isTrue();
    }

    @Test
    void connect_backlogFull_orServerClosed_isRefused() throws Exception {
        Socket first = factory.createSocket("device-1.invalid", 80);
        Socket second = factory.createSocket("device-1.invalid", 80);
        assertThatThrownBy(() -> factory.createSocket("device-1.invalid", 80))
                .isInstanceOf(ConnectException.class)
                .hasMessageContaining("503")
                .hasCauseInstanceOf(BridgeException.class);
        server.accept().close();
        Socket third = factory.createSocket("device-1.invalid", 80);
        server.close();
        assertThat(first.getInputStream().read()).isEqualTo(-1);
        assertThatThrownBy(() -> second.getInputStream().read()).isInstanceOf(SocketException.class);
        assertThatThrownBy(() -> third.getInputStream().read()).isInstanceOf(SocketException.class);
        assertThatThrownBy(() -> factory.createSocket("device-1.invalid", 80))
                .isInstanceOf(ConnectException.class)
                .hasMessageContaining("502");
        near.getOutputStream().write("taken before".getBytes(StandardCharsets.UTF_8));
        assertThat(far.getInputStream().readNBytes(5)).isEqualTo("taken".getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void serverSocket_isBoundFromTheStart() throws Exception {
        assertThat(server.isBound()).isTrue();
        server.bind(new InetSocketAddress(8080), 1);
        try (Socket waiting = factory.createSocket("device-1.invalid", 80)) {
            assertThat(waiting.isConnected()).isTrue();
            assertThatThrownBy(() -> factory.createSocket("device-1.invalid", 80))
                    .isInstanceOf(ConnectException.class);
        }
    }

    @Test
    void urgentData_isRefused() {
        assertThatThrownBy(() -> near.sendUrgentData(1)).isInstanceOf(SocketException.class);
    }

    @Test
    void shutdownInput_otherEndIsNotHeldUp() throws Exception {
        near.shutdownInput();
        far.getOutputStream().write(new byte[1 << 20]);
        far.shutdownOutput();
        near.getOutputStream().write('x');
        assertThat(far.getInputStream().read()).isEqualTo('x');
    }

    /** An invitation that can be accepted. */
    private static final class Offered implements IncomingBridge {
        private final BridgeId id;
        private final BridgeLeg leg;
        private volatile String rejected;

        Offered(BridgeId id, BridgeLeg leg) {
            this.id = id;
            this.leg = leg;
        }

        @Override
        public BridgeId bridgeId() {
            return id;
        }

        @Override
        public String deviceId() {
            return "device-1";
        }

        @Override
        public String requestData() {
            return "web";
        }

        @Override
        public Instant expiresAt() {
            return Instant.MAX;
        }

        @Override
        public CompletableFuture<BridgeChannel> accept() {
            throw new UnsupportedOperationException();
        }

        @Override
        public CompletableFuture<BridgeLeg> acceptLeg() {
            return CompletableFuture.completedFuture(leg);
        }

        @Override
        public boolean reject(int code, String reason) {
            rejected = code + " " + reason;
            return true;
        }
    }
}
