package io.github.wsbridge.signal.iothub;

import com.grack.nanojson.JsonObject;
import com.grack.nanojson.JsonParser;
import com.grack.nanojson.JsonWriter;
import com.microsoft.azure.sdk.iot.device.twin.DirectMethodPayload;
import com.microsoft.azure.sdk.iot.device.twin.DirectMethodResponse;
import com.microsoft.azure.sdk.iot.device.twin.MethodCallback;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.mockito.Mockito;

/**
 * A fake of an IoT hub's documented REST API for direct methods: a TLS server with the hub's name in its certificate,
 * reached through a proxy because the SDK cannot be given a port. It makes the same checks as a hub.
 */
final class FakeHub implements AutoCloseable {

    static final String HOST = "test-hub.azure-devices.net";
    static final String KEY =
            Base64.getEncoder().encodeToString("a key of the test hub, 32 bytes.".getBytes(StandardCharsets.UTF_8));
    static final String CONNECTION_STRING = "HostName=" + HOST + ";SharedAccessKeyName=service;SharedAccessKey=" + KEY;
    static final String BEARER = "a-token-of-entra-id";

    /** A request that passed the checks. */
    record Call(String rawPath, Map<String, String> headers, JsonObject body, String deviceId) {}

    /** A response in place of the default. */
    record Canned(int status, String body) {}

    final List<Call> calls = new CopyOnWriteArrayList<>();
    final Set<String> registered = ConcurrentHashMap.newKeySet();
    final Map<String, MethodCallback> connected = new ConcurrentHashMap<>();
    volatile Canned canned;

    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final HttpsServer server;
    private final ConnectProxy proxy;

    FakeHub() throws Exception {
        server = HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setHttpsConfigurator(new HttpsConfigurator(HubKeys.serverContext()));
        server.setExecutor(threads);
        server.createContext("/", this::handle);
        server.start();
        proxy = new ConnectProxy(HOST + ":443", server.getAddress());
    }

    /** Returns the proxy to the hub. */
    Proxy proxy() {
        return proxy.address();
    }

    /** An error response as hubs send it: the code is inside a JSON string. */
    static Canned error(int status, int code) {
        String inner = JsonWriter.string()
                .object()
                .value("errorCode", code)
                .value("trackingId", "0123456789-G:1-TimeStamp:01/01/2026 00:00:00")
                .value("message", "words")
                .value("timestampUtc", "2026-01-01T00:00:00.0000000Z")
                .end()
                .done();
        return new Canned(
                status,
                JsonWriter.string()
                        .object()
                        .value("Message", inner)
                        .value("ExceptionMessage", "")
                        .end()
                        .done());
    }

    private void handle(HttpExchange exchange) throws IOException {
        Canned answer;
        try {
            answer = answer(exchange);
        } catch (Exception | AssertionError e) {
            answer = new Canned(400, "{\"Message\":\"" + e.getClass().getSimpleName() + "\"}");
        }
        byte[] body = answer.body().getBytes(StandardCharsets.UTF_8);
        try (exchange) {
            exchange.getResponseHeaders().set("Content-Type", "application/json; charset=utf-8");
            exchange.sendResponseHeaders(answer.status(), body.length == 0 ? -1 : body.length);
            exchange.getResponseBody().write(body);
        } catch (IOException e) {
            // the SDK did not wait
        }
    }

    private Canned answer(HttpExchange exchange) throws Exception {
        byte[] bytes = exchange.getRequestBody().readAllBytes();
        if (!authorized(exchange.getRequestHeaders().getFirst("Authorization"))) {
            return error(401, 401002);
        }
        String[] path = exchange.getRequestURI().getRawPath().split("/");
        boolean method = exchange.getRequestMethod().equals("POST")
                && path.length == 4
                && path[1].equals("twins")
                && path[3].equals("methods");
        if (!method || !exchange.getRequestURI().getRawQuery().matches("api-version=20\\d\\d-\\d\\d-\\d\\d")) {
            return error(404, 404002);
        }
        String deviceId = URLDecoder.decode(path[2], StandardCharsets.UTF_8);
        JsonObject body = JsonParser.object().from(new String(bytes, StandardCharsets.UTF_8));
        int response = body.getInt("responseTimeoutInSeconds", 30);
        int connect = body.getInt("connectTimeoutInSeconds", 0);
        if (response < 5 || response > 300 || connect < 0 || connect > 300 || bytes.length > 128 * 1024) {
            return error(400, 400004);
        }
        Map<String, String> headers = new HashMap<>();
        exchange.getRequestHeaders().forEach((name, values) -> headers.put(name, values.get(0)));
        calls.add(new Call(exchange.getRequestURI().getRawPath(), headers, body, deviceId));
        if (canned != null) {
            return canned;
        }
        MethodCallback device = connected.get(deviceId);
        if (device == null) { // a real hub waits for the connect timeout first
            return registered.contains(deviceId) ? error(404, 404103) : error(404, 404001);
        }
        return invoke(device, body, response);
    }

    private Canned invoke(MethodCallback device, JsonObject body, int seconds) throws Exception {
        DirectMethodPayload payload = Mockito.mock(DirectMethodPayload.class);
        Mockito.when(payload.getPayloadAsJsonString()).thenReturn(JsonWriter.string(body.get("payload")));
        CompletableFuture<DirectMethodResponse> answer = CompletableFuture.supplyAsync(
                () -> device.onMethodInvoked(body.getString("methodName"), payload, null), threads);
        try {
            DirectMethodResponse said = answer.get(seconds, TimeUnit.SECONDS);
            JsonObject json = new JsonObject();
            json.put("status", said.getStatus());
            json.put("payload", said.getPayload());
            return new Canned(200, JsonWriter.string(json));
        } catch (TimeoutException e) {
            return error(504, 504101);
        } catch (ExecutionException e) {
            return error(500, 500001);
        }
    }

    /** The documented signature: an HMAC of the escaped resource, a line feed and the expiry, with the decoded key. */
    private static boolean authorized(String header) throws Exception {
        return authorized(header, HOST);
    }

    static boolean authorized(String header, String host) throws Exception {
        if (header != null && header.equals("Bearer " + BEARER)) {
            return true;
        }
        if (header == null || !header.startsWith("SharedAccessSignature ")) {
            return false;
        }
        Map<String, String> fields = new HashMap<>();
        for (String field : header.substring("SharedAccessSignature ".length()).split("&")) {
            fields.put(field.substring(0, field.indexOf('=')), field.substring(field.indexOf('=') + 1));
        }
        Mac mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(Base64.getDecoder().decode(KEY), "HmacSHA256"));
        byte[] expected = mac.doFinal((fields.get("sr") + "\n" + fields.get("se")).getBytes(StandardCharsets.UTF_8));
        byte[] given = Base64.getDecoder().decode(URLDecoder.decode(fields.get("sig"), StandardCharsets.UTF_8));
        long expiry = Long.parseLong(fields.get("se"));
        return MessageDigest.isEqual(expected, given)
                && fields.get("sr").equals(host)
                && fields.get("skn").equals("service")
                && expiry > Instant.now().getEpochSecond();
    }

    @Override
    public void close() {
        proxy.close();
        server.stop(0);
        threads.shutdownNow();
    }
}
