package io.github.wsbridge.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import com.grack.nanojson.JsonArray;
import com.grack.nanojson.JsonObject;
import com.grack.nanojson.JsonParser;
import java.io.BufferedReader;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.WebSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the management port of a running node sends by Server-Sent Events, and lets an operator end. */
final class EventsTest {

    private static final HttpClient HTTP = HttpClient.newHttpClient();
    private static final String ADMIN = "an-admin-key-of-some-length";

    @TempDir
    static Path folder;

    private static Run node;
    private static URI url;

    @BeforeAll
    static void start() throws Exception {
        Path key = Files.writeString(folder.resolve("admin-key"), ADMIN);
        node = Run.with(
                Map.of(),
                "node",
                "--insecure",
                "--listen=127.0.0.1:0",
                "--management-listen=127.0.0.1:0",
                "--management-admin-key-file=" + key);
        Matcher said = Pattern.compile("management on ([^\\s,]+)").matcher(node.ready());
        assertThat(said.find()).isTrue();
        url = URI.create(said.group(1));
    }

    @AfterAll
    static void stop() throws Exception {
        node.close();
    }

    private static final class Ignoring implements WebSocket.Listener {}

    /** Lets a device listen, and somebody request it; nobody accepts. */
    private static List<WebSocket> requester(String device) throws Exception {
        List<WebSocket> sockets = new ArrayList<>();
        for (String path : List.of("/bridge/listen", "/bridge/connect")) {
            sockets.add(HTTP.newWebSocketBuilder()
                    .buildAsync(
                            URI.create("ws://127.0.0.1:" + node.port() + path + "?deviceId=" + device), new Ignoring())
                    .get(Run.PATIENCE.toSeconds(), TimeUnit.SECONDS));
        }
        return sockets;
    }

    /** Events of a stream. */
    private static final class Events implements AutoCloseable {
        private final InputStream stream;
        private final BufferedReader lines;

        Events(String query) throws Exception {
            HttpResponse<InputStream> response = HTTP.send(
                    HttpRequest.newBuilder(url.resolve("/events" + query)).build(),
                    HttpResponse.BodyHandlers.ofInputStream());
            assertThat(response.statusCode()).isEqualTo(200);
            assertThat(response.headers().firstValue("Content-Type")).hasValue("text/event-stream; charset=utf-8");
            stream = response.body();
            lines = new BufferedReader(new InputStreamReader(stream, StandardCharsets.UTF_8));
        }

        JsonObject next() throws Exception {
            String data = lines.readLine();
            assertThat(lines.readLine()).isEmpty();
            return JsonParser.object().from(data.substring("data: ".length()));
        }

        @Override
        public void close() throws Exception {
            stream.close();
        }
    }

    private static HttpResponse<String> end(String id, String... headers) throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(url.resolve("/bridges/" + id))
                .timeout(Run.PATIENCE)
                .DELETE();
        if (headers.length > 0) {
            request.headers(headers);
        }
        return HTTP.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    @Test
    void events_tellOfABridge_untilTheOperatorEndsIt() throws Exception {
        List<WebSocket> sockets = requester("pump-7");
        try (Events events = new Events("?device=pump")) {
            JsonObject first = events.next();
            assertThat(first.getBoolean("ends")).isTrue();
            assertThat(first.getArray("listening")).containsExactly("pump-7");
            assertThat(first.getObject("status").getObject("bridges").getInt("pending"))
                    .isPositive();
            JsonArray added = first.getArray("added");
            while (added.isEmpty()) { // it is counted, and listed a moment later
                added = events.next().getArray("added", new JsonArray());
            }
            JsonObject bridge = added.getObject(0);
            assertThat(bridge.getString("device")).isEqualTo("pump-7");
            assertThat(bridge.getBoolean("pending")).isTrue();
            assertThat(bridge.getString("from")).startsWith("127.0.0.1:");

            String id = bridge.getString("id");
            assertThat(end(id).statusCode()).isEqualTo(401);
            assertThat(end(id, "Authorization", "Bearer another").statusCode()).isEqualTo(401);
            String[] right = {"Authorization", "Bearer " + ADMIN};
            assertThat(end(id, "Authorization", "Bearer " + ADMIN, "Sec-Fetch-Site", "cross-site")
                            .statusCode())
                    .isEqualTo(403);
            assertThat(end("nonsense", right).statusCode()).isEqualTo(400);
            assertThat(end(id, right).statusCode()).isEqualTo(200);
            JsonObject next = events.next();
            while (next.getArray("gone").isEmpty()) { // at most a second later
                next = events.next();
            }
            assertThat(next.getArray("gone")).containsExactly(id);
            assertThat(end(id, right).statusCode()).isEqualTo(404);
        } finally {
            sockets.forEach(WebSocket::abort);
        }
    }

    @Test
    void watchers_areLimited() throws Exception {
        List<InputStream> all = new ArrayList<>();
        try {
            int status = 200;
            while (status == 200 && all.size() < 20) {
                HttpResponse<InputStream> response = HTTP.send(
                        HttpRequest.newBuilder(url.resolve("/events")).build(),
                        HttpResponse.BodyHandlers.ofInputStream());
                status = response.statusCode();
                all.add(response.body());
            }
            assertThat(status).isEqualTo(503);
            assertThat(all.size()).isLessThanOrEqualTo(17);
        } finally {
            for (InputStream events : all) {
                events.close();
            }
        }
    }

    @Test
    void port_withManyStalledClients_answersAtOnce() throws Exception {
        List<Socket> stalled = new ArrayList<>();
        try {
            for (int i = 0; i < 250; i++) { // more than the port takes
                Socket socket = new Socket(url.getHost(), url.getPort());
                stalled.add(socket);
                socket.getOutputStream()
                        .write("GET /metrics HTTP/1.1\r\nHost: loc".getBytes(StandardCharsets.US_ASCII));
            }
            HttpResponse<String> answer = HTTP.send(
                    HttpRequest.newBuilder(url.resolve("/status"))
                            .timeout(Run.PATIENCE)
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
            assertThat(answer.statusCode()).isEqualTo(200);
        } finally {
            for (Socket socket : stalled) {
                socket.close();
            }
        }
    }
}
