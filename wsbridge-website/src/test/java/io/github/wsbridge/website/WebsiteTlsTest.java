package io.github.wsbridge.website;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.wsbridge.testkit.transport.TestAuthority;
import io.github.wsbridge.website.FakeDevice.Wire;
import io.github.wsbridge.wire.websocket.WebSocketKey;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.security.cert.Certificate;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** A website with a certificate for its name and the names below it, and browsers that check it. */
final class WebsiteTlsTest {

    private static final String SITE = "devices.example.com";
    private static final String DEVICE = "device-1." + SITE;
    private static final String KEY = "AQIDBAUGBwgJCgsMDQ4PEA==";

    private static TestAuthority.Issued identity;
    private static TestAuthority.Issued renewed;
    private static SSLContext trust;
    private static FakeDevice device;
    private static Website website;

    @BeforeAll
    static void start() throws Exception {
        TestAuthority authority = TestAuthority.shared("CN=Website");
        identity = authority.issue("CN=one", "dns:" + SITE, "dns:*." + SITE);
        renewed = authority.issue("CN=two", "dns:" + SITE, "dns:*." + SITE);
        trust = identity.context();
        device = new FakeDevice(wire -> {
            while (true) {
                if (wire.head().toLowerCase(Locale.ROOT).contains("upgrade: websocket")) {
                    wire.send("HTTP/1.1 101 Fine\nConnection: Upgrade\nUpgrade: websocket\nSec-WebSocket-Accept: "
                            + WebSocketKey.accept(KEY) + "\n\n");
                    wire.raw("got " + wire.read(6));
                } else {
                    wire.send("HTTP/1.1 200 OK\nContent-Length: 5\n\nhello");
                }
            }
        });
        TcpChannels devices = new TcpChannels().device("device-1", device.port());
        website = Website.over(visitor -> devices, true)
                .address(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .url(URI.create("https://" + SITE))
                .tls(identity.key(), identity.chain())
                .start();
    }

    @AfterAll
    static void stop() throws IOException {
        website.close();
        device.close();
    }

    private static Wire browser(String host) throws IOException {
        Socket plain =
                new Socket(InetAddress.getLoopbackAddress(), website.address().getPort());
        SSLSocket socket = (SSLSocket) trust.getSocketFactory().createSocket(plain, host, plain.getPort(), true);
        SSLParameters checks = socket.getSSLParameters();
        checks.setEndpointIdentificationAlgorithm("HTTPS");
        socket.setSSLParameters(checks);
        return new Wire(socket, new CopyOnWriteArrayList<>());
    }

    private static String ask(String request, String host, String fields, String body) throws IOException {
        try (Wire browser = browser(host)) {
            browser.send(request + " HTTP/1.1\nHost: " + host + "\nAccept: text/html\n" + fields + "Content-Length: "
                    + body.length() + "\n\n" + body);
            return browser.response();
        }
    }

    private static String field(String answer, String name) {
        Matcher field = Pattern.compile("(?im)^" + name + ": (.*)$").matcher(answer);
        assertThat(field.find()).as(answer).isTrue();
        return field.group(1);
    }

    /** Returns a cookie that only TLS carries, and that belongs to its host alone. */
    private static String cookie(String answer) {
        String set = field(answer, "set-cookie");
        assertThat(set)
                .startsWith("__Host-wsbridge")
                .contains("; Path=/;", "; HttpOnly", "; Secure")
                .doesNotContain("Domain");
        return "Cookie: " + set.split(";")[0] + "\n";
    }

    private static String path(String answer, String host) {
        assertThat(field(answer, "location")).startsWith("https://" + host + "/");
        return field(answer, "location").substring(("https://" + host).length());
    }

    /** Returns the cookie of the device's host. */
    private static String signedIn() throws IOException {
        String origin = "Origin: https://" + SITE + "\n";
        String start = cookie(ask("POST /.wsbridge/sign-in", SITE, origin, "credential=key-1"));
        String led = ask("GET /", DEVICE, "", "");
        String given = ask("GET " + path(led, SITE), SITE, start, "");
        return cookie(ask("GET " + path(given, DEVICE), DEVICE, cookie(led), ""));
    }

    @Test
    void page_isThere_andTheDeviceKnowsOfTls() throws IOException {
        assertThat(ask("GET /marked", DEVICE, signedIn(), "")).endsWith("hello");
        List<String> heads = device.heads.stream()
                .filter(head -> head.startsWith("GET /marked "))
                .toList();
        assertThat(heads).hasSize(1);
        assertThat(heads.get(0).toLowerCase(Locale.ROOT))
                .contains("x-forwarded-proto: https\n", ";proto=https\n", "host: " + DEVICE + "\n")
                .doesNotContain("wsbridge");
    }

    @Test
    void webSocket_isJoined() throws IOException {
        try (Wire browser = browser(DEVICE)) {
            browser.send("GET /socket HTTP/1.1\nHost: " + DEVICE + "\nConnection: Upgrade\nUpgrade: websocket\n"
                    + "Sec-WebSocket-Version: 13\nSec-WebSocket-Key: " + KEY + "\nOrigin: https://" + DEVICE + "\n"
                    + signedIn() + "\n");
            assertThat(browser.head())
                    .startsWith("HTTP/1.1 101 ")
                    .containsIgnoringCase("sec-websocket-accept: " + WebSocketKey.accept(KEY));
            browser.raw("ping-1");
            assertThat(browser.read(10)).isEqualTo("got ping-1");
        }
    }

    @Test
    void form_ofTheSameHostWithoutTls_isRefused() throws IOException {
        assertThat(ask("POST /.wsbridge/sign-in", SITE, "Origin: http://" + SITE + "\n", "credential=key-1"))
                .startsWith("HTTP/1.1 403 ");
    }

    @Test
    void browser_withoutTls_getsNothing() throws IOException {
        try (Wire browser = Wire.to(website.address().getPort())) {
            browser.send("GET / HTTP/1.1\nHost: " + SITE + "\n\n");
            assertThat(browser.rest()).doesNotContain("HTTP");
        }
    }

    @Test
    void certificate_renewed_isThatOfNewConnections() throws Exception {
        try (Wire old = browser(SITE)) {
            assertThat(presented(old)).isEqualTo(identity.certificate());
            website.renewTls(renewed.key(), renewed.chain());
            try (Wire fresh = browser(DEVICE)) {
                assertThat(presented(fresh)).isEqualTo(renewed.certificate());
            }
            old.send("GET /.wsbridge/sign-in HTTP/1.1\nHost: " + SITE + "\n\n");
            assertThat(old.response()).startsWith("HTTP/1.1 200 ");
            assertThatThrownBy(() -> website.renewTls(identity.key(), renewed.chain()))
                    .isInstanceOf(IOException.class);
        } finally {
            website.renewTls(identity.key(), identity.chain());
        }
    }

    private static Certificate presented(Wire wire) throws IOException {
        return ((SSLSocket) wire.socket).getSession().getPeerCertificates()[0];
    }
}
