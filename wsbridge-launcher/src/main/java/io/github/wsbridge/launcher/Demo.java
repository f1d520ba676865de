package io.github.wsbridge.launcher;

import io.github.wsbridge.BridgeId;
import io.github.wsbridge.client.BridgeChannel;
import io.github.wsbridge.client.BridgeClient;
import io.github.wsbridge.client.TcpTunnel;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * The checks of the demo, run against a cluster, a device and a tunnel that are already up. Any failure is an
 * exception.
 */
final class Demo {

    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final Duration STALL = Duration.ofSeconds(60);
    private static final int ROUNDS = 20;
    private static final int BUFFER = 64 * 1024;

    private final Screen screen;
    private final Routes routes;
    private final BridgeClient client;
    private final long size;

    Demo(Screen screen, Routes routes, BridgeClient client, long size) {
        this.screen = screen;
        this.routes = routes;
        this.client = client;
        this.size = size;
    }

    /** Opens the device's page as a browser would. */
    void page(TcpTunnel tunnel) throws IOException, InterruptedException, TimeoutException {
        HttpClient browser = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .connectTimeout(PATIENCE)
                .build();
        HttpRequest request = HttpRequest.newBuilder(
                        URI.create("http://127.0.0.1:" + tunnel.address().getPort() + "/"))
                .timeout(PATIENCE)
                .build();
        long begun = System.nanoTime();
        HttpResponse<String> answer = browser.send(request, HttpResponse.BodyHandlers.ofString());
        Duration time = since(begun);
        if (answer.statusCode() != 200 || !answer.body().contains("<h1>" + DemoDevice.HEADLINE + "</h1>")) {
            throw new IOException("unexpected page, with status " + answer.statusCode());
        }
        screen.passed(
                "page",
                "\"" + DemoDevice.HEADLINE + "\", " + answer.body().length() + " bytes in " + Screen.seconds(time));
        showRoute(routes.latest());
    }

    /** Transfers the load to the device over a bridge on a single node. */
    void up() throws IOException, InterruptedException, TimeoutException {
        try (BridgeChannel bridge = open("sink", false)) {
            long begun = System.nanoTime();
            Load load = new Load(size);
            long sent = 0;
            try (Screen.Progress progress = screen.progress("up", size)) {
                for (ByteBuffer piece = load.next(); piece.hasRemaining(); piece = load.next()) {
                    piece.rewind();
                    sent += bridge.write(piece);
                    progress.at(sent);
                }
            }
            bridge.shutdownOutput();
            moved("up", begun, load.digest(), read(bridge, Load.DIGEST));
            showRoute(bridge.bridgeId());
        }
    }

    /** Transfers the load from the device over a bridge across two nodes. */
    void down() throws IOException, InterruptedException, TimeoutException {
        try (BridgeChannel bridge = open("source", true)) {
            long begun = System.nanoTime();
            MessageDigest digest = Load.sha256();
            ByteBuffer buffer = ByteBuffer.allocate(BUFFER);
            long received = 0;
            try (Screen.Progress progress = screen.progress("down", size)) {
                while (received < size) {
                    buffer.clear().limit((int) Math.min(BUFFER, size - received));
                    if (bridge.read(buffer) < 0) {
                        throw new IOException("the device's data ended after " + received + " bytes");
                    }
                    digest.update(buffer.flip());
                    received += buffer.limit();
                    progress.at(received);
                }
            }
            moved("down", begun, digest.digest(), read(bridge, Load.DIGEST));
            showRoute(bridge.bridgeId());
        }
    }

    private void moved(String direction, long begun, byte[] here, byte[] device) throws IOException {
        Duration time = since(begun);
        String hash = HexFormat.of().formatHex(here);
        if (!MessageDigest.isEqual(here, device)) {
            throw new IOException("the data differ: SHA-256 " + hash + " here, "
                    + HexFormat.of().formatHex(device) + " at the device");
        }
        screen.passed(
                direction,
                Quantities.show(size) + " in " + Screen.seconds(time) + ", " + Screen.rate(size, time)
                        + ", same SHA-256 at both ends: " + hash.substring(0, 16) + "...");
    }

    /**
     * Opens bridges until one is of the wanted kind. If bridges are opened one at a time, the device always reaches the
     * node after the requester's; with three at a time, the order varies.
     */
    private BridgeChannel open(String target, boolean forwarded)
            throws IOException, InterruptedException, TimeoutException {
        for (int round = 0; round < ROUNDS; round++) {
            BridgeChannel found = null;
            for (BridgeChannel bridge : openAtOnce(target, round == 0 ? 1 : 3)) {
                if (found == null && routes.route(bridge.bridgeId()).forwarded() == forwarded) {
                    found = bridge;
                } else {
                    bridge.close();
                }
            }
            if (found != null) {
                found.readTimeout(STALL);
                found.writeTimeout(STALL);
                return found;
            }
        }
        throw new IOException(
                "no " + (forwarded ? "forwarded" : "direct") + " bridge was established in " + ROUNDS + " rounds");
    }

    private List<BridgeChannel> openAtOnce(String target, int count)
            throws IOException, InterruptedException, TimeoutException {
        List<CompletableFuture<BridgeChannel>> opening = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            opening.add(client.connect(DemoDevice.ID, target));
        }
        List<BridgeChannel> bridges = new ArrayList<>();
        for (CompletableFuture<BridgeChannel> bridge : opening) {
            try {
                bridges.add(bridge.get(PATIENCE.toSeconds(), TimeUnit.SECONDS));
            } catch (ExecutionException e) {
                throw new IOException(Failures.describe(e), e);
            }
        }
        return bridges;
    }

    private static byte[] read(BridgeChannel bridge, int length) throws IOException {
        byte[] bytes = bridge.inputStream().readNBytes(length);
        if (bytes.length < length) {
            throw new IOException("the device's digest is missing");
        }
        return bytes;
    }

    private void showRoute(BridgeId id) throws InterruptedException, TimeoutException {
        Routes.Route route = routes.route(id);
        String name = "bridge " + id.toString().substring(0, 8) + ": ";
        screen.more(
                route.forwarded()
                        ? name + screen.way("requester", route.owner(), route.accepting(), "device") + "  ("
                                + route.owner() + " owns it, " + route.accepting() + " forwards)"
                        : name + screen.way("requester", route.owner(), "device") + "  (" + route.owner()
                                + " owns it, direct)");
    }

    private static Duration since(long begun) {
        return Duration.ofNanos(System.nanoTime() - begun);
    }
}
