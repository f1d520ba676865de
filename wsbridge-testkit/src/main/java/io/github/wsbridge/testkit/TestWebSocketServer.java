package io.github.wsbridge.testkit;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.github.wsbridge.spi.Leg;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * A WebSocket server on plain sockets of the loopback address, for tests of clients. It records every handshake,
 * answers it as configured, and passes open WebSockets to the test, which acts as the server frame by frame.
 * Thread-safe.
 */
public final class TestWebSocketServer implements ConnectorContract.Peer {

    private final ServerSocket listener;
    private final BlockingQueue<SeenHandshake> handshakes = new LinkedBlockingQueue<>();
    private final BlockingQueue<RawWebSocket> webSockets = new LinkedBlockingQueue<>();
    private final List<Socket> sockets = new CopyOnWriteArrayList<>();
    private volatile Answer answer = new Upgrade("", new byte[0]);

    /** How a handshake is answered. */
    private sealed interface Answer {}

    /** Status 101 with additional fields, and these bytes in the same write. */
    private record Upgrade(String fields, byte[] andThen) implements Answer {}

    /** Raw bytes, then the end of the connection. */
    private record Raw(String bytes) implements Answer {}

    /** No answer; the connection stays open. */
    private record Silence() implements Answer {}

    /** Starts a server that accepts every handshake, with the first subprotocol offered. */
    public TestWebSocketServer() throws IOException {
        listener = new ServerSocket(0, 100, InetAddress.getByName("127.0.0.1"));
        daemon(this::acceptAll);
    }

    private static void daemon(Runnable task) {
        Thread thread = new Thread(task, "test-websocket-server");
        thread.setDaemon(true);
        thread.start();
    }

    /** Returns the server's URL, without a path. */
    @Override
    public URI uri() {
        return URI.create("ws://127.0.0.1:" + listener.getLocalPort());
    }

    @Override
    public void upgrade() {
        answer = new Upgrade("", new byte[0]);
    }

    /**
     * Accepts handshakes from now on and sends these bytes directly after the answer, in the same packet if possible.
     */
    public void upgradeAndSend(byte... bytes) {
        answer = new Upgrade("", bytes);
    }

    /** Accepts handshakes from now on with additional header fields, each with its line break. */
    public void upgradeWith(String fields) {
        answer = new Upgrade(fields, new byte[0]);
    }

    @Override
    public void refuse(int status) {
        refuse(status, Map.of());
    }

    /** Answers handshakes from now on with an HTTP status, additional header fields and a short body. */
    public void refuse(int status, Map<String, String> headers) {
        StringBuilder head = new StringBuilder("HTTP/1.1 " + status + " Refused\r\n");
        headers.forEach(
                (name, value) -> head.append(name).append(": ").append(value).append("\r\n"));
        answerRaw(head + "Content-Type: text/plain\r\nContent-Length: 7\r\nConnection: close\r\n\r\nrefused");
    }

    /** Answers handshakes from now on with these bytes and closes the connection. */
    public void answerRaw(String bytes) {
        answer = new Raw(bytes);
    }

    @Override
    public void ignore() {
        answer = new Silence();
    }

    @Override
    public SeenHandshake takeHandshake(Duration patience) throws InterruptedException {
        return take(handshakes, "handshake", patience);
    }

    /** Waits for the next WebSocket that was opened. */
    public RawWebSocket takeWebSocket(Duration patience) throws InterruptedException {
        return take(webSockets, "WebSocket", patience);
    }

    @Override
    public Leg takeLeg(Duration patience) throws InterruptedException {
        return new SocketLeg(takeWebSocket(patience));
    }

    private static <T> T take(BlockingQueue<T> queue, String what, Duration patience) throws InterruptedException {
        T next = queue.poll(patience.toMillis(), TimeUnit.MILLISECONDS);
        if (next == null) {
            throw new AssertionError("no " + what + " came within " + patience);
        }
        return next;
    }

    private void acceptAll() {
        try {
            while (true) {
                Socket socket = listener.accept();
                sockets.add(socket);
                daemon(() -> answer(socket));
            }
        } catch (IOException e) {
            sockets.forEach(TestWebSocketServer::drop); // closed
        }
    }

    private void answer(Socket socket) {
        try {
            socket.setTcpNoDelay(true);
            DataInputStream in = new DataInputStream(new BufferedInputStream(socket.getInputStream(), 65_536));
            DataOutputStream out = new DataOutputStream(new BufferedOutputStream(socket.getOutputStream(), 65_536));
            String head = RawWebSocket.readHead(in);
            SeenHandshake handshake = SeenHandshake.parse(head);
            Answer now = answer;
            handshakes.add(handshake);
            if (now instanceof Upgrade upgrade) {
                List<String> offers = handshake.headers().elements("Sec-WebSocket-Protocol");
                String subprotocol = offers.isEmpty() ? "" : offers.get(0);
                String agreed = subprotocol.isEmpty() ? "" : "Sec-WebSocket-Protocol: " + subprotocol + "\r\n";
                out.write(RawWebSocket.answer(head, agreed + upgrade.fields()).getBytes(UTF_8));
                out.write(upgrade.andThen());
                out.flush();
                webSockets.add(RawWebSocket.accepted(socket, in, out, subprotocol));
            } else if (now instanceof Raw raw) {
                out.write(raw.bytes().getBytes(UTF_8));
                out.flush();
                socket.shutdownOutput();
                in.readAllBytes(); // so that the answer is not lost to a reset
                drop(socket);
            }
        } catch (IOException | RuntimeException e) {
            drop(socket);
        }
    }

    private static void drop(Socket socket) {
        try {
            socket.close();
        } catch (IOException e) {
            // it is gone either way
        }
    }

    /** Stops listening and drops every connection. */
    @Override
    public void close() throws IOException {
        listener.close();
        sockets.forEach(TestWebSocketServer::drop);
    }
}
