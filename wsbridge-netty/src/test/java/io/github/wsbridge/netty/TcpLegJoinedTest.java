package io.github.wsbridge.netty;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.github.wsbridge.CloseReason;
import io.github.wsbridge.spi.Admission;
import io.github.wsbridge.spi.Connector;
import io.github.wsbridge.spi.Leg;
import io.github.wsbridge.spi.StreamTransport;
import io.github.wsbridge.testkit.RawWebSocket;
import io.github.wsbridge.testkit.RawWebSocket.Frame;
import io.github.wsbridge.testkit.transport.TestKeys;
import io.github.wsbridge.wire.relay.Gate;
import io.github.wsbridge.wire.relay.Splice;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A TCP connection joined with a WebSocket whose peer is a plain socket that can send any bytes. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class TcpLegJoinedTest {

    private static final int BINARY = RawWebSocket.BINARY;
    private static final int TEXT = RawWebSocket.TEXT;
    private static final InetSocketAddress ANY = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);

    private final NettyBridgeServer server;
    private final NettyConnector connector = NettyConnector.create();
    private final StreamTransport.Listening listening;
    private final BlockingQueue<Leg> webSockets = new LinkedBlockingQueue<>();
    private final BlockingQueue<Leg> streams = new LinkedBlockingQueue<>();
    private final List<AutoCloseable> opened = new ArrayList<>();

    private RawWebSocket web;
    private Socket tcp;
    private TcpLeg leg;
    private CompletableFuture<CloseReason> end;

    TcpLegJoinedTest() throws Exception {
        server = NettyBridgeServer.builder().address(ANY).bind();
        server.serve(handshake -> CompletableFuture.completedFuture(new Admission.Granted("", webSockets::add)));
        listening =
                connector.streams().listen(ANY, new StreamTransport.Limits(50, 50), (leg, client) -> streams.add(leg));
    }

    /** A WebSocket of a server, as on a node, whose client is a plain socket. */
    @BeforeEach
    void up() throws Exception {
        web = opened(RawWebSocket.open(server.address().getPort(), "/"));
        joinWith(take(webSockets));
    }

    private void joinWith(Leg webSocket) throws Exception {
        tcp = opened(new Socket());
        tcp.connect(listening.address());
        tcp.setSoTimeout(20_000);
        leg = (TcpLeg) take(streams);
        Gate left = new Gate(leg, why -> {});
        Gate right = new Gate(webSocket, why -> {});
        left.open();
        right.open();
        Splice splice = new Splice(left, right);
        splice.start(null, null);
        end = splice.gone().toCompletableFuture();
    }

    @AfterEach
    void down() throws Exception {
        for (AutoCloseable one : opened) {
            one.close();
        }
        listening.close();
        connector.close();
        server.close();
    }

    private <T extends AutoCloseable> T opened(T one) {
        opened.add(one);
        return one;
    }

    private static Leg take(BlockingQueue<Leg> legs) throws Exception {
        Leg taken = legs.poll(20, TimeUnit.SECONDS);
        if (taken == null) {
            throw new AssertionError("no leg within the deadline");
        }
        return taken;
    }

    private String read(int bytes) throws IOException {
        return new String(tcp.getInputStream().readNBytes(bytes), UTF_8);
    }

    private CloseReason end() throws Exception {
        return end.get(20, TimeUnit.SECONDS);
    }

    /** Waits until both directions are joined below fragments. */
    private void warm() throws Exception {
        web.write(BINARY, true, "a");
        assertThat(read(1)).isEqualTo("a");
        await().pollDelay(Duration.ZERO).until(leg::passesOn);
    }

    @Test
    void messages_ofAnyKindAndForm_arriveAsBytes() throws Exception {
        for (int round = 0; round < 2; round++) { // first possibly as fragments, then below them
            web.write(TEXT, true, "Grüße, ");
            web.write(TEXT, false, "in ");
            web.write(RawWebSocket.CONTINUATION, false, "");
            web.write(RawWebSocket.CONTINUATION, false, "Stücken");
            web.write(RawWebSocket.CONTINUATION, true, "");
            web.write(TEXT, true, "");
            web.write(BINARY, false, "");
            web.write(RawWebSocket.CONTINUATION, true, "!");
            assertThat(read(21)).isEqualTo("Grüße, in Stücken!");
        }
        assertThat(end).isNotDone();
    }

    @Test
    void emptyBinaryMessage_isAFin_andTheLastData() throws Exception {
        for (boolean inPieces : new boolean[] {false, true}) {
            warm();
            web.write(BINARY, true, "the last");
            if (inPieces) {
                web.write(BINARY, false, "");
                web.write(RawWebSocket.CONTINUATION, false, "");
                web.write(RawWebSocket.CONTINUATION, true, "");
            } else {
                web.write(BINARY, true, "");
            }
            web.write(BINARY, true, "against the rules");
            assertThat(tcp.getInputStream().readAllBytes()).asString(UTF_8).isEqualTo("the last");
            tcp.getOutputStream().write("the other way".getBytes(UTF_8));
            assertThat(JoinedFixture.message(web, 2)).asString(UTF_8).isEqualTo("the other way");
            web.write(RawWebSocket.PING, true, "still there?");
            assertThat(web.read().text()).isEqualTo("still there?");
            tcp.close();
            assertThat(JoinedFixture.message(web, 2)).isEmpty();
            assertThat(web.read().closeCode()).isEqualTo(1000);
            web.writeClose(1000, "");
            assertThat(end()).isEqualTo(CloseReason.normal());
            up();
        }
    }

    @Test
    void fin_isAnEmptyBinaryMessage() throws Exception {
        tcp.getOutputStream().write("question".getBytes(UTF_8));
        tcp.shutdownOutput();
        assertThat(JoinedFixture.message(web, 2)).asString(UTF_8).isEqualTo("question");
        assertThat(JoinedFixture.message(web, 2)).isEmpty();
        web.write(TEXT, true, "answer");
        assertThat(read(6)).isEqualTo("answer");
        web.write(BINARY, true, "");
        assertThat(tcp.getInputStream().read()).isEqualTo(-1);
        assertThat(web.read().closeCode()).isEqualTo(1000);
        web.writeClose(1000, "");
        assertThat(end()).isEqualTo(CloseReason.normal());
    }

    @Test
    void normalClose_isAFinAfterTheData_andFurtherInputIsRead() throws Exception {
        for (boolean empty : new boolean[] {false, true}) {
            warm();
            byte[] much = JoinedFixture.bytes(2_000_000);
            JoinedFixture.inBackground(() -> {
                web.write(BINARY, true, much);
                if (empty) {
                    web.write(RawWebSocket.CLOSE, true, "");
                } else {
                    web.writeClose(1000, "");
                }
            });
            assertThat(tcp.getInputStream().readAllBytes()).isEqualTo(much);
            tcp.getOutputStream().write(new byte[100_000]);
            tcp.close();
            assertThat(end().code()).isEqualTo(empty ? CloseReason.NO_STATUS : 1000);
            up();
        }
    }

    @Test
    void normalClose_tcpPeerStaysOpen_takesFiveSeconds() throws Exception {
        warm();
        web.writeClose(1000, "");
        assertThat(tcp.getInputStream().read()).isEqualTo(-1);
        long begin = System.nanoTime();
        assertThat(end()).isEqualTo(CloseReason.normal());
        assertThat(Duration.ofNanos(System.nanoTime() - begin)).isBetween(Duration.ofSeconds(3), Duration.ofSeconds(9));
        await().untilAsserted(() ->
                assertThatThrownBy(() -> tcp.getOutputStream().write(1)).isInstanceOf(SocketException.class));
    }

    @Test
    void anyOtherEndOfTheWebSocket_isAReset() throws Exception {
        for (int what = 0; what < 5; what++) {
            warm();
            switch (what) {
                case 0 -> web.writeClose(1001, "going away");
                case 1 -> web.writeClose(4000, "vanished");
                case 2 -> web.close();
                case 3 -> web.reset();
                default -> web.writeRaw(new byte[] {(byte) 0xF2, (byte) 0x80, 1, 2, 3, 4});
            }
            assertThatThrownBy(() -> tcp.getInputStream().read()).isInstanceOf(SocketException.class);
            assertThat(end().code()).isIn(1001, CloseReason.VANISHED);
            up();
        }
    }

    @Test
    void abnormalEnd_afterBothStreamsHaveEnded_losesNothing() throws Exception {
        warm();
        tcp.shutdownOutput();
        assertThat(JoinedFixture.message(web, 2)).isEmpty();
        byte[] much = JoinedFixture.bytes(3_000_000);
        CompletableFuture<Void> sending = JoinedFixture.inBackground(() -> {
            web.write(BINARY, true, much);
            web.write(BINARY, true, "");
            web.writeClose(4000, "vanished");
        });
        await().pollDelay(Duration.ofMillis(300)).until(() -> true); // the reader is slow
        assertThat(tcp.getInputStream().readAllBytes()).isEqualTo(much);
        sending.get(20, TimeUnit.SECONDS);
        assertThat(end().code()).isIn(1000, CloseReason.VANISHED); // the close may arrive after the end of the data
    }

    @Test
    void reset_closesTheWebSocketWith4000() throws Exception {
        warm();
        tcp.setSoLinger(true, 0);
        tcp.close();
        Frame close = web.read();
        assertThat(close.closeCode()).isEqualTo(CloseReason.VANISHED);
        assertThat(close.text()).isEqualTo("connection reset");
        web.writeClose(4000, "");
        assertThat(end().code()).isEqualTo(CloseReason.VANISHED);
    }

    @Test
    void pings_duringDataBothWays_areAnswered() throws Exception {
        warm();
        byte[] much = JoinedFixture.bytes(5_000_000);
        CompletableFuture<Void> sending =
                JoinedFixture.inBackground(() -> tcp.getOutputStream().write(much));
        CompletableFuture<Void> pinging = JoinedFixture.inBackground(() -> {
            for (int i = 0; i < 50; i++) {
                web.write(BINARY, true, "x".repeat(100 + i * 100));
                web.write(RawWebSocket.PING, true, "ping " + i);
            }
        });
        ByteArrayOutputStream got = new ByteArrayOutputStream();
        int pongs = 0;
        while (got.size() < much.length || pongs == 0) {
            Frame received = web.read();
            if (received.opcode() == 0xA) {
                pongs++;
            } else {
                assertThat(received.opcode()).isEqualTo(BINARY);
                assertThat(received.last()).isTrue();
                got.writeBytes(received.payload());
            }
        }
        assertThat(got.toByteArray()).isEqualTo(much);
        sending.get(20, TimeUnit.SECONDS);
        pinging.get(20, TimeUnit.SECONDS);
        int all = 51 * 50 / 2 * 100;
        assertThat(tcp.getInputStream().readNBytes(all)).hasSize(all);
    }

    @Test
    void randomFramesInRandomPieces_arriveAsBytes() throws Exception {
        warm();
        Random random = new Random(11);
        ByteArrayOutputStream wire = new ByteArrayOutputStream();
        ByteArrayOutputStream content = new ByteArrayOutputStream();
        for (int i = 0; i < 500; i++) {
            byte[] payload = JoinedFixture.bytes(1 + random.nextInt(random.nextInt(10) == 0 ? 100_000 : 200));
            byte[] key = new byte[4];
            if (random.nextInt(3) > 0) { // the others use mask 0, as a client over TLS may
                random.nextBytes(key);
            }
            content.writeBytes(payload);
            int cut = random.nextInt(payload.length + 1);
            wire.writeBytes(RawWebSocket.frame(BINARY, false, key, Arrays.copyOf(payload, cut)));
            if (random.nextInt(4) == 0) {
                wire.writeBytes(
                        RawWebSocket.frame(RawWebSocket.PONG, true, key, JoinedFixture.bytes(random.nextInt(126))));
            }
            wire.writeBytes(RawWebSocket.frame(
                    RawWebSocket.CONTINUATION, true, key, Arrays.copyOfRange(payload, cut, payload.length)));
        }
        byte[] all = wire.toByteArray();
        CompletableFuture<Void> sending = JoinedFixture.inBackground(() -> {
            for (int at = 0; at < all.length; ) {
                int piece = Math.min(all.length - at, 1 + random.nextInt(random.nextBoolean() ? 20 : 100_000));
                web.writeRaw(Arrays.copyOfRange(all, at, at + piece));
                at += piece;
            }
            web.write(BINARY, true, "");
        });
        assertThat(tcp.getInputStream().readAllBytes()).isEqualTo(content.toByteArray());
        sending.get(20, TimeUnit.SECONDS);
    }

    @Test
    void keepalive_isEnabled() {
        assertThat(leg.channel().config().getOption(io.netty.channel.ChannelOption.SO_KEEPALIVE))
                .isTrue();
    }

    /** Returns the masks of a client's frames, which all differ on a plain connection. */
    @Test
    void masks_ofAClient_areRandom_zeroOverTls() throws Exception {
        TestKeys keys = TestKeys.shared();
        try (ServerSocket plain = new ServerSocket(0, 5, InetAddress.getLoopbackAddress());
                ServerSocket secure = keys.context()
                        .getServerSocketFactory()
                        .createServerSocket(0, 5, InetAddress.getLoopbackAddress());
                NettyConnector client =
                        NettyConnector.builder().sslContext(keys.context()).build()) {
            for (ServerSocket listener : List.of(plain, secure)) {
                boolean zero = listener == secure;
                URI uri = URI.create((zero ? "wss" : "ws") + "://localhost:" + listener.getLocalPort() + "/");
                CompletionStage<Leg> connecting =
                        client.connect(new Connector.Target(uri, Map.of(), "", Duration.ofSeconds(20)));
                RawWebSocket peer = opened(RawWebSocket.accept(listener));
                joinWith(connecting.toCompletableFuture().get(20, TimeUnit.SECONDS));
                List<Integer> seen = new ArrayList<>();
                for (int i = 0; i < 10; i++) {
                    byte[] payload = JoinedFixture.bytes(i == 5 ? 70_000 : 100 + i * 10);
                    tcp.getOutputStream().write(payload);
                    byte[] got = new byte[0];
                    while (got.length < payload.length) {
                        got = frame(peer, seen, got);
                    }
                    assertThat(got).isEqualTo(payload);
                }
                if (zero) {
                    assertThat(seen).containsOnly(0);
                } else {
                    assertThat(seen).doesNotHaveDuplicates().doesNotContain(0);
                }
            }
        }
    }

    private static byte[] frame(RawWebSocket peer, List<Integer> keys, byte[] before) throws IOException {
        DataInputStream in = new DataInputStream(peer.inputStream());
        assertThat(in.readUnsignedByte()).isEqualTo(0x80 | BINARY);
        int length = in.readByte() & 0x7F;
        length = length == 126 ? in.readUnsignedShort() : length == 127 ? (int) in.readLong() : length;
        byte[] key = new byte[4];
        in.readFully(key);
        keys.add(java.nio.ByteBuffer.wrap(key).getInt());
        byte[] payload = new byte[length];
        in.readFully(payload);
        RawWebSocket.apply(key, payload);
        byte[] all = Arrays.copyOf(before, before.length + length);
        System.arraycopy(payload, 0, all, before.length, length);
        return all;
    }
}
