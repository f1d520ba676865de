package io.github.wsbridge.launcher.home;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.WebSocket;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class HomePageTest {

    private static final Pattern LINKS = Pattern.compile("(?:src|href)=\"([^\"]+)\"");

    private final HttpClient browser =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private HomePage page;

    @BeforeEach
    void start() throws IOException {
        page = HomePage.start("device <1>");
    }

    @AfterEach
    void stop() {
        page.close();
    }

    private URI at(String path) {
        return URI.create("http://127.0.0.1:" + page.address().getPort() + path);
    }

    private HttpResponse<byte[]> get(String path) throws Exception {
        return send(HttpRequest.newBuilder(at(path)));
    }

    private HttpResponse<byte[]> send(HttpRequest.Builder request) throws Exception {
        return browser.send(request.timeout(Duration.ofSeconds(30)).build(), HttpResponse.BodyHandlers.ofByteArray());
    }

    private static String text(HttpResponse<byte[]> response) {
        return new String(response.body(), StandardCharsets.UTF_8);
    }

    @Test
    void page_linksOnlyToFilesThatItServes() throws Exception {
        HttpResponse<byte[]> home = get("/");
        assertThat(home.statusCode()).isEqualTo(200);
        assertThat(text(home))
                .contains("<h1>the home page of device &lt;1></h1>")
                .doesNotContain("{{", "//");
        List<String> links = LINKS.matcher(text(home))
                .results()
                .map(MatchResult::group)
                .map(link -> link.replaceAll(".*\"(.*)\"", "$1"))
                .toList();
        assertThat(links).hasSize(33).doesNotHaveDuplicates().noneMatch(link -> link.startsWith("/"));
        for (String link : links) {
            assertThat(get("/" + link).statusCode()).as(link).isEqualTo(200);
        }
    }

    @Test
    void pictures_areThirtyDifferentOnes() throws Exception {
        Set<String> seen = new HashSet<>();
        for (int i = 1; i <= 30; i++) {
            HttpResponse<byte[]> picture = get(String.format("/images/%02d.%s", i, i % 2 == 1 ? "svg" : "png"));
            seen.add(Arrays.toString(picture.body()));
            if (i % 2 == 0) {
                assertThat(ImageIO.read(new ByteArrayInputStream(picture.body()))
                                .getWidth())
                        .isEqualTo(96);
            }
        }
        assertThat(seen).hasSize(30);
    }

    @Test
    void upload_isAnsweredWithItsHash() throws Exception {
        byte[] file = new byte[5_000_000];
        new Random(1).nextBytes(file);
        String sha256 =
                HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(file));
        HttpResponse<byte[]> answer = send(HttpRequest.newBuilder(at("/upload"))
                .expectContinue(true)
                .POST(HttpRequest.BodyPublishers.ofByteArray(file)));
        assertThat(text(answer)).isEqualTo("{\"bytes\":5000000,\"sha256\":\"" + sha256 + "\"}\n");
    }

    @Test
    void otherPathsAndMethods_areRefused() throws Exception {
        assertThat(get("/missing").statusCode()).isEqualTo(404);
        assertThat(get("/upload").statusCode()).isEqualTo(404);
        assertThat(send(HttpRequest.newBuilder(at("/")).DELETE()).statusCode()).isEqualTo(405);
        HttpResponse<byte[]> head =
                send(HttpRequest.newBuilder(at("/page.css")).method("HEAD", HttpRequest.BodyPublishers.noBody()));
        assertThat(head.statusCode()).isEqualTo(200);
        assertThat(head.body()).isEmpty();
    }

    @Test
    void log_tellsWhatHappensAsItHappens() throws Exception {
        HttpResponse<InputStream> log =
                browser.send(HttpRequest.newBuilder(at("/log")).build(), HttpResponse.BodyHandlers.ofInputStream());
        assertThat(log.headers().firstValue("Content-Type")).hasValue("text/event-stream; charset=utf-8");
        try (BufferedReader lines = new BufferedReader(new InputStreamReader(log.body(), StandardCharsets.UTF_8))) {
            assertThat(lines.readLine()).matches("data: \\d\\d:\\d\\d:\\d\\d  up 0:00:\\d\\d, 0 requests answered");
            assertThat(lines.readLine()).isEmpty();
            send(HttpRequest.newBuilder(at("/upload")).POST(HttpRequest.BodyPublishers.ofString("abc")));
            String line = lines.readLine();
            while (!line.contains("received")) { // until the timeout of the test
                line = lines.readLine();
            }
            assertThat(line).endsWith("received 3 bytes, SHA-256 ba7816bf8f01cfea…");
        }
    }

    @Test
    void chart_sendsValuesThatChange() throws Exception {
        BlockingQueue<String> values = new LinkedBlockingQueue<>();
        WebSocket socket = browser.newWebSocketBuilder()
                .buildAsync(URI.create(at("/chart").toString().replace("http", "ws")), new WebSocket.Listener() {
                    @Override
                    public CompletionStage<?> onText(WebSocket from, CharSequence value, boolean last) {
                        values.add(value.toString());
                        from.request(1);
                        return null;
                    }
                })
                .get(10, TimeUnit.SECONDS);
        String first = values.poll(10, TimeUnit.SECONDS);
        assertThat(first).startsWith("{\"step\":1,\"celsius\":").contains(",\"before\":[");
        assertThat(first.replaceAll(".*\\[(.*)].*", "$1").split(","))
                .hasSize(150)
                .allMatch(value -> value.matches("\\d\\d\\.\\d\\d"));
        assertThat(values.poll(10, TimeUnit.SECONDS)).startsWith("{\"step\":2,");
        socket.abort();
    }
}
