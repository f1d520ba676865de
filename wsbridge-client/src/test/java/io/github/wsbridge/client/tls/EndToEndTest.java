package io.github.wsbridge.client.tls;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.wsbridge.BridgeException;
import io.github.wsbridge.CloseReason;
import io.github.wsbridge.client.BridgeChannel;
import io.github.wsbridge.client.BridgeDevice;
import io.github.wsbridge.client.BridgeLeg;
import io.github.wsbridge.client.IncomingBridge;
import io.github.wsbridge.spi.ClientCertificates;
import io.github.wsbridge.testkit.transport.TestAuthority;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** A requester and a device that trust each other, and nobody in between. */
@Timeout(60)
@Execution(ExecutionMode.CONCURRENT)
class EndToEndTest {

    private final BlockingQueue<IncomingBridge> asked = new LinkedBlockingQueue<>();
    private TestAuthority authority;
    private TestAuthority.Issued device;
    private TestAuthority.Issued person;

    @TempDir
    Path folder;

    @BeforeEach
    void issue() throws Exception {
        authority = TestAuthority.shared("end to end");
        device = authority.issue("CN=device", "dns:device-1");
        person = authority.issue("CN=alice");
    }

    private EndToEndHandler.Builder handler(BridgeDevice.Handler inner) {
        return EndToEndHandler.builder(
                bridge -> {
                    asked.add(bridge);
                    inner.handle(bridge);
                },
                device.key(),
                device.chain());
    }

    private DeviceTrust pinned() {
        return DeviceTrust.pins(Set.of(Fingerprint.of(device.certificate())));
    }

    private static void echo(IncomingBridge bridge) throws Exception {
        try (BridgeChannel channel = bridge.accept().get()) {
            channel.inputStream().transferTo(channel.outputStream());
            channel.shutdownOutput();
        }
    }

    private static BridgeLeg get(CompletableFuture<BridgeLeg> leg) throws Exception {
        return leg.get(30, TimeUnit.SECONDS);
    }

    private static String talk(CompletableFuture<BridgeLeg> leg, String text) throws Exception {
        try (BridgeChannel channel = BridgeChannel.over(get(leg))) {
            channel.outputStream().write(text.getBytes(UTF_8));
            channel.shutdownOutput();
            return new String(channel.inputStream().readAllBytes(), UTF_8);
        }
    }

    private static void failsWith(ThrowingCallable call, int code, String words) {
        assertThatThrownBy(call).cause().isInstanceOfSatisfying(BridgeException.class, e -> {
            assertThat(e.closeReason().code()).isEqualTo(code);
            assertThat(e.getMessage()).contains(words);
        });
    }

    @Test
    void stream_carriesRequestDataAndBytesInside_andNothingOfThemOutside() throws Exception {
        Hall hall = new Hall(handler(EndToEndTest::echo).build());
        EndToEndDialer dialer = EndToEndDialer.builder(hall, pinned()).build();
        assertThat(talk(dialer.leg("device-1", "a target, ü\n+%"), "hello")).isEqualTo("hello");
        IncomingBridge bridge = asked.take();
        assertThat(bridge.requestData()).isEqualTo("a target, ü\n+%");
        assertThat(bridge.deviceId()).isEqualTo("device-1");
        assertThat(bridge.principal()).isEqualTo("as the node says");
        assertThat(bridge.certificates()).isEmpty();
        assertThat(hall.requests).containsExactly("tls/stream");
        assertThat(new String(hall.relays.get(0).seen(), UTF_8))
                .doesNotContain("target")
                .doesNotContain("hello");
    }

    @Test
    void session_isAgreedOnByAlpn_andBeginsAtOnce() throws Exception {
        Hall hall = new Hall(handler(EndToEndTest::echo).build());
        EndToEndDialer dialer = EndToEndDialer.builder(hall, pinned()).build();
        assertThat(talk(dialer.leg("device-1", "session/h2"), "PRI * HTTP/2.0")).isEqualTo("PRI * HTTP/2.0");
        assertThat(hall.requests).containsExactly("tls/session/h2");
        assertThat(asked.take().requestData()).isEqualTo("session/h2");
    }

    @Test
    void requestDataOutside_changedByTheNode_changesNothing() throws Exception {
        EndToEndHandler handler = handler(EndToEndTest::echo).build();
        Hall hall = new Hall(handler);
        EndToEndDialer dialer = EndToEndDialer.builder(
                        (id, data) -> hall.leg(id, data.replace("stream", "session/h2")), pinned())
                .build();
        assertThatThrownBy(() -> get(dialer.leg("device-1", "ssh"))).hasCauseInstanceOf(BridgeException.class);
        assertThat(asked).isEmpty();
    }

    @Test
    void rejection_insideTls_reachesTheRequesterWithItsWords() throws Exception {
        Hall hall =
                new Hall(handler(bridge -> bridge.reject(404, "unknown target")).build());
        EndToEndDialer dialer = EndToEndDialer.builder(hall, pinned()).build();
        failsWith(() -> get(dialer.leg("device-1", "nothing")), CloseReason.REJECTED, "404 unknown target");
        assertThat(new String(hall.relays.get(0).seen(), UTF_8)).doesNotContain("unknown");
    }

    @Test
    void rejectionOfASession_endsItWithItsWords() throws Exception {
        Hall hall =
                new Hall(handler(bridge -> bridge.reject(404, "unknown target")).build());
        EndToEndDialer dialer = EndToEndDialer.builder(hall, pinned()).build();
        try (BridgeChannel channel = BridgeChannel.over(get(dialer.leg("device-1", "session/h2")))) {
            CloseReason end = channel.closed().toCompletableFuture().get(30, TimeUnit.SECONDS);
            assertThat(end).isEqualTo(new CloseReason(CloseReason.REJECTED, "404 unknown target"));
        }
    }

    @Test
    void handlerThatThrows_rejects() throws Exception {
        Hall hall = new Hall(handler(bridge -> {
                    throw new IOException("no");
                })
                .build());
        EndToEndDialer dialer = EndToEndDialer.builder(hall, pinned()).build();
        failsWith(() -> get(dialer.leg("device-1", "x")), CloseReason.REJECTED, "500");
    }

    @Test
    void handlerThatDoesNotAnswer_lapses() throws Exception {
        CountDownLatch lapsed = new CountDownLatch(1);
        Hall hall = new Hall(handler(bridge -> bridge.lapsed().thenRun(lapsed::countDown))
                .timeout(Duration.ofSeconds(5)) // also for the handshake
                .build());
        EndToEndDialer dialer = EndToEndDialer.builder(hall, pinned()).build();
        failsWith(() -> get(dialer.leg("device-1", "x")), CloseReason.TIMED_OUT, "handler did not answer in time");
        assertThat(lapsed.await(30, TimeUnit.SECONDS)).isTrue();
        assertThat(asked.take().reject(404, "too late")).isFalse();
    }

    @Test
    void requesterThatGoes_isSeenAsLapsed() throws Exception {
        CountDownLatch lapsed = new CountDownLatch(1);
        Hall hall = new Hall(
                handler(bridge -> bridge.lapsed().thenRun(lapsed::countDown)).build());
        EndToEndDialer dialer = EndToEndDialer.builder(hall, pinned()).build();
        CompletableFuture<BridgeLeg> leg = dialer.leg("device-1", "x");
        IncomingBridge bridge = asked.take();
        leg.cancel(true);
        assertThat(lapsed.await(30, TimeUnit.SECONDS)).isTrue();
        assertThatThrownBy(() -> bridge.accept().get()).hasCauseInstanceOf(IllegalStateException.class);
    }

    @Test
    void plainRequest_goesToTheInnerHandler_unlessOnlyEncryptedOnesMay() throws Exception {
        Hall open = new Hall(handler(EndToEndTest::echo).build());
        assertThat(talk(open.leg("device-1", "ssh"), "plain")).isEqualTo("plain");
        Hall strict = new Hall(handler(EndToEndTest::echo).only(true).build());
        failsWith(() -> get(strict.leg("device-1", "ssh")), CloseReason.REJECTED, "only what is encrypted");
        failsWith(() -> get(strict.leg("device-1", "tls/unheard-of")), CloseReason.REJECTED, "404");
    }

    @Test
    void deviceWithoutTls_isNeverAskedWithoutIt() {
        Hall hall = new Hall(bridge -> bridge.reject(404, "unknown target"));
        EndToEndDialer dialer = EndToEndDialer.builder(hall, pinned()).build();
        failsWith(() -> get(dialer.leg("device-1", "ssh")), CloseReason.REJECTED, "404 unknown target");
        assertThat(hall.requests).containsExactly("tls/stream");
    }

    @Test
    void otherKey_thanThePinnedOne_isRefused() throws Exception {
        TestAuthority.Issued other = authority.issue("CN=impostor", "dns:device-1");
        Hall hall = new Hall(
                EndToEndHandler.builder(asked::add, other.key(), other.chain()).build());
        EndToEndDialer dialer = EndToEndDialer.builder(hall, pinned()).build();
        assertThatThrownBy(() -> get(dialer.leg("device-1", "ssh")))
                .cause()
                .isInstanceOf(UntrustedDeviceException.class)
                .hasMessageContaining("IS NOT THE ONE THAT IS PINNED")
                .hasMessageContaining(Fingerprint.of(other.certificate()).toString());
        assertThat(asked).isEmpty();
    }

    @Test
    void knownDevice_isToldOnce_andRefusedWithAnotherKey() throws Exception {
        List<String> told = new ArrayList<>();
        Path file = folder.resolve("known_devices");
        KnownDevices known = new KnownDevices(file, (id, key, where) -> told.add(id + " " + key));
        EndToEndHandler handler = handler(EndToEndTest::echo).build();
        EndToEndDialer dialer = EndToEndDialer.builder(new Hall(handler), known).build();
        assertThat(talk(dialer.leg("device-1", "a"), "one")).isEqualTo("one");
        assertThat(talk(dialer.leg("device-1", "a"), "two")).isEqualTo("two");
        String line = "device-1 " + Fingerprint.of(device.certificate());
        assertThat(told).containsExactly(line);
        assertThat(Files.readString(file)).isEqualTo(line + "\n");

        TestAuthority.Issued other = authority.issue("CN=impostor", "dns:device-1");
        handler.renewIdentity(other.key(), other.chain());
        assertThatThrownBy(() -> get(dialer.leg("device-1", "ssh")))
                .cause()
                .isInstanceOf(UntrustedDeviceException.class)
                .hasMessageContaining("THE KEY OF DEVICE device-1 HAS CHANGED");
        assertThat(Files.readString(file)).isEqualTo(line + "\n");
    }

    @Test
    void fleetAuthority_vouchesForTheDeviceItNames_only() throws Exception {
        Hall hall = new Hall(handler(EndToEndTest::echo).build());
        DeviceTrust fleet = DeviceTrust.authorities(List.of(authority.certificate()));
        EndToEndDialer dialer = EndToEndDialer.builder(hall, fleet).build();
        assertThat(talk(dialer.leg("device-1", "a"), "one")).isEqualTo("one");
        assertThatThrownBy(() -> get(dialer.leg("device-2", "a")))
                .cause()
                .isInstanceOf(UntrustedDeviceException.class)
                .hasMessageContaining("THE CERTIFICATE IS NOT FOR DEVICE device-2");
        DeviceTrust others =
                DeviceTrust.authorities(List.of(TestAuthority.create().certificate()));
        assertThatThrownBy(
                        () -> get(EndToEndDialer.builder(hall, others).build().leg("device-1", "a")))
                .cause()
                .isInstanceOf(UntrustedDeviceException.class)
                .hasMessageContaining("NO TRUSTED AUTHORITY VOUCHES FOR DEVICE device-1");
    }

    @Test
    void clientCertificate_saysWhoAsks_whateverTheNodeSays() throws Exception {
        Hall hall = new Hall(handler(EndToEndTest::echo)
                .clientCertificates(ClientCertificates.REQUIRED, List.of(authority.certificate()))
                .build());
        EndToEndDialer alice = EndToEndDialer.builder(hall, pinned())
                .identity(person.key(), person.chain())
                .build();
        assertThat(talk(alice.leg("device-1", "a"), "one")).isEqualTo("one");
        IncomingBridge bridge = asked.take();
        assertThat(bridge.certificates()).isEqualTo(person.chain());
        assertThat(bridge.toString()).contains("certificate of CN=alice");

        EndToEndDialer nobody = EndToEndDialer.builder(hall, pinned()).build();
        failsWith(() -> get(nobody.leg("device-1", "a")), CloseReason.POLICY_VIOLATION, "or there is none");
        TestAuthority.Issued stranger = TestAuthority.create().issue("CN=mallory");
        EndToEndDialer mallory = EndToEndDialer.builder(hall, pinned())
                .identity(stranger.key(), stranger.chain())
                .build();
        assertThatThrownBy(() -> get(mallory.leg("device-1", "a"))).hasCauseInstanceOf(BridgeException.class);
        assertThat(asked).isEmpty();
    }

    @Test
    void peerThatSaysNothing_isGivenUp() {
        EndToEndDialer dialer = EndToEndDialer.builder(new Hall(IncomingBridge::acceptLeg), pinned())
                .timeout(Duration.ofMillis(300))
                .build();
        failsWith(() -> get(dialer.leg("device-1", "x")), CloseReason.TIMED_OUT, "inside TLS in time");
    }

    @Test
    void requestDataOutside_namesOnlyTheKind() {
        assertThat(InnerProtocol.carrying("ssh").outer()).isEqualTo("tls/stream");
        assertThat(InnerProtocol.carrying("session/").outer()).isEqualTo("tls/stream");
        assertThat(InnerProtocol.carrying("session/h2").outer()).isEqualTo("tls/session/h2");
        assertThat(InnerProtocol.asked("tls/session/")).isNull();
        assertThat(InnerProtocol.asked("tls/")).isNull();
    }
}
