package io.github.wsbridge.tyrus;

import io.github.wsbridge.HandshakeException;
import io.github.wsbridge.spi.Connector;
import io.github.wsbridge.spi.Leg;
import io.github.wsbridge.wire.websocket.WebSocketKey;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/** The first part of an outgoing connection: the request to a proxy, if there is one, and the WebSocket handshake. */
final class ClientHandshake implements Link.Reader {

    private static final int MAX_HEADER_BYTES = 64 * 1024;

    private final Connector.Target target;
    private final @Nullable Runnable tunnelled;
    private final ScheduledExecutorService timer;
    private final CompletableFuture<Leg> leg;
    private final String key = WebSocketKey.random();
    private final AtomicBoolean done = new AtomicBoolean();
    private HttpHead.Collector collector = new HttpHead.Collector(MAX_HEADER_BYTES);
    private boolean throughProxy; // whether the proxy's answer is still to come; used in turns only
    private volatile @Nullable Link link;

    /**
     * A handshake that completes {@code leg}.
     *
     * @param tunnelled what to do once a proxy has connected us, before the handshake goes out; null without a proxy
     */
    ClientHandshake(
            Connector.Target target,
            @Nullable Runnable tunnelled,
            ScheduledExecutorService timer,
            CompletableFuture<Leg> leg) {
        this.target = target;
        this.tunnelled = tunnelled;
        this.throughProxy = tunnelled != null;
        this.timer = timer;
        this.leg = leg;
    }

    /** Sends the first request, or drops the connection where nobody waits for it any more. Called before anything is read. */
    void start(Link started) {
        link = started;
        if (done.get()) {
            started.terminate(); // it was ended while there was no link to drop
            return;
        }
        if (tunnelled == null) {
            started.write(ascii(request()));
        } else {
            String authority = host() + ":" + port();
            started.write(ascii("CONNECT " + authority + " HTTP/1.1\r\nHost: " + authority + "\r\n\r\n"));
        }
    }

    @Override
    public boolean read(ByteBuffer input) {
        if (done.get()) {
            return false;
        }
        try {
            HttpHead head = collector.take(input);
            if (head == null) {
                return true;
            }
            if (throughProxy) {
                throughProxy = false;
                onProxyAnswer(head);
                return true;
            }
            onAnswer(head);
        } catch (IOException | IllegalArgumentException e) {
            fail(e instanceof IOException failure ? failure : new IOException(e));
        }
        return false;
    }

    @Override
    public void closed() {
        fail(new IOException("the connection was closed in the handshake"));
    }

    /** Ends it without a leg. Only the first outcome counts. */
    void fail(IOException failure) {
        if (done.compareAndSet(false, true)) {
            Link started = link;
            if (started != null) {
                started.terminate();
            }
            leg.completeExceptionally(failure);
        }
    }

    private void onProxyAnswer(HttpHead head) throws IOException {
        int status = status(head);
        if (status / 100 != 2 || tunnelled == null) {
            throw new IOException("the proxy refused with HTTP status " + status);
        }
        collector = new HttpHead.Collector(MAX_HEADER_BYTES);
        tunnelled.run();
        link().write(ascii(request()));
    }

    private void onAnswer(HttpHead head) throws IOException {
        int status = status(head);
        if (status != 101) {
            throw new HandshakeException(status);
        }
        String protocol = String.join(",", head.all("Sec-WebSocket-Protocol"));
        if (!head.contains("Upgrade", "websocket")
                || !head.contains("Connection", "Upgrade")
                || !head.only("Sec-WebSocket-Accept").equals(WebSocketKey.accept(key))
                || !head.all("Sec-WebSocket-Extensions").isEmpty()
                || !protocol.isEmpty() && !protocol.equals(target.subprotocol())) {
            throw new IOException("not a WebSocket handshake");
        }
        if (done.compareAndSet(false, true)) {
            TyrusWire.open(link(), true, protocol, timer, opened -> {
                if (!leg.complete(opened)) {
                    opened.abort(); // the caller has given up meanwhile
                }
            });
        }
    }

    private String request() {
        String path = target.uri().getRawPath();
        String query = target.uri().getRawQuery();
        StringBuilder text = new StringBuilder("GET ")
                .append(path == null || path.isEmpty() ? "/" : path)
                .append(query == null ? "" : "?" + query)
                .append(" HTTP/1.1\r\nHost: ")
                .append(host())
                .append(target.uri().getPort() < 0 ? "" : ":" + target.uri().getPort())
                .append(
                        "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ")
                .append(key)
                .append("\r\n");
        if (!target.subprotocol().isEmpty()) {
            text.append("Sec-WebSocket-Protocol: ").append(target.subprotocol()).append("\r\n");
        }
        target.headers()
                .forEach((name, value) ->
                        text.append(name).append(": ").append(value).append("\r\n"));
        return text.append("\r\n").toString();
    }

    private String host() {
        return target.uri().getHost();
    }

    private int port() {
        return TyrusConnector.port(target.uri());
    }

    private Link link() {
        Link started = link;
        if (started == null) {
            throw new IllegalStateException("not started");
        }
        return started;
    }

    private static int status(HttpHead head) throws IOException {
        String line = head.line();
        if (!line.matches("HTTP/1\\.1 [1-5][0-9][0-9]( .*)?") && !line.matches("HTTP/1\\.0 [1-5][0-9][0-9]( .*)?")) {
            throw new IOException("not an HTTP/1.1 answer");
        }
        return Integer.parseInt(line.substring(9, 12));
    }

    private static ByteBuffer ascii(String text) {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.ISO_8859_1));
    }
}
