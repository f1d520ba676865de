package io.github.wsbridge.proxy;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.github.wsbridge.BridgeException;
import io.github.wsbridge.CloseReason;
import io.github.wsbridge.HandshakeException;
import io.github.wsbridge.NodeAddress;
import io.github.wsbridge.client.BridgeChannel;
import io.github.wsbridge.client.BridgeClient;
import io.github.wsbridge.client.BridgeDevice;
import io.github.wsbridge.client.BridgeLeg;
import io.github.wsbridge.client.DeviceDialer;
import io.github.wsbridge.client.IncomingBridge;
import io.github.wsbridge.client.TcpTunnel;
import io.github.wsbridge.core.BridgeNode;
import io.github.wsbridge.core.tokens.TokenKeys;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.SocketException;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Clients on real sockets, and devices that echo. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ProxyEntranceTest {

    private static final URI SERVER = URI.create("ws://bridge.example.com");

    private final BridgeNode node = BridgeNode.builder()
            .publicUrl(SERVER)
            .address(new NodeAddress(SERVER))
            .keys(TokenKeys.generate())
            .insecure()
            .build();
    private final List<String> asked = new CopyOnWriteArrayList<>();
    private final BridgeDevice device = BridgeDevice.builder("device-1", SERVER, this::echo)
            .connector(node.connector())
            .build();
    private final BridgeClient requester =
            BridgeClient.builder(SERVER).connector(node.connector()).build();
    private TcpTunnel proxy;

    @BeforeEach
    void start() throws Exception {
        device.start().listening().toCompletableFuture().get(10, TimeUnit.SECONDS);
        proxy = proxy(ProxyEntrance.builder(requester).device("device-1"));
    }

    @AfterEach
    void stop() {
        proxy.close();
        requester.close();
        device.close();
        node.close();
    }

    TcpTunnel.Builder streams(TcpTunnel.Builder tunnel) {
        return tunnel;
    }

    private TcpTunnel proxy(ProxyEntrance.Builder entrance) throws IOException {
        return streams(TcpTunnel.builder(entrance.build())).start();
    }

    private void echo(IncomingBridge incoming) throws Exception {
        asked.add(incoming.requestData());
        if (incoming.requestData().equals("secret")) {
            incoming.reject(403, "not for you");
            return;
        }
        try (BridgeChannel bridge = incoming.accept().get(10, TimeUnit.SECONDS)) {
            bridge.inputStream().transferTo(bridge.outputStream());
        }
    }

    @Test
    void socks_nameOfATarget_reachesIt() throws Exception {
        try (Client client = new Client(proxy.address())) {
            assertThat(client.say(Client.HELLO).hear(2)).containsExactly(5, 0);
            client.say(Client.named(1, "ssh", 22));
            assertThat(client.hear(10)).containsExactly(5, 0, 0, 1, 0, 0, 0, 0, 0, 0);
            assertThat(client.say("ping").hear(4)).isEqualTo("ping".getBytes(US_ASCII));
        }
        assertThat(asked).containsExactly("ssh");
    }

    @Test
    void socks_everythingInOneSegment_losesNothing() throws Exception {
        byte[] data = new byte[12_000];
        try (Client client = new Client(proxy.address())) {
            client.say(Client.join(Client.HELLO, Client.named(1, "ssh", 22), data, "end".getBytes(US_ASCII)));
            assertThat(client.hear(12)).startsWith(5, 0, 5, 0);
            assertThat(client.hear(data.length)).isEqualTo(data);
            assertThat(client.hear(3)).isEqualTo("end".getBytes(US_ASCII));
        }
    }

    @Test
    void socks_oneByteAtATime_works() throws Exception {
        try (Client client = new Client(proxy.address())) {
            for (byte b : Client.join(Client.HELLO, Client.named(1, "ssh", 22), "x".getBytes(US_ASCII))) {
                client.say(new byte[] {b});
            }
            assertThat(client.hear(12)).startsWith(5, 0, 5, 0);
            assertThat(client.hear(1)).isEqualTo("x".getBytes(US_ASCII));
        }
    }

    @ParameterizedTest
    @CsvSource({
        "ssh, 22, ssh",
        "ssh, 4711, ssh",
        "localhost, 80, localhost:80",
        "printer.example.com, 9100, printer.example.com:9100",
        "10.1.2.3, 80, 10.1.2.3:80",
        "device-1.wsbridge, 22, ssh",
        "device-1.WSBRIDGE, 80, web",
        "device-1.wsbridge., 8080, localhost:8080"
    })
    void socks_hostAndPort_areTheRequestData(String host, int port, String data) throws Exception {
        try (Client client = new Client(proxy.address())) {
            client.say(Client.HELLO).hear(2);
            assertThat(client.say(Client.named(1, host, port)).status()).isZero();
        }
        assertThat(asked).containsExactly(data);
    }

    @Test
    void socks_addresses_areTheRequestData() throws Exception {
        for (String address : List.of("192.0.2.1", "2001:db8::1")) {
            byte[] bytes = InetAddress.getByName(address).getAddress();
            try (Client client = new Client(proxy.address())) {
                client.say(Client.HELLO).hear(2);
                client.say(Client.request(1, bytes.length == 4 ? 1 : 4, bytes, 443));
                assertThat(client.status()).isZero();
            }
        }
        assertThat(asked).containsExactly("192.0.2.1:443", "[2001:db8::1]:443");
    }

    @Test
    void socks_longestName_isPassedOn() throws Exception {
        String name = ("a".repeat(63) + ".").repeat(3) + "b".repeat(63);
        try (Client client = new Client(proxy.address())) {
            client.say(Client.HELLO).hear(2);
            assertThat(client.say(Client.named(1, name, 1)).status()).isZero();
        }
        assertThat(asked).containsExactly(name + ":1");
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 3})
    void socks_bindAndUdpAssociate_areNotSupported(int command) throws Exception {
        try (Client client = new Client(proxy.address())) {
            client.say(Client.HELLO).hear(2);
            assertThat(client.say(Client.named(command, "ssh", 22)).status()).isEqualTo(7);
            assertThat(client.hearAll()).isEmpty();
        }
        assertThat(asked).isEmpty();
    }

    @Test
    void socks_userRequired_isRefused() throws Exception {
        try (Client client = new Client(proxy.address())) {
            assertThat(client.say(new byte[] {5, 1, 2}).hearAll()).containsExactly(5, 0xff);
        }
    }

    @Test
    void socks_namesThatAreNone_areRefused() throws Exception {
        for (String host : List.of("", "a b", "a\r\nb")) {
            try (Client client = new Client(proxy.address())) {
                client.say(Client.HELLO).hear(2);
                assertThat(client.say(Client.named(1, host, 22)).status()).isEqualTo(1);
            }
        }
        assertThat(asked).isEmpty();
    }

    @Test
    void socks4_isRefusedInItsOwnWords() throws Exception {
        try (Client client = new Client(proxy.address())) {
            client.say(new byte[] {4, 1, 0, 22, 0, 0, 0, 1, 0, 's', 's', 'h', 0});
            assertThat(client.hearAll()).hasSize(8).startsWith(0, 0x5b);
        }
    }

    @Test
    void proxyWithoutDevice_knowsOnlyNamesOfDevices() throws Exception {
        try (TcpTunnel any = proxy(ProxyEntrance.builder(requester).port(2222, "ssh"))) {
            try (Client client = new Client(any.address())) {
                client.say(Client.HELLO).hear(2);
                assertThat(client.say(Client.named(1, "ssh", 22)).status()).isEqualTo(2);
            }
            try (Client client = new Client(any.address())) {
                client.say(Client.HELLO).hear(2);
                assertThat(client.say(Client.named(1, "device-1.wsbridge", 2222))
                                .status())
                        .isZero();
            }
        }
        assertThat(asked).containsExactly("ssh");
    }

    @Test
    void connect_target_isAnsweredAndReached() throws Exception {
        try (Client client = new Client(proxy.address())) {
            client.say("CONNECT device-1.wsbridge:22 HTTP/1.1\r\nHost: device-1.wsbridge:22\r\n\r\nearly");
            String head = "HTTP/1.1 200 OK\r\n\r\n";
            assertThat(client.hear(head.length())).isEqualTo(head.getBytes(US_ASCII));
            assertThat(client.hear(5)).isEqualTo("early".getBytes(US_ASCII));
            assertThat(client.say("ping").hear(4)).isEqualTo("ping".getBytes(US_ASCII));
        }
        assertThat(asked).containsExactly("ssh");
    }

    @Test
    void connect_rejectedByTheDevice_carriesItsWords() throws Exception {
        try (Client client = new Client(proxy.address())) {
            client.say("CONNECT secret:1 HTTP/1.1\r\nHost: secret:1\r\n\r\n");
            assertThat(client.text()).startsWith("HTTP/1.1 403 Forbidden\r\n").contains("403 not for you\n");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "GET http://device-1.wsbridge/ HTTP/1.1\r\nHost: device-1.wsbridge\r\n\r\n",
                "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nOrigin: http://evil.example\r\nContent-Length: 4\r\n\r\nbody",
                "OPTIONS * HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
            })
    void otherMethods_areRefusedAndReachNothing(String request) throws Exception {
        try (Client client = new Client(proxy.address())) {
            assertThat(client.say(request).text())
                    .startsWith("HTTP/1.1 405 Method Not Allowed\r\n")
                    .containsIgnoringCase("allow: CONNECT");
        }
        assertThat(asked).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "CONNECT ssh HTTP/1.1\r\n\r\n",
                "CONNECT http://ssh:22/ HTTP/1.1\r\n\r\n",
                "CONNECT ssh:22 HTTP/1.1\r\nContent-Length: 1\r\n\r\nx",
                "CONNECT ssh:22 HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                "CONNECT ssh:22 NONSENSE\r\n\r\n"
            })
    void connect_malformed_isRefused(String request) throws Exception {
        try (Client client = new Client(proxy.address())) {
            assertThat(client.say(request).text()).startsWith("HTTP/1.1 400 Bad Request\r\n");
        }
        assertThat(asked).isEmpty();
    }

    @Test
    void connect_endlessHead_isRefused() throws Exception {
        try (Client client = new Client(proxy.address())) {
            client.say("CONNECT ssh:22 HTTP/1.1\r\n" + "X: y\r\n".repeat(4_000));
            assertThat(client.hear(12)).isEqualTo("HTTP/1.1 400".getBytes(US_ASCII));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"\u0016\u0003\u0001", "hello", "\u0000", "SSH-2.0-x\r\n\r\n"})
    void nonsense_isNotServed(String bytes) throws Exception {
        try (Client client = new Client(proxy.address())) {
            client.say(bytes);
            assertThat(client.text()).doesNotContain("200");
        } catch (SocketException reset) {
            assertThat(reset).hasMessageContaining("reset");
        }
        assertThat(asked).isEmpty();
    }

    static Stream<Arguments> failures() {
        return Stream.of(
                Arguments.of(closed(CloseReason.REJECTED, "403 target not allowed"), 2, 403),
                Arguments.of(closed(CloseReason.REJECTED, "404 unknown target"), 4, 404),
                Arguments.of(closed(CloseReason.REJECTED, "502 target not reachable"), 5, 502),
                Arguments.of(closed(CloseReason.REJECTED, "504 target does not answer"), 6, 504),
                Arguments.of(closed(CloseReason.REJECTED, "408 nobody answered"), 6, 504),
                Arguments.of(closed(CloseReason.REJECTED, "7"), 2, 403),
                Arguments.of(closed(CloseReason.UNREACHABLE, "no listener"), 4, 404),
                Arguments.of(closed(CloseReason.TIMED_OUT, "no answer"), 6, 504),
                Arguments.of(closed(CloseReason.OVER_LIMIT, "too many"), 1, 503),
                Arguments.of(new HandshakeException(401), 2, 403),
                Arguments.of(new HandshakeException(503), 1, 503),
                Arguments.of(new HandshakeException(404), 1, 502),
                Arguments.of(new ConnectException("Connection refused"), 3, 502));
    }

    private static BridgeException closed(int code, String reason) {
        return new BridgeException(new CloseReason(code, reason));
    }

    @ParameterizedTest
    @MethodSource("failures")
    void failure_isToldInBothProtocols(IOException failure, int socks, int http) throws Exception {
        DeviceDialer failing = (id, data) -> CompletableFuture.failedFuture(failure);
        try (TcpTunnel failed = proxy(ProxyEntrance.builder(failing).device("device-1"))) {
            try (Client client = new Client(failed.address())) {
                client.say(Client.HELLO).hear(2);
                assertThat(client.say(Client.named(1, "ssh", 22)).status()).isEqualTo(socks);
                assertThat(client.hearAll()).isEmpty();
            }
            try (Client client = new Client(failed.address())) {
                client.say("CONNECT ssh:22 HTTP/1.1\r\n\r\n");
                assertThat(client.text()).startsWith("HTTP/1.1 " + http + " ");
            }
        }
    }

    @Test
    void silentClient_isResetInTime() throws Exception {
        try (TcpTunnel strict = proxy(ProxyEntrance.builder(requester).patience(Duration.ofMillis(300)));
                Client client = new Client(strict.address())) {
            client.say(new byte[] {5});
            assertThatThrownBy(client::hearAll).isInstanceOf(SocketException.class);
        }
    }

    @Test
    void clientThatLeaves_cancelsItsStream() throws Exception {
        CompletableFuture<BridgeLeg> dialling = new CompletableFuture<>();
        List<String> dialled = new CopyOnWriteArrayList<>();
        DeviceDialer slow = (id, data) -> {
            dialled.add(data);
            return dialling;
        };
        try (TcpTunnel tunnel = proxy(ProxyEntrance.builder(slow).device("device-1"))) {
            try (Client client = new Client(tunnel.address())) {
                client.say(Client.HELLO).hear(2);
                client.say(Client.named(1, "ssh", 22));
                await().atMost(10, TimeUnit.SECONDS).until(() -> !dialled.isEmpty());
                client.reset();
            }
            await().atMost(10, TimeUnit.SECONDS).until(dialling::isCancelled);
        }
    }

    @Test
    void closedTunnel_endsTheConversation() throws Exception {
        try (Client client = new Client(proxy.address())) {
            client.say(Client.HELLO).hear(2);
            proxy.close();
            assertThatThrownBy(client::hearAll).isInstanceOf(SocketException.class);
        }
    }
}
