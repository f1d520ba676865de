package io.github.wsbridge.wire.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.wsbridge.wire.concurrent.Daemons;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class SocketPairTest {

    private final List<Socket> sockets = new ArrayList<>();
    private Socket client;
    private Socket server;
    private Socket nearClient;
    private Socket nearServer;

    @BeforeEach
    void connect() throws IOException {
        try (ServerSocket listener = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
            client = new Socket(listener.getInetAddress(), listener.getLocalPort());
            nearClient = listener.accept();
            server = new Socket(listener.getInetAddress(), listener.getLocalPort());
            nearServer = listener.accept();
        }
        sockets.addAll(List.of(client, server, nearClient, nearServer));
        client.setSoTimeout(20_000);
        server.setSoTimeout(20_000);
    }

    @AfterEach
    void close() throws IOException {
        for (Socket socket : sockets) {
            socket.close();
        }
    }

    private CompletableFuture<Void> join(int halfClosedMillis) {
        CompletableFuture<Void> over = new CompletableFuture<>();
        Daemons.start("test-pair", () -> {
            try {
                new SocketPair(nearClient, nearServer, halfClosedMillis).copy(Daemons.named("test-pair-back-"));
                over.complete(null);
            } catch (InterruptedException e) {
                over.completeExceptionally(e);
            }
        });
        return over;
    }

    @Test
    void halfClosed_otherDirectionContinues() throws Exception {
        CompletableFuture<Void> over = join(20_000);
        client.shutdownOutput();
        assertThat(server.getInputStream().read()).isEqualTo(-1);
        server.getOutputStream().write(7);
        assertThat(client.getInputStream().read()).isEqualTo(7);
        server.shutdownOutput();
        assertThat(client.getInputStream().read()).isEqualTo(-1);
        over.get(20, TimeUnit.SECONDS);
    }

    @Test
    void halfClosedForLong_isDropped() throws Exception {
        for (boolean byTheClient : new boolean[] {true, false}) {
            Socket first = byTheClient ? client : server;
            CompletableFuture<Void> over = join(100);
            first.shutdownOutput();
            over.get(20, TimeUnit.SECONDS);
            assertThat(ended(first)).isTrue();
            close();
            connect();
        }
    }

    private static boolean ended(Socket socket) throws IOException {
        try {
            return socket.getInputStream().read() < 0;
        } catch (SocketException e) {
            return true;
        }
    }
}
