package io.github.wsbridge.wire.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.wsbridge.ProxyServer;
import io.github.wsbridge.wire.concurrent.Daemons;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class ProxyRelayTest {

    private static final ProxyServer PROXY = ProxyServer.parse("socks5://127.0.0.1:1");

    private static final ProxyRelay.Onward NOWHERE = (server, millis) -> {
        throw new IOException("unreachable");
    };

    /** Returns the beginning of what the relay answers to a server that was not announced; empty if it hangs up. */
    private static String answer(InetSocketAddress relay) throws IOException {
        try (Socket client = new Socket(relay.getAddress(), relay.getPort())) {
            client.setSoTimeout(20_000);
            client.getOutputStream().write("CONNECT a.test:443 HTTP/1.1\r\n\r\n".getBytes(StandardCharsets.ISO_8859_1));
            return new String(client.getInputStream().readNBytes(12), StandardCharsets.ISO_8859_1);
        } catch (SocketException e) {
            return "";
        }
    }

    @Test
    void serverThatWasNotAnnounced_isForbidden() throws Exception {
        try (ProxyRelay relay = ProxyRelay.through(PROXY)) {
            assertThat(answer(relay.address())).isEqualTo("HTTP/1.1 403");
        }
    }

    @Test
    void noFileDescriptors_pausesAndContinues() throws Exception {
        AtomicInteger tries = new AtomicInteger();
        ServerSocket poor = new ServerSocket(0, 50, InetAddress.getLoopbackAddress()) {
            @Override
            public Socket accept() throws IOException {
                if (tries.incrementAndGet() <= 3) {
                    throw new SocketException("Too many open files");
                }
                return super.accept();
            }
        };
        long began = System.nanoTime();
        try (ProxyRelay relay = new ProxyRelay("a proxy", NOWHERE, poor, Daemons.named("test-relay-"))) {
            assertThat(answer(relay.address())).isEqualTo("HTTP/1.1 403");
            assertThat(System.nanoTime() - began).isGreaterThanOrEqualTo(250_000_000L);
        }
    }

    @Test
    void noThread_dropsTheConnectionAndContinues() throws Exception {
        AtomicInteger threads = new AtomicInteger();
        ThreadFactory few = task -> {
            if (threads.incrementAndGet() == 2) { // the first one accepts
                throw new OutOfMemoryError("unable to create native thread");
            }
            return Daemons.named("test-relay-").newThread(task);
        };
        ServerSocket listening = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        try (ProxyRelay relay = new ProxyRelay("a proxy", NOWHERE, listening, few)) {
            assertThat(answer(relay.address())).isEmpty();
            assertThat(answer(relay.address())).isEqualTo("HTTP/1.1 403");
        }
    }
}
