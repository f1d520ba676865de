package io.github.wsbridge.conformance;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.github.wsbridge.wire.websocket.WebSocketKey;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.URLEncoder;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;
import org.jspecify.annotations.Nullable;

/** Opens connections to the node under test. */
final class Nodes {

    /** What the node has answered to a request; {@code wire} is open after a 101. */
    record Answer(int status, Head head, String body, Wire wire) {

        @Override
        public String toString() {
            return "status " + status;
        }
    }

    private final URI base;
    private final Duration patience;
    private final Map<String, String> requester;
    private final Map<String, String> device;

    /**
     * @param base the node's URL, with a path or without
     * @param requester the header field with a requester's credential, or nothing
     * @param device the header field with a device's credential, or nothing
     */
    Nodes(URI base, Duration patience, Map<String, String> requester, Map<String, String> device) {
        this.base = base;
        this.patience = patience;
        this.requester = requester;
        this.device = device;
    }

    Duration patience() {
        return patience;
    }

    Map<String, String> requester() {
        return requester;
    }

    /** Returns whether the node has been described as open to everyone. */
    boolean open() {
        return requester.isEmpty() && device.isEmpty();
    }

    static String encoded(String text) {
        return URLEncoder.encode(text, UTF_8).replace("+", "%20");
    }

    /** Connects without sending anything. */
    Wire dial() throws IOException {
        return dial(base);
    }

    private Wire dial(URI uri) throws IOException {
        boolean secure = String.valueOf(uri.getScheme()).matches("(?i)wss|https");
        int port = uri.getPort() >= 0 ? uri.getPort() : secure ? 443 : 80;
        Socket socket = new Socket();
        try {
            socket.connect(new InetSocketAddress(uri.getHost(), port), (int) patience.toMillis());
            if (secure) {
                SSLSocket tls = (SSLSocket) ((SSLSocketFactory) SSLSocketFactory.getDefault())
                        .createSocket(socket, uri.getHost(), port, true);
                SSLParameters parameters = tls.getSSLParameters();
                parameters.setEndpointIdentificationAlgorithm("HTTPS");
                tls.setSSLParameters(parameters);
                return new Wire(tls, socket, true, patience);
            }
            return new Wire(socket, true, patience);
        } catch (IOException | RuntimeException e) {
            socket.close();
            throw e;
        }
    }

    private static String path(URI uri) {
        String path = uri.getRawPath() == null ? "" : uri.getRawPath();
        return path.endsWith("/") ? path.substring(0, path.length() - 1) : path;
    }

    /** Returns the request target of an endpoint. */
    String target(String endpoint) {
        return path(base) + endpoint;
    }

    String host() {
        return base.getRawAuthority();
    }

    /** Returns the header fields of an upgrade, in order. */
    static Map<String, String> upgrade(String host) {
        Map<String, String> fields = new LinkedHashMap<>();
        fields.put("Host", host);
        fields.put("Connection", "Upgrade");
        fields.put("Upgrade", "websocket");
        fields.put("Sec-WebSocket-Version", "13");
        fields.put("Sec-WebSocket-Key", WebSocketKey.random());
        return fields;
    }

    /** Sends a request and reads the answer's head, and its body unless it is a 101. */
    Answer ask(String method, String endpoint, Map<String, String> fields) throws IOException {
        return ask(dial(), method + " " + target(endpoint) + " HTTP/1.1", fields);
    }

    Answer ask(Wire wire, String requestLine, Map<String, String> fields) throws IOException {
        StringBuilder text = new StringBuilder(requestLine).append("\r\n");
        fields.forEach(
                (name, value) -> text.append(name).append(": ").append(value).append("\r\n"));
        wire.raw(text.append("\r\n").toString());
        return answer(wire);
    }

    /** Reads the answer to a request that has been sent. */
    static Answer answer(Wire wire) throws IOException {
        Head head = Head.parse(wire.head());
        Report.expect(head.start().matches("HTTP/1\\.1 \\d{3}( .*)?"), "no HTTP/1.1 status line: " + head.start());
        int status = Integer.parseInt(head.start().substring(9, 12));
        String body = "";
        if (status != 101) {
            String length = head.value("Content-Length");
            byte[] bytes = length.matches("\\d{1,5}") ? wire.bytes(Integer.parseInt(length)) : wire.toTheEnd();
            body = new String(bytes, UTF_8);
            wire.close();
        }
        return new Answer(status, head, body, wire);
    }

    /** Asks for a WebSocket; the answer may be anything. */
    Answer upgrade(String endpoint, Map<String, String> credential, String subprotocol) throws IOException {
        Map<String, String> fields = upgrade(host());
        if (!subprotocol.isEmpty()) {
            fields.put("Sec-WebSocket-Protocol", subprotocol);
        }
        fields.putAll(credential);
        return ask("GET", endpoint, fields);
    }

    /** Opens a WebSocket. */
    Wire open(String endpoint, Map<String, String> credential, String subprotocol) throws IOException {
        return opened(upgrade(endpoint, credential, subprotocol), subprotocol);
    }

    private static Wire opened(Answer answer, String subprotocol) throws IOException {
        Report.expect(answer.status() == 101, answer + " in place of 101: " + answer.body());
        String agreed = answer.head().value("Sec-WebSocket-Protocol");
        Report.expect(
                agreed.equals(subprotocol), "the subprotocol \"" + agreed + "\" in place of \"" + subprotocol + "\"");
        return answer.wire();
    }

    String connect(String deviceId, String requestData) {
        return "/bridge/connect?deviceId=" + encoded(deviceId) + "&requestData=" + encoded(requestData);
    }

    Wire request(String deviceId, String requestData, String subprotocol) throws IOException {
        return open(connect(deviceId, requestData), requester, subprotocol);
    }

    Wire listen(String deviceId) throws IOException {
        return open("/bridge/listen?deviceId=" + encoded(deviceId), device, "");
    }

    /** Opens an accept URL, wherever it leads. */
    Wire accept(String url, String subprotocol) throws IOException {
        return opened(tryAccept(url, subprotocol), subprotocol);
    }

    Answer tryAccept(String url, String subprotocol) throws IOException {
        URI uri = URI.create(url);
        Map<String, String> fields = upgrade(uri.getRawAuthority());
        if (!subprotocol.isEmpty()) {
            fields.put("Sec-WebSocket-Protocol", subprotocol);
        }
        fields.putAll(device);
        return ask(dial(uri), "GET " + uri.getRawPath() + "?" + uri.getRawQuery() + " HTTP/1.1", fields);
    }

    /** Opens an accept URL of which only the query is of interest. */
    Answer acceptToken(String token) throws IOException {
        return upgrade("/bridge/accept?bridgeToken=" + token, device, "");
    }

    /** Asks for a signed URL; null credentials for none. */
    Answer sign(String query, @Nullable Map<String, String> credential) throws IOException {
        Map<String, String> fields = new LinkedHashMap<>();
        fields.put("Host", host());
        fields.put("Content-Length", "0");
        if (credential != null) {
            fields.putAll(credential);
        }
        return ask("POST", "/bridge/signed-url?" + query, fields);
    }

    /** Opens a URL as it is, without credentials. */
    Answer bare(String url) throws IOException {
        URI uri = URI.create(url);
        return ask(
                dial(uri),
                "GET " + uri.getRawPath() + "?" + uri.getRawQuery() + " HTTP/1.1",
                upgrade(uri.getRawAuthority()));
    }
}
