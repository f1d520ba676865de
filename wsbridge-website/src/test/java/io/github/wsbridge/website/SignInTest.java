package io.github.wsbridge.website;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.wsbridge.website.FakeDevice.Wire;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class SignInTest {

    private static final String PAGE = "Accept: text/html\n";

    private final List<Visitor> visitors = new CopyOnWriteArrayList<>();
    private FakeDevice device;
    private Website website;
    private String port;

    @BeforeEach
    void start() throws IOException {
        device = new FakeDevice(wire -> {
            while (true) {
                if (wire.head().toLowerCase(Locale.ROOT).contains("upgrade: websocket")) {
                    wire.send(
                            "HTTP/1.1 101 Fine\nConnection: Upgrade\nUpgrade: websocket\nSec-WebSocket-Accept: x\n\n");
                } else {
                    wire.send("HTTP/1.1 200 OK\nSet-Cookie: wsbridge=stolen; Path=/\nSet-Cookie: own=1\n"
                            + "Content-Length: 5\n\nhello");
                }
            }
        });
        TcpChannels devices =
                new TcpChannels().device("device-1", device.port()).device("device-2", device.port());
        website = Website.over(
                        visitor -> {
                            visitors.add(visitor);
                            return devices;
                        },
                        true)
                .address(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .devices(DeviceList.of(List.of("secret")))
                .terminal("shell")
                .start();
        port = ":" + website.address().getPort();
    }

    @AfterEach
    void stop() throws IOException {
        website.close();
        device.close();
    }

    private String ask(String method, String host, String path, String fields, String body) throws IOException {
        try (Wire browser = Wire.to(website.address().getPort())) {
            browser.send(method + " " + path + " HTTP/1.1\nHost: " + host + port + "\n" + fields
                    + (body.isEmpty() ? "" : "Content-Length: " + body.length() + "\n") + "\n" + body);
            return browser.response();
        }
    }

    private String get(String host, String path, String fields) throws IOException {
        return ask("GET", host, path, fields, "");
    }

    private static String field(String response, String name) {
        Matcher field = Pattern.compile("(?im)^" + name + ": (.*)$").matcher(response);
        assertThat(field.find()).as(response).isTrue();
        return field.group(1);
    }

    /** Returns the cookie of the start page. */
    private String signIn() throws IOException {
        String answer = ask("POST", "localhost", "/.wsbridge/sign-in", own(), "credential=key-1&then=%2F");
        assertThat(answer).startsWith("HTTP/1.1 303 ");
        assertThat(field(answer, "location")).isEqualTo("/");
        assertThat(field(answer, "set-cookie"))
                .contains("; Path=/; HttpOnly; SameSite=Lax")
                .doesNotContain("Domain");
        return cookie(answer);
    }

    /** What browsers say about a form of the start page. */
    private String own() {
        return "Origin: http://localhost" + port + "\n";
    }

    private static String cookie(String answer) {
        return "Cookie: " + field(answer, "set-cookie").split(";")[0] + "\n";
    }

    /** A browser that has begun to open a device, has a ticket, and has not used it yet. */
    private record Begun(String path, String entry) {}

    private Begun begin(String cookie, String id) throws IOException {
        String led = get(id + ".localhost", "/a?b", PAGE);
        String open = field(led, "location");
        assertThat(open).startsWith("http://localhost" + port + "/.wsbridge/open?device=" + id + "&to=%2Fa%3Fb&entry=");
        String enter = field(get("localhost", path(open), cookie), "location");
        assertThat(enter).startsWith("http://" + id + ".localhost" + port + "/.wsbridge/enter?ticket=");
        return new Begun(path(enter), cookie(led));
    }

    private static String path(String url) {
        return url.substring(url.indexOf("/.wsbridge"));
    }

    /** Returns the answer that brings the cookie of a device's host. */
    private String enter(String cookie, String id) throws IOException {
        Begun begun = begin(cookie, id);
        return get(id + ".localhost", begun.path(), begun.entry());
    }

    @Test
    void nobody_isLedToTheSignIn() throws IOException {
        assertThat(field(get("localhost", "/", ""), "location")).isEqualTo("/.wsbridge/sign-in?then=%2F");
        assertThat(field(get("device-1.localhost", "/a?b", PAGE), "location"))
                .startsWith("http://localhost" + port + "/.wsbridge/open?device=device-1&to=%2Fa%3Fb&entry=");
        assertThat(get("device-1.localhost", "/a", "")).startsWith("HTTP/1.1 401 ");
        assertThat(get("device-1.localhost", "/.wsbridge/state", "")).startsWith("HTTP/1.1 401 ");
        assertThat(ask("POST", "device-1.localhost", "/", PAGE, "x")).startsWith("HTTP/1.1 401 ");
        assertThat(get("localhost", "/.wsbridge/sign-in?then=%2Fx", ""))
                .startsWith("HTTP/1.1 200 ")
                .contains("value=\"/x\"")
                .doesNotContain("secret");
        assertThat(device.heads).isEmpty();
    }

    @Test
    void signedIn_opensDevicesWithTheOwnCredential() throws IOException {
        String start = signIn();
        String entered = enter(start, "device-1");
        assertThat(field(entered, "location")).isEqualTo("/a?b");
        String answer = get("device-1.localhost", "/a?b", cookie(entered).strip() + "; other=2\n");
        assertThat(answer)
                .endsWith("hello")
                .containsIgnoringCase("set-cookie: own=1")
                .doesNotContain("stolen");
        assertThat(device.heads.get(0).toLowerCase(Locale.ROOT))
                .contains("cookie: other=2\n")
                .doesNotContain("wsbridge");
        assertThat(visitors).extracting(Visitor::credential).containsExactly("key-1");
        assertThat(visitors.get(0).toString()).doesNotContain("key-1");
        assertThat(get("localhost", "/", start))
                .contains(">device-1</a>", "Sign out")
                .doesNotContain("secret");
    }

    @Test
    void ticket_worksOnceAndForItsDevice() throws IOException {
        String start = signIn();
        Begun begun = begin(start, "device-1");
        assertThat(get("device-1.localhost", begun.path(), begun.entry())).containsIgnoringCase("set-cookie");
        assertThat(get("device-1.localhost", begun.path(), begun.entry())).doesNotContainIgnoringCase("set-cookie");
        Begun other = begin(start, "device-1");
        assertThat(get("device-2.localhost", other.path(), other.entry())).doesNotContainIgnoringCase("set-cookie");
    }

    @Test
    void ticket_inAnotherBrowser_isWorthNothing() throws IOException {
        String start = signIn();
        assertThat(get("device-1.localhost", begin(start, "device-1").path(), ""))
                .doesNotContainIgnoringCase("set-cookie");
        String other = begin(start, "device-1").entry();
        assertThat(get("device-1.localhost", begin(start, "device-1").path(), other))
                .doesNotContainIgnoringCase("set-cookie");
    }

    @Test
    void open_withoutABrowserThatBegan_leadsToTheDevice() throws IOException {
        assertThat(field(get("localhost", "/.wsbridge/open?device=device-1&to=%2Fx", signIn()), "location"))
                .isEqualTo("http://device-1.localhost" + port + "/x");
    }

    @Test
    void forms_tellTheirOrigin_whichBrowsersOmitWithoutReferrer() throws IOException {
        assertThat(get("localhost", "/.wsbridge/sign-in", "")).containsIgnoringCase("referrer-policy: same-origin\n");
    }

    @Test
    void cookie_worksOnItsHostOnly() throws IOException {
        String start = signIn();
        String first = cookie(enter(start, "device-1"));
        assertThat(get("device-1.localhost", "/", first)).startsWith("HTTP/1.1 200 ");
        assertThat(get("device-2.localhost", "/", first)).startsWith("HTTP/1.1 401 ");
        assertThat(get("device-1.localhost", "/", start)).startsWith("HTTP/1.1 401 ");
        assertThat(get("localhost", "/", first)).startsWith("HTTP/1.1 303 ");
    }

    @Test
    void signOut_endsTheCookiesOfAllHosts() throws IOException {
        String start = signIn();
        String first = cookie(enter(start, "device-1"));
        assertThat(ask(
                        "POST",
                        "localhost",
                        "/.wsbridge/sign-out",
                        start + "Origin: http://device-1.localhost" + port + "\n",
                        "x"))
                .startsWith("HTTP/1.1 403 ");
        assertThat(ask("POST", "localhost", "/.wsbridge/sign-out", start + own(), "x"))
                .startsWith("HTTP/1.1 303 ");
        assertThat(get("device-1.localhost", "/", first)).startsWith("HTTP/1.1 401 ");
        assertThat(get("localhost", "/", start)).startsWith("HTTP/1.1 303 ");
    }

    private Wire webSocket(String host, String path, String fields) throws IOException {
        Wire browser = Wire.to(website.address().getPort());
        browser.send("GET " + path + " HTTP/1.1\nHost: " + host + port + "\nConnection: Upgrade\nUpgrade: websocket\n"
                + "Sec-WebSocket-Version: 13\nSec-WebSocket-Key: AQIDBAUGBwgJCgsMDQ4PEA==\n" + fields + "\n");
        assertThat(browser.head()).startsWith("HTTP/1.1 101 ");
        return browser;
    }

    @Test
    void signOut_endsWebSocketsAndTerminals_ofThatSignInOnly() throws IOException {
        String start = signIn();
        String first = cookie(enter(start, "device-1"));
        String others = cookie(enter(signIn(), "device-1"));
        try (Wire socket = webSocket("device-1.localhost", "/", first);
                Wire terminal = webSocket("localhost", "/.wsbridge/line?device=device-1", start);
                Wire other = webSocket("device-1.localhost", "/", others)) {
            assertThat(ask("POST", "localhost", "/.wsbridge/sign-out", start + own(), "x"))
                    .startsWith("HTTP/1.1 303 ");
            assertThat(socket.rest()).isEmpty();
            assertThat(terminal.rest()).isEmpty();
            other.send("GET / HTTP/1.1\nHost: x\n\n"); // the device still reads
            assertThat(other.response()).endsWith("hello");
        }
    }

    @Test
    void form_ofAnotherPage_isRefused() throws IOException {
        for (String from : List.of(
                "",
                "Origin: null\n",
                "Origin: https://localhost" + port + "\n",
                "Origin: http://device-1.localhost" + port + "\n",
                "Sec-Fetch-Site: none\n")) {
            assertThat(ask("POST", "localhost", "/.wsbridge/sign-in", from, "credential=key-1&then=%2F"))
                    .startsWith("HTTP/1.1 403 ")
                    .doesNotContainIgnoringCase("set-cookie");
            assertThat(ask("POST", "localhost", "/.wsbridge/sign-out", from, "x"))
                    .startsWith("HTTP/1.1 403 ");
        }
        assertThat(visitors).isEmpty();
        assertThat(ask("POST", "localhost", "/.wsbridge/sign-in", "Sec-Fetch-Site: same-origin\n", "credential=k"))
                .startsWith("HTTP/1.1 303 ");
    }

    @Test
    void signIn_leadsNowhereElse() throws IOException {
        for (String then :
                List.of("//evil.example", "/%5Cevil.example", "https://evil.example", "a%0D%0Ab", "/a%0Ab")) {
            String answer = ask("POST", "localhost", "/.wsbridge/sign-in", own(), "credential=k&then=" + then);
            assertThat(field(answer, "location")).isEqualTo("/");
        }
        assertThat(ask("POST", "localhost", "/.wsbridge/sign-in", own(), "credential=a+b&then=%2F"))
                .startsWith("HTTP/1.1 200 ")
                .contains("role=\"alert\"");
        assertThat(ask("POST", "localhost", "/.wsbridge/sign-in", own(), "credential=" + "x".repeat(20_000)))
                .startsWith("HTTP/1.1 413 ");
    }
}
