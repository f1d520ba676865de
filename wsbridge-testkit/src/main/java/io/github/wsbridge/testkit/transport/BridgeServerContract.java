package io.github.wsbridge.testkit.transport;

import static io.github.wsbridge.testkit.RawWebSocket.TEXT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.wsbridge.CloseReason;
import io.github.wsbridge.spi.Admission;
import io.github.wsbridge.spi.Door;
import io.github.wsbridge.spi.Fragment;
import io.github.wsbridge.testkit.RawWebSocket;
import io.github.wsbridge.testkit.RecordingReceiver;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The contract of servers that pass connections to a {@link Door}, tested with a client on a plain socket. A server's
 * test extends it, starts the server with {@link #door}, stops it, and overrides the properties in which transports may
 * differ.
 *
 * <p>A server that passes the suite guarantees:
 *
 * <ul>
 *   <li>The door sees every request as it was on the wire. A refused client gets a plain HTTP response, never a leg.
 *   <li>A waiting client is upgraded or refused once the decision is made. If it disconnects before that, the door is
 *       notified once.
 *   <li>Messages of any size pass both ways with their type, content and fragmentation, in bounded memory. A slow end
 *       exerts backpressure and does not affect other connections.
 *   <li>Every end of a connection is reported to the leg once, after all data, with the code and reason of the close.
 *       No connection outlives the close deadline.
 * </ul>
 *
 * <p>Standalone servers run {@link StandaloneServerContract}, which adds their own guarantees. The rules for legs are
 * in {@link TransportLegContract}.
 */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@Execution(ExecutionMode.CONCURRENT)
public abstract class BridgeServerContract extends ServerHandshakes {

    /** Longer than any test lasts. */
    private static final Duration LONG = Duration.ofMinutes(5);

    /** How long a test watches for what must not happen. */
    private static final Duration A_WHILE = Duration.ofMillis(300);

    /** Creates the suite. */
    protected BridgeServerContract() {}

    @Test
    void later_granted_upgradesWithItsSubprotocol() throws Exception {
        FakeDoor.Waiting waiting = door.keepsWaiting(LONG);
        try (RawWebSocket raw = ask("Sec-WebSocket-Protocol: other, wsbridge.v1\r\n")) {
            door.takeHandshake();
            assertThat(raw.silentFor(A_WHILE)).as("no answer yet").isTrue();
            waiting.grant("wsbridge.v1");
            assertThat(raw.readHead()).startsWith("HTTP/1.1 101 ").contains("Sec-WebSocket-Protocol: wsbridge.v1\r\n");
            raw.write(TEXT, true, "first words");
            RecordingReceiver end = door.takeEnd();
            assertThat(end.leg().subprotocol()).isEqualTo("wsbridge.v1");
            assertThat(end.nextText()).isEqualTo("first words");
            end.send(Fragment.text("answer"));
            assertThat(raw.read().text()).isEqualTo("answer");
            raw.writeClose(1000, "");
            end.awaitClosed();
            assertThat(waiting.abandoned()).isZero();
        }
    }

    @Test
    void later_decidedAlready_isCarriedOutAtOnce() throws Exception {
        FakeDoor.Waiting waiting = door.keepsWaiting(LONG);
        waiting.grant("");
        try (RawWebSocket raw = ask("")) {
            assertThat(raw.readHead()).startsWith("HTTP/1.1 101 ").doesNotContain("Sec-WebSocket-Protocol");
            door.takeEnd().send(Fragment.text("welcome"));
            assertThat(raw.read().text()).isEqualTo("welcome");
        }
    }

    @ParameterizedTest
    @CsvSource({
        "403, 403 heute nicht – müde, 0",
        "404, the device cannot be reached, 0",
        "408, the device did not accept in time, 0",
        "429, too many requesters wait for this device, 3",
        "503, the node is draining, 7"
    })
    void later_refused_isAPlainResponse(int status, String words, int seconds) throws Exception {
        FakeDoor.Waiting waiting = door.keepsWaiting(LONG);
        try (RawWebSocket raw = ask("")) {
            door.takeHandshake();
            waiting.refuse(new Admission.Refused(status, words, seconds == 0 ? null : Duration.ofSeconds(seconds)));
            String head = raw.readHead();
            assertThat(head).startsWith("HTTP/1.1 " + status + " ");
            assertThat(head.toLowerCase(Locale.ROOT)).doesNotContain("sec-websocket-accept");
            if (seconds == 0) {
                assertThat(head).doesNotContain("Retry-After");
            } else {
                assertThat(head).contains("Retry-After: " + seconds + "\r\n");
            }
            assertThat(bodyOf(raw, head)).isEqualTo(words + "\n");
            assertThat(waiting.abandoned()).isZero();
            assertThat(door.legs()).isZero();
        }
    }

    @Test
    void later_notInTime_isRefusedWith503() throws Exception {
        FakeDoor.Waiting waiting = door.keepsWaiting(Duration.ofMillis(400));
        try (RawWebSocket raw = ask("")) {
            String head = raw.readHead();
            assertThat(head).startsWith("HTTP/1.1 503 ").contains("Retry-After: ");
            await().untilAsserted(() -> assertThat(waiting.abandoned()).isEqualTo(1));
            waiting.grant("");
            bodyOf(raw, head);
            assertThat(waiting.abandoned()).isEqualTo(1);
            assertThat(door.legs()).isZero();
        }
    }

    @Test
    void later_failed_isRefusedWith503() throws Exception {
        FakeDoor.Waiting waiting = door.keepsWaiting(LONG);
        try (RawWebSocket raw = ask("")) {
            door.takeHandshake();
            waiting.fail();
            assertThat(raw.readHead()).startsWith("HTTP/1.1 503 ").contains("Retry-After: ");
            assertThat(door.legs()).isZero();
        }
    }

    @Test
    void later_notAnUpgrade_isRefusedWith426() throws Exception {
        FakeDoor.Waiting waiting = door.keepsWaiting(LONG);
        try (RawWebSocket raw = RawWebSocket.dial(port())) {
            raw.writeRaw(RawWebSocket.request(TARGET, "").replace("Version: 13", "Version: 8"));
            assertThat(raw.readHead()).startsWith("HTTP/1.1 426 ");
            await().untilAsserted(() -> assertThat(waiting.abandoned()).isEqualTo(1));
            waiting.grant("");
            assertThat(door.legs()).isZero();
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void later_clientDisconnects_isAbandonedOnce(boolean reset) throws Exception {
        assumeTrue(noticesLeavingWhileWaiting(), "a disconnection is detected only by the answer");
        FakeDoor.Waiting waiting = door.keepsWaiting(LONG);
        try (RawWebSocket raw = ask("")) {
            door.takeHandshake();
            leave(raw, reset);
            await().untilAsserted(() -> assertThat(waiting.abandoned()).isEqualTo(1));
            waiting.grant("");
            await().during(A_WHILE)
                    .untilAsserted(() -> assertThat(waiting.abandoned()).isEqualTo(1));
            assertThat(door.legs()).isZero();
        }
    }

    @Test
    void later_afterTheClientDisconnected_isAbandonedOnce() throws Exception {
        assumeTrue(noticesLeavingWhileWaiting(), "a disconnection is detected only by the answer");
        CompletableFuture<Admission> said = new CompletableFuture<>();
        FakeDoor.Waiting waiting = door.keepsWaiting(LONG);
        door.answers(handshake -> said);
        try (RawWebSocket raw = ask("")) {
            door.takeHandshake();
            raw.reset();
            said.complete(waiting.later());
            await().untilAsserted(() -> assertThat(waiting.abandoned()).isEqualTo(1));
            waiting.grant("");
            assertThat(waiting.abandoned()).isEqualTo(1);
            assertThat(door.legs()).isZero();
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void later_grantedAfterTheClientDisconnected_isAbandonedOrEndsAtOnce(boolean reset) throws Exception {
        FakeDoor.Waiting waiting = door.keepsWaiting(LONG);
        try (RawWebSocket raw = ask("")) {
            door.takeHandshake();
            leave(raw, reset);
            waiting.grant("");
            await().until(() -> waiting.abandoned() + door.legs() == 1);
            if (waiting.abandoned() == 0) {
                RecordingReceiver end = door.takeEnd();
                end.demand();
                assertThat(end.awaitClosed().code()).isEqualTo(CloseReason.VANISHED);
            }
            assertThat(waiting.abandoned() + door.legs()).isLessThanOrEqualTo(1);
        }
    }

    private static void leave(RawWebSocket raw, boolean reset) throws IOException {
        if (reset) {
            raw.reset();
        } else {
            raw.close();
        }
    }

    @Test
    void later_bytesBeforeTheResponse_areDeliveredOrRefused() throws Exception {
        FakeDoor.Waiting waiting = door.keepsWaiting(LONG);
        try (RawWebSocket raw = RawWebSocket.dial(port())) {
            byte[] frame = RawWebSocket.frame(TEXT, true, true, "too early".getBytes(StandardCharsets.UTF_8));
            raw.writeRaw(RawWebSocket.request(TARGET, "") + new String(frame, StandardCharsets.ISO_8859_1));
            door.takeHandshake();
            raw.write(TEXT, true, "and again");
            waiting.grant("");
            String head = raw.readHead();
            if (head.startsWith("HTTP/1.1 101 ")) {
                RecordingReceiver end = door.takeEnd();
                assertThat(end.nextText()).isEqualTo("too early");
                assertThat(end.nextText()).isEqualTo("and again");
                assertThat(waiting.abandoned()).isZero();
            } else {
                assertThat(head).matches("(?s)HTTP/1.1 (4|5)\\d\\d .*");
                assertThat(door.legs()).isZero();
            }
        }
    }
}
