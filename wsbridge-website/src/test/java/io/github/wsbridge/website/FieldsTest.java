package io.github.wsbridge.website;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.wsbridge.website.FakeDevice.Wire;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What each end sees of the other's header. */
final class FieldsTest {

    private FakeDevice device;
    private Website website;

    private void start(String response, Consumer<Website.Builder> settings) throws IOException {
        device = FakeDevice.answering(response);
        Website.Builder builder = Website.over(new TcpChannels().device("device-1", device.port()))
                .address(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        settings.accept(builder);
        website = builder.start();
    }

    private void start() throws IOException {
        start("HTTP/1.1 200 OK\nContent-Length: 0\n\n", settings -> {});
    }

    @AfterEach
    void stop() throws IOException {
        if (website != null) {
            website.close();
            device.close();
        }
    }

    private String answer(String fields) throws IOException {
        return answer("GET", fields);
    }

    private String answer(String method, String fields) throws IOException {
        try (Wire browser = Wire.to(website.address().getPort())) {
            browser.send(method + " / HTTP/1.1\nHost: device-1.localhost:81\n" + fields + "\n");
            return browser.head().toLowerCase(java.util.Locale.ROOT);
        }
    }

    private String seen() {
        return device.heads.get(0).toLowerCase(java.util.Locale.ROOT);
    }

    @Test
    void request_saysForWhomItIs_andNothingElseMay() throws IOException {
        start();
        answer("X-Forwarded-For: 1.2.3.4\nX_Forwarded_For: 1.2.3.4\nX-Forwarded-Proto: https\nX-Forwarded-Port: 1\n"
                + "Forwarded: for=1.2.3.4\nX-Real-IP: 1.2.3.4\nVia: 1.1 x\n");
        assertThat(seen())
                .contains("host: device-1.localhost:81\n")
                .contains("x-forwarded-for: 127.0.0.1\n")
                .contains("x-forwarded-host: device-1.localhost:81\n")
                .contains("x-forwarded-proto: http\n")
                .contains("forwarded: for=127.0.0.1;host=\"device-1.localhost:81\";proto=http\n")
                .doesNotContain("1.2.3.4", "x-real-ip", "x-forwarded-port", "via:");
    }

    @Test
    void request_losesWhatConcernsTheConnection() throws IOException {
        start();
        answer("Connection: keep-alive, X-Hop, Host, Upgrade\nKeep-Alive: 1\nX-Hop: 1\nTE: trailers\nUpgrade: h2c\n"
                + "HTTP2-Settings: x\nProxy-Authorization: x\nProxy-Connection: x\nX-Own: y\n");
        assertThat(seen())
                .contains("x-own: y\n", "host: device-1.localhost:81\n")
                .doesNotContain("connection:", "keep-alive", "x-hop", "te:", "upgrade", "http2", "proxy-");
    }

    @Test
    void request_hostByChoice_isRewritten() throws IOException {
        start(
                "HTTP/1.1 302 Found\nLocation: http://localhost/next?a#b\nContent-Length: 0\n\n",
                settings -> settings.host("localhost"));
        assertThat(answer("")).contains("location: /next?a#b\n");
        assertThat(seen()).contains("host: localhost\n").contains("x-forwarded-host: device-1.localhost:81\n");
    }

    @Test
    void response_losesWhatConcernsTheConnection() throws IOException {
        start(
                "HTTP/1.1 200 OK\nConnection: keep-alive, X-Hop\nX-Hop: 1\nKeep-Alive: 5\nX-Own: y\n"
                        + "Upgrade: h2c\nProxy-Authenticate: x\nContent-Length: 0\n\n",
                settings -> {});
        assertThat(answer(""))
                .contains("x-own: y\n")
                .doesNotContain("connection:", "x-hop", "keep-alive", "upgrade", "proxy-");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "a=b; Domain=localhost; Path=/|a=b; Path=/",
                "a=b;domain=.localhost|a=b",
                "a=b; DOMAIN = localhost ;Secure|a=b;Secure",
                "a=domain=x; Path=/domain|a=domain=x; Path=/domain"
            })
    void cookie_losesItsDomain(String sent, String received) {
        assertThat(ResponseFields.withoutDomain(sent)).isEqualTo(received);
    }

    @Test
    void cookies_allOfThem_belongToTheDeviceOnly() throws IOException {
        start(
                "HTTP/1.1 200 OK\nSet-Cookie: a=1; Domain=localhost\nSet-Cookie: b=2; Path=/x\nContent-Length: 0\n\n",
                settings -> {});
        assertThat(answer("Cookie: c=3\n")).contains("set-cookie: a=1\n", "set-cookie: b=2; path=/x\n");
        assertThat(seen()).contains("cookie: c=3\n");
    }

    @Test
    void otherSites_mayLinkButNothingElse() throws IOException {
        start();
        String foreign = "Origin: http://device-2.localhost:81\n";
        assertThat(answer("POST", foreign)).startsWith("http/1.1 403 ");
        assertThat(answer("POST", "Origin: null\n")).startsWith("http/1.1 403 ");
        assertThat(answer(foreign + "Connection: Upgrade\nUpgrade: websocket\n"))
                .startsWith("http/1.1 403 ");
        assertThat(answer("Sec-Fetch-Site: same-site\nSec-Fetch-Mode: no-cors\n"))
                .startsWith("http/1.1 403 ");
        assertThat(answer("POST", "Sec-Fetch-Site: cross-site\nSec-Fetch-Mode: navigate\n"))
                .startsWith("http/1.1 403 ");
        assertThat(device.heads).isEmpty();
        assertThat(answer("Sec-Fetch-Site: cross-site\nSec-Fetch-Mode: navigate\n"))
                .startsWith("http/1.1 200 ");
        assertThat(answer("POST", "Origin: http://device-1.localhost:81\nSec-Fetch-Site: same-origin\n"))
                .startsWith("http/1.1 200 ");
    }
}
