package io.github.wsbridge.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.wsbridge.client.BridgeChannel;
import io.github.wsbridge.client.BridgeClient;
import io.github.wsbridge.client.BridgeDevice;
import io.github.wsbridge.client.BridgeServerSocket;
import io.github.wsbridge.client.TunnelTargets;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import javax.net.SocketFactory;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Threads that wait for a bridge are given up by their carriers, as the JDK's own recorder sees it. */
@Timeout(60)
final class VirtualThreadsTest {

    private static final int THREADS = 40;
    private static final int SIZE = 100_000;

    /** Blocks while it is initialised, which pins on all JDKs. */
    private static final class Pinning {
        static final long AWAKE = pin();

        private static long pin() {
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
            return System.nanoTime();
        }
    }

    @Test
    void blockingCalls_onVirtualThreads_pinNoCarrier(@TempDir Path folder) throws Exception {
        assumeTrue(Runtime.version().feature() >= 21, "this JDK has no virtual threads");
        ExecutorService threads = (ExecutorService)
                Executors.class.getMethod("newVirtualThreadPerTaskExecutor").invoke(null);
        Path file = folder.resolve("pinned.jfr");
        try (Cluster cluster = Cluster.start(2);
                BridgeServerSocket server = new BridgeServerSocket(THREADS);
                BridgeDevice device = device(cluster, server);
                BridgeClient client = BridgeClient.builder(cluster.url()).build();
                Recording recording = new Recording()) {
            device.listening().toCompletableFuture().get(30, TimeUnit.SECONDS);
            threads.execute(() -> serve(server, threads));
            exchange(client.socketFactory("device-1", "echo")); // classes are initialised
            exchange(client);
            recording
                    .enable("jdk.VirtualThreadPinned")
                    .withThreshold(Duration.ZERO)
                    .withStackTrace();
            recording.start();

            List<Future<Integer>> results = new ArrayList<>();
            for (int i = 0; i < THREADS; i++) {
                Callable<Integer> call =
                        i % 2 == 0 ? () -> exchange(client) : () -> exchange(client.socketFactory("device-1", "echo"));
                results.add(threads.submit(call));
            }
            for (Future<Integer> result : results) {
                assertThat(result.get(30, TimeUnit.SECONDS)).isEqualTo(SIZE);
            }
            threads.submit(() -> Pinning.AWAKE).get();
            recording.stop();
            recording.dump(file);
        } finally {
            threads.shutdownNow();
        }
        List<RecordedEvent> pinned = RecordingFile.readAllEvents(file);
        assertThat(pinned)
                .as("the recorder sees what pins")
                .anyMatch(event -> event.toString().contains("Pinning"));
        assertThat(pinned)
                .filteredOn(event -> event.toString().contains("io.github.wsbridge")
                        && !event.toString().contains("Pinning"))
                .isEmpty();
    }

    private static BridgeDevice device(Cluster cluster, BridgeServerSocket server) {
        return BridgeDevice.builder(
                        "device-1",
                        cluster.url(),
                        TunnelTargets.builder().target("echo", server).build())
                .build()
                .start();
    }

    private static void serve(BridgeServerSocket server, ExecutorService threads) {
        try {
            while (true) {
                Socket socket = server.accept();
                threads.execute(() -> echo(socket));
            }
        } catch (IOException e) {
            // closed
        }
    }

    private static void echo(Socket socket) {
        try (socket) {
            socket.getInputStream().transferTo(socket.getOutputStream());
        } catch (IOException e) {
            // the requester has what it wants, or the test fails there
        }
    }

    private static int exchange(BridgeClient client) throws Exception {
        try (BridgeChannel bridge = client.connect("device-1", "echo").get()) {
            return exchange(bridge.inputStream(), bridge.outputStream(), bridge::shutdownOutput);
        }
    }

    private static int exchange(SocketFactory sockets) throws Exception {
        try (Socket socket = sockets.createSocket("device-1", 7)) {
            return exchange(socket.getInputStream(), socket.getOutputStream(), socket::shutdownOutput);
        }
    }

    private interface End {
        void now() throws IOException;
    }

    /** Sends pieces, each of which must have come back before the next. */
    private static int exchange(InputStream in, OutputStream out, End end) throws IOException {
        byte[] piece = new byte[SIZE / 10];
        int back = 0;
        for (int i = 0; i < 10; i++) {
            out.write(piece);
            back += in.readNBytes(piece.length).length;
        }
        end.now();
        return back + in.readAllBytes().length;
    }
}
