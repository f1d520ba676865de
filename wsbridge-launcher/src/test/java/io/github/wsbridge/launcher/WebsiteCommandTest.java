package io.github.wsbridge.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.wsbridge.core.access.ApiKeyPolicy;
import io.github.wsbridge.launcher.home.HomePage;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The command, with a node and a device. */
class WebsiteCommandTest {

    @TempDir
    Path folder;

    private static int port(Run website) {
        return Integer.parseInt(website.ready().replaceFirst("(?s).*http://localhost:(\\d+)/.*", "$1"));
    }

    private static String ask(int port, String request, String host, String fields, String body) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setSoTimeout((int) Run.PATIENCE.toMillis());
            String head = request + " HTTP/1.1\r\nHost: " + host + ":" + port + "\r\nAccept: text/html\r\n" + fields
                    + "Content-Length: " + body.length() + "\r\nConnection: close\r\n\r\n";
            socket.getOutputStream().write((head + body).getBytes(StandardCharsets.UTF_8));
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private static String get(int port, String host, String path, String fields) throws IOException {
        return ask(port, "GET " + path, host, fields, "");
    }

    private static String field(String answer, String name) {
        Matcher field = Pattern.compile("(?im)^" + name + ": ([^;\\r\\n]*)").matcher(answer);
        assertThat(field.find()).as(answer).isTrue();
        return field.group(1);
    }

    @Test
    void website_showsTheDevicesPage() throws Exception {
        try (HomePage page = HomePage.start("d");
                Run node = Run.of("node", "--insecure", "--listen", "127.0.0.1:0");
                Run device = Run.of(
                        "device",
                        "--server",
                        "ws://127.0.0.1:" + node.port(),
                        "--id",
                        "d",
                        "--target",
                        "http=127.0.0.1:" + page.address().getPort());
                Run website = Run.of(
                        "website",
                        "--server",
                        "ws://127.0.0.1:" + node.port(),
                        "--listen",
                        "127.0.0.1:0",
                        "--devices",
                        "d,e")) {
            device.ready();
            int port = port(website);
            assertThat(get(port, "d.localhost", "/", ""))
                    .startsWith("HTTP/1.1 200 ")
                    .contains("the home page of d");
            assertThat(get(port, "e.localhost", "/", ""))
                    .startsWith("HTTP/1.1 503 ")
                    .contains("e is off line");
            assertThat(get(port, "localhost", "/", ""))
                    .contains("<li class=\"online\"><a href=\"http://d.localhost:" + port)
                    .contains("<li class=\"offline\"><a href=\"http://e.localhost:" + port);
            assertThat(website.stop().code()).isZero();
            assertThat(website.out()).endsWith("website stopped" + System.lineSeparator());
        }
    }

    @Test
    void signIn_theVisitorsOwnKeyDecides() throws Exception {
        String deviceKey = ApiKeyPolicy.newKey();
        String key = ApiKeyPolicy.newKey();
        Path keys = Files.writeString(
                folder.resolve("api-keys"),
                "d device " + ApiKeyPolicy.hash(deviceKey) + "\nal requester " + ApiKeyPolicy.hash(key) + "\n");
        try (HomePage page = HomePage.start("d");
                Run node = Run.of("node", "--api-keys", keys.toString(), "--listen", "127.0.0.1:0");
                Run device = Run.with(
                        Map.of("WSBRIDGE_API_KEY", deviceKey),
                        "device",
                        "--server",
                        "ws://127.0.0.1:" + node.port(),
                        "--id",
                        "d",
                        "--target",
                        "http=127.0.0.1:" + page.address().getPort());
                Run website = Run.of(
                        "website",
                        "--server",
                        "ws://127.0.0.1:" + node.port(),
                        "--listen",
                        "127.0.0.1:0",
                        "--sign-in")) {
            device.ready();
            int port = port(website);
            assertThat(opened(port, key)).startsWith("HTTP/1.1 200 ").contains("the home page of d");
            assertThat(opened(port, ApiKeyPolicy.newKey()))
                    .startsWith("HTTP/1.1 403 ")
                    .contains("You may not open d");
            assertThat(website.err()).doesNotContain(key);
        }
    }

    /** Signs in, and opens the device's page. */
    private static String opened(int port, String key) throws IOException {
        String entered = ask(port, "POST /.wsbridge/sign-in", "localhost", "", "credential=" + key + "&then=/");
        String start = "Cookie: " + field(entered, "set-cookie") + "\r\n";
        String location = field(get(port, "localhost", "/.wsbridge/open?device=d", start), "location");
        String there = get(port, "d.localhost", location.substring(location.indexOf("/.wsbridge")), "");
        return get(port, "d.localhost", "/", "Cookie: " + field(there, "set-cookie") + "\r\n");
    }
}
