package io.github.wsbridge.testkit.transport;

import static io.github.wsbridge.testkit.RawWebSocket.BINARY;
import static io.github.wsbridge.testkit.RawWebSocket.TEXT;
import static io.github.wsbridge.testkit.RecordingReceiver.PATIENCE;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.wsbridge.CloseReason;
import io.github.wsbridge.spi.Admission;
import io.github.wsbridge.spi.Fragment;
import io.github.wsbridge.spi.Handshake;
import io.github.wsbridge.testkit.RawWebSocket;
import io.github.wsbridge.testkit.RecordingReceiver;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.WebSocket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The part of {@link BridgeServerContract} about requests and how they are answered. */
abstract class ServerHandshakes extends ServerEnds {

    private static final Pattern CONTENT_LENGTH = Pattern.compile("(?i)\\ncontent-length: (\\d+)\\r");

    @ParameterizedTest
    @ValueSource(ints = {400, 401, 403, 404, 429, 503})
    void refused_isAPlainResponse_withoutASession(int status) throws Exception {
        Duration retryAfter = status == 503 ? Duration.ofSeconds(7) : null;
        door.refuses(new Admission.Refused(status, "no such luck", retryAfter));
        try (RawWebSocket raw = ask("")) {
            String head = raw.readHead();
            assertThat(head).startsWith("HTTP/1.1 " + status + " ");
            assertThat(head.toLowerCase(Locale.ROOT)).doesNotContain("sec-websocket-accept");
            if (status == 503) {
                assertThat(head).contains("Retry-After: 7\r\n");
            }
            // Frames that a refused client sends are discarded, and nothing follows the answer.
            raw.write(BINARY, true, new byte[] {1});
            assertThat(bodyOf(raw, head)).isEqualTo("no such luck\n");
            assertThat(door.legs()).isZero();
        }
    }

    /** Returns the body of an answer, which only the end of the connection may follow. */
    static String bodyOf(RawWebSocket raw, String head) throws IOException {
        Matcher length = CONTENT_LENGTH.matcher(head);
        if (!length.find()) {
            return new String(raw.readToEnd(), StandardCharsets.UTF_8);
        }
        byte[] body = raw.readFully(Integer.parseInt(length.group(1)));
        assertThat(raw.ended()).isTrue(); // possibly with a reset, if the server has unread data
        return new String(body, StandardCharsets.UTF_8);
    }

    @Test
    void notAnUpgrade_isRefusedWith426() throws Exception {
        HttpResponse<String> response = HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(URI.create("http://localhost:" + port() + TARGET))
                                .build(),
                        HttpResponse.BodyHandlers.ofString());
        assertThat(response.statusCode()).isEqualTo(426);
        assertThat(door.takeHandshake().upgrade()).isFalse();
        assertThat(door.legs()).isZero();
    }

    @Test
    void oldVersion_isRefusedWith426() throws Exception {
        try (RawWebSocket raw = RawWebSocket.dial(port())) {
            raw.writeRaw(RawWebSocket.request(TARGET, "").replace("Version: 13", "Version: 8"));
            assertThat(raw.readHead()).startsWith("HTTP/1.1 426 ").contains("Sec-WebSocket-Version: 13\r\n");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Host: elsewhere\r\n",
                "Content-Length: 5\r\n\r\nhello",
                "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n",
            })
    void secondHostOrContent_isRefusedWith400(String fields) throws Exception {
        try (RawWebSocket raw = RawWebSocket.dial(port())) {
            raw.writeRaw(RawWebSocket.request(TARGET, fields));
            assertThat(raw.readHead()).startsWith("HTTP/1.1 400 ");
            assertThat(door.handshakes()).isZero();
        }
    }

    @Test
    void missingHost_isRefusedWith400() throws Exception {
        try (RawWebSocket raw = RawWebSocket.dial(port())) {
            raw.writeRaw(RawWebSocket.request(TARGET, "").replace("Host: localhost\r\n", ""));
            assertThat(raw.readHead()).startsWith("HTTP/1.1 400 ");
            assertThat(door.handshakes()).isZero();
        }
    }

    @Test
    void unknownPath_isRefusedWith404() throws Exception {
        door.answers(handshake -> handshake.path().startsWith("/bridge/")
                ? door.granted("")
                : CompletableFuture.completedFuture(new Admission.Refused(404, "nothing here")));
        try (RawWebSocket raw = RawWebSocket.dial(port())) {
            raw.writeRaw(RawWebSocket.request("/elsewhere", ""));
            assertThat(raw.readHead()).startsWith("HTTP/1.1 404 ");
            assertThat(door.legs()).isZero();
        }
    }

    @Test
    void doorThatFails_isRefusedWith503() throws Exception {
        door.answers(handshake -> CompletableFuture.failedFuture(new IllegalStateException("a test's failure")));
        try (RawWebSocket raw = ask("")) {
            assertThat(raw.readHead()).startsWith("HTTP/1.1 503 ").contains("Retry-After: ");
        }
    }

    @Test
    void handshake_reachesTheDoorUnchanged() throws Exception {
        door.answers(handshake -> door.granted("wsbridge.v1"));
        try (RawWebSocket raw = RawWebSocket.dial(port())) {
            raw.writeRaw(RawWebSocket.request(
                    "/bridge/connect?deviceId=a%2Fb&requestData=%C3%BC+x",
                    "X-Api-Key: secret\r\nSec-WebSocket-Protocol: other, wsbridge.v1\r\n"));
            assertThat(raw.readHead()).startsWith("HTTP/1.1 101 ").contains("Sec-WebSocket-Protocol: wsbridge.v1\r\n");
            Handshake handshake = door.takeHandshake();
            assertThat(handshake.path()).isEqualTo("/bridge/connect");
            assertThat(handshake.rawQuery()).isEqualTo("deviceId=a%2Fb&requestData=%C3%BC+x");
            assertThat(handshake.upgrade()).isTrue();
            assertThat(handshake.headers().only("x-api-key")).isEqualTo("secret");
            assertThat(handshake.headers().all("nope")).isEmpty();
            assertThat(handshake.peer().address()).matches("127\\.0\\.0\\.1(:\\d+)?");
            assertThat(handshake.peer().certificates()).isEmpty();
            assertThat(door.takeEnd().leg().subprotocol()).isEqualTo("wsbridge.v1");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "Content-Length: 0\r\n"})
    void post_withoutBody_isAnsweredByTheDoor(String length) throws Exception {
        door.refuses(Admission.Refused.json("{\"url\":\"…\"}"));
        try (RawWebSocket raw = RawWebSocket.dial(port())) {
            raw.writeRaw("POST /bridge/signed-url?deviceId=a%2Fb HTTP/1.1\r\nHost: localhost\r\n" + length
                    + "X-Api-Key: secret\r\n\r\n");
            String head = raw.readHead();
            assertThat(head)
                    .startsWith("HTTP/1.1 200 ")
                    .contains("Content-Type: application/json", "Cache-Control: no-store\r\n")
                    .doesNotContain("text/plain");
            assertThat(bodyOf(raw, head)).isEqualTo("{\"url\":\"…\"}\n");
            Handshake handshake = door.takeHandshake();
            assertThat(handshake.method()).isEqualTo("POST");
            assertThat(handshake.path()).isEqualTo("/bridge/signed-url");
            assertThat(handshake.rawQuery()).isEqualTo("deviceId=a%2Fb");
            assertThat(handshake.upgrade()).isFalse();
            assertThat(handshake.headers().only("X-Api-Key")).isEqualTo("secret");
        }
    }

    @Test
    void otherMethod_reachesTheDoor_whoseAnswerSaysWhatIsAllowed() throws Exception {
        door.refuses(new Admission.Refused(405, "use GET", null, Map.of("Allow", "GET")));
        try (RawWebSocket raw = RawWebSocket.dial(port())) {
            raw.writeRaw("DELETE /bridge/connect HTTP/1.1\r\nHost: localhost\r\n\r\n");
            String head = raw.readHead();
            assertThat(head).startsWith("HTTP/1.1 405 ").contains("Allow: GET\r\n", "Content-Type: text/plain");
            assertThat(bodyOf(raw, head)).isEqualTo("use GET\n");
            assertThat(door.takeHandshake().method()).isEqualTo("DELETE");
        }
    }

    @Test
    void slowDoor_isAwaited() throws Exception {
        CompletableFuture<Admission> late = new CompletableFuture<>();
        door.answers(handshake -> late);
        try (RawWebSocket raw = ask("")) {
            door.takeHandshake();
            late.complete(door.grant(""));
            assertThat(raw.readHead()).startsWith("HTTP/1.1 101 ");
            raw.write(TEXT, true, "now");
            assertThat(door.takeEnd().nextText()).isEqualTo("now");
        }
    }

    @Test
    void jdkClient_talksBothWays() throws Exception {
        CompletableFuture<String> heard = new CompletableFuture<>();
        CompletableFuture<Integer> closed = new CompletableFuture<>();
        WebSocket client = HttpClient.newHttpClient()
                .newWebSocketBuilder()
                .buildAsync(URI.create("ws://localhost:" + port() + TARGET), new WebSocket.Listener() {
                    @Override
                    public @Nullable CompletionStage<?> onText(WebSocket socket, CharSequence data, boolean last) {
                        heard.complete(data.toString());
                        socket.request(1);
                        return null;
                    }

                    @Override
                    public @Nullable CompletionStage<?> onClose(WebSocket socket, int code, String reason) {
                        closed.complete(code);
                        return null;
                    }
                })
                .get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        RecordingReceiver end = door.takeEnd();
        client.sendText("hello", true).get();
        assertThat(end.nextText()).isEqualTo("hello");
        end.send(Fragment.text("welcome"));
        assertThat(heard.get(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isEqualTo("welcome");
        end.leg().close(CloseReason.normal());
        assertThat(closed.get(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isEqualTo(1000);
        assertThat(end.awaitClosed().code()).isEqualTo(1000);
    }
}
