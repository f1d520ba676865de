package io.github.wsbridge.wire.net;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@EnabledOnOs(OS.LINUX)
class SocketTableTest {

    @ParameterizedTest
    @ValueSource(strings = {"127.0.0.1", "::1"})
    void of_tellsAClientThatEndsItsOutput_fromOneThatCloses(String host) throws IOException {
        InetAddress loopback = InetAddress.getByName(host);
        try (ServerSocket server = new ServerSocket(0, 10, loopback);
                Socket client = new Socket(loopback, server.getLocalPort());
                Socket accepted = server.accept()) {
            InetSocketAddress from = (InetSocketAddress) accepted.getRemoteSocketAddress();
            client.shutdownOutput();
            SocketTable open = SocketTable.of(server.getLocalPort());
            assertThat(open.complete()).isTrue();
            assertThat(open.connected(from)).isTrue();
            assertThat(open.held(from)).isTrue();
            assertThat(open.abandoned(from)).isFalse();
            client.close();
            SocketTable closed = SocketTable.of(server.getLocalPort());
            assertThat(closed.connected(from)).isTrue();
            assertThat(closed.held(from)).isFalse();
            assertThat(closed.abandoned(from)).isTrue();
            accepted.close();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"127.0.0.1", "::1"})
    void of_connectionThatWasReset_isNotThere(String host) throws IOException {
        InetAddress loopback = InetAddress.getByName(host);
        try (ServerSocket server = new ServerSocket(0, 10, loopback);
                Socket client = new Socket(loopback, server.getLocalPort());
                Socket accepted = server.accept()) {
            InetSocketAddress from = (InetSocketAddress) accepted.getRemoteSocketAddress();
            client.setSoLinger(true, 0);
            client.close();
            SocketTable table = SocketTable.of(server.getLocalPort());
            assertThat(table.connected(from)).isFalse();
            assertThat(table.abandoned(from)).isFalse();
        }
    }
}
