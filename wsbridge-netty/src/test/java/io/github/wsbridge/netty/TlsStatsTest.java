package io.github.wsbridge.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.github.wsbridge.spi.Admission;
import io.github.wsbridge.spi.ServerStats;
import io.github.wsbridge.testkit.transport.TestKeys;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class TlsStatsTest {

    private static final Duration PATIENCE = Duration.ofSeconds(20);

    @Test
    void handshakes_areCounted_butNotConnectionsWithoutOne() throws Exception {
        TestKeys keys = TestKeys.shared();
        try (NettyBridgeServer server = NettyBridgeServer.builder()
                .address(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .tls(keys.context())
                .bind()) {
            server.serve(handshake -> CompletableFuture.completedFuture(new Admission.Refused(404, "no")));
            new Socket(server.address().getAddress(), server.address().getPort()).close();
            assertThatThrownBy(() -> shake(server, (SSLSocketFactory) SSLSocketFactory.getDefault()))
                    .isInstanceOf(SSLException.class);
            shake(server, keys.context().getSocketFactory());
            await().atMost(PATIENCE)
                    .until(() -> stats(server).tlsHandshakes() == 1
                            && stats(server).tlsFailures() > 0
                            && stats(server).connections() == 0);
            assertThat(stats(server).tlsFailures()).isEqualTo(1);
        }
    }

    private static void shake(NettyBridgeServer server, SSLSocketFactory sockets) throws Exception {
        try (SSLSocket socket = (SSLSocket) sockets.createSocket(
                server.address().getAddress(), server.address().getPort())) {
            socket.startHandshake();
        }
    }

    private static ServerStats stats(NettyBridgeServer server) {
        return server.stats().orElseThrow();
    }
}
