package io.github.wsbridge.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.wsbridge.client.BridgeClient;
import io.github.wsbridge.client.BridgeDevice;
import io.github.wsbridge.client.TunnelTargets;
import io.github.wsbridge.launcher.home.HomePage;
import io.github.wsbridge.netty.NettyConnector;
import io.github.wsbridge.website.DeviceList;
import io.github.wsbridge.website.Website;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The website, the simulated device's page and a terminal in a real browser. */
@Tag("system")
final class BrowserSystemTest {

    private static final String ON_ITS_PAGE = "document.querySelector('h1').textContent.includes('the home page of')";

    /** Where to leave pictures of the pages; nowhere by default. */
    private static final String PICTURES = System.getProperty("wsbridge.pictures");

    @TempDir
    Path folder;

    private NettyConnector connector;
    private HomePage page;
    private Cluster cluster;
    private BridgeClient client;
    private Website website;
    private Chromium browser;

    @BeforeEach
    void start() throws Exception {
        connector = NettyConnector.create();
        page = HomePage.start("device 1");
        cluster = Cluster.start(3);
        client = BridgeClient.builder(cluster.url()).connector(connector).build();
        website = Website.builder(client)
                .address(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .devices(DeviceList.of(List.of("device-1", "device-2")))
                .terminal("shell")
                .start();
        browser = Chromium.start(folder.resolve("profile"));
    }

    @AfterEach
    void stop() throws Exception {
        browser.close();
        website.close();
        client.close();
        cluster.close();
        page.close();
        connector.close();
    }

    private BridgeDevice device() throws Exception {
        return device("unix:" + folder.resolve("shell"));
    }

    private BridgeDevice device(String shell) throws Exception {
        BridgeDevice device = BridgeDevice.builder(
                        "device-1",
                        cluster.url(),
                        TunnelTargets.builder()
                                .target("http", "127.0.0.1:" + page.address().getPort())
                                .target("shell", shell)
                                .streams(connector.streams())
                                .build())
                .connector(connector)
                .build();
        device.start().listening().toCompletableFuture().get(10, TimeUnit.SECONDS);
        return device;
    }

    private URI home() {
        return website.url("device-1").orElseThrow();
    }

    private void picture(String name) throws Exception {
        if (PICTURES != null) {
            browser.screenshot(Path.of(PICTURES, name));
        }
    }

    @Test
    void page_rendersCompletely_andLives() throws Exception {
        try (BridgeDevice device = device()) {
            browser.open(home());
            browser.await("document.images.length >= 30"
                    + " && [...document.images].every(image => image.complete && image.naturalWidth > 0)");
            browser.await("document.getElementById('line').getAttribute('points').length > 100");
            String before = browser.value("document.getElementById('line').getAttribute('points')");
            Awaitility.await()
                    .atMost(20, TimeUnit.SECONDS)
                    .until(() -> !browser.value("document.getElementById('line').getAttribute('points')")
                            .equals(before));
            browser.await("document.body.textContent.includes('requests answered')");
            assertThat(browser.failed()).isEmpty();
            picture("website-device.png");
        }
    }

    @Test
    void signIn_opensTheDevice_andSignOutEndsIt() throws Exception {
        try (BridgeDevice device = device();
                Website own = Website.builder(visitor -> client)
                        .address(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                        .start()) {
            URI home = own.url("device-1").orElseThrow();
            String signIn = "document.querySelector('h1').textContent === 'Sign in'";
            browser.open(home);
            browser.await(signIn);
            browser.value("document.getElementById('credential').value = 'key-1'");
            browser.value("document.querySelector('button').click()");
            browser.await(ON_ITS_PAGE);
            browser.open(own.url());
            browser.await("document.querySelector('form[method=post] button').textContent === 'Sign out'");
            browser.value("document.querySelector('form[method=post] button').click()");
            browser.await(signIn);
            browser.open(home);
            browser.await(signIn);
        }
    }

    @Test
    void upload_arrivesWhole() throws Exception {
        Path file = Payloads.file(folder.resolve("upload"), 50L * 1024 * 1024, 7);
        try (BridgeDevice device = device()) {
            browser.open(home());
            browser.await(ON_ITS_PAGE + " && document.readyState === 'complete'");
            browser.choose("#file", file);
            browser.value("document.getElementById('send').click()");
            browser.await("document.getElementById('sha256').textContent.length === 64");
            assertThat(browser.value("document.getElementById('sha256').textContent"))
                    .isEqualTo(Payloads.sha256(file));
        }
    }

    @Test
    void device_pulledOffLine_isShownAndRecoversByItself() throws Exception {
        try (BridgeDevice device = device()) {
            browser.open(home());
            browser.await(ON_ITS_PAGE);
        }
        browser.open(home());
        browser.await("document.querySelector('h1').textContent === 'device-1 is off line'");
        picture("website-offline.png");
        try (BridgeDevice device = device()) {
            browser.await(ON_ITS_PAGE);
        }
    }

    @Test
    void start_showsWhatIsKnown_inTheLightAndInTheDark() throws Exception {
        try (BridgeDevice device = device()) {
            browser.open(website.url("device-2").orElseThrow());
            browser.await("document.querySelector('h1').textContent === 'device-2 is off line'");
            browser.open(home());
            browser.await(ON_ITS_PAGE);
            browser.open(website.url());
            browser.await("document.querySelectorAll('.devices li').length === 2");
            assertThat(browser.value("document.querySelector('.online a').textContent"))
                    .isEqualTo("device-1");
            assertThat(browser.value("document.querySelector('.offline a').textContent"))
                    .isEqualTo("device-2");
            picture("website-start.png");
            String light = browser.value("getComputedStyle(document.body).backgroundColor");
            browser.dark();
            assertThat(browser.value("getComputedStyle(document.body).backgroundColor"))
                    .isNotEqualTo(light);
            picture("website-start-dark.png");
        }
    }

    @Test
    void terminal_runsACommand() throws Exception {
        Path socket = folder.resolve("shell");
        Process shell = new ProcessBuilder(
                        "socat", "UNIX-LISTEN:" + socket + ",mode=600,fork", "EXEC:sh -i,pty,stderr,setsid,ctty,sane")
                .redirectErrorStream(true)
                .start();
        try (BridgeDevice device = device()) {
            Awaitility.await().atMost(10, TimeUnit.SECONDS).until(() -> Files.exists(socket));
            browser.open(website.url().resolve("/.wsbridge/terminal?device=device-1"));
            browser.await("document.getElementById('terminal-state').textContent.startsWith('Connected')");
            browser.type("echo \"the answer is $((6 * 7))\"");
            browser.await("document.querySelector('.xterm-rows').textContent.includes('the answer is 42')");
            picture("website-terminal.png");
            browser.type("exit");
            browser.await("document.getElementById('terminal-state').textContent === 'The connection has ended.'");
            browser.open(website.url().resolve("/.wsbridge/terminal?device=device-2"));
            browser.await("document.getElementById('terminal-state').textContent.startsWith('device-2 is off line')");
        } finally {
            shell.descendants().forEach(ProcessHandle::destroy);
            shell.destroy();
        }
    }

    /** A line that speaks Telnet, wants to know the size, and writes the second one that it hears of. */
    private static void tellSize(ServerSocket port) {
        try (Socket line = port.accept()) {
            line.getOutputStream().write(new byte[] {(byte) 255, (byte) 253, 31});
            DataInputStream in = new DataInputStream(line.getInputStream());
            in.readFully(new byte[12]); // that it will, and 24 rows of 80 columns
            byte[] size = new byte[9];
            in.readFully(size);
            ByteBuffer told = ByteBuffer.wrap(size, 3, 4);
            String text = "<" + told.getShort() + " by " + told.getShort() + ">";
            line.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
            in.readFully(new byte[1]);
        } catch (IOException e) {
            // the browser has gone
        }
    }

    @Test
    void terminal_whoseLineFollowsTheSize_fillsTheWindow() throws Exception {
        try (ServerSocket port = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                BridgeDevice device = device("127.0.0.1:" + port.getLocalPort())) {
            CompletableFuture.runAsync(() -> tellSize(port));
            browser.open(website.url().resolve("/.wsbridge/terminal?device=device-1"));
            browser.await("/<[0-9]+ by [0-9]+>/.test(document.querySelector('.xterm-rows').textContent)");
            String told = browser.value("document.querySelector('.xterm-rows').textContent.match(/<(.*)>/)[1]");
            String rows = browser.value("'' + document.querySelector('.xterm-rows').childElementCount");
            assertThat(told).isNotEqualTo("80 by 24").endsWith(" by " + rows);
            String fits = "document.querySelector('.xterm-screen').getBoundingClientRect().bottom <= innerHeight"
                    + " && document.documentElement.scrollWidth <= innerWidth";
            assertThat(browser.value("'' + (" + fits + ")")).isEqualTo("true");
        }
    }
}
