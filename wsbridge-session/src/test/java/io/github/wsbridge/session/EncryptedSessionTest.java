package io.github.wsbridge.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.wsbridge.CloseReason;
import io.github.wsbridge.client.BridgeChannel;
import io.github.wsbridge.client.BridgeDevice;
import io.github.wsbridge.client.DeviceDialer;
import io.github.wsbridge.client.IncomingBridge;
import io.github.wsbridge.client.tls.DeviceTrust;
import io.github.wsbridge.client.tls.EndToEndDialer;
import io.github.wsbridge.client.tls.EndToEndHandler;
import io.github.wsbridge.client.tls.Fingerprint;
import io.github.wsbridge.testkit.transport.TestAuthority;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Sessions inside TLS, where a bridge is accepted before anybody has asked the device's own handler. */
@Timeout(60)
class EncryptedSessionTest {

    @Test
    void streams_shareOneEncryptedBridge() throws Exception {
        try (SessionHandler handler = SessionHandler.over(EncryptedSessionTest::echoOnly);
                Ends ends = new Ends(handler, true)) {
            ends.assertEchoes();
            ends.assertEchoes();
            assertThat(ends.device.asked).containsExactly("tls/session/h2");
        }
    }

    @Test
    void deviceWithoutSessions_getsAnEncryptedBridgeForEachStream() throws Exception {
        try (Ends ends = new Ends(EncryptedSessionTest::echoOnly, false)) {
            ends.assertEchoes();
            ends.assertEchoes();
            assertThat(ends.device.asked).containsExactly("tls/session/h2", "tls/stream", "tls/stream");
        }
    }

    @Test
    void required_deviceWithoutSessions_isAnError() throws Exception {
        try (Ends ends = new Ends(EncryptedSessionTest::echoOnly, true)) {
            assertThatThrownBy(() -> ends.sessions.leg("d", "echo").get(30, TimeUnit.SECONDS))
                    .cause()
                    .hasMessageContaining(Integer.toString(CloseReason.REJECTED))
                    .hasMessageContaining("404 unknown target");
            assertThat(ends.device.asked).containsExactly("tls/session/h2");
        }
    }

    private static void echoOnly(IncomingBridge incoming) throws Exception {
        if (!incoming.requestData().equals("echo")) {
            incoming.reject(404, "unknown target");
            return;
        }
        try (BridgeChannel channel = incoming.accept().get()) {
            channel.inputStream().transferTo(channel.outputStream());
        }
    }

    /** A device and its requester. */
    private static final class Ends implements AutoCloseable {
        final MemoryDevice device;
        final BridgeSessions sessions;

        Ends(BridgeDevice.Handler inner, boolean required) throws Exception {
            TestAuthority.Issued own = TestAuthority.shared("end to end").issue("CN=device", "dns:d");
            device = new MemoryDevice(
                    EndToEndHandler.builder(inner, own.key(), own.chain()).build());
            DeviceDialer encrypted = EndToEndDialer.builder(
                            device, DeviceTrust.pins(Set.of(Fingerprint.of(own.certificate()))))
                    .build();
            sessions = BridgeSessions.builder(encrypted).required(required).build();
        }

        void assertEchoes() throws Exception {
            try (BridgeChannel channel = sessions.session("d").open("echo").get(30, TimeUnit.SECONDS)) {
                channel.write(ByteBuffer.wrap("hello".getBytes(StandardCharsets.UTF_8)));
                channel.shutdownOutput();
                assertThat(new String(channel.inputStream().readAllBytes(), StandardCharsets.UTF_8))
                        .isEqualTo("hello");
            }
        }

        @Override
        public void close() {
            sessions.close();
        }
    }
}
