package io.github.wsbridge.it;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.github.wsbridge.BridgeException;
import io.github.wsbridge.NodeAddress;
import io.github.wsbridge.client.BridgeChannel;
import io.github.wsbridge.client.BridgeClient;
import io.github.wsbridge.client.BridgeDevice;
import io.github.wsbridge.client.DeviceDialer;
import io.github.wsbridge.client.IncomingBridge;
import io.github.wsbridge.client.tls.DeviceTrust;
import io.github.wsbridge.client.tls.EndToEndDialer;
import io.github.wsbridge.client.tls.EndToEndHandler;
import io.github.wsbridge.client.tls.Fingerprint;
import io.github.wsbridge.client.tls.UntrustedDeviceException;
import io.github.wsbridge.core.BridgeNode;
import io.github.wsbridge.core.tokens.TokenKeys;
import io.github.wsbridge.netty.NettyBridgeServer;
import io.github.wsbridge.testkit.transport.TestAuthority;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Encryption from end to end, through a node that reads everything and does what it likes. */
@Timeout(180)
class HostileNodeTest {

    private static final String SECRET = "the secret of the two ends";
    private static final int PIECE = 64 * 1024;

    private final List<AutoCloseable> opened = new ArrayList<>();
    private final AtomicLong flooded = new AtomicLong();
    private TestAuthority.Issued identity;
    private HostileDoor hostile;
    private URI url;

    @BeforeEach
    void start() throws Exception {
        identity = TestAuthority.shared("fleet").issue("CN=any", "dns:device");
        NettyBridgeServer server = NettyBridgeServer.builder()
                .address(new InetSocketAddress("127.0.0.1", 0))
                .bind();
        opened.add(server);
        url = URI.create("ws://127.0.0.1:" + server.address().getPort());
        BridgeNode node = BridgeNode.builder()
                .publicUrl(url)
                .address(NodeAddress.parse(url.toString()))
                .keys(TokenKeys.generate())
                .insecure()
                .build();
        opened.add(node);
        hostile = new HostileDoor(node);
        server.serve(hostile);
    }

    @AfterEach
    void stop() throws Exception {
        for (int i = opened.size() - 1; i >= 0; i--) {
            opened.get(i).close();
        }
    }

    private void device(TestAuthority.Issued as) throws Exception {
        EndToEndHandler handler = EndToEndHandler.builder(this::serve, as.key(), as.chain())
                .only(true)
                .build();
        BridgeDevice device =
                BridgeDevice.builder("device", url, handler).build().start();
        opened.add(device);
        device.listening().toCompletableFuture().get(30, TimeUnit.SECONDS);
    }

    /** Echoes, or floods if asked to. */
    private void serve(IncomingBridge incoming) throws Exception {
        boolean flood = incoming.requestData().equals("flood");
        try (BridgeChannel channel = incoming.accept().get()) {
            byte[] pattern = Payloads.bytes(PIECE, 42);
            while (flood) {
                channel.write(ByteBuffer.wrap(pattern));
                flooded.addAndGet(PIECE);
            }
            channel.inputStream().transferTo(channel.outputStream());
            channel.shutdownOutput();
        } catch (IOException e) {
            // the requester, or the node, has ended the stream
        }
    }

    private BridgeChannel connect(String requestData) throws Exception {
        BridgeClient client = BridgeClient.builder(url).build();
        opened.add(client);
        DeviceDialer dialer = EndToEndDialer.builder(
                        client, DeviceTrust.pins(Set.of(Fingerprint.of(identity.certificate()))))
                .build();
        return BridgeChannel.over(dialer.leg("device", requestData).get(30, TimeUnit.SECONDS));
    }

    @Test
    void node_seesCiphertextOnly() throws Exception {
        device(identity);
        try (BridgeChannel channel = connect("the target's name")) {
            byte[] sent = (SECRET + ".").repeat(10_000).getBytes(UTF_8);
            channel.outputStream().write(sent);
            channel.shutdownOutput();
            assertThat(channel.inputStream().readAllBytes()).isEqualTo(sent);
            String seen = new String(hostile.seen(), ISO_8859_1);
            assertThat(seen.length()).isGreaterThan(2 * sent.length);
            assertThat(seen.contains("requestData=tls"))
                    .as("the kind of the request")
                    .isTrue();
            assertThat(seen.contains("secret")).as("the data").isFalse();
            assertThat(seen.contains("name")).as("the target").isFalse();
        }
    }

    @Test
    void changedByte_endsTheStreamWithAnError() throws Exception {
        device(identity);
        try (BridgeChannel channel = connect("echo")) {
            channel.outputStream().write(SECRET.getBytes(UTF_8));
            assertThat(channel.inputStream().readNBytes(SECRET.length())).isEqualTo(SECRET.getBytes(UTF_8));
            hostile.alter();
            channel.outputStream().write(new byte[5000]);
            assertThatThrownBy(() -> channel.inputStream().read())
                    .isInstanceOf(BridgeException.class)
                    .hasMessageContaining("encrypted stream was altered");
        }
    }

    @Test
    void otherDeviceInItsPlace_isRefusedWithWords() throws Exception {
        TestAuthority.Issued impostor = TestAuthority.create().issue("CN=any", "dns:device");
        device(impostor);
        assertThatThrownBy(() -> connect("echo"))
                .cause()
                .isInstanceOf(UntrustedDeviceException.class)
                .hasMessageContaining("THE KEY OF DEVICE device IS NOT THE ONE THAT IS PINNED")
                .hasMessageContaining("Nothing was sent");
    }

    @Test
    void slowReader_holdsTheSenderBack_andReceivesEverything() throws Exception {
        device(identity);
        try (BridgeChannel channel = connect("flood")) {
            AtomicLong last = new AtomicLong(-1);
            await("the sender is held back")
                    .pollInterval(Duration.ofMillis(500))
                    .during(Duration.ofSeconds(2))
                    .atMost(Duration.ofSeconds(60))
                    .until(() -> flooded.get() > 0 && last.getAndSet(flooded.get()) == flooded.get());
            long held = flooded.get();
            assertThat(held)
                    .as("under way, in the buffers of four sockets and all")
                    .isLessThan(32 << 20);
            byte[] pattern = Payloads.bytes(PIECE, 42);
            for (long read = 0; read < 2 * held; read += PIECE) {
                assertThat(channel.inputStream().readNBytes(PIECE)).isEqualTo(pattern);
            }
        }
    }
}
