package io.github.wsbridge.launcher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import io.github.wsbridge.ProxyServer;
import io.github.wsbridge.client.BridgeChannel;
import io.github.wsbridge.client.BridgeClient;
import io.github.wsbridge.core.access.ApiKeyPolicy;
import io.github.wsbridge.session.BridgeSessions;
import io.github.wsbridge.signal.webhook.WebhookKey;
import io.github.wsbridge.signal.webhook.WebhookVerifier;
import io.github.wsbridge.testkit.LogCapture;
import io.github.wsbridge.testkit.RawWebSocket;
import io.github.wsbridge.testkit.transport.TestProxy;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.StandardProtocolFamily;
import java.net.URI;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Node, device and tunnel together, over real sockets. */
@Timeout(120)
class RunningCommandsTest {

    @TempDir
    Path folder;

    @Test
    void tunnel_toATarget_carriesBytes() throws Exception {
        try (EchoPort echo = new EchoPort();
                Run node = node();
                Run device = device(node, echo);
                Run tunnel = Run.of(
                        "tunnel",
                        "--server",
                        url(node),
                        "--device",
                        "d",
                        "--target",
                        "echo",
                        "--listen",
                        "127.0.0.1:0")) {
            device.ready();
            assertThat(echo(tunnel.port(), "hello")).isEqualTo("hello");
            assertThat(echo(tunnel.port(), "again")).isEqualTo("again");
            assertThat(tunnel.stop().code()).isZero();
            assertThat(device.stop().code()).isZero();
            assertThat(node.stop().code()).isZero();
            assertThat(node.out()).endsWith("node stopped" + System.lineSeparator());
        }
    }

    @ParameterizedTest
    @CsvSource({"auto, auto", "on, on", "off, auto", "auto, off"})
    void session_anyModesThatFit_carryBytes(String atTheTunnel, String atTheDevice) throws Exception {
        try (EchoPort echo = new EchoPort();
                Run node = node();
                Run device = Run.of(
                        "device",
                        "--server",
                        url(node),
                        "--id",
                        "d",
                        "--target",
                        "echo=127.0.0.1:" + echo.number(),
                        "--session",
                        atTheDevice);
                Run tunnel =
                        Run.of("tunnel", "--server", url(node), "--forward", "0=d/echo", "--session", atTheTunnel)) {
            device.ready();
            assertThat(echo(tunnel.port(), "hello")).isEqualTo("hello");
            assertThat(echo(tunnel.port(), "again")).isEqualTo("again");
        }
    }

    @Test
    void session_ofADeviceThatStops_isToldByGoAway() throws Exception {
        try (EchoPort echo = new EchoPort();
                Run node = node();
                Run device = device(node, echo);
                BridgeClient client =
                        BridgeClient.builder(URI.create(url(node))).build()) {
            device.ready();
            BridgeChannel session =
                    client.connect("d", BridgeSessions.REQUEST_DATA).get(60, TimeUnit.SECONDS);
            byte[] preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
            byte[] settings = {0, 0, 0, 4, 0, 0, 0, 0, 0};
            session.outputStream().write(preface);
            session.outputStream().write(settings);
            assertThat(nextFrame(session)).isEqualTo(4); // its SETTINGS
            device.stop();
            int type = nextFrame(session);
            while (type != 7) { // GOAWAY
                type = nextFrame(session);
            }
        }
    }

    /** Reads a frame of HTTP/2 and returns its type; fails at the end. */
    private static int nextFrame(BridgeChannel session) throws IOException {
        byte[] head = session.inputStream().readNBytes(9);
        assertThat(head).hasSize(9);
        session.inputStream().readNBytes(ByteBuffer.wrap(head).getInt() >>> 8);
        return head[3];
    }

    @Test
    void session_requiredOfADeviceWithout_isRefused() throws Exception {
        try (EchoPort echo = new EchoPort();
                Run node = node();
                Run device = Run.of(
                        "device",
                        "--server",
                        url(node),
                        "--id",
                        "d",
                        "--target",
                        "echo=127.0.0.1:" + echo.number(),
                        "--session",
                        "off");
                Run tunnel = Run.of("tunnel", "--server", url(node), "--forward", "0=d/echo", "--session", "on")) {
            device.ready();
            int port = tunnel.port();
            assertThatThrownBy(() -> echo(port, "hello")).isInstanceOf(SocketException.class);
        }
    }

    @Test
    void tunnel_socks_reachesTargetsByName() throws Exception {
        try (EchoPort echo = new EchoPort();
                Run node = node();
                Run device = device(node, echo);
                Run tunnel = Run.of(
                        "tunnel", "--server", url(node), "--socks", "0", "--device", "d", "--socks-target", "7=echo")) {
            device.ready();
            assertThat(tunnel.ready()).contains(" is a proxy (SOCKS 5, HTTP CONNECT) to d");
            for (String wish : List.of("echo:1", "d.wsbridge:7")) {
                try (Socket socket = open(tunnel.port())) {
                    String request = "CONNECT " + wish + " HTTP/1.1\r\n\r\n";
                    socket.getOutputStream().write((request + "hello").getBytes(StandardCharsets.UTF_8));
                    socket.shutdownOutput();
                    assertThat(new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                            .isEqualTo("HTTP/1.1 200 OK\r\n\r\nhello");
                }
            }
            assertThat(tunnel.stop().code()).isZero();
        }
    }

    @Test
    void serverAsLocalhost_worksWithANodeOn127001() throws Exception {
        try (EchoPort echo = new EchoPort();
                Run node = node();
                Run device = Run.of(
                        "device",
                        "--server",
                        "ws://localhost:" + node.port(),
                        "--id",
                        "d",
                        "--target",
                        "echo=127.0.0.1:" + echo.number());
                Run tunnel = Run.of("tunnel", "--server", "ws://localhost:" + node.port(), "--forward", "0=d/echo")) {
            device.ready();
            assertThat(echo(tunnel.port(), "hello")).isEqualTo("hello");
        }
    }

    /** The names are known to the proxy only. */
    @ParameterizedTest
    @EnumSource(Transport.class)
    void proxy_leadsDeviceAndTunnelOut(Transport transport) throws Exception {
        String deviceKey = ApiKeyPolicy.newKey();
        String key = ApiKeyPolicy.newKey();
        Path keys = Files.writeString(
                folder.resolve("api-keys"),
                "d device " + ApiKeyPolicy.hash(deviceKey) + "\nreq requester " + ApiKeyPolicy.hash(key) + "\n");
        try (EchoPort echo = new EchoPort();
                TestProxy proxy = TestProxy.forUser("al", "s:cret");
                Run node = Run.of("node", "--api-keys", keys.toString(), "--listen", "127.0.0.1:0");
                Run device = Run.with(
                        Map.of("http_proxy", url(proxy, "http"), "WSBRIDGE_API_KEY", deviceKey),
                        "device",
                        "--transport",
                        transport.name(),
                        "--allow-origin",
                        "ws://127.0.0.1:" + node.port(),
                        "--server",
                        "ws://bridge.invalid:" + node.port(),
                        "--id",
                        "d",
                        "--target",
                        "echo=127.0.0.1:" + echo.number());
                Run tunnel = Run.with(
                        Map.of("WSBRIDGE_API_KEY", key),
                        "tunnel",
                        "--transport",
                        transport.name(),
                        "--proxy",
                        url(proxy, "socks5"),
                        "--server",
                        "ws://bridge.invalid:" + node.port(),
                        "--forward",
                        "0=d/echo")) {
            device.ready();
            assertThat(echo(tunnel.port(), "hello")).isEqualTo("hello");
            assertThat(proxy.targets()).contains("bridge.invalid:" + node.port());
        }
    }

    private static String url(TestProxy proxy, String scheme) {
        ProxyServer server = proxy.server(ProxyServer.Protocol.HTTP, "al", "s:cret");
        return scheme + "://al:s%3Acret@" + server.host() + ":" + server.port();
    }

    @Test
    void proxyOption_broken_isNotQuoted() throws Exception {
        try (Run tunnel = Run.of(
                "tunnel", "--server", "ws://127.0.0.1:1", "--forward", "0=d/t", "--proxy", "https://al:hidden@p")) {
            assertThat(tunnel.code()).isEqualTo(2);
            assertThat(tunnel.err())
                    .contains("--proxy: a proxy must be http:// or socks5://")
                    .doesNotContain("hidden");
        }
    }

    @Test
    void deviceWithUnreachableHub_saysWhy() throws Exception {
        String hub = "HostName=no-such-hub.invalid;DeviceId=d;SharedAccessKey=c2VjcmV0LXNlY3JldC1zZWNyZXQ=";
        try (LogCapture log = new LogCapture();
                Run device = Run.with(
                        Map.of(HearOptions.IOTHUB_CONNECTION, hub),
                        "device",
                        "--server",
                        "ws://127.0.0.1:1",
                        "--signal",
                        "iothub",
                        "--id",
                        "d",
                        "--target",
                        "t=127.0.0.1:1")) {
            Awaitility.await().atMost(Run.PATIENCE).until(() -> device.err().contains("still trying: "));
            assertThat(device.err()).contains("no-such-hub.invalid").doesNotContain("c2VjcmV0");
            assertThat(log.all()).anyMatch(line -> line.contains("cannot connect to its IoT hub and keeps trying: "));
        }
    }

    @Test
    void severalServers_deviceAndTunnelUseTheOneThatWorks() throws Exception {
        try (EchoPort echo = new EchoPort();
                Run node = node();
                Run device = Run.of(
                        "device",
                        "--server",
                        "ws://127.0.0.1:1," + url(node),
                        "--id",
                        "d",
                        "--target",
                        "echo=127.0.0.1:" + echo.number());
                Run tunnel = Run.of(
                        "tunnel", "--server", "ws://127.0.0.1:1", "--server", url(node), "--forward", "0=d/echo")) {
            device.ready();
            assertThat(echo(tunnel.port(), "hello")).isEqualTo("hello");
            assertThat(echo(tunnel.port(), "again")).isEqualTo("again");
        }
    }

    @Test
    void wssToAPlainPort_failsAtOnceWithWords() throws Exception {
        try (Run node = node();
                Run tunnel = Run.of(
                        "tunnel",
                        "--server",
                        "wss://127.0.0.1:" + node.port(),
                        "--device",
                        "d",
                        "--target",
                        "t",
                        "--stdio")) {
            assertThat(tunnel.code()).isEqualTo(1);
            assertThat(tunnel.err())
                    .contains("127.0.0.1:" + node.port() + " does not speak TLS: use ws:// instead of wss://");
        }
    }

    @Test
    void exposedPort_connectsPlainClients_andRefusesThoseNotAllowed() throws Exception {
        try (LogCapture log = new LogCapture();
                EchoPort echo = new EchoPort();
                Run node = exposing("0=d/echo,unix:" + folder.resolve("exposed") + "=d/echo");
                Run closed = exposing("0=d/echo", "--expose-from", "192.0.2.0/24,::1");
                Run device = Run.of(
                        "device",
                        "--server",
                        "ws://127.0.0.1:" + port(node, "node ready: listens on"),
                        "--id",
                        "d",
                        "--target",
                        "echo=127.0.0.1:" + echo.number())) {
            device.ready();
            int port = port(node, "port ready:");
            assertThat(echo(port, "hello")).isEqualTo("hello");
            assertThat(echo(port, "again")).isEqualTo("again");
            try (SocketChannel client = SocketChannel.open(UnixDomainSocketAddress.of(folder.resolve("exposed")))) {
                client.write(StandardCharsets.UTF_8.encode("x"));
                assertThat(client.read(ByteBuffer.allocate(9))).isEqualTo(1);
            }
            int other = port(closed, "port ready:");
            assertThatThrownBy(() -> echo(other, "hello")).isInstanceOf(SocketException.class);
            assertThat(log.all())
                    .anyMatch(line ->
                            line.matches("bridge \\w+ to d requested by 127\\.0\\.0\\.1 at .*:" + port + " from .*"))
                    .anyMatch(line -> line.matches("refused .*:" + other + " from 127\\.0\\.0\\.1:\\d+ with 403"));
            assertThat(node.stop().code()).isZero();
            assertThatThrownBy(() -> open(port)).isInstanceOf(ConnectException.class);
        }
    }

    private static Run exposing(String port, String... from) {
        return Run.of(with(from, "node", "--insecure", "--listen", "127.0.0.1:0", "--verbose", "--expose", port));
    }

    /** The port of 127.0.0.1 after some words of what a node has said. */
    private static int port(Run node, String words) {
        Pattern line = Pattern.compile(Pattern.quote(words) + " 127\\.0\\.0\\.1:(\\d+)");
        return Awaitility.await()
                .atMost(Run.PATIENCE)
                .until(
                        () -> line.matcher(node.out())
                                .results()
                                .map(found -> Integer.parseInt(found.group(1)))
                                .toList(),
                        found -> !found.isEmpty())
                .get(0);
    }

    @Test
    void forwards_ofOneTunnel_reachTheirOwnTargets() throws Exception {
        String near = "unix:" + folder.resolve("near");
        String far = "unix:" + folder.resolve("far");
        try (EchoPort echo = new EchoPort();
                ServerSocketChannel unix = ServerSocketChannel.open(StandardProtocolFamily.UNIX)
                        .bind(UnixDomainSocketAddress.of(folder.resolve("far")));
                Run node = node();
                Run one = device(node, echo);
                Run other = Run.of("device", "--server", url(node), "--id", "site/e", "--target", "other=" + far);
                Run tunnel = Run.of(
                        "tunnel",
                        "--server",
                        url(node),
                        "--forward",
                        "0=d/echo",
                        "--forward",
                        near + "=site/e/other,127.0.0.1:0=site/e/other")) {
            one.ready();
            other.ready();
            List<String> lines = tunnel.ready().lines().toList();
            assertThat(lines).hasSize(3);
            assertThat(lines.get(0)).matches("tunnel ready: 127\\.0\\.0\\.1:[1-9]\\d* forwards to echo on d");
            assertThat(lines.get(1)).isEqualTo("tunnel ready: " + near + " forwards to other on site/e");
            assertThat(lines.get(2)).endsWith(" forwards to other on site/e");
            assertThat(echo(tunnel.port(), "to the first")).isEqualTo("to the first");
            try (SocketChannel client = SocketChannel.open(UnixDomainSocketAddress.of(folder.resolve("near")))) {
                client.write(StandardCharsets.UTF_8.encode("x"));
                try (SocketChannel server = unix.accept()) {
                    assertThat(server.read(ByteBuffer.allocate(9))).isEqualTo(1);
                }
                assertThat(client.read(ByteBuffer.allocate(9))).isEqualTo(-1);
            }
            assertThat(tunnel.stop().code()).isZero();
            assertThat(folder.resolve("near")).doesNotExist();
        }
    }

    @Test
    void forwards_oneCannotBeBound_closesTheOthersAndNamesIt() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Path first = folder.resolve("first");
            String second = "127.0.0.1:" + taken.getLocalPort();
            for (String transport : List.of("netty", "jdk")) {
                Run tunnel = Run.of(
                        "tunnel",
                        "--server",
                        "ws://127.0.0.1:1",
                        "--transport",
                        transport,
                        "--forward",
                        "unix:" + first + "=d/t",
                        "--forward",
                        second + "=d/t");
                assertThat(tunnel.code()).isEqualTo(1);
                assertThat(tunnel.out()).isEmpty();
                assertThat(tunnel.err())
                        .startsWith("wsbridge tunnel: cannot listen on " + second + ": Address already in use");
                assertThat(first).doesNotExist();
            }
        }
    }

    @Test
    void stdio_brokenOutput_endsTheBridge() throws Exception {
        OutputStream broken = new OutputStream() {
            @Override
            public void write(int b) throws IOException {
                throw new IOException("Broken pipe");
            }
        };
        try (EchoPort echo = new EchoPort();
                Run node = node();
                Run device = device(node, echo);
                PipedOutputStream typing = new PipedOutputStream();
                PipedInputStream input = new PipedInputStream(typing)) {
            device.ready();
            Run tunnel = Run.piped(input, broken, tunnelTo(node, "--stdio"));
            typing.write(1);
            typing.flush();
            assertThat(tunnel.code()).isEqualTo(1);
            assertThat(tunnel.err().lines()).containsExactly("wsbridge tunnel: Broken pipe");
        }
    }

    @Test
    void stdio_stop_endsTheBridgeInOrder() throws Exception {
        try (EchoPort echo = new EchoPort();
                Run node = node();
                Run device = device(node, echo);
                PipedOutputStream typing = new PipedOutputStream();
                PipedInputStream input = new PipedInputStream(typing)) {
            device.ready();
            ByteArrayOutputStream data = new ByteArrayOutputStream();
            Run tunnel = Run.piped(input, data, tunnelTo(node, "--stdio"));
            typing.write(1);
            typing.flush();
            Awaitility.await().atMost(Run.PATIENCE).until(() -> data.size() == 1);
            assertThat(tunnel.stop().code()).as(tunnel.err()).isZero();
            assertThat(tunnel.err()).isEmpty();
        }
    }

    @Test
    void train_runsAllThree_andEnds() throws Exception {
        Run train = Run.of("train");
        assertThat(train.code()).as(train.err()).isZero();
        assertThat(train.out()).matches("trained with \\d+ connections\\R");
        assertThat(train.err()).isEmpty();
    }

    @Test
    void stdio_pipe_carriesBytesAndEndsWithThem() throws Exception {
        try (EchoPort echo = new EchoPort();
                Run node = node();
                Run device = device(node, echo)) {
            device.ready();
            byte[] sent = new byte[3_000_000];
            new java.util.Random(1).nextBytes(sent);
            ByteArrayOutputStream data = new ByteArrayOutputStream();
            Run tunnel = Run.piped(
                    new ByteArrayInputStream(sent),
                    data,
                    "tunnel",
                    "--server",
                    url(node),
                    "--device",
                    "d",
                    "--target",
                    "echo",
                    "--stdio");
            assertThat(tunnel.code()).as(tunnel.err()).isZero();
            assertThat(data.toByteArray()).isEqualTo(sent);
            assertThat(tunnel.out()).isEmpty();
        }
    }

    @Test
    void transportTyrus_onAllThree_carriesBytes() throws Exception {
        byte[] sent = new byte[1_000_000];
        new java.util.Random(2).nextBytes(sent);
        ByteArrayOutputStream data = new ByteArrayOutputStream();
        String[] tyrus = {"--transport", "tyrus"};
        try (EchoPort echo = new EchoPort();
                Run node = Run.of(with(tyrus, "node", "--insecure", "--listen", "127.0.0.1:0"));
                Run device = Run.of(with(
                        tyrus,
                        "device",
                        "--server",
                        url(node),
                        "--id",
                        "d",
                        "--target",
                        "echo=127.0.0.1:" + echo.number()));
                Run listening = Run.of(with(tyrus, tunnelTo(node, "--listen", "127.0.0.1:0")))) {
            device.ready();
            assertThat(echo(listening.port(), "hello")).isEqualTo("hello");
            Awaitility.await("one of its own for each of the three")
                    .atMost(Run.PATIENCE)
                    .until(() ->
                            transports("wsbridge-tyrus-server") == 1 && transports("wsbridge-tyrus-connector") == 3);
            Run piped = Run.piped(new ByteArrayInputStream(sent), data, with(tyrus, tunnelTo(node, "--stdio")));
            assertThat(piped.code()).as(piped.err()).isZero();
            assertThat(data.toByteArray()).isEqualTo(sent);
            assertThat(listening.stop().code()).isZero();
            assertThat(device.stop().code()).isZero();
            assertThat(node.stop().code()).isZero();
        }
    }

    /** Counts the Grizzly transports of a name by their first selectors, whose thread names may have a suffix. */
    private static long transports(String name) {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().matches(name + "-selector-1( .*)?"))
                .count();
    }

    private static String[] tunnelTo(Run node, String... how) {
        return with(how, "tunnel", "--server", url(node), "--device", "d", "--target", "echo");
    }

    private static String[] with(String[] options, String... command) {
        return Stream.concat(Stream.of(command), Stream.of(options)).toArray(String[]::new);
    }

    @Test
    void stdio_unknownTarget_failsInOneLine() throws Exception {
        try (EchoPort echo = new EchoPort();
                Run node = node();
                Run device = device(node, echo)) {
            device.ready();
            Run tunnel = Run.of("tunnel", "--server", url(node), "--device", "d", "--target", "other", "--stdio");
            assertThat(tunnel.code()).isEqualTo(1);
            assertThat(tunnel.out()).isEmpty();
            assertThat(tunnel.err().lines())
                    .singleElement()
                    .asString()
                    .contains("4403")
                    .contains("unknown target");
        }
    }

    @Test
    void apiKeys_fileAndEnvironment_areAcceptedAndNeverShown() throws Exception {
        String deviceKey = ApiKeyPolicy.newKey();
        String requesterKey = ApiKeyPolicy.newKey();
        Path keys = Files.writeString(
                folder.resolve("api-keys"),
                "d device " + ApiKeyPolicy.hash(deviceKey) + "\nreq requester " + ApiKeyPolicy.hash(requesterKey)
                        + "\n");
        Path deviceKeyFile = Files.writeString(folder.resolve("device.key"), deviceKey + "\n");
        try (EchoPort echo = new EchoPort();
                Run node = Run.of("node", "--api-keys", keys.toString(), "--listen", "127.0.0.1:0");
                Run device = Run.of(
                        "device",
                        "--server",
                        url(node),
                        "--id",
                        "d",
                        "--target",
                        "echo=127.0.0.1:" + echo.number(),
                        "--api-key-file",
                        deviceKeyFile.toString(),
                        "--verbose")) {
            device.ready();
            String[] ask = {"tunnel", "--server", url(node), "--device", "d", "--target", "echo", "--stdio"};
            Run known = Run.with(Map.of("WSBRIDGE_API_KEY", requesterKey), ask);
            Run unknown = Run.with(Map.of("WSBRIDGE_API_KEY", "wrong-key"), ask);
            Run deviceAsRequester = Run.with(Map.of("WSBRIDGE_API_KEY", deviceKey), ask);
            assertThat(known.code()).as(known.err()).isZero();
            assertThat(unknown.code()).isEqualTo(1);
            assertThat(unknown.err())
                    .contains("the server refused with HTTP status 401: the credentials are missing or unknown");
            assertThat(deviceAsRequester.code()).isEqualTo(1);
            assertThat(deviceAsRequester.err()).contains("HTTP status 403: the credentials do not permit this");
            for (Run run : new Run[] {node, device, known, unknown, deviceAsRequester}) {
                assertThat(run.out() + run.err()).doesNotContain(deviceKey, requesterKey, "wrong-key");
            }
        }
    }

    @Test
    void verbose_node_logsEachEventOnce() throws Exception {
        try (LogCapture log = new LogCapture();
                EchoPort echo = new EchoPort();
                Run node = Run.of("node", "--insecure", "--listen", "127.0.0.1:0", "--verbose");
                Run device = device(node, echo)) {
            device.ready();
            Run tunnel = Run.of("tunnel", "--server", url(node), "--device", "d", "--target", "echo", "--stdio");
            assertThat(tunnel.code()).as(tunnel.err()).isZero();
            Awaitility.await()
                    .atMost(Run.PATIENCE)
                    .until(() -> log.all().stream().anyMatch(line -> line.matches("bridge \\w+ to d closed: .*")));
            for (String event : List.of(
                    "device d is listening.*",
                    "bridge \\w+.* requested .*",
                    "bridge \\w+.* established.*",
                    "bridge \\w+.* closed.*")) {
                assertThat(log.all())
                        .filteredOn(line -> line.matches(event))
                        .as(event)
                        .hasSize(1);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"netty", "tyrus"})
    void subprotocolOfTheClient_namedInTheUrl_isAgreedOn(String transport) throws Exception {
        try (EchoPort echo = new EchoPort();
                Run node = Run.of("node", "--insecure", "--listen", "127.0.0.1:0", "--transport", transport);
                Run device = device(node, echo)) {
            device.ready();
            URI url = URI.create(url(node) + "/bridge/connect?deviceId=d&requestData=echo&subprotocol=binary");
            try (RawWebSocket client = RawWebSocket.connect(url, Map.of(), "binary")) {
                assertThat(client.subprotocol()).isEqualTo("binary");
                client.write(2, true, (byte) 1, (byte) 2);
                assertThat(client.read().payload()).containsExactly(1, 2);
            }
        }
    }

    @Test
    void apiKey_emptyFile_isRefused() throws Exception {
        Path empty = Files.writeString(folder.resolve("empty"), "\n");
        Run run = Run.of(
                "tunnel",
                "--server",
                "ws://127.0.0.1:1",
                "--device",
                "d",
                "--target",
                "t",
                "--stdio",
                "--api-key-file",
                empty.toString());
        assertThat(run.code()).isEqualTo(1);
        assertThat(run.err()).contains(" is empty");
    }

    @Test
    void stop_liveBridge_hasTheGracePeriod() throws Exception {
        try (EchoPort echo = new EchoPort();
                Run node = node();
                Run device = device(node, echo);
                Run tunnel = Run.of(
                        "tunnel",
                        "--server",
                        url(node),
                        "--device",
                        "d",
                        "--target",
                        "echo",
                        "--listen",
                        "127.0.0.1:0")) {
            device.ready();
            try (Socket socket = open(tunnel.port())) {
                socket.getOutputStream().write(1);
                assertThat(socket.getInputStream().read()).isEqualTo(1);
                node.stop();
                Awaitility.await()
                        .atMost(Run.PATIENCE)
                        .until(() -> node.out().contains("1 live bridges have up to 8 s"));
                socket.getOutputStream().write(2); // the bridge is still open
                assertThat(socket.getInputStream().read()).isEqualTo(2);
                assertThat(node.ended()).isFalse();
                socket.shutdownOutput();
                assertThat(socket.getInputStream().read()).isEqualTo(-1);
            }
            assertThat(node.code()).isZero();
        }
    }

    @Test
    void device_secondWithTheSameId_replacesTheFirst_whichTriesAgainLater() throws Exception {
        try (LogCapture log = new LogCapture();
                EchoPort echo = new EchoPort();
                Run node = node();
                Run first = device(node, echo)) {
            first.ready();
            try (Run second = device(node, echo)) {
                second.ready();
                Awaitility.await()
                        .atMost(Run.PATIENCE)
                        .untilAsserted(() -> assertThat(log.all())
                                .anyMatch(line -> line.startsWith("Another listener has taken over device")
                                        && line.contains("Trying again in")));
                assertThat(first.ended()).isFalse();
            }
        }
    }

    @Test
    void tls_ownAuthority_isTrusted() throws Exception {
        Path store = folder.resolve("store.p12");
        Process keytool = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "keytool")
                                .toString(),
                        "-genkeypair",
                        "-alias",
                        "node",
                        "-keyalg",
                        "EC",
                        "-groupname",
                        "secp256r1",
                        "-dname",
                        "CN=node",
                        "-ext",
                        "SAN=ip:127.0.0.1",
                        "-validity",
                        "2",
                        "-storetype",
                        "PKCS12",
                        "-storepass",
                        "secret",
                        "-keystore",
                        store.toString())
                .inheritIO()
                .start();
        assertThat(keytool.waitFor(60, TimeUnit.SECONDS)).isTrue();
        KeyStore pair = KeyStore.getInstance(store.toFile(), "secret".toCharArray());
        Path cert = pem("CERTIFICATE", pair.getCertificate("node").getEncoded());
        Path key =
                pem("PRIVATE KEY", pair.getKey("node", "secret".toCharArray()).getEncoded());
        try (EchoPort echo = new EchoPort();
                Run node = Run.of(
                        "node",
                        "--insecure",
                        "--listen",
                        "127.0.0.1:0",
                        "--tls-cert",
                        cert.toString(),
                        "--tls-key",
                        key.toString())) {
            String url = "wss://127.0.0.1:" + node.port();
            try (Run device = Run.of(
                            "device",
                            "--server",
                            url,
                            "--id",
                            "d",
                            "--target",
                            "echo=127.0.0.1:" + echo.number(),
                            "--tls-ca",
                            cert.toString());
                    Run tunnel = Run.of(
                            "tunnel",
                            "--server",
                            url,
                            "--device",
                            "d",
                            "--target",
                            "echo",
                            "--listen",
                            "127.0.0.1:0",
                            "--tls-ca",
                            cert.toString())) {
                device.ready();
                assertThat(echo(tunnel.port(), "secretly")).isEqualTo("secretly");
            }
            Run stranger = Run.of("tunnel", "--server", url, "--device", "d", "--target", "echo", "--stdio");
            assertThat(stranger.code()).isEqualTo(1);
            assertThat(stranger.err()).contains("certificat");
        }
    }

    @Test
    void node_webhook_getsInvitationsOfMatchingDevices() throws Exception {
        String secret = "0123456789abcdef0123456789abcdef";
        Path keyFile = Files.writeString(folder.resolve("webhook.key"), secret + "\n");
        BlockingQueue<String> asked = new LinkedBlockingQueue<>();
        HttpServer backend = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        backend.createContext("/invitations", exchange -> {
            byte[] body = exchange.getRequestBody().readAllBytes();
            asked.add(new String(body, StandardCharsets.UTF_8));
            byte[] answer =
                    "{\"result\":\"rejected\",\"code\":409,\"reason\":\"asleep\"}".getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(200, answer.length);
            exchange.getResponseBody().write(answer);
            exchange.close();
        });
        backend.start();
        try (Run node = Run.of(
                "node",
                "--insecure",
                "--listen",
                "127.0.0.1:0",
                "--signal",
                "lab-*=webhook",
                "--webhook-url",
                "http://127.0.0.1:" + backend.getAddress().getPort() + "/invitations",
                "--webhook-key-file",
                keyFile.toString())) {
            assertThat(stdioTo(node, "lab-1").err()).contains("4403 409 asleep");
            assertThat(asked.poll(10, TimeUnit.SECONDS)).contains("\"deviceId\":\"lab-1\"");
            assertThat(stdioTo(node, "other").err()).contains("4404");
            assertThat(asked).isEmpty();
        } finally {
            backend.stop(0);
        }
    }

    @Test
    void node_webhookInTheStandardForm_isVerified() throws Exception {
        String secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
        Path keyFile = Files.writeString(folder.resolve("standard.key"), secret + "\n");
        WebhookVerifier verifier = WebhookVerifier.of(WebhookKey.standard(secret));
        HttpServer backend = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        backend.createContext("/", exchange -> {
            byte[] body = exchange.getRequestBody().readAllBytes();
            boolean genuine = verifier.verify(exchange.getRequestHeaders()::getFirst, body)
                    instanceof WebhookVerifier.Verdict.Genuine;
            byte[] answer = ("{\"result\":\"rejected\",\"code\":409,\"reason\":\"genuine " + genuine + "\"}")
                    .getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(200, answer.length);
            exchange.getResponseBody().write(answer);
            exchange.close();
        });
        backend.start();
        try (Run node = Run.of(
                "node",
                "--insecure",
                "--listen=127.0.0.1:0",
                "--signal=webhook",
                "--webhook-form=standard",
                "--webhook-url=http://127.0.0.1:" + backend.getAddress().getPort(),
                "--webhook-key-file=" + keyFile)) {
            assertThat(stdioTo(node, "d").err()).contains("4403 409 genuine true");
        } finally {
            backend.stop(0);
        }
    }

    private static Run stdioTo(Run node, String device) throws Exception {
        Run tunnel = Run.of("tunnel", "--server", url(node), "--device", device, "--target", "t", "--stdio");
        assertThat(tunnel.code()).isEqualTo(1);
        return tunnel;
    }

    private Path pem(String kind, byte[] content) throws IOException {
        String body = Base64.getMimeEncoder().encodeToString(content);
        return Files.writeString(
                folder.resolve(kind), "-----BEGIN " + kind + "-----\n" + body + "\n-----END " + kind + "-----\n");
    }

    private static Run node() {
        return Run.of("node", "--insecure", "--listen", "127.0.0.1:0");
    }

    private static Run device(Run node, EchoPort echo) {
        return Run.of("device", "--server", url(node), "--id", "d", "--target", "echo=127.0.0.1:" + echo.number());
    }

    private static String url(Run node) {
        return "ws://127.0.0.1:" + node.port();
    }

    private static Socket open(int port) throws IOException {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
        socket.setSoTimeout((int) Run.PATIENCE.toMillis());
        return socket;
    }

    private static String echo(int port, String text) throws IOException {
        try (Socket socket = open(port)) {
            socket.getOutputStream().write(text.getBytes(StandardCharsets.UTF_8));
            socket.shutdownOutput();
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
