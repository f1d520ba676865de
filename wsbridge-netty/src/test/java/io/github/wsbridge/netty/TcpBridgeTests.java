package io.github.wsbridge.netty;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.github.wsbridge.CloseReason;
import io.github.wsbridge.netty.TcpBridge.Ends;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.SocketException;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Two TCP connections with a WebSocket between them, as seen by the programs at both ends. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
abstract class TcpBridgeTests {

    private static final int CHUNK = 1 << 20;

    TcpBridge bridge;

    /** Creates what connects the two ends. */
    abstract TcpBridge bridge() throws Exception;

    @BeforeEach
    void up() throws Exception {
        bridge = bridge();
    }

    @AfterEach
    void down() throws Exception {
        bridge.close();
    }

    static CompletableFuture<String> send(Socket to, long size, int seed) {
        CompletableFuture<String> hash = new CompletableFuture<>();
        JoinedFixture.inBackground(() -> {
                    MessageDigest digest = MessageDigest.getInstance("SHA-256");
                    byte[] chunk = new byte[CHUNK];
                    new Random(seed).nextBytes(chunk);
                    OutputStream out = to.getOutputStream();
                    for (long left = size; left > 0; left -= chunk.length) {
                        int length = (int) Math.min(left, chunk.length);
                        chunk[0]++;
                        digest.update(chunk, 0, length);
                        out.write(chunk, 0, length);
                    }
                    to.shutdownOutput();
                    hash.complete(HexFormat.of().formatHex(digest.digest()));
                })
                .exceptionally(e -> {
                    hash.completeExceptionally(e);
                    return null;
                });
        return hash;
    }

    static CompletableFuture<String> receive(Socket from) {
        CompletableFuture<String> hash = new CompletableFuture<>();
        JoinedFixture.inBackground(() -> {
                    MessageDigest digest = MessageDigest.getInstance("SHA-256");
                    byte[] chunk = new byte[CHUNK];
                    InputStream in = from.getInputStream();
                    for (int n = in.read(chunk); n >= 0; n = in.read(chunk)) {
                        digest.update(chunk, 0, n);
                    }
                    hash.complete(HexFormat.of().formatHex(digest.digest()));
                })
                .exceptionally(e -> {
                    hash.completeExceptionally(e);
                    return null;
                });
        return hash;
    }

    private void exchange(Ends ends, long size) throws Exception {
        CompletableFuture<String> there = receive(ends.far());
        CompletableFuture<String> back = receive(ends.near());
        CompletableFuture<String> sentThere = send(ends.near(), size, 1);
        CompletableFuture<String> sentBack = send(ends.far(), size, 2);
        assertThat(there.get(100, TimeUnit.SECONDS)).isEqualTo(sentThere.get(1, TimeUnit.SECONDS));
        assertThat(back.get(100, TimeUnit.SECONDS)).isEqualTo(sentBack.get(1, TimeUnit.SECONDS));
    }

    @Test
    void bytes_ofAnyNumberBothWaysAtOnce_arriveUnchanged() throws Exception {
        for (long size : new long[] {0, 1, 125, 126, 127, 16_384, 65_535, 65_536, 1_000_000, 64L << 20}) {
            try (Ends ends = bridge.open()) {
                exchange(ends, size);
                assertThat(bridge.end()).isEqualTo(CloseReason.normal());
                assertThat(bridge.end()).isEqualTo(CloseReason.normal());
            }
        }
    }

    @Test
    void bytes_inSmallPieces_arriveUnchanged() throws Exception {
        try (Ends ends = bridge.open()) {
            for (int i = 0; i < 500; i++) {
                byte[] piece = JoinedFixture.bytes(1 + i * 7 % 400);
                ends.near().getOutputStream().write(piece);
                assertThat(ends.far().getInputStream().readNBytes(piece.length)).isEqualTo(piece);
                ends.far().getOutputStream().write(piece);
                assertThat(ends.near().getInputStream().readNBytes(piece.length))
                        .isEqualTo(piece);
            }
        }
    }

    @Test
    void finOfOneEnd_reachesTheOther_whichContinues() throws Exception {
        for (boolean back : new boolean[] {false, true}) {
            try (Ends ends = bridge.open()) {
                Socket from = back ? ends.far() : ends.near();
                Socket to = back ? ends.near() : ends.far();
                from.getOutputStream().write("question".getBytes(UTF_8));
                from.shutdownOutput();
                assertThat(to.getInputStream().readAllBytes()).asString(UTF_8).isEqualTo("question");
                for (int i = 0; i < 20; i++) {
                    byte[] answer = JoinedFixture.bytes(20_000);
                    to.getOutputStream().write(answer);
                    assertThat(from.getInputStream().readNBytes(answer.length)).isEqualTo(answer);
                }
                assertThat(bridge.ends).isEmpty();
                to.close();
                assertThat(from.getInputStream().read()).isEqualTo(-1);
                assertThat(bridge.end()).isEqualTo(CloseReason.normal());
                assertThat(bridge.end()).isEqualTo(CloseReason.normal());
            }
        }
    }

    @Test
    void dataAndFinBeforeTheBridgeIsEstablished_arrive() throws Exception {
        for (int i = 0; i < 100; i++) {
            byte[] question = JoinedFixture.bytes(i * 997);
            try (Socket near = bridge.dial()) {
                near.getOutputStream().write(question);
                near.shutdownOutput();
                try (Socket far = bridge.accept()) {
                    if (i % 2 == 0) {
                        far.getOutputStream().write("unasked".getBytes(UTF_8));
                    }
                    assertThat(far.getInputStream().readAllBytes()).isEqualTo(question);
                }
                assertThat(near.getInputStream().readAllBytes()).hasSize(i % 2 == 0 ? 7 : 0);
            }
            assertThat(bridge.end()).isEqualTo(CloseReason.normal());
            assertThat(bridge.end()).isEqualTo(CloseReason.normal());
        }
    }

    @Test
    void reset_isPassedOn() throws Exception {
        for (boolean back : new boolean[] {false, true}) {
            for (boolean halfClosed : new boolean[] {false, true}) {
                try (Ends ends = bridge.open()) {
                    Socket from = back ? ends.far() : ends.near();
                    Socket to = back ? ends.near() : ends.far();
                    from.getOutputStream().write(1);
                    assertThat(to.getInputStream().read()).isEqualTo(1);
                    if (halfClosed) {
                        to.shutdownOutput();
                        assertThat(from.getInputStream().read()).isEqualTo(-1);
                    }
                    from.setSoLinger(true, 0);
                    from.close();
                    assertThatThrownBy(() -> to.getInputStream().read()).isInstanceOf(SocketException.class);
                    assertThat(bridge.end().code()).isEqualTo(CloseReason.VANISHED);
                    assertThat(bridge.end().code()).isEqualTo(CloseReason.VANISHED);
                }
            }
        }
    }

    @Test
    void slowReader_holdsTheSenderBack_andReceivesEverything() throws Exception {
        for (boolean back : new boolean[] {false, true}) {
            try (Ends ends = bridge.open()) {
                TcpLeg near = TcpBridge.take(bridge.nearLegs);
                TcpLeg far = TcpBridge.take(bridge.farLegs);
                Socket from = back ? ends.far() : ends.near();
                Socket to = back ? ends.near() : ends.far();
                AtomicLong sent = new AtomicLong();
                AtomicLong most = new AtomicLong(Long.MAX_VALUE);
                CompletableFuture<Void> flooding = JoinedFixture.inBackground(() -> {
                    byte[] piece = new byte[10_007];
                    while (sent.get() < most.get()) {
                        piece[0] = (byte) sent.get();
                        from.getOutputStream().write(piece);
                        sent.addAndGet(piece.length);
                    }
                    from.shutdownOutput();
                });
                stalls(sent);
                assertThat(sent.get()).isLessThan(40L << 20);
                assertThat(near.holds() + far.holds()).isLessThan(400 * 1024);
                to.getOutputStream().write("the other way is free".getBytes(UTF_8));
                assertThat(from.getInputStream().readNBytes(21)).asString(UTF_8).isEqualTo("the other way is free");
                most.set(sent.get() + 3_000_000);
                long got = 0;
                byte[] piece = new byte[10_007];
                for (int n = to.getInputStream().readNBytes(piece, 0, piece.length);
                        n > 0;
                        n = to.getInputStream().readNBytes(piece, 0, piece.length)) {
                    assertThat(n).isEqualTo(piece.length);
                    assertThat(piece[0]).isEqualTo((byte) got);
                    got += n;
                }
                flooding.get(20, TimeUnit.SECONDS);
                assertThat(got).isEqualTo(sent.get());
            }
        }
    }

    /** Sends until the connection stalls. */
    private static void stalls(AtomicLong sent) {
        long[] seen = {-1, System.nanoTime()};
        await().pollInterval(Duration.ofMillis(20))
                .atMost(Duration.ofSeconds(40))
                .until(() -> {
                    if (sent.get() != seen[0]) {
                        seen[0] = sent.get();
                        seen[1] = System.nanoTime();
                    }
                    return sent.get() > 0 && System.nanoTime() - seen[1] > 700_000_000L;
                });
    }

    /** The sender closes properly long before the reader starts; still, everything arrives. */
    @Test
    void lateReader_receivesEverything() throws Exception {
        for (boolean back : new boolean[] {false, true}) {
            try (Ends ends = bridge.open()) {
                Socket from = back ? ends.far() : ends.near();
                Socket to = back ? ends.near() : ends.far();
                to.shutdownOutput();
                int size = 1_500_000;
                CompletableFuture<String> sent = send(from, size, 3);
                String hash = sent.get(20, TimeUnit.SECONDS); // the kernels' buffers hold it
                assertThat(from.getInputStream().read()).isEqualTo(-1);
                from.close();
                assertThat(receive(to).get(20, TimeUnit.SECONDS)).isEqualTo(hash);
            }
        }
    }

    @Test
    void manyConnectionsAtOnce_eachGetsItsOwn() throws Exception {
        List<CompletableFuture<Void>> all = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            all.add(JoinedFixture.inBackground(() -> {
                try (Socket near = bridge.dial()) {
                    CompletableFuture<String> answer = receive(near);
                    String sent = send(near, 300_000, near.getLocalPort()).get(60, TimeUnit.SECONDS);
                    assertThat(answer.get(60, TimeUnit.SECONDS)).isEqualTo(sent);
                }
            }));
            all.add(JoinedFixture.inBackground(() -> {
                try (Socket far = bridge.accept()) {
                    far.getInputStream().transferTo(far.getOutputStream()); // an echo
                }
            }));
        }
        for (CompletableFuture<Void> one : all) {
            one.get(60, TimeUnit.SECONDS);
        }
    }

    @Test
    void joined_onOneLoop() throws Exception {
        try (Ends ends = bridge.open()) {
            ends.near().getOutputStream().write(1);
            assertThat(ends.far().getInputStream().read()).isEqualTo(1);
            ends.far().getOutputStream().write(2);
            assertThat(ends.near().getInputStream().read()).isEqualTo(2);
            TcpLeg near = TcpBridge.take(bridge.nearLegs);
            TcpLeg far = TcpBridge.take(bridge.farLegs);
            await().untilAsserted(() -> {
                assertThat(near.passesOn()).isEqualTo(belowFragments());
                assertThat(far.passesOn()).isEqualTo(belowFragments());
            });
        }
    }

    boolean belowFragments() {
        return true;
    }

    @Test
    void anyEnd_atAnyTime_leavesNothing() throws Exception {
        Random random = new Random(5);
        for (int i = 0; i < 120; i++) {
            int what = i % 6;
            Socket near = bridge.dial();
            Socket far = bridge.accept();
            try (near;
                    far) {
                CompletableFuture<Void> other = JoinedFixture.inBackground(() -> {
                    try {
                        pause(random.nextInt(500_000));
                        if (what % 2 == 0) {
                            near.getOutputStream().write(new byte[30_000]);
                        }
                        switch (what) {
                            case 0, 1 -> near.setSoLinger(true, 0);
                            case 2, 3 -> near.shutdownOutput();
                            default -> {}
                        }
                    } catch (IOException e) {
                        // the other end was faster
                    }
                    near.close();
                });
                pause(random.nextInt(500_000));
                if (i % 5 < 2) {
                    far.setSoLinger(true, i % 5);
                    far.close();
                } else if (i % 5 < 4) {
                    far.getOutputStream().write(1);
                }
                other.get(20, TimeUnit.SECONDS);
            } catch (IOException e) {
                // expected in this test
            }
            bridge.end();
            bridge.end();
        }
    }

    private static void pause(int nanos) {
        long until = System.nanoTime() + nanos;
        while (System.nanoTime() < until) {
            Thread.onSpinWait();
        }
    }
}
