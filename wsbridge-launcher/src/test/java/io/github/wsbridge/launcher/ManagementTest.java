package io.github.wsbridge.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import com.grack.nanojson.JsonObject;
import com.grack.nanojson.JsonParser;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The management port of a node, on the wire. */
final class ManagementTest {

    private static final HttpClient HTTP = HttpClient.newHttpClient();
    private static final String FREE = "127.0.0.1:0";

    private static Run node(String... more) {
        List<String> args = new ArrayList<>(List.of("node", "--insecure", "--listen", FREE));
        args.addAll(List.of(more));
        return Run.with(Map.of(), args.toArray(String[]::new));
    }

    /** Returns the management port's URL. */
    private static URI url(Run node) {
        node.ready();
        Matcher said = Pattern.compile("management on ([^\\s,]+)").matcher(node.out());
        assertThat(said.find()).as(node.out() + node.err()).isTrue();
        return URI.create(said.group(1));
    }

    private static HttpResponse<String> get(URI url, String... headers) throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(url).timeout(Run.PATIENCE);
        if (headers.length > 0) {
            request.headers(headers);
        }
        return HTTP.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    /** Returns the status line of the answer to a request with this host. */
    private static String statusLine(URI url, String method, String host) throws Exception {
        try (Socket socket = new Socket(url.getHost(), url.getPort())) {
            socket.setSoTimeout((int) Run.PATIENCE.toMillis());
            socket.getOutputStream()
                    .write((method + " /status HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n")
                            .getBytes(StandardCharsets.US_ASCII));
            InputStream in = socket.getInputStream();
            return new String(in.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .findFirst()
                    .orElse("");
        }
    }

    @Test
    void pages_answer() throws Exception {
        try (Run node = node("--management-listen", FREE)) {
            URI url = url(node);
            HttpResponse<String> metrics = get(url.resolve("/metrics"));
            assertThat(metrics.statusCode()).isEqualTo(200);
            assertThat(metrics.headers().firstValue("Content-Type"))
                    .hasValue("text/plain; version=0.0.4; charset=utf-8");
            assertThat(metrics.body())
                    .contains("wsbridge_bridges_active 0", "wsbridge_build_info{version=", "jvm_memory_used_bytes")
                    .contains("wsbridge_server_connections{server=\"public\"}");

            JsonObject status =
                    JsonParser.object().from(get(url.resolve("/status")).body());
            assertThat(status.getString("node")).startsWith("ws://127.0.0.1:");
            assertThat(status.getObject("bridges").getInt("pending", -1)).isZero();
            assertThat(status.getObject("limits").getInt("bridges")).isPositive();
            assertThat(status.getArray("peers")).isEmpty();

            assertThat(get(url.resolve("/livez")).body()).isEqualTo("ok\n");
            assertThat(get(url.resolve("/readyz")).statusCode()).isEqualTo(200);
            assertThat(get(url.resolve("/statusx")).statusCode()).isEqualTo(404);
            HttpResponse<String> page = get(url.resolve("/"));
            assertThat(page.statusCode()).isEqualTo(200);
            assertThat(page.headers().firstValue("Content-Security-Policy").orElse(""))
                    .startsWith("default-src 'none'");
            for (String file : page.body().split("(src|href)=\"")) {
                String name = file.substring(0, Math.max(0, file.indexOf('"')));
                if (name.contains(".")) {
                    assertThat(get(url.resolve("/" + name)).statusCode())
                            .as(name)
                            .isEqualTo(200);
                }
            }
            assertThat(statusLine(url, "DELETE", "localhost")).contains("405");
        }
    }

    @Test
    void page_readByAForeignNameOrThroughAProxy_isRefused() throws Exception {
        try (Run node = node("--management-listen", FREE)) {
            URI url = url(node);
            assertThat(statusLine(url, "GET", "localhost:" + url.getPort())).contains("200");
            assertThat(statusLine(url, "GET", "[::1]")).contains("200");
            assertThat(statusLine(url, "GET", "rebound.example.com")).contains("403");
            assertThat(get(url.resolve("/metrics"), "X-Forwarded-For", "192.0.2.1")
                            .statusCode())
                    .isEqualTo(401);
            assertThat(get(url.resolve("/readyz"), "X-Forwarded-For", "192.0.2.1")
                            .statusCode())
                    .isEqualTo(200);
        }
    }

    @Test
    void page_withTheKey_isAnsweredToEverybody_alsoWithANewOne(@TempDir Path dir) throws Exception {
        Path key = Files.writeString(dir.resolve("key"), "a-key-of-some-length\n");
        try (Run node = node("--management-listen", FREE, "--management-key-file", key.toString())) {
            URI url = url(node).resolve("/metrics");
            String[] proxied = {"X-Forwarded-For", "192.0.2.1", "Authorization", "Bearer a-key-of-some-length"};
            assertThat(get(url, proxied).statusCode()).isEqualTo(200);
            assertThat(get(url, "Authorization", "Bearer another-key").statusCode())
                    .isEqualTo(401);
            Files.writeString(key, "a-key-that-is-new-now");
            node.hangUp();
            assertThat(get(url, proxied).statusCode()).isEqualTo(401);
        }
    }

    @Test
    void node_withItsPortTaken_choosesAnother_butNotIfItWasChosen() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
            String address = "127.0.0.1:" + taken.getLocalPort();
            try (Run node = node("--management-listen", address)) {
                assertThat(node.code()).isEqualTo(1);
                assertThat(node.err()).contains(address).contains("--management-listen");
            }
        }
        try (Run first = node();
                Run second = node()) {
            assertThat(url(first)).isNotEqualTo(url(second));
        }
    }

    @Test
    void node_openToOtherMachinesWithoutAKey_isRefused(@TempDir Path dir) throws Exception {
        try (Run node = node("--management-listen", "0.0.0.0:0")) {
            assertThat(node.code()).isEqualTo(2);
            assertThat(node.err()).contains("--management-key-file");
        }
        Path key = Files.writeString(dir.resolve("key"), "short");
        try (Run node = node("--management-listen", FREE, "--management-key-file", key.toString())) {
            assertThat(node.code()).isEqualTo(1);
            assertThat(node.err()).contains("at least 16").doesNotContain("short");
        }
    }

    @Test
    void node_withoutManagement_hasNone() throws Exception {
        try (Run node = node("--management-listen", "off")) {
            node.ready();
            assertThat(node.out()).contains("management off");
        }
    }
}
