package io.github.wsbridge.website;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.wsbridge.website.FakeDevice.Wire;
import io.github.wsbridge.wire.websocket.WebSocketKey;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The WebSocket of the terminal, byte by byte. */
final class TerminalTest {

    private static final String KEY = "AQIDBAUGBwgJCgsMDQ4PEA==";

    private FakeDevice device;
    private Website website;

    @BeforeEach
    void start() throws IOException {
        device = new FakeDevice(wire -> {
            wire.raw("$ ");
            wire.raw("got " + wire.read(5));
        });
        website = Website.over(new TcpChannels().device("device-1", device.port()))
                .address(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .terminal("shell")
                .start();
    }

    @AfterEach
    void stop() throws IOException {
        website.close();
        device.close();
    }

    private Wire browser(String path, String fields) throws IOException {
        Wire browser = Wire.to(website.address().getPort());
        browser.send("GET /.wsbridge/" + path + " HTTP/1.1\nHost: localhost\n" + fields + "\n");
        return browser;
    }

    private Wire upgrade(String id, String origin) throws IOException {
        return browser(
                "line?device=" + id,
                "Connection: Upgrade\nUpgrade: websocket\nSec-WebSocket-Version: 13\nSec-WebSocket-Key: " + KEY
                        + "\nOrigin: " + origin + "\n");
    }

    @Test
    void line_isJoined() throws IOException {
        try (Wire browser = upgrade("device-1", "http://localhost")) {
            assertThat(browser.head())
                    .startsWith("HTTP/1.1 101 ")
                    .containsIgnoringCase("sec-websocket-accept: " + WebSocketKey.accept(KEY));
            assertThat(browser.read(4)).isEqualTo("\u0082\u0002$ ");
            browser.raw("\u0089\u0081\0\0\0\0p"); // a ping
            assertThat(browser.read(3)).isEqualTo("\u008a\u0001p");
            browser.raw("\u0082\u0082\0\0\0\0ls\u0082\u0083\u0001\u0001\u0001\u0001\u0021\u0021\u000b"); // one masked
            assertThat(browser.read(2 + 9)).isEqualTo("\u0082\u0009got ls  \n");
        }
    }

    @Test
    void line_thatSpeaksTelnet_followsTheSize() throws IOException {
        device.close();
        device = new FakeDevice(wire -> {
            String asked = "\u00ff\u00fd\u001f\u00ff\u00fd\u0018\u00ff\u00fb\u0001\u00ff\u00fd\u0027";
            wire.raw(asked + "\u00ff\u00fa\u0018\u0001\u00ff\u00f0"); // at once, so that nothing comes in between
            String size = "\u00ff\u00fb\u001f\u00ff\u00fa\u001f\0\u0050\0\u0018\u00ff\u00f0";
            String answers = "\u00ff\u00fb\u0018\u00ff\u00fd\u0001\u00ff\u00fc\u0027";
            String type = "\u00ff\u00fa\u0018\0xterm-256color\u00ff\u00f0";
            boolean good = wire.read(41).equals(size + answers + type);
            good &= wire.read(10).equals("\u00ff\u00fa\u001f\0\u00ff\u00ff\0\u0028\u00ff\u00f0");
            good &= wire.read(6).equals("ls\r\0\u00ff\u00ff");
            wire.raw(good ? "\u00ff\u00ffyes\r\0\n" : "no");
        });
        website.close();
        website = Website.over(new TcpChannels().device("device-1", device.port()))
                .address(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .terminal("shell")
                .start();
        try (Wire browser = upgrade("device-1", "http://localhost")) {
            browser.head();
            assertThat(browser.read(2 + 5)).isEqualTo("\u0081\u0005sized");
            browser.raw("\u0081\u0086\0\0\0\0" + "255x40"); // a text, masked with zeros
            browser.raw("\u0082\u0084\0\0\0\0ls\r\u00ff");
            assertThat(browser.read(2 + 6)).isEqualTo("\u0082\u0006\u00ffyes\r\n");
        }
    }

    @Test
    void message_thatIsNoSize_endsTheTerminal() throws IOException {
        try (Wire browser = upgrade("device-1", "http://localhost")) {
            browser.head();
            browser.read(4);
            browser.raw("\u0081\u0084\0\0\0\0" + "0x24");
            assertThat(browser.rest()).isEmpty();
        }
    }

    @Test
    void line_forPagesOfDevices_isRefused() throws IOException {
        try (Wire browser = upgrade("device-1", "http://device-1.localhost")) {
            assertThat(browser.head()).startsWith("HTTP/1.1 403 ");
        }
    }

    @Test
    void line_deviceOffLine_isToldInWords() throws IOException {
        try (Wire browser = browser("line?device=device-2", "")) {
            assertThat(browser.response()).startsWith("HTTP/1.1 503 ").contains("device-2 is off line");
        }
        try (Wire browser = browser("line?device=device-1", "")) {
            assertThat(browser.response()).startsWith("HTTP/1.1 204 ");
        }
    }

    @Test
    void page_hasTheTerminal_andNoScriptOfItsOwn() throws IOException {
        try (Wire browser = browser("terminal?device=device-1", "")) {
            assertThat(browser.response())
                    .contains("data-device=\"device-1\"", "xterm.js", "script-src 'self';")
                    .doesNotContain("<script>");
        }
        try (Wire browser = browser("xterm.js", "")) {
            assertThat(browser.response())
                    .startsWith("HTTP/1.1 200 ")
                    .contains("This API only accepts positive integers");
        }
    }

    @Test
    void terminals_notOffered_areNotThere() throws IOException {
        website.close();
        website = Website.over(new TcpChannels().device("device-1", device.port()))
                .address(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .start();
        for (String path : new String[] {"terminal?device=device-1", "line?device=device-1"}) {
            try (Wire browser = browser(path, "")) {
                assertThat(browser.response()).startsWith("HTTP/1.1 404 ");
            }
        }
    }
}
