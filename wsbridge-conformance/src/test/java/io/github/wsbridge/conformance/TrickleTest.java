package io.github.wsbridge.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.wsbridge.wire.concurrent.Daemons;
import io.github.wsbridge.wire.websocket.Frames;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A peer that sends a little now and then, or takes nothing, does not hold the kit. */
@Timeout(30)
final class TrickleTest {

    private static final Duration PATIENCE = Duration.ofMillis(300);

    private ServerSocket listening;
    private Wire wire;
    private Socket peer;

    @BeforeEach
    void connect() throws IOException {
        listening = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        wire = new Wire(new Socket(listening.getInetAddress(), listening.getLocalPort()), true, PATIENCE);
        peer = listening.accept();
    }

    @AfterEach
    void close() throws IOException {
        wire.close();
        peer.close();
        listening.close();
    }

    /** Sends the same bytes again and again, until the connection ends. */
    private void trickle(byte... bytes) {
        Daemons.start("trickle", () -> {
            try {
                while (true) {
                    peer.getOutputStream().write(bytes);
                    LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(10));
                }
            } catch (IOException e) {
                // the test is over
            }
        });
    }

    @Test
    void head_inTrickles_isGivenUp() {
        trickle((byte) 'x');
        assertThatThrownBy(wire::head)
                .isInstanceOf(SocketTimeoutException.class)
                .hasMessageContaining("not all of it came in time");
    }

    @Test
    void message_ofFragmentsWithoutEnd_isGivenUp() throws Exception {
        peer.getOutputStream().write(new byte[] {Frames.BINARY, 0});
        trickle((byte) Frames.CONTINUATION, (byte) 0);
        assertThatThrownBy(wire::message).isInstanceOf(SocketTimeoutException.class);
    }

    @Test
    void end_messagesInPlaceOfAClose_isGivenUp() {
        trickle((byte) 0x82, (byte) 1, (byte) 7);
        assertThatThrownBy(wire::end).isInstanceOf(Report.Broken.class).hasMessageContaining("no close came");
    }

    @Test
    void answersPing_pingsInPlaceOfThePong_isGivenUp() {
        trickle((byte) 0x89, (byte) 0);
        assertThatThrownBy(() -> wire.answersPing("x")).isInstanceOf(SocketTimeoutException.class);
    }

    @Test
    void next_messagesThatNobodyWants_isGivenUp() throws Exception {
        trickle((byte) 0x81, (byte) 1, (byte) 'x');
        try (Inbox inbox = new Inbox(wire, PATIENCE)) {
            assertThatThrownBy(() -> inbox.next(message -> null)).hasMessageContaining("no message came in time");
        }
    }

    @Test
    void send_toAPeerThatDoesNotRead_isGivenUp() {
        byte[] much = new byte[64 << 10];
        assertThatThrownBy(() -> {
                    for (int i = 0; i < 1000; i++) {
                        wire.binary(much);
                    }
                })
                .isInstanceOf(SocketTimeoutException.class)
                .hasMessageContaining("does not read");
    }

    @Test
    void message_thatIsLarge_hasMoreTime() throws Exception {
        byte[] content = NodeBridges.content(1 << 20);
        Wire server = new Wire(peer, false, Duration.ofSeconds(10));
        Daemons.start("slow", () -> {
            try {
                for (int i = 0; i < 16; i++) {
                    LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(40)); // longer than the patience in all
                    server.frame(
                            (i == 0 ? Frames.BINARY : Frames.CONTINUATION) | (i == 15 ? 0x80 : 0),
                            Arrays.copyOfRange(content, i << 16, (i + 1) << 16));
                }
            } catch (IOException e) {
                // the test says so
            }
        });
        assertThat(wire.message().payload()).isEqualTo(content);
    }
}
