package io.github.wsbridge.website;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.wsbridge.website.FakeDevice.Wire;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests that two servers could read in two ways, so that one hides another. None reaches the device. */
final class SmugglingTest {

    private FakeDevice device;
    private Website website;

    @BeforeEach
    void start() throws IOException {
        device = FakeDevice.answering("HTTP/1.1 200 OK\nContent-Length: 5\n\nhello");
        website = Website.over(new TcpChannels().device("device-1", device.port()))
                .address(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .start();
    }

    @AfterEach
    void stop() throws IOException {
        website.close();
        device.close();
    }

    private String answer(String request) throws IOException {
        try (Wire browser = Wire.to(website.address().getPort())) {
            browser.raw(request);
            return browser.head();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
                "Content-Length: 5\r\nContent-Length: 6\r\n",
                "Content-Length: 5\r\nContent-Length: 5\r\n",
                "Content-Length: 5, 5\r\n",
                "Content-Length: +5\r\n",
                "Content-Length: -5\r\n",
                "Content-Length: 0x5\r\n",
                "Content-Length: 5 5\r\n",
                "Content-Length : 5\r\n",
                "Transfer-Encoding : chunked\r\n",
                "Transfer-Encoding: xchunked\r\n",
                "Transfer-Encoding: chunked, identity\r\n",
                "Transfer-Encoding: gzip, chunked\r\n",
                "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
                "Transfer-Encoding: \u000bchunked\r\n",
                "X: y\rTransfer-Encoding: chunked\r\n",
                "X: y\nTransfer-Encoding: chunked\r\n",
                " X: y\r\n",
                "X\u0000: y\r\n",
                "X: \u0000\r\n",
                "X Y: z\r\n",
                ": z\r\n",
                "Host: other.localhost\r\n"
            })
    void field_ambiguous_isRefused(String field) throws IOException {
        String head = answer("POST / HTTP/1.1\r\nHost: device-1.localhost\r\n" + field
                + "\r\n0\r\n\r\nGET /hidden HTTP/1.1\r\nHost: device-1.localhost\r\n\r\n");
        assertThat(head).matches("(?s)HTTP/1.1 (400|501|431) .*");
        assertThat(device.heads).noneMatch(seen -> seen.contains("/hidden"));
        assertThat(device.heads).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "GET / HTTP/1.1\nHost: device-1.localhost\n\n",
                "GET / HTTP/1.1\r\n\r\n",
                "GET a HTTP/1.1\r\nHost: device-1.localhost\r\n\r\n",
                "GET * HTTP/1.1\r\nHost: device-1.localhost\r\n\r\n",
                "GET /\u0001 HTTP/1.1\r\nHost: device-1.localhost\r\n\r\n",
                "GET /#a HTTP/1.1\r\nHost: device-1.localhost\r\n\r\n",
                "GET / HTTP/2.0\r\nHost: device-1.localhost\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: device-1.localhost/\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: device-1.localhost, x\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: a@device-1.localhost\r\n\r\n",
                "CONNECT device-1.localhost:80 HTTP/1.1\r\nHost: device-1.localhost\r\n\r\n",
                "TRACE / HTTP/1.1\r\nHost: device-1.localhost\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: elsewhere.example\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: a.device-1.localhost\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: device-1.localhost\r\nExpect: more\r\n\r\n",
                "G\u0000T / HTTP/1.1\r\nHost: device-1.localhost\r\n\r\n"
            })
    void request_strange_isRefused(String request) throws IOException {
        assertThat(answer(request)).matches("(?s)HTTP/1.1 (400|405|417|421|505) .*");
        assertThat(device.heads).isEmpty();
    }

    @Test
    void request_wholeUrl_namesTheHost() throws IOException {
        String head = answer("GET http://device-1.localhost/a HTTP/1.1\r\nHost: other.localhost\r\n\r\n");
        assertThat(head).startsWith("HTTP/1.1 200 ");
        assertThat(device.heads.get(0))
                .startsWith("GET /a HTTP/1.1\n")
                .containsIgnoringCase("host: device-1.localhost\n");
    }

    @Test
    void request_tooLarge_isRefused() throws IOException {
        String line = "/".repeat(Limits.REQUEST_LINE + 1);
        assertThat(answer("GET " + line + " HTTP/1.1\r\nHost: device-1.localhost\r\n\r\n"))
                .startsWith("HTTP/1.1 414 ");
        String field = "x".repeat(Limits.HEADER + 1);
        assertThat(answer("GET / HTTP/1.1\r\nHost: device-1.localhost\r\nX: " + field + "\r\n\r\n"))
                .startsWith("HTTP/1.1 431 ");
        assertThat(device.heads).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "5;a\r\nhello\r\n0\r\n\r\n",
                "g\r\n",
                "-1\r\n",
                "5\nhello\n0\n\n",
                "5\r\nhelloX0\r\n\r\n",
                "1\r\naXX\r\n"
            })
    void chunks_malformed_endTheConnectionsOrAreMadeRegular(String chunks) throws IOException {
        try (Wire browser = Wire.to(website.address().getPort())) {
            browser.raw("POST / HTTP/1.1\r\nHost: device-1.localhost\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks
                    + "GET /hidden HTTP/1.1\r\nHost: device-1.localhost\r\nConnection: close\r\n\r\n");
            browser.rest();
        }
        // What follows is another request only if the body had really ended.
        if (!chunks.equals("5;a\r\nhello\r\n0\r\n\r\n")) {
            assertThat(device.heads).noneMatch(seen -> seen.startsWith("GET /hidden"));
        }
    }
}
