package io.github.wsbridge.wire.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.wsbridge.wire.net.HostPort;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class AddressRelaysTest {

    private static final HostPort SERVER = new HostPort("several.test", 443);

    private final AddressRelays relays = new AddressRelays();

    @AfterEach
    void close() {
        relays.close();
    }

    private static InetSocketAddress address(int port) {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
    }

    private static String answer(InetSocketAddress relay, String server) throws IOException {
        try (Socket client = new Socket(relay.getAddress(), relay.getPort())) {
            client.setSoTimeout(20_000);
            client.getOutputStream()
                    .write(("CONNECT " + server + " HTTP/1.1\r\n\r\n").getBytes(StandardCharsets.ISO_8859_1));
            return new String(client.getInputStream().readNBytes(12), StandardCharsets.ISO_8859_1);
        }
    }

    @Test
    void to_announcedServer_leadsToTheAddress() throws Exception {
        try (ServerSocket server = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
            InetSocketAddress relay = relays.to(address(server.getLocalPort()), SERVER);
            assertThat(answer(relay, "several.test:443")).isEqualTo("HTTP/1.1 200");
            server.accept().close();
            assertThat(answer(relay, "other.test:443")).isEqualTo("HTTP/1.1 403");
        }
    }

    @Test
    void to_addressThatRefuses_isExplained() throws Exception {
        InetSocketAddress relay = relays.to(address(1), SERVER);
        IOException failure = new IOException("502");
        assertThat(relays.explained(address(1), SERVER, failure)).isSameAs(failure);
        assertThat(answer(relay, "several.test:443")).isEqualTo("HTTP/1.1 502");
        assertThat(relays.explained(address(1), SERVER, failure)).hasMessageContaining("refused");
    }

    @Test
    void to_manyAddresses_keepsTheLatestUsed() throws Exception {
        InetSocketAddress first = relays.to(address(1), SERVER);
        InetSocketAddress second = relays.to(address(2), SERVER);
        assertThat(relays.to(address(1), SERVER)).isEqualTo(first);
        for (int port = 3; port <= 65; port++) {
            relays.to(address(port), SERVER);
        }
        assertThat(relays.to(address(1), SERVER)).isEqualTo(first);
        assertThat(relays.to(address(2), SERVER)).isNotEqualTo(second);
    }

    @Test
    void to_afterTheClose_fails() {
        relays.close();
        assertThatThrownBy(() -> relays.to(address(1), SERVER)).hasMessage("the connector is closed");
    }
}
