package io.github.wsbridge.client.tls;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.wsbridge.BridgeException;
import io.github.wsbridge.CloseReason;
import io.github.wsbridge.spi.Fragment;
import io.github.wsbridge.spi.Leg;
import io.github.wsbridge.testkit.RecordingReceiver;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionTimeoutException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Encrypted legs over a relay that does what it likes. */
class TlsLegTest {

    private static final String SECRET = "the secret that nobody in between may see";

    private TlsEnds ends;
    private HostileRelay relay;
    private TlsLeg requester;
    private TlsLeg device;

    @BeforeEach
    void create() throws Exception {
        ends = new TlsEnds();
        relay = new HostileRelay();
        requester = ends.requester(relay.requester());
        device = ends.device(relay.device());
    }

    private void handshake() throws Exception {
        CompletableFuture<TlsLeg> there = device.handshake();
        requester.handshake().get(30, TimeUnit.SECONDS);
        there.get(30, TimeUnit.SECONDS);
    }

    @Test
    void handshake_agreesOnTls13AndTheProtocol() throws Exception {
        handshake();
        assertThat(requester.protocol()).isEqualTo("wsbridge.stream.v1");
        assertThat(device.protocol()).isEqualTo("wsbridge.stream.v1");
        assertThat(requester.peerCertificates().get(0).getSubjectX500Principal().getName())
                .isEqualTo("CN=device");
        assertThat(device.peerCertificates()).isEmpty();
    }

    @Test
    void carrier_isThatBelow_andTransportIsNot() {
        Leg below = relay.requester();
        assertThat(requester.carrier()).isSameAs(below.carrier());
        assertThat(requester.transport()).isSameAs(requester);
    }

    @Test
    void data_isSeenInBetweenAsCiphertextOnly() throws Exception {
        handshake();
        RecordingReceiver near = new RecordingReceiver(requester).open();
        RecordingReceiver far = new RecordingReceiver(device).open();
        near.send(Fragment.text(SECRET));
        assertThat(far.nextText()).isEqualTo(SECRET);
        far.send(Fragment.text(SECRET));
        assertThat(near.nextText()).isEqualTo(SECRET);
        assertThat(relay.seen()).hasSizeGreaterThan(2 * SECRET.length());
        assertThat(new String(relay.seen(), UTF_8)).doesNotContain("secret").doesNotContain("CN=device");
    }

    @Test
    void muchData_arrivesUnchanged() throws Exception {
        handshake();
        RecordingReceiver near = new RecordingReceiver(requester).open();
        RecordingReceiver far = new RecordingReceiver(device).open();
        byte[] content = new byte[1 << 20];
        new Random(1).nextBytes(content);
        for (int i = 0; i < 8; i++) {
            CompletableFuture<Void> sent =
                    requester.send(Fragment.binary(ByteBuffer.wrap(content))).toCompletableFuture();
            ByteArrayOutputStream arrived = new ByteArrayOutputStream();
            while (arrived.size() < content.length) {
                arrived.writeBytes(far.nextBytes());
            }
            sent.get(30, TimeUnit.SECONDS);
            assertThat(arrived.toByteArray()).isEqualTo(content);
        }
        assertThat(near.violations()).isEmpty();
        assertThat(far.violations()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"FLIP", "DROP", "REPEAT", "SWAP", "CUT", "INSERT"})
    void anyChangeOfData_endsTheStreamWithAnError(HostileRelay.Act act) throws Exception {
        handshake();
        RecordingReceiver near = new RecordingReceiver(requester).open();
        RecordingReceiver far = new RecordingReceiver(device).open();
        near.send(Fragment.text("first"));
        assertThat(far.nextText()).isEqualTo("first");
        relay.next(act);
        far.demandAlways();
        near.demand();
        requester
                .send(Fragment.text("second"))
                .thenCompose(sent -> requester.send(Fragment.text("third")))
                .thenCompose(sent -> requester.send(Fragment.binary(ByteBuffer.allocate(0))));
        CloseReason end = far.awaitClosed();
        assertThat(end.code()).isIn(CloseReason.PROTOCOL_ERROR, CloseReason.VANISHED);
        assertThat(end.reason()).contains("encrypted stream");
        List<String> got = far.messages().stream()
                .map(message -> UTF_8.decode(message.payload()).toString())
                .toList();
        assertThat(got).as("what arrived").isEqualTo(List.of("second", "third").subList(0, got.size()));
        near.awaitClosed();
    }

    @Test
    void handshake_withAnyByteChanged_bringsNoOtherData() throws Exception {
        Random random = new Random(7);
        int arrived = 0;
        for (int round = 0; round < 60; round++) {
            HostileRelay hostile = new HostileRelay();
            hostile.flipByteAfter(random.nextInt(400));
            TlsLeg one = ends.requester(hostile.requester());
            TlsLeg other = ends.device(hostile.device());
            other.handshake();
            one.handshake();
            RecordingReceiver near = new RecordingReceiver(one).open();
            RecordingReceiver far = new RecordingReceiver(other).open();
            far.demandAlways();
            near.demandAlways();
            one.send(Fragment.text(SECRET));
            try {
                Awaitility.await()
                        .atMost(1, TimeUnit.SECONDS)
                        .until(() -> far.closed() != null && near.closed() != null || far.count() > 0);
            } catch (ConditionTimeoutException e) { // a longer record is still awaited
                hostile.closeBoth(CloseReason.vanished(""));
                far.awaitClosed();
            }
            arrived += far.count();
            assertThat(far.messages())
                    .as("after byte %s", round)
                    .isSubsetOf(List.of(Fragment.binary(UTF_8.encode(SECRET))));
            one.abort();
        }
        assertThat(arrived).as("streams in which the change did not matter").isLessThan(30);
    }

    @ParameterizedTest
    @ValueSource(ints = {CloseReason.NORMAL, CloseReason.NO_STATUS})
    void endInGoodOrder_fakedByTheRelay_isAnError(int code) throws Exception {
        handshake();
        RecordingReceiver near = new RecordingReceiver(requester).open();
        RecordingReceiver far = new RecordingReceiver(device).open();
        near.send(Fragment.text("half of it"));
        assertThat(far.nextText()).isEqualTo("half of it");
        relay.closeBoth(new CloseReason(code, ""));
        for (RecordingReceiver end : List.of(near, far)) {
            end.demand();
            assertThat(end.awaitClosed().code()).isEqualTo(CloseReason.VANISHED);
            assertThat(end.awaitClosed().reason()).contains("cut off");
        }
    }

    @Test
    void halfClose_leavesTheOtherDirectionOpen() throws Exception {
        handshake();
        RecordingReceiver near = new RecordingReceiver(requester).open();
        RecordingReceiver far = new RecordingReceiver(device).open();
        near.send(Fragment.text("question"));
        near.send(Fragment.binary(ByteBuffer.allocate(0)));
        assertThat(far.nextText()).isEqualTo("question");
        assertThat(far.nextBytes()).isEmpty();
        for (int i = 0; i < 100; i++) {
            far.send(Fragment.text("answer " + i));
            assertThat(near.nextText()).isEqualTo("answer " + i);
        }
        far.send(Fragment.binary(ByteBuffer.allocate(0)));
        near.demand();
        assertThat(near.awaitClosed()).isEqualTo(CloseReason.normal());
        assertThat(far.awaitClosed()).isEqualTo(CloseReason.normal());
    }

    @Test
    void close_withACode_comesAfterTheData() throws Exception {
        handshake();
        RecordingReceiver near = new RecordingReceiver(requester).open();
        RecordingReceiver far = new RecordingReceiver(device).open();
        near.send(Fragment.text("first"));
        requester.close(new CloseReason(4321, "an application's"));
        far.demandAlways();
        assertThat(far.awaitClosed()).isEqualTo(new CloseReason(4321, "an application's"));
        assertThat(far.messages()).containsExactly(Fragment.binary(UTF_8.encode("first")));
        near.awaitClosed();
    }

    @Test
    void peerWithoutTls_endsTheHandshake() throws Exception {
        CompletableFuture<TlsLeg> there = device.handshake();
        RecordingReceiver plain = new RecordingReceiver(relay.requester()).open();
        plain.demandAlways();
        plain.send(Fragment.text("GET / HTTP/1.1\r\n\r\n"));
        assertThatThrownBy(() -> there.get(30, TimeUnit.SECONDS))
                .isInstanceOf(ExecutionException.class)
                .cause()
                .isInstanceOf(BridgeException.class)
                .hasMessageContaining("TLS between requester and device failed");
        assertThat(plain.awaitClosed().code()).isEqualTo(CloseReason.PROTOCOL_ERROR);
    }

    @Test
    void endDuringTheHandshake_failsIt() throws Exception {
        CompletableFuture<TlsLeg> here = requester.handshake();
        relay.closeBoth(new CloseReason(4403, "403 no"));
        assertThatThrownBy(() -> here.get(30, TimeUnit.SECONDS))
                .hasCauseInstanceOf(BridgeException.class)
                .hasMessageContaining("4403 403 no");
    }
}
