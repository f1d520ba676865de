package io.github.wsbridge.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.wsbridge.BridgeId;
import io.github.wsbridge.BridgeToken;
import io.github.wsbridge.Endpoints;
import io.github.wsbridge.NodeAddress;
import io.github.wsbridge.spi.Connector;
import io.github.wsbridge.spi.NodeRouter;
import io.github.wsbridge.spi.TokenClaims;
import io.github.wsbridge.spi.TokenCodec;
import io.github.wsbridge.testkit.RawWebSocket;
import io.github.wsbridge.wire.websocket.FrameTranslator;
import java.io.ByteArrayOutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Tests that a forwarding node passes a client's frames on unchanged. The owner is a plain socket, which sees every
 * byte.
 */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class VerbatimTest {

    private final NettyConnector connector = NettyConnector.create();
    private ServerSocket listener;
    private NettyCluster cluster;
    private RawWebSocket owner;
    private RawWebSocket device;

    /** Knows a single token, which belongs to the owner. */
    private record OneToken(NodeAddress owner) implements TokenCodec {
        @Override
        public BridgeToken encode(TokenClaims claims) {
            throw new UnsupportedOperationException("nobody requests here");
        }

        @Override
        public TokenClaims decode(BridgeToken token) {
            return new TokenClaims(new BridgeId(1, 2), owner, Instant.MAX);
        }
    }

    @BeforeEach
    void forward() throws Exception {
        listener = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        listener.setSoTimeout((int) NettyCluster.PATIENCE.toMillis());
        NodeAddress address = NodeAddress.parse("ws://127.0.0.1:" + listener.getLocalPort());
        NodeRouter router = (to, forward) -> connector.connect(new Connector.Target(
                Endpoints.accept(to.uri(), forward.token(), ""),
                Map.of(),
                forward.subprotocol(),
                NettyCluster.PATIENCE)); // without the proofs of nodes
        cluster = new NettyCluster(
                1, node -> node.tokenCodec(new OneToken(address)).router(router), server -> {});
        device = cluster.open(0, "/bridge/accept?bridgeToken=t");
        NettyLeg leg = cluster.leg();
        owner = RawWebSocket.accept(listener);
        await().atMost(NettyCluster.PATIENCE).until(leg::passesOn);
    }

    @AfterEach
    void down() throws Exception {
        device.close();
        owner.close();
        listener.close();
        cluster.close();
        connector.close();
    }

    /** Returns what arrives from the next frame on that is not a heartbeat. */
    private byte[] atTheOwner(int length) throws Exception {
        byte[] start = owner.readFully(2);
        while ((start[0] & 0xFF) == 0x8A) {
            owner.readFully(4 + (start[1] & 0x7F));
            start = owner.readFully(2);
        }
        return ByteBuffer.allocate(length)
                .put(start)
                .put(owner.readFully(length - 2))
                .array();
    }

    @Test
    void wholeFrame_reachesTheOwnerUnchanged() throws Exception {
        Random random = new Random(11);
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        // A fragmented text message of three frames; the other frames are whole messages.
        int[] firsts = {0x01, 0x00, 0x80, 0x82, 0x82, 0x81, 0x82, 0x82};
        int[] sizes = {3, 0, 8, 0, 1, 125, 126, 400};
        for (int i = 0; i < sizes.length; i++) {
            byte[] key = new byte[4];
            random.nextBytes(key);
            byte[] frame =
                    RawWebSocket.frame(firsts[i] & 0x0F, (firsts[i] & 0x80) != 0, key, JoinedFixture.bytes(sizes[i]));
            all.writeBytes(frame);
            device.writeRaw(frame);
            assertThat(atTheOwner(frame.length)).isEqualTo(frame);
        }
        device.writeRaw(all.toByteArray()); // many in one read, which is at least 1.7 KB
        assertThat(atTheOwner(all.size())).isEqualTo(all.toByteArray());
    }

    @Test
    void ping_betweenFrames_isRemoved_framesReachTheOwnerUnchanged() throws Exception {
        byte[] before =
                RawWebSocket.frame(RawWebSocket.BINARY, true, new byte[] {9, 8, 7, 6}, JoinedFixture.bytes(100));
        byte[] ping = RawWebSocket.frame(RawWebSocket.PING, true, true, JoinedFixture.bytes(50));
        byte[] behind = RawWebSocket.frame(RawWebSocket.TEXT, true, new byte[] {-1, 0, 1, 2}, JoinedFixture.bytes(200));
        ByteBuffer frames =
                ByteBuffer.allocate(before.length + behind.length).put(before).put(behind);
        device.writeRaw(ByteBuffer.allocate(frames.capacity() + ping.length)
                .put(before)
                .put(ping)
                .put(behind)
                .array());
        assertThat(atTheOwner(frames.capacity())).isEqualTo(frames.array());
        assertThat(device.read().opcode()).isEqualTo(0xA); // from the node; the owner does not see the ping
    }

    @Test
    void frameInTwoPieces_keepsItsMaskedBytes() throws Exception {
        byte[] frame =
                RawWebSocket.frame(RawWebSocket.BINARY, true, new byte[] {1, 2, 3, 4}, JoinedFixture.bytes(20_001));
        int header = 8;
        int first = FrameTranslator.PIECE; // a smaller piece would wait for more
        device.writeRaw(Arrays.copyOf(frame, header + first));
        assertThat(atTheOwner(header + first))
                .isEqualTo(ByteBuffer.allocate(header + first)
                        .put(new byte[] {0x02, (byte) (0x80 | 126)}) // the same frame, but shorter and without FIN
                        .putShort((short) first)
                        .put(frame, 4, 4 + first)
                        .array());
        device.writeRaw(Arrays.copyOfRange(frame, header + first, frame.length));
        int rest = 20_001 - first;
        assertThat(atTheOwner(header + rest))
                .isEqualTo(ByteBuffer.allocate(header + rest)
                        .put(new byte[] {(byte) 0x80, (byte) (0x80 | 126)})
                        .putShort((short) rest)
                        .put(new byte[] {1, 2, 3, 4}) // the key, rotated by a multiple of 4
                        .put(frame, header + first, rest)
                        .array());
    }
}
