package io.github.wsbridge.it;

import com.grack.nanojson.JsonObject;
import com.grack.nanojson.JsonParser;
import com.grack.nanojson.JsonParserException;
import com.grack.nanojson.JsonWriter;
import io.github.wsbridge.wire.concurrent.Daemons;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;

/** One page in Debian's Chromium without a window, driven by the DevTools protocol. */
final class Chromium implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final Process process;
    private final WebSocket socket;
    private final Map<Integer, CompletableFuture<JsonObject>> answers = new ConcurrentHashMap<>();
    private final List<String> failed = new CopyOnWriteArrayList<>();
    private String session = "";
    private int last;

    private Chromium(Process process, URI devTools) throws Exception {
        this.process = process;
        this.socket = HttpClient.newHttpClient()
                .newWebSocketBuilder()
                .buildAsync(devTools, new Messages())
                .get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        String target = call("Target.createTarget", new JsonObject(Map.of("url", "about:blank")))
                .getString("targetId");
        session = call("Target.attachToTarget", new JsonObject(Map.of("targetId", target, "flatten", true)))
                .getString("sessionId");
        call("Network.enable", new JsonObject());
        call("Page.enable", new JsonObject());
    }

    /** @param folder for the profile */
    static Chromium start(Path folder) throws Exception {
        Process process = new ProcessBuilder(
                        "chromium",
                        "--headless",
                        "--no-sandbox", // which needs privileges that containers lack
                        "--disable-gpu",
                        "--disable-dev-shm-usage",
                        "--no-first-run",
                        "--remote-debugging-port=0",
                        "--window-size=1000,1100",
                        "--user-data-dir=" + folder)
                .redirectErrorStream(true)
                .start();
        BufferedReader lines =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        String prefix = "DevTools listening on ";
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            if (line.startsWith(prefix)) {
                Daemons.start("chromium-output", () -> drain(lines));
                return new Chromium(process, URI.create(line.substring(prefix.length())));
            }
        }
        throw new IOException("chromium has not started");
    }

    private static void drain(BufferedReader lines) {
        try {
            while (lines.readLine() != null) {
                // nobody is interested
            }
        } catch (IOException e) {
            // it has ended
        }
    }

    private JsonObject call(String method, JsonObject parameters) throws Exception {
        int id = ++last;
        CompletableFuture<JsonObject> answer = new CompletableFuture<>();
        answers.put(id, answer);
        JsonObject message = new JsonObject(Map.of("id", id, "method", method, "params", parameters));
        if (!session.isEmpty()) {
            message.put("sessionId", session);
        }
        socket.sendText(JsonWriter.string(message), true).get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        JsonObject result = answer.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        if (result.has("error")) {
            throw new IOException(method + ": " + result.get("error"));
        }
        return result.getObject("result");
    }

    void open(URI url) throws Exception {
        call("Page.navigate", new JsonObject(Map.of("url", url.toString())));
    }

    /** Returns the value of an expression, as text. */
    String value(String expression) throws Exception {
        JsonObject result = call(
                "Runtime.evaluate",
                new JsonObject(Map.of("expression", "String(" + expression + ")", "returnByValue", true)));
        return result.getObject("result").getString("value");
    }

    /** Waits until an expression is true; it may fail while the page is loading. */
    void await(String expression) {
        Awaitility.await(expression)
                .atMost(PATIENCE)
                .pollInterval(Duration.ofMillis(200))
                .until(() -> "true".equals(value(expression)));
    }

    /** Chooses a file in an input. */
    void choose(String selector, Path file) throws Exception {
        JsonObject root = call("DOM.getDocument", new JsonObject()).getObject("root");
        int node = call(
                        "DOM.querySelector",
                        new JsonObject(Map.of("nodeId", root.getInt("nodeId"), "selector", selector)))
                .getInt("nodeId");
        call(
                "DOM.setFileInputFiles",
                new JsonObject(Map.of(
                        "nodeId", node, "files", List.of(file.toAbsolutePath().toString()))));
    }

    /** Types a line and presses the Enter key. */
    void type(String line) throws Exception {
        for (char c : line.toCharArray()) {
            press(String.valueOf(c), String.valueOf(c), 0);
        }
        press("Enter", "\r", 13);
    }

    private void press(String key, String text, int code) throws Exception {
        JsonObject stroke =
                new JsonObject(Map.of("type", "keyDown", "key", key, "text", text, "windowsVirtualKeyCode", code));
        call("Input.dispatchKeyEvent", stroke);
        call("Input.dispatchKeyEvent", new JsonObject(Map.of("type", "keyUp", "key", key)));
    }

    void screenshot(Path file) throws Exception {
        String picture = call("Page.captureScreenshot", new JsonObject()).getString("data");
        Files.write(file, Base64.getDecoder().decode(picture));
    }

    void dark() throws Exception {
        call(
                "Emulation.setEmulatedMedia",
                new JsonObject(Map.of(
                        "features", List.of(new JsonObject(Map.of("name", "prefers-color-scheme", "value", "dark"))))));
    }

    /** Gives the page another size, in pixels. */
    void size(int width, int height) throws Exception {
        call(
                "Emulation.setDeviceMetricsOverride",
                new JsonObject(Map.of("width", width, "height", height, "deviceScaleFactor", 1, "mobile", false)));
    }

    /** Returns the requests that have failed, or were answered with a status of 400 or above. */
    List<String> failed() {
        return List.copyOf(failed);
    }

    @Override
    public void close() throws Exception {
        socket.abort();
        process.descendants().forEach(ProcessHandle::destroy);
        process.destroy();
        if (!process.waitFor(10, TimeUnit.SECONDS)) {
            process.destroyForcibly().waitFor();
        }
    }

    private final class Messages implements WebSocket.Listener {
        private final StringBuilder text = new StringBuilder();

        @Override
        public CompletionStage<?> onText(WebSocket from, CharSequence data, boolean end) {
            text.append(data);
            if (end) {
                String whole = text.toString();
                text.setLength(0);
                take(whole);
            }
            from.request(1);
            return null;
        }

        private void take(String whole) {
            try {
                JsonObject message = JsonParser.object().from(whole);
                JsonObject parameters = message.getObject("params");
                if (message.has("id")) {
                    answers.remove(message.getInt("id")).complete(message);
                } else if ("Network.loadingFailed".equals(message.getString("method"))) {
                    failed.add(parameters.getString("errorText"));
                } else if ("Network.responseReceived".equals(message.getString("method"))
                        && parameters.getObject("response").getInt("status") >= 400) {
                    failed.add(parameters.getObject("response").getString("url"));
                }
            } catch (JsonParserException e) {
                throw new IllegalStateException(e);
            }
        }
    }
}
