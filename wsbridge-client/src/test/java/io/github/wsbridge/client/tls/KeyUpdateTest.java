package io.github.wsbridge.client.tls;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.wsbridge.spi.Fragment;
import io.github.wsbridge.testkit.RecordingReceiver;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * TLS changes its keys after 128 GiB. Here it does so after 64 KiB, in a JVM of its own, since the JDK reads that limit
 * only once.
 */
class KeyUpdateTest {

    private static final int BYTES = 4 << 20;

    @TempDir
    Path folder;

    @Test
    void keysThatChangeInBothDirectionsAtOnce_loseNothing() throws Exception {
        Path limits = Files.writeString(
                folder.resolve("limits"),
                "jdk.tls.keyLimits=AES/GCM/NoPadding KeyUpdate 2^16, ChaCha20-Poly1305 KeyUpdate 2^16\n");
        Path log = folder.resolve("log");
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Djava.security.properties=" + limits,
                        "-cp",
                        System.getProperty("java.class.path"),
                        KeyUpdateTest.class.getName())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        try {
            assertThat(process.waitFor(120, TimeUnit.SECONDS))
                    .as(Files.readString(log))
                    .isTrue();
            assertThat(Files.readString(log)).contains("everything arrived");
            assertThat(process.exitValue()).isZero();
        } finally {
            process.destroyForcibly();
        }
    }

    public static void main(String[] args) throws Exception {
        TlsEnds ends = new TlsEnds();
        HostileRelay relay = new HostileRelay();
        TlsLeg requester = ends.requester(relay.requester());
        TlsLeg device = ends.device(relay.device());
        CompletableFuture<TlsLeg> there = device.handshake();
        requester.handshake().get(30, TimeUnit.SECONDS);
        there.get(30, TimeUnit.SECONDS);
        Executor threads = task -> new Thread(task).start(); // the common pool may have one thread only
        CompletableFuture<Boolean> one = CompletableFuture.supplyAsync(() -> arrives(requester, 1), threads);
        CompletableFuture<Boolean> other = CompletableFuture.supplyAsync(() -> arrives(device, 2), threads);
        boolean all = one.get(60, TimeUnit.SECONDS) && other.get(60, TimeUnit.SECONDS);
        System.out.println(all ? "everything arrived" : "something else arrived");
        System.exit(0);
    }

    /** Sends to the other end, and compares what comes from it. */
    private static boolean arrives(TlsLeg leg, int seed) {
        try {
            byte[] own = new byte[BYTES];
            new Random(seed).nextBytes(own);
            byte[] expected = new byte[BYTES];
            new Random(3 - seed).nextBytes(expected);
            RecordingReceiver receiver = new RecordingReceiver(leg).open();
            CompletableFuture<Void> sent =
                    leg.send(Fragment.binary(ByteBuffer.wrap(own))).toCompletableFuture();
            ByteArrayOutputStream arrived = new ByteArrayOutputStream();
            while (arrived.size() < BYTES) {
                arrived.writeBytes(receiver.nextBytes());
            }
            sent.get(30, TimeUnit.SECONDS);
            return Arrays.equals(arrived.toByteArray(), expected);
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }
}
