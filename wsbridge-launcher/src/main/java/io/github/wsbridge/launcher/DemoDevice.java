package io.github.wsbridge.launcher;

import io.github.wsbridge.client.BridgeDevice;
import io.github.wsbridge.client.TunnelTargets;
import io.github.wsbridge.launcher.home.HomePage;
import io.github.wsbridge.session.SessionHandler;
import io.github.wsbridge.wire.concurrent.Daemons;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.ByteBuffer;
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

    private final long size;
    private final HomePage page;
    private final ServerSocket sink;
    private final ServerSocket source;
    private final BridgeDevice device;

    private DemoDevice(URI server, long size) throws IOException {
        this.size = size;
        InetAddress loopback = InetAddress.getLoopbackAddress();
        page = HomePage.start("device 1");
        sink = new ServerSocket(0, 10, loopback);
        source = new ServerSocket(0, 10, loopback);
        device = BridgeDevice.builder(
                        ID,
                        server,
                        SessionHandler.over(TunnelTargets.builder()
                                .target("http", "127.0.0.1:" + page.address().getPort())
                                .target("web", "127.0.0.1:" + page.address().getPort())
                                .target("sink", "127.0.0.1:" + sink.getLocalPort())
                                .target("source", "127.0.0.1:" + source.getLocalPort())
                                .build()))
                .daemon(true)
                .build();
    }

    /** Starts a device and returns when it listens; {@code source} sends {@code size} bytes. */
    static DemoDevice start(URI server, long size) throws Exception {
        DemoDevice demo = new DemoDevice(server, size);
        Daemons.start("demo-sink", () -> serve(demo.sink, DemoDevice::drain));
        Daemons.start("demo-source", () -> serve(demo.source, demo::pour));
        demo.device.start().listening().toCompletableFuture().get(SECONDS, TimeUnit.SECONDS);
        return demo;
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
        page.close();
        sink.close();
        source.close();
    }
}
