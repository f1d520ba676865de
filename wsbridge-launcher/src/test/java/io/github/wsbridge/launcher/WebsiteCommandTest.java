package io.github.wsbridge.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import com.grack.nanojson.JsonParser;
import io.github.wsbridge.core.access.ApiKeyPolicy;
import io.github.wsbridge.launcher.home.HomePage;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
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
            String query = signedUrl(node, key).replaceFirst(".*\\?", "");
            assertThat(linked(port, query)).startsWith("HTTP/1.1 200 ").contains("the home page of d");
            assertThat(linked(port, query.replace("signature=", "signature=A"))).startsWith("HTTP/1.1 403 ");
            assertThat(get(port, "e.localhost", "/.wsbridge/link?" + query, "")).startsWith("HTTP/1.1 400 ");
            String ambiguous = "requestData=http;deviceId=e&deviceId=d&principal=a&expires=99999999999&signature=x";
            assertThat(get(port, "e.localhost", "/.wsbridge/link?" + ambiguous, ""))
                    .startsWith("HTTP/1.1 400 ");
            assertThat(website.err()).doesNotContain(key, query, "without TLS");
        }
    }

    private Run node(Path key) {
        return Run.of(
                "node",
                "--insecure",
                "--listen",
                "127.0.0.1:0",
                "--management-listen",
                "127.0.0.1:0",
                "--management-key-file",
                key.toString());
    }

    private static Run device(Run node, String id) {
        return Run.of(
                "device", "--server", "ws://127.0.0.1:" + node.port(), "--id", id, "--target", "http=127.0.0.1:1");
    }

    private static String management(Run node) {
        return node.ready().replaceFirst("(?s).*management on (http://[0-9.:]+).*", "$1");
    }

    @Test
    void start_showsTheDevicesOfAllNodes_asTheyComeAndGo() throws Exception {
        Path key = Files.writeString(folder.resolve("management-key"), "a-key-of-some-length\n");
        try (Run one = node(key);
                Run two = node(key);
                Run first = device(one, "first");
                Run second = device(two, "second");
                Run website = Run.of(
                        "website",
                        "--server",
                        "ws://127.0.0.1:" + one.port(),
                        "--listen",
                        "127.0.0.1:0",
                        "--devices",
                        "third",
                        "--devices-from",
                        management(one) + "," + management(two),
                        "--devices-key-file",
                        key.toString())) {
            first.ready();
            int port = port(website);
            until(port, "online first", "online second", "offline third");
            second.close();
            until(port, "online first", "offline second", "offline third");
            two.close();
            until(port, "online first", "unknown second", "unknown third");
            assertThat(website.err()).doesNotContain("a-key-of-some-length");
        }
    }

    /** Waits until the start page shows this, each device as its state and its id. */
    private static void until(int port, String... devices) {
        Pattern device = Pattern.compile("<li class=\"(\\w+)\"><a href=\"[^\"]*\">([^<]*)</a>");
        Awaitility.await()
                .atMost(Run.PATIENCE)
                .untilAsserted(() -> assertThat(device.matcher(get(port, "localhost", "/", ""))
                                .results()
                                .map(found -> found.group(1) + " " + found.group(2)))
                        .containsExactly(devices));
    }

    @Test
    void signIn_withoutTls_isWarnedOf() throws Exception {
        try (Run website = Run.of(
                "website",
                "--server",
                "ws://127.0.0.1:1",
                "--listen",
                "127.0.0.1:0",
                "--sign-in",
                "--url",
                "http://devices.example.com")) {
            website.ready();
            assertThat(website.err()).contains("at http://devices.example.com/ without TLS");
        }
    }

    @Test
    void settings_comeFromAFile() throws Exception {
        Path file = Files.writeString(
                folder.resolve("website.properties"), "server=ws://127.0.0.1:1\nsign-in=true\nmax-body=1m\n");
        try (Run website = Run.of("website", "--config", file.toString(), "--check")) {
            assertThat(website.code()).as(website.err()).isZero();
            assertThat(website.out()).contains("sign-in=true (file)", "max-body=1m (file)");
        }
    }

    private static String signedUrl(Run node, String key) throws Exception {
        URI sign = URI.create("http://127.0.0.1:" + node.port() + "/bridge/signed-url?deviceId=d&requestData=http");
        HttpRequest request = HttpRequest.newBuilder(sign)
                .header("X-Api-Key", key)
                .POST(HttpRequest.BodyPublishers.noBody())
                .build();
        String answer = HttpClient.newHttpClient()
                .send(request, HttpResponse.BodyHandlers.ofString())
                .body();
        return JsonParser.object().from(answer).getString("url");
    }

    /** Follows a link to the device, and opens the device's page. */
    private static String linked(int port, String query) throws IOException {
        String cookie = cookie(get(port, "d.localhost", "/.wsbridge/link?" + query, ""));
        assertThat(get(port, "e.localhost", "/", cookie)).startsWith("HTTP/1.1 303 ");
        assertThat(get(port, "localhost", "/", cookie)).startsWith("HTTP/1.1 303 ");
        return get(port, "d.localhost", "/", cookie);
    }

    /** Signs in, and opens the device's page. */
    private static String opened(int port, String key) throws IOException {
        String origin = "Origin: http://localhost:" + port + "\r\n";
        String start =
                cookie(ask(port, "POST /.wsbridge/sign-in", "localhost", origin, "credential=" + key + "&then=/"));
        String led = get(port, "d.localhost", "/", "");
        String there = get(port, "d.localhost", path(get(port, "localhost", path(led), start)), cookie(led));
        return get(port, "d.localhost", "/", cookie(there));
    }

    private static String path(String answer) {
        String location = field(answer, "location");
        return location.substring(location.indexOf("/.wsbridge"));
    }

    private static String cookie(String answer) {
        return "Cookie: " + field(answer, "set-cookie") + "\r\n";
    }
}
