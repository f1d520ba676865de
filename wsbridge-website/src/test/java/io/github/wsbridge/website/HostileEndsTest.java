package io.github.wsbridge.website;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.wsbridge.website.FakeDevice.Wire;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.websocketx.PingWebSocketFrame;
import io.netty.handler.codec.http.websocketx.PongWebSocketFrame;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardSocketOptions;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Browsers and devices that send what is permitted, at the worst moment or without end. */
final class HostileEndsTest {

    private static final String OK = "HTTP/1.1 200 OK\nContent-Length: 5\n\nhello";

    private final TcpChannels devices = new TcpChannels();
    private Website website;

    @AfterEach
    void stop() {
        if (website != null) {
            website.close();
        }
    }

    private void start(FakeDevice device, Consumer<Website.Builder> settings) throws IOException {
        devices.device("device-1", device.port());
        Website.Builder builder =
                Website.over(devices).address(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        settings.accept(builder);
        website = builder.start();
    }

    private Wire browser() throws IOException {
        return Wire.to(website.address().getPort());
    }

    private static String get(String path) {
        return "GET " + path + " HTTP/1.1\nHost: device-1.localhost\n\n";
    }

    @Test
    void pipelined_ownAnswerBetween_keepsTheOrder() throws Exception {
        CompletableFuture<Void> slow = new CompletableFuture<>();
        try (FakeDevice device = new FakeDevice(wire -> {
            while (true) {
                String path = wire.head().split(" ")[1];
                if (path.equals("/slow")) {
                    slow.get(20, TimeUnit.SECONDS);
                }
                wire.send("HTTP/1.1 200 OK\nContent-Length: " + path.length() + "\n\n" + path);
            }
        })) {
            start(device, settings -> {});
            try (Wire browser = browser()) {
                browser.send(get("/one") + get("/.wsbridge/retry.js") + get("/slow") + get("/four"));
                assertThat(browser.response()).endsWith("/one");
                assertThat(browser.response()).contains("javascript");
                await().until(() -> device.heads.stream().anyMatch(head -> head.startsWith("GET /slow ")));
                browser.send(get("/five"));
                slow.complete(null);
                assertThat(browser.response()).endsWith("/slow");
                assertThat(browser.response()).endsWith("/four");
                assertThat(browser.response()).endsWith("/five");
            }
        }
    }

    @Test
    void pipelined_withoutTakingTheAnswers_isNotReadAnyMore() throws Exception {
        try (FakeDevice device = FakeDevice.answering(OK);
                SocketChannel browser = SocketChannel.open()) {
            start(device, settings -> {});
            browser.setOption(StandardSocketOptions.SO_RCVBUF, 16 * 1024);
            browser.connect(website.address());
            browser.configureBlocking(false);
            byte[] requests = get("/.wsbridge/site.css")
                    .replace("\n", "\r\n")
                    .repeat(1000)
                    .getBytes(StandardCharsets.US_ASCII);
            long sent = 0;
            long stuckSince = System.nanoTime();
            ByteBuffer next = ByteBuffer.wrap(requests);
            while (System.nanoTime() - stuckSince < TimeUnit.SECONDS.toNanos(2) && sent < 64L * 1024 * 1024) {
                if (!next.hasRemaining()) {
                    next.clear();
                }
                int written = browser.write(next);
                if (written > 0) {
                    sent += written;
                    stuckSince = System.nanoTime();
                } else {
                    Thread.onSpinWait();
                }
            }
            assertThat(sent).isLessThan(64L * 1024 * 1024);
        }
    }

    @Test
    void body_browserGoneBeforeTheDeviceIsReached_isReleased() {
        DeviceChannels devices = (device, loop, handler) -> loop.newPromise();
        Website.Builder settings = Website.over(devices);
        EmbeddedChannel channel = new EmbeddedChannel() {
            @Override
            protected SocketAddress remoteAddress0() {
                return new InetSocketAddress(InetAddress.getLoopbackAddress(), 1);
            }
        };
        channel.config().setAutoRead(false);
        BrowserConnection.install(
                channel,
                new Router(settings, SiteUrl.of(URI.create("http://localhost")), null, new Access(devices, null)),
                Limits.DEFAULT);
        ByteBuf request = Unpooled.copiedBuffer(
                "POST / HTTP/1.1\r\nHost: device-1.localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
                        + "1\r\na\r\n1\r\nb\r\n1\r\nc\r\n0\r\n\r\n",
                StandardCharsets.US_ASCII);
        channel.pipeline().fireChannelActive();
        channel.writeInbound(request);
        channel.close();
        assertThat(request.refCnt()).isZero();
    }

    @Test
    void target_withPercentSignsOfItsOwn_isPassed() throws Exception {
        try (FakeDevice device = FakeDevice.answering(OK)) {
            start(device, settings -> {});
            try (Wire browser = browser()) {
                browser.send(get("/50%-off?a=%zz"));
                assertThat(browser.response()).endsWith("hello");
                assertThat(device.heads.get(0)).startsWith("GET /50%-off?a=%zz HTTP/1.1\n");
                browser.send("GET /.wsbridge/open?device=% HTTP/1.1\nHost: localhost\n\n");
                assertThat(browser.response()).startsWith("HTTP/1.1 400 ");
                browser.send("GET /%-x HTTP/1.1\nHost: localhost\n\n");
                assertThat(browser.response()).startsWith("HTTP/1.1 404 ");
            }
        }
    }

    @Test
    void placeOfTheWebsite_isNeverTheDevices() throws Exception {
        try (FakeDevice device = FakeDevice.answering(OK)) {
            start(device, settings -> {});
            try (Wire browser = browser()) {
                for (String path : new String[] {"retry.js?x", "enter?ticket=t", "line", "x"}) {
                    browser.send(get("/.wsbridge/" + path));
                    assertThat(browser.response()).startsWith("HTTP/1.1 404 ");
                }
            }
            assertThat(device.heads).isEmpty();
        }
    }

    @Test
    void informational_withoutEnd_endsTheExchange() throws Exception {
        try (FakeDevice device = new FakeDevice(wire -> {
            wire.head();
            while (true) {
                wire.send("HTTP/1.1 103 Early Hints\nX: " + "y".repeat(8000) + "\n\n");
            }
        })) {
            start(device, settings -> {});
            try (Wire browser = browser()) {
                browser.send(get("/"));
                for (int i = 0; i < Limits.INFORMATIONAL; i++) {
                    assertThat(browser.head()).startsWith("HTTP/1.1 103 ");
                }
                assertThat(browser.head()).startsWith("HTTP/1.1 502 ");
            }
        }
    }

    @Test
    void informational_setsNoCookies() throws Exception {
        try (FakeDevice device = new FakeDevice(wire -> {
            wire.head();
            wire.send("HTTP/1.1 103 Early Hints\nLink: </a>\nSet-Cookie: a=b; Domain=localhost\n\n" + OK);
            wire.head();
        })) {
            start(device, settings -> {});
            try (Wire browser = browser()) {
                browser.send(get("/"));
                assertThat(browser.head()).containsIgnoringCase("link:").doesNotContainIgnoringCase("cookie");
                assertThat(browser.response()).endsWith("hello");
            }
        }
    }

    @Test
    void response_endedByTheLossOfTheConnection_isNotComplete() throws Exception {
        CompletableFuture<Void> seen = new CompletableFuture<>();
        try (FakeDevice device = new FakeDevice(wire -> {
            wire.head();
            wire.send("HTTP/1.1 200 OK\n\nhalf");
            seen.get(20, TimeUnit.SECONDS);
            wire.socket.setSoLinger(true, 0); // a reset
        })) {
            start(device, settings -> {});
            try (Wire browser = browser()) {
                browser.send(get("/"));
                browser.head();
                assertThat(browser.read(9)).isEqualTo("4\r\nhalf\r\n");
                seen.complete(null);
                assertThat(browser.rest()).isEmpty(); // and no last chunk
            }
        }
    }

    @Test
    void pings_withoutTakingThePongs_doNotPileUp() {
        EmbeddedChannel channel = new EmbeddedChannel(new FrameBytes());
        channel.unsafe().outboundBuffer().setUserDefinedWritability(1, false);
        channel.writeInbound(new PingWebSocketFrame(Unpooled.copiedBuffer(new byte[] {1})));
        assertThat(channel.outboundMessages()).isEmpty();
        channel.unsafe().outboundBuffer().setUserDefinedWritability(1, true);
        channel.writeInbound(new PingWebSocketFrame(Unpooled.copiedBuffer(new byte[] {1})));
        PongWebSocketFrame pong = channel.readOutbound();
        assertThat(pong.content().readByte()).isEqualTo((byte) 1);
        pong.release();
    }

    @Test
    void page_inTheFrameOfAnotherHost_isRefused() throws Exception {
        try (FakeDevice device = FakeDevice.answering(OK)) {
            start(device, settings -> {});
            for (String dest : new String[] {"iframe", "frame", "object", "embed"}) {
                try (Wire browser = browser()) {
                    browser.send("GET / HTTP/1.1\nHost: device-1.localhost\nSec-Fetch-Site: same-site\n"
                            + "Sec-Fetch-Mode: navigate\nSec-Fetch-Dest: " + dest + "\n\n");
                    assertThat(browser.response()).startsWith("HTTP/1.1 403 ");
                }
            }
            try (Wire browser = browser()) {
                browser.send("GET / HTTP/1.1\nHost: device-1.localhost\nSec-Fetch-Site: same-site\n"
                        + "Sec-Fetch-Mode: navigate\nSec-Fetch-Dest: document\n\n");
                assertThat(browser.response()).startsWith("HTTP/1.1 200 ");
            }
        }
    }
}
