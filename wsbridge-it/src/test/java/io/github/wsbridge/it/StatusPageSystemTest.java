package io.github.wsbridge.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.wsbridge.CloseReason;
import io.github.wsbridge.client.BridgeChannel;
import io.github.wsbridge.client.BridgeClient;
import io.github.wsbridge.launcher.management.ManagementPort;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The status page of a node in a real browser. */
@Tag("system")
final class StatusPageSystemTest {

    private static final String ADMIN = "an-admin-key-of-some-length";

    /** Where to leave pictures of the page; nowhere by default. */
    private static final String PICTURES = System.getProperty("wsbridge.pictures");

    @TempDir
    static Path folder;

    private static final int DEVICES = 6;

    private static ManagementPort port;
    private static Cluster cluster;
    private static EchoDevices devices;
    private static BridgeClient client;
    private static Chromium browser;
    private static final ScheduledExecutorService traffic = Executors.newScheduledThreadPool(DEVICES);
    private static final List<BridgeChannel> channels = new ArrayList<>();

    @BeforeAll
    static void start() throws Exception {
        port = new ManagementPort(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), null, () -> ADMIN);
        boolean[] first = {true};
        cluster = Cluster.start(2, node -> {
            if (first[0]) {
                port.listeners().forEach(node::listener);
                first[0] = false;
            }
        });
        port.serve(cluster.node(0), Map.of(), "1.2.3");
        devices = new EchoDevices(cluster.url(), DEVICES);
        client = BridgeClient.builder(cluster.url(0)).build();
        browser = Chromium.start(folder.resolve("profile"));
        for (int i = 0; i < DEVICES; i++) {
            BridgeChannel channel = client.connect("device-" + i).get(30, TimeUnit.SECONDS);
            channels.add(channel);
            byte[] data = new byte[500 << 2 * i];
            traffic.scheduleAtFixedRate(() -> echo(channel, data), 0, 100, TimeUnit.MILLISECONDS);
        }
        browser.open(URI.create("http://127.0.0.1:" + port.address().getPort() + "/"));
        browser.await("document.getElementById('state').textContent === 'Live'");
    }

    private static void echo(BridgeChannel channel, byte[] data) {
        try {
            channel.outputStream().write(data);
            channel.inputStream().readNBytes(data.length);
        } catch (IOException e) {
            throw new UncheckedIOException(e); // ends this traffic
        }
    }

    @AfterAll
    static void stop() throws Exception {
        traffic.shutdownNow();
        browser.close();
        client.close();
        devices.close();
        cluster.close();
        port.close();
    }

    private static void picture(String name) throws Exception {
        if (PICTURES != null) {
            browser.screenshot(Path.of(PICTURES, name));
        }
    }

    private static String rows(String condition) {
        return "[...document.querySelectorAll('#bridges tbody tr')].filter(row => row.textContent.includes('"
                + condition + "')).length";
    }

    @Test
    void page_showsBridges_filtersThem_andEndsOne() throws Exception {
        browser.await(rows("iB/s") + " === " + DEVICES);
        browser.await(rows("device over") + " >= 1"); // every other device comes over the other node
        browser.await("document.querySelectorAll('#lines path').length === " + DEVICES);
        assertThat(browser.value("document.querySelector('#load meter').value")).isEqualTo("" + DEVICES);
        browser.await("document.querySelector('#bridges tbody th').textContent.includes('device-5')"); // the fastest
        picture("status-page.png");
        String light = browser.value("getComputedStyle(document.body).backgroundColor");
        browser.dark();
        assertThat(browser.value("getComputedStyle(document.body).backgroundColor"))
                .isNotEqualTo(light);
        picture("status-page-dark.png");
        browser.size(360, 800);
        browser.await("document.documentElement.scrollWidth <= 360");
        picture("status-page-small.png");
        browser.size(1000, 1100);

        assertThat(browser.failed()).isEmpty();
        browser.value("document.querySelector('[name=device]').focus()");
        browser.type("DEVICE-3");
        browser.await("document.querySelectorAll('#bridges tbody tr').length === 1");
        browser.await(rows("device-3") + " === 1");

        String end = "document.querySelector('#bridges tbody button').click()";
        browser.value(end);
        browser.await("document.getElementById('outcome').textContent.includes('needs the admin key')");
        browser.value("window.confirm = () => true");
        for (String key : List.of("wrong", ADMIN)) {
            browser.value("document.querySelector('#admin input').value = '" + key + "'");
            browser.value(end);
            String outcome = key.equals(ADMIN) ? "has been ended" : "was not ended: access denied";
            browser.await("document.getElementById('outcome').textContent.includes('" + outcome + "')");
        }
        assertThat(channels.get(3).closed().toCompletableFuture().get(30, TimeUnit.SECONDS))
                .isEqualTo(new CloseReason(CloseReason.POLICY_VIOLATION, "ended by the operator"));
        browser.await("document.querySelectorAll('#bridges tbody tr').length === 0");
    }
}
