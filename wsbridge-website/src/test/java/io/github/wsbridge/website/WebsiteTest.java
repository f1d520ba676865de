package io.github.wsbridge.website;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.github.wsbridge.CloseReason;
import io.github.wsbridge.client.BridgeLeg;
import io.github.wsbridge.website.FakeDevice.Wire;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class WebsiteTest {

    private static final String OK = "HTTP/1.1 200 OK\nContent-Length: 5\n\nhello";

    private final TcpChannels devices = new TcpChannels();
    private Website website;

    @AfterEach
    void stop() {
        if (website != null) {
            website.close();
        }
    }

    private void start() throws IOException {
        start(settings -> {});
    }

    private void start(Consumer<Website.Builder> settings) throws IOException {
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
    void get_deviceOnLine_bringsItsAnswer() throws Exception {
        try (FakeDevice device = FakeDevice.answering("HTTP/1.1 200 Fine\nX-Own: yes\nContent-Length: 5\n\nhello")) {
            devices.device("device-1", device.port());
            start();
            try (Wire browser = browser()) {
                browser.send(get("/a/b?c=d%20e"));
                assertThat(browser.response())
                        .startsWith("HTTP/1.1 200 Fine\n")
                        .containsIgnoringCase("x-own: yes\n")
                        .endsWith("hello");
                assertThat(device.heads.get(0)).startsWith("GET /a/b?c=d%20e HTTP/1.1\n");
            }
        }
    }

    @Test
    void get_again_usesTheSameConnections() throws Exception {
        try (FakeDevice device = FakeDevice.answering(OK)) {
            devices.device("device-1", device.port());
            start();
            try (Wire browser = browser()) {
                for (int i = 0; i < 20; i++) {
                    browser.send(get("/" + i));
                    assertThat(browser.response()).endsWith("hello");
                }
                assertThat(devices.opened).hasValue(1);
            }
        }
    }

    @Test
    void get_pipelined_isAnsweredInOrder() throws Exception {
        try (FakeDevice device = new FakeDevice(wire -> {
            while (true) {
                String path = wire.head().split(" ")[1];
                wire.send("HTTP/1.1 200 OK\nContent-Length: " + path.length() + "\n\n" + path);
            }
        })) {
            devices.device("device-1", device.port());
            start();
            try (Wire browser = browser()) {
                browser.send(get("/one") + get("/two") + get("/three"));
                assertThat(browser.response()).endsWith("/one");
                assertThat(browser.response()).endsWith("/two");
                assertThat(browser.response()).endsWith("/three");
            }
        }
    }

    @Test
    void get_connectionThatTheDeviceHasJustClosed_isTriedOnceMore() throws Exception {
        try (FakeDevice device = new FakeDevice(wire -> {
            wire.head();
            wire.send(OK);
            wire.head(); // and closes without an answer
        })) {
            devices.device("device-1", device.port());
            start();
            try (Wire browser = browser()) {
                browser.send(get("/"));
                assertThat(browser.response()).endsWith("hello");
                browser.send(get("/again"));
                assertThat(browser.response()).endsWith("hello");
                assertThat(devices.opened).hasValue(2);
            }
        }
    }

    @Test
    void post_connectionThatTheDeviceHasJustClosed_isNotRepeated() throws Exception {
        try (FakeDevice device = new FakeDevice(wire -> {
            wire.head();
            wire.send(OK);
            wire.head();
        })) {
            devices.device("device-1", device.port());
            start();
            try (Wire browser = browser()) {
                browser.send(get("/"));
                browser.response();
                browser.send("POST / HTTP/1.1\nHost: device-1.localhost\nContent-Length: 2\n\nab");
                assertThat(browser.response()).startsWith("HTTP/1.1 502 ");
                assertThat(devices.opened).hasValue(1);
            }
        }
    }

    @Test
    void head_hasTheLengthAndNoBody() throws Exception {
        try (FakeDevice device = FakeDevice.answering("HTTP/1.1 200 OK\nContent-Length: 1234\n\n")) {
            devices.device("device-1", device.port());
            start();
            try (Wire browser = browser()) {
                for (int i = 0; i < 3; i++) {
                    browser.send("HEAD / HTTP/1.1\nHost: device-1.localhost\n\n");
                    assertThat(browser.head()).containsIgnoringCase("content-length: 1234");
                }
            }
        }
    }

    @Test
    void get_bodyThatEndsWithTheConnection_isChunked() throws Exception {
        try (FakeDevice device = new FakeDevice(wire -> {
            wire.head();
            wire.send("HTTP/1.0 200 OK\n\nuntil the end");
        })) {
            devices.device("device-1", device.port());
            start();
            try (Wire browser = browser()) {
                browser.send(get("/"));
                assertThat(browser.head()).containsIgnoringCase("transfer-encoding: chunked");
                assertThat(browser.read("d\r\nuntil the end\r\n0\r\n\r\n".length()))
                        .isEqualTo("d\r\nuntil the end\r\n0\r\n\r\n");
                browser.send(get("/"));
                assertThat(browser.head()).startsWith("HTTP/1.1 200");
            }
        }
    }

    @Test
    void get_oldBrowser_endsWithTheConnection() throws Exception {
        try (FakeDevice device =
                FakeDevice.answering("HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n5\nhello\n0\n\n")) {
            devices.device("device-1", device.port());
            start();
            try (Wire browser = browser()) {
                browser.send("GET / HTTP/1.0\nHost: device-1.localhost\n\n");
                assertThat(browser.head()).doesNotContainIgnoringCase("transfer-encoding");
                assertThat(browser.rest()).isEqualTo("hello");
            }
        }
    }

    @Test
    void post_chunks_arriveAsTheyAreSent() throws Exception {
        CompletableFuture<String> first = new CompletableFuture<>();
        try (FakeDevice device = new FakeDevice(wire -> {
            wire.head();
            first.complete(wire.read("3\r\nabc\r\n".length()));
            wire.read("2\r\nde\r\n0\r\n\r\n".length());
            wire.send(OK);
        })) {
            devices.device("device-1", device.port());
            start();
            try (Wire browser = browser()) {
                browser.send("POST / HTTP/1.1\nHost: device-1.localhost\nTransfer-Encoding: chunked\n\n3\nabc\n");
                assertThat(first.get(10, TimeUnit.SECONDS)).isEqualTo("3\r\nabc\r\n");
                browser.send("2\nde\n0\nX-Trailer: x\n\n");
                assertThat(browser.response()).endsWith("hello");
            }
        }
    }

    @Test
    void post_expectation_isAnsweredByTheDevice() throws Exception {
        try (FakeDevice device = new FakeDevice(wire -> {
            wire.head();
            wire.send("HTTP/1.1 100 Continue\n\n");
            wire.read(3);
            wire.send(OK);
        })) {
            devices.device("device-1", device.port());
            start();
            try (Wire browser = browser()) {
                browser.send("POST / HTTP/1.1\nHost: device-1.localhost\nContent-Length: 3\nExpect: 100-continue\n\n");
                assertThat(browser.head()).startsWith("HTTP/1.1 100 ");
                browser.send("abc");
                assertThat(browser.response()).endsWith("hello");
            }
        }
    }

    @Test
    void post_deviceAnswersEarly_theAnswerComesAndTheRestIsDiscarded() throws Exception {
        try (FakeDevice device = new FakeDevice(wire -> {
            wire.head();
            wire.send("HTTP/1.1 413 Too Large\nContent-Length: 2\n\nno");
            wire.rest();
        })) {
            devices.device("device-1", device.port());
            start();
            try (Wire browser = browser()) {
                browser.send("POST / HTTP/1.1\nHost: device-1.localhost\nContent-Length: 100000\n\n");
                assertThat(browser.response()).startsWith("HTTP/1.1 413 ").endsWith("no");
                browser.send("x".repeat(100_000));
                browser.send(get("/"));
                assertThat(browser.response()).startsWith("HTTP/1.1 413 ");
            }
        }
    }

    @Test
    void get_events_comeOneByOne() throws Exception {
        CompletableFuture<Void> goOn = new CompletableFuture<>();
        try (FakeDevice device = new FakeDevice(wire -> {
            wire.head();
            wire.send("HTTP/1.1 200 OK\nContent-Type: text/event-stream\nTransfer-Encoding: chunked\n\n");
            goOn.get(10, TimeUnit.SECONDS);
            wire.send("9\ndata: 1\n\n");
            wire.rest();
        })) {
            devices.device("device-1", device.port());
            start();
            try (Wire browser = browser()) {
                browser.send(get("/events"));
                assertThat(browser.head()).containsIgnoringCase("text/event-stream");
                goOn.complete(null);
                assertThat(browser.read("9\r\ndata: 1\r\n".length())).startsWith("9\r\ndata: 1");
            }
        }
    }

    @Test
    void get_browserGoes_theDeviceSeesIt() throws Exception {
        CompletableFuture<Void> asked = new CompletableFuture<>();
        CompletableFuture<Integer> end = new CompletableFuture<>();
        try (FakeDevice device = new FakeDevice(wire -> {
            wire.head();
            asked.complete(null);
            end.complete(wire.in.read());
        })) {
            devices.device("device-1", device.port());
            start();
            try (Wire browser = browser()) {
                browser.send(get("/"));
                asked.get(10, TimeUnit.SECONDS);
            }
            assertThat(end.get(10, TimeUnit.SECONDS)).isEqualTo(-1);
        }
    }

    @Test
    void get_deviceGoesWithinTheBody_theBrowserSeesIt() throws Exception {
        try (FakeDevice device = new FakeDevice(wire -> {
            wire.head();
            wire.send("HTTP/1.1 200 OK\nContent-Length: 100\n\nhalf");
        })) {
            devices.device("device-1", device.port());
            start();
            try (Wire browser = browser()) {
                browser.send(get("/"));
                browser.head();
                assertThat(browser.rest()).isEqualTo("half");
            }
        }
    }

    @Test
    void get_slowBrowser_holdsTheDeviceUp() throws Exception {
        AtomicLong sent = new AtomicLong();
        long whole = 256L * 1024 * 1024;
        try (FakeDevice device = new FakeDevice(wire -> {
            wire.head();
            wire.send("HTTP/1.1 200 OK\nContent-Length: " + whole + "\n\n");
            byte[] piece = new byte[64 * 1024];
            for (long left = whole; left > 0; left -= piece.length) {
                wire.out.write(piece);
                sent.addAndGet(piece.length);
            }
        })) {
            devices.device("device-1", device.port());
            start();
            try (Wire browser = browser()) {
                browser.send(get("/"));
                browser.head();
                AtomicLong before = new AtomicLong(-1);
                await().pollInterval(java.time.Duration.ofMillis(300))
                        .until(() -> before.getAndSet(sent.get()) == sent.get() && sent.get() > 0);
                assertThat(sent.get()).isLessThan(whole / 2);
                long left = whole;
                byte[] buffer = new byte[256 * 1024];
                while (left > 0) {
                    int read = browser.in.read(buffer);
                    assertThat(read).isPositive();
                    left -= read;
                }
            }
        }
    }

    @Test
    void upgrade_joinsBothEnds() throws Exception {
        try (FakeDevice device = new FakeDevice(wire -> {
            String head = wire.head();
            assertThat(head).containsIgnoringCase("connection: upgrade").containsIgnoringCase("upgrade: websocket");
            wire.send("HTTP/1.1 101 Switching Protocols\nConnection: Upgrade\nUpgrade: websocket\n"
                    + "Sec-WebSocket-Accept: x\n\nfirst");
            wire.raw("got " + wire.read(5));
        })) {
            devices.device("device-1", device.port());
            start();
            try (Wire browser = browser()) {
                browser.send("GET /ws HTTP/1.1\nHost: device-1.localhost\nConnection: keep-alive, Upgrade\n"
                        + "Upgrade: websocket\nSec-WebSocket-Key: k\nOrigin: http://device-1.localhost\n\n");
                assertThat(browser.head())
                        .startsWith("HTTP/1.1 101 ")
                        .containsIgnoringCase("upgrade: websocket")
                        .containsIgnoringCase("sec-websocket-accept: x");
                assertThat(browser.read(5)).isEqualTo("first");
                browser.raw("\0\r\n\r\n");
                assertThat(browser.rest()).isEqualTo("got \0\r\n\r\n");
            }
        }
    }

    @Test
    void get_absentDevices_saysWhatIsTheMatter() throws Exception {
        devices.absent("gone", CloseReason.UNREACHABLE, "")
                .absent("slow", CloseReason.TIMED_OUT, "")
                .absent("shy", CloseReason.REJECTED, "403 not <b>today</b>")
                .absent("bare", CloseReason.REJECTED, "404 unknown target")
                .absent("ill", CloseReason.REJECTED, "502 target not reachable");
        start();
        assertThat(page("gone")).startsWith("HTTP/1.1 503 ").contains("gone is off line", "retry.js", "noscript");
        assertThat(page("slow")).startsWith("HTTP/1.1 504 ").contains("slow does not answer", "retry.js");
        assertThat(page("shy"))
                .startsWith("HTTP/1.1 403 ")
                .contains("shy has said no", "not &lt;b&gt;today")
                .doesNotContain("retry.js");
        assertThat(page("bare")).startsWith("HTTP/1.1 404 ").contains("bare shows no pages");
        assertThat(page("ill")).startsWith("HTTP/1.1 502 ").contains("The web server of ill is down", "retry.js");
    }

    private String page(String device) throws IOException {
        try (Wire browser = browser()) {
            browser.send("GET / HTTP/1.1\nHost: " + device + ".localhost\nAccept: text/html\n\n");
            return browser.response();
        }
    }

    @Test
    void state_tellsWhenTheDeviceIsBack() throws Exception {
        start();
        try (FakeDevice device = FakeDevice.answering(OK);
                Wire browser = browser()) {
            browser.send(get("/.wsbridge/state"));
            assertThat(browser.response()).startsWith("HTTP/1.1 503 ");
            devices.device("device-1", device.port());
            browser.send(get("/.wsbridge/state"));
            assertThat(browser.response()).startsWith("HTTP/1.1 204 ");
            browser.send(get("/"));
            assertThat(browser.response()).endsWith("hello");
            assertThat(devices.opened).hasValue(1);
        }
    }

    @Test
    void state_browserGoes_endsTheAttempt() throws Exception {
        CompletableFuture<Void> cancelled = new CompletableFuture<>();
        website = Website.over((device, loop, handler) -> {
                    io.netty.util.concurrent.Promise<io.netty.channel.Channel> never = loop.newPromise();
                    never.addListener(done -> {
                        if (done.isCancelled()) {
                            cancelled.complete(null);
                        }
                    });
                    return never;
                })
                .address(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .start();
        try (Wire browser = browser()) {
            browser.send(get("/"));
        }
        cancelled.get(10, TimeUnit.SECONDS);
    }

    @Test
    void start_listsDevicesWithWhatIsKnown() throws Exception {
        devices.absent("gone", CloseReason.UNREACHABLE, "");
        start(settings -> settings.devices(() ->
                java.util.Map.of("device-1", Presence.ONLINE, "gone", Presence.UNKNOWN, "Plant/7", Presence.UNKNOWN)));
        page("gone");
        try (Wire browser = browser()) {
            browser.send("GET / HTTP/1.1\nHost: localhost\n\n");
            String port = ":" + website.address().getPort();
            assertThat(browser.response())
                    .startsWith("HTTP/1.1 200 ")
                    .contains("href=\"http://device-1.localhost" + port + "/\">device-1</a>")
                    .contains("<li class=\"online\">", "<li class=\"offline\">", "<li class=\"unknown\">")
                    .contains(
                            "href=\"http://" + DeviceLabel.of("Plant/7").orElseThrow() + ".localhost" + port,
                            ">Plant/7<")
                    .contains("3 devices, 1 on line");
        }
    }

    @Test
    void limits_slowHeader_endsTheConnection() throws Exception {
        start(settings -> settings.limits(new Limits(
                10,
                10,
                1000,
                java.time.Duration.ofMillis(300),
                java.time.Duration.ofMillis(300),
                java.time.Duration.ofMillis(300),
                java.time.Duration.ofSeconds(10),
                java.time.Duration.ofSeconds(10))));
        try (Wire browser = browser()) {
            browser.send("GET / HTTP/1.1\nHost: dev");
            assertThat(browser.rest()).isEmpty();
        }
        try (FakeDevice device = new FakeDevice(Wire::rest)) {
            devices.device("device-1", device.port());
            assertThat(answer(get("/"))).startsWith("HTTP/1.1 504 ");
            String post = "POST / HTTP/1.1\nHost: device-1.localhost\nContent-Length: ";
            assertThat(answer(post + "10\n\nabc")).startsWith("HTTP/1.1 408 ");
            assertThat(answer(post + "1001\n\nabc")).startsWith("HTTP/1.1 413 ");
            assertThat(answer("POST / HTTP/1.1\nHost: device-1.localhost\nTransfer-Encoding: chunked\n\n3e9\n"
                            + "x".repeat(1001)))
                    .startsWith("HTTP/1.1 413 ");
        }
    }

    private String answer(String request) throws IOException {
        try (Wire browser = browser()) {
            browser.send(request);
            return browser.response();
        }
    }

    @Test
    void start_addressInUse_says() throws Exception {
        start();
        assertThatThrownBy(
                        () -> Website.over(devices).address(website.address()).start())
                .isInstanceOf(java.net.BindException.class);
    }

    @Test
    void close_endsAttemptsToReachDevices_andConnectionsToThem() throws Exception {
        CompletableFuture<BridgeLeg> attempt = new CompletableFuture<>();
        CompletableFuture<String> asked = new CompletableFuture<>();
        website = Website.builder((id, target) -> {
                    asked.complete(id);
                    return attempt;
                })
                .address(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .start();
        try (Wire browser = browser()) {
            browser.send(get("/"));
            assertThat(asked.get(10, TimeUnit.SECONDS)).isEqualTo("device-1");
            website.close();
            assertThat(attempt).isCancelled();
            assertThat(browser.rest()).isEmpty();
        }
    }
}
