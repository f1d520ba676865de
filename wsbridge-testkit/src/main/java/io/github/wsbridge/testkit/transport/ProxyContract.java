package io.github.wsbridge.testkit.transport;

import static io.github.wsbridge.testkit.RecordingReceiver.PATIENCE;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.wsbridge.ProxyServer;
import io.github.wsbridge.spi.Connector;
import io.github.wsbridge.spi.Fragment;
import io.github.wsbridge.spi.Leg;
import io.github.wsbridge.spi.Proxies;
import io.github.wsbridge.testkit.RawWebSocket;
import io.github.wsbridge.testkit.SeenHandshake;
import io.github.wsbridge.testkit.TestWebSocketServer;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The contract of a connector that goes through proxies of both kinds, with a user and a password, and says what helps
 * if one does not let it through.
 */
@Timeout(60)
public abstract class ProxyContract {

    private static final String USER = "al ice";
    private static final String PASSWORD = "s:cr@t/ü";

    private @Nullable TestWebSocketServer server;

    /** Creates the suite. */
    protected ProxyContract() {}

    /** Creates the connector under test. The suite closes it. */
    protected abstract Connector connector(Proxies proxies) throws Exception;

    /** Returns whether a failure names the ways of authentication that a proxy supports. */
    protected boolean seesChallenges() {
        return true;
    }

    @BeforeEach
    final void up() throws IOException {
        server = new TestWebSocketServer();
    }

    @AfterEach
    final void down() throws IOException {
        server().close();
    }

    private TestWebSocketServer server() {
        return Objects.requireNonNull(server, "not started");
    }

    /** Connects to a name that only the proxy knows. */
    private void exchange(ProxyServer proxy) throws Exception {
        int port = server().uri().getPort();
        try (Connector connector = connector(Proxies.of(proxy))) {
            Leg leg = connector
                    .connect(target(URI.create("ws://only-the-proxy-knows.invalid:" + port + "/x")))
                    .toCompletableFuture()
                    .get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
            RawWebSocket far = server().takeWebSocket(PATIENCE).timeout(PATIENCE);
            leg.send(Fragment.text("through"));
            assertThat(far.read().text()).isEqualTo("through");
            leg.abort();
        }
    }

    private static Connector.Target target(URI uri) {
        return new Connector.Target(uri, Map.of(), "", PATIENCE);
    }

    @ParameterizedTest
    @EnumSource(ProxyServer.Protocol.class)
    void openProxy_isUsed(ProxyServer.Protocol protocol) throws Exception {
        try (TestProxy proxy = TestProxy.open()) {
            exchange(proxy.server(protocol, "", ""));
            assertThat(proxy.targets())
                    .containsExactly(
                            "only-the-proxy-knows.invalid:" + server().uri().getPort());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"10.1.2.3", "[fd00:0:0:0:0:0:0:2]"})
    void addressInsteadOfAName_isUsed(String host) throws Exception {
        int port = server().uri().getPort();
        for (ProxyServer.Protocol protocol : ProxyServer.Protocol.values()) {
            try (TestProxy proxy = TestProxy.open();
                    Connector connector = connector(Proxies.of(proxy.server(protocol, "", "")))) {
                Leg leg = connector
                        .connect(target(URI.create("ws://" + host + ":" + port + "/x")))
                        .toCompletableFuture()
                        .get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
                server().takeWebSocket(PATIENCE);
                leg.abort();
            }
        }
    }

    /** Returns whether the client can connect to hosts whose names have underscores. */
    protected boolean knowsUnderscores() {
        return true;
    }

    @ParameterizedTest
    @ValueSource(strings = {"my_service", "only-the-proxy-knows.invalid."})
    void unusualName_isUsed(String host) throws Exception {
        assumeTrue(knowsUnderscores() || !host.contains("_"), "the client does not know such names");
        int port = server().uri().getPort();
        try (TestProxy proxy = TestProxy.open();
                Connector connector = connector(Proxies.of(proxy.server(ProxyServer.Protocol.HTTP, "", "")))) {
            Leg leg = connector
                    .connect(target(URI.create("ws://" + host + ":" + port + "/path?x=y")))
                    .toCompletableFuture()
                    .get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
            SeenHandshake seen = server().takeHandshake(PATIENCE);
            assertThat(seen.startLine()).isEqualTo("GET /path?x=y HTTP/1.1");
            assertThat(seen.headers().only("Host")).isEqualTo(host.replaceFirst("\\.$", "") + ":" + port);
            leg.abort();
        }
    }

    @ParameterizedTest
    @EnumSource(ProxyServer.Protocol.class)
    void userAndPassword_areSent(ProxyServer.Protocol protocol) throws Exception {
        try (TestProxy proxy = TestProxy.forUser(USER, PASSWORD)) {
            exchange(proxy.server(protocol, USER, PASSWORD));
        }
    }

    @ParameterizedTest
    @EnumSource(ProxyServer.Protocol.class)
    void missingUser_failureSaysWhatToSet(ProxyServer.Protocol protocol) throws Exception {
        try (TestProxy proxy = TestProxy.forUser(USER, PASSWORD)) {
            ProxyServer unnamed = proxy.server(protocol, "", "");
            assertThatThrownBy(() -> exchange(unnamed))
                    .cause()
                    .isInstanceOf(IOException.class)
                    .hasMessage("the proxy " + unnamed + " wants a user and a password: write them into its URL, as in "
                            + unnamed.toString().replace("//", "//USER:PASSWORD@") + " (--proxy, HTTPS_PROXY)");
        }
    }

    @ParameterizedTest
    @EnumSource(ProxyServer.Protocol.class)
    void missingUser_forAServerWithTls_failureSaysTheSame(ProxyServer.Protocol protocol) throws Exception {
        try (TestProxy proxy = TestProxy.forUser(USER, PASSWORD);
                Connector connector = connector(Proxies.of(proxy.server(protocol, "", "")))) {
            assertThatThrownBy(() -> connector
                            .connect(target(URI.create("wss://only-the-proxy-knows.invalid/x")))
                            .toCompletableFuture()
                            .get(PATIENCE.toSeconds(), TimeUnit.SECONDS))
                    .cause()
                    .hasMessageContaining(" wants a user and a password: write them into its URL");
        }
    }

    @ParameterizedTest
    @EnumSource(ProxyServer.Protocol.class)
    void wrongPassword_failureSaysSoWithoutIt(ProxyServer.Protocol protocol) throws Exception {
        try (TestProxy proxy = TestProxy.forUser(USER, PASSWORD)) {
            ProxyServer wrong = proxy.server(protocol, USER, "a-wrong-guess");
            assertThatThrownBy(() -> exchange(wrong))
                    .cause()
                    .isInstanceOf(IOException.class)
                    .hasMessage("the proxy " + wrong + " does not accept this user and password")
                    .hasMessageNotContaining("a-wrong-guess");
        }
    }

    @Test
    void otherAuthentication_failureNamesIt() throws Exception {
        assumeTrue(seesChallenges(), "the client shows only the status");
        try (TestProxy proxy = TestProxy.challenging("Negotiate")) {
            assertThatThrownBy(() -> exchange(proxy.server(ProxyServer.Protocol.HTTP, "", "")))
                    .cause()
                    .hasMessageContaining("asks for authentication by Negotiate, but only Basic is supported");
        }
    }

    @ParameterizedTest
    @EnumSource(ProxyServer.Protocol.class)
    void unreachableProxy_failureNamesIt(ProxyServer.Protocol protocol) throws Exception {
        TestProxy closed = TestProxy.open();
        closed.close();
        ProxyServer proxy = closed.server(protocol, "", "");
        assertThatThrownBy(() -> exchange(proxy))
                .cause()
                .isInstanceOf(IOException.class)
                .hasMessageStartingWith("cannot connect to the proxy " + proxy + ": ");
    }

    @Test
    void httpProxyTakenForSocks_failureSaysSo() throws Exception {
        try (ServerSocket http = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            CompletableFuture<Void> answering = CompletableFuture.runAsync(() -> {
                try (Socket client = http.accept()) {
                    client.getInputStream().read();
                    client.getOutputStream().write("HTTP/1.1 400 Bad Request\r\n\r\n".getBytes(UTF_8));
                    client.getInputStream().transferTo(OutputStream.nullOutputStream());
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
            ProxyServer proxy = new ProxyServer(ProxyServer.Protocol.SOCKS5, "127.0.0.1", http.getLocalPort(), "", "");
            assertThatThrownBy(() -> exchange(proxy))
                    .cause()
                    .hasMessage("the proxy " + proxy
                            + " does not speak SOCKS 5: if it is an HTTP proxy, write http:// instead");
            assertThat(answering).as("the connection has ended").succeedsWithin(PATIENCE);
        }
    }

    @Test
    void unreachableTarget_failureNamesIt() throws Exception {
        int port = server().uri().getPort();
        server().close();
        try (TestProxy proxy = TestProxy.open()) {
            assertThatThrownBy(() -> exchange(proxy.server(ProxyServer.Protocol.SOCKS5, "", "")))
                    .cause()
                    .hasMessageEndingWith("does not connect to only-the-proxy-knows.invalid:" + port
                            + ": the connection was refused");
        }
    }

    @Test
    void noProxyChosen_connectsDirectly() throws Exception {
        try (Connector connector = connector((scheme, host, port) -> null)) {
            Leg leg = connector
                    .connect(target(server().uri()))
                    .toCompletableFuture()
                    .get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
            server().takeWebSocket(PATIENCE);
            leg.abort();
        }
    }
}
