package io.github.wsbridge.launcher;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.github.wsbridge.client.BridgeDevice;
import io.github.wsbridge.client.TunnelTargets;
import io.github.wsbridge.wire.concurrent.Daemons;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.concurrent.TimeUnit;

/**
 * A device with a home page and two ports for measurements: {@code sink} reads everything and answers with its SHA-256;
 * {@code source} sends the given number of bytes, followed by their SHA-256.
 */
final class DemoDevice implements AutoCloseable {

    static final String ID = "device-1";
    static final String HEADLINE = "the home page of device 1";

    private static final int STALL_MILLIS = 60_000;
    private static final long SECONDS = 15;
    private static final String PAGE = """
            <!doctype html>
            <html lang="en">
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>device 1</title>
            <style>
              body { margin: 0; min-height: 100vh; display: grid; place-items: center; \
            background: #f6f5f1; color: #23262b;
                     font: 18px/1.6 Georgia, serif }
              main { max-width: 34rem; padding: 2rem }
              h1 { font-weight: normal; font-size: 2rem; line-height: 1.2; margin: 0 0 1rem }
              p { margin: 0 0 1rem } code { font-size: .9em }
              .way { color: #5d7a68; font-family: monospace; font-size: .85rem }
            </style>
            <main>
              <h1>the home page of device 1</h1>
              <p>This page is served by a device that accepts no connections. Your browser reached it through a tunnel,
              a WebSocket to one node of a cluster, and a WebSocket that the device opened when it was asked to.</p>
              <p class="way">browser &rarr; tunnel &rarr; node &rarr; (node) &rarr; device</p>
            </main>
            </html>
            """;

    private final long size;
    private final HttpServer page;
    private final ServerSocket sink;
    private final ServerSocket source;
    private final BridgeDevice device;

    private DemoDevice(URI server, long size) throws IOException {
        this.size = size;
        InetAddress loopback = InetAddress.getLoopbackAddress();
        page = HttpServer.create(new InetSocketAddress(loopback, 0), 10);
        page.createContext("/", DemoDevice::showPage);
        sink = new ServerSocket(0, 10, loopback);
        source = new ServerSocket(0, 10, loopback);
        device = BridgeDevice.builder(
                        ID,
                        server,
                        TunnelTargets.builder()
                                .target("web", "127.0.0.1:" + page.getAddress().getPort())
                                .target("sink", "127.0.0.1:" + sink.getLocalPort())
                                .target("source", "127.0.0.1:" + source.getLocalPort())
                                .build())
                .daemon(true)
                .build();
    }

    /** Starts a device and returns when it listens; {@code source} sends {@code size} bytes. */
    static DemoDevice start(URI server, long size) throws Exception {
        DemoDevice demo = new DemoDevice(server, size);
        demo.page.start();
        Daemons.start("demo-sink", () -> serve(demo.sink, DemoDevice::drain));
        Daemons.start("demo-source", () -> serve(demo.source, demo::pour));
        demo.device.start().listening().toCompletableFuture().get(SECONDS, TimeUnit.SECONDS);
        return demo;
    }

    private static void showPage(HttpExchange exchange) throws IOException {
        try (exchange) {
            boolean root = exchange.getRequestURI().getPath().equals("/");
            byte[] body = (root ? PAGE : "nothing here\n").getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().set("Content-Type", (root ? "text/html" : "text/plain") + "; charset=utf-8");
            boolean head = exchange.getRequestMethod().equals("HEAD");
            exchange.sendResponseHeaders(root ? 200 : 404, head ? -1 : body.length);
            if (!head) {
                exchange.getResponseBody().write(body);
            }
        }
    }

    private static void drain(Socket socket) throws IOException {
        MessageDigest digest = Load.sha256();
        byte[] buffer = new byte[64 * 1024];
        InputStream in = socket.getInputStream();
        for (int length = in.read(buffer); length >= 0; length = in.read(buffer)) {
            digest.update(buffer, 0, length);
        }
        socket.getOutputStream().write(digest.digest());
    }

    private void pour(Socket socket) throws IOException {
        Load load = new Load(size);
        OutputStream out = socket.getOutputStream();
        for (ByteBuffer piece = load.next(); piece.limit() > 0; piece = load.next()) {
            out.write(piece.array(), 0, piece.limit());
        }
        out.write(load.digest());
    }

    private interface Service {
        void serve(Socket socket) throws IOException;
    }

    private static void serve(ServerSocket port, Service service) {
        while (!port.isClosed()) {
            try {
                Socket socket = port.accept();
                Daemons.start("demo-connection", () -> {
                    try (socket) {
                        socket.setSoTimeout(STALL_MILLIS);
                        service.serve(socket);
                    } catch (IOException e) {
                        // the bridge was a discarded attempt, or the requester reports the failure
                    }
                });
            } catch (IOException e) {
                // closed
            }
        }
    }

    @Override
    public void close() throws IOException {
        device.close();
        page.stop(0);
        sink.close();
        source.close();
    }
}
