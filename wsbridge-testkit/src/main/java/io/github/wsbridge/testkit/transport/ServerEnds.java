package io.github.wsbridge.testkit.transport;

import static io.github.wsbridge.testkit.RawWebSocket.BINARY;
import static io.github.wsbridge.testkit.RawWebSocket.CLOSE;
import static io.github.wsbridge.testkit.RawWebSocket.PING;
import static io.github.wsbridge.testkit.RawWebSocket.PONG;
import static io.github.wsbridge.testkit.RawWebSocket.TEXT;
import static io.github.wsbridge.testkit.RecordingReceiver.PATIENCE;
import static io.github.wsbridge.testkit.transport.Backpressure.flood;
import static io.github.wsbridge.testkit.transport.Backpressure.sendUntilStuck;
import static io.github.wsbridge.testkit.transport.Backpressure.stalled;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.wsbridge.CloseReason;
import io.github.wsbridge.spi.Admission;
import io.github.wsbridge.spi.Fragment;
import io.github.wsbridge.spi.Leg;
import io.github.wsbridge.testkit.RawWebSocket;
import io.github.wsbridge.testkit.RawWebSocket.Frame;
import io.github.wsbridge.testkit.RecordingReceiver;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The part of {@link BridgeServerContract} about pings and the ways in which a connection ends. */
abstract class ServerEnds extends ServerMessages {

    @Test
    void peerThatDoesNotRead_sendWaits_abortEndsIt() throws Exception {
        try (RawWebSocket raw = RawWebSocket.open(port(), TARGET)) {
            RecordingReceiver end = door.takeEnd();
            CompletableFuture<Void> stuck = sendUntilStuck(end.leg());
            end.leg().abort();
            assertThat(end.awaitClosed().code()).isEqualTo(CloseReason.VANISHED);
            stuck.exceptionally(broken -> null).get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
            assertThat(stuck).isCompletedExceptionally();
            raw.timeout(Duration.ofMillis(closeDeadline()));
            assertThat(raw.broken()).isTrue();
        }
    }

    @Test
    void peerThatDoesNotRead_closeGivesUpAtTheDeadline() throws Exception {
        try (RawWebSocket raw = RawWebSocket.open(port(), TARGET)) {
            RecordingReceiver end = door.takeEnd();
            CompletableFuture<Void> stuck = sendUntilStuck(end.leg());
            long started = System.nanoTime();
            end.leg().close(new CloseReason(4321, "enough"));
            assertThat(end.awaitClosed()).isEqualTo(new CloseReason(4321, "enough"));
            assertThat(Duration.ofNanos(System.nanoTime() - started)).isLessThan(Duration.ofMillis(closeDeadline()));
            stuck.exceptionally(broken -> null).get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
            raw.timeout(Duration.ofMillis(closeDeadline()));
            assertThat(raw.broken()).isTrue();
        }
    }

    @ParameterizedTest
    @CsvSource({"1000,done", "1001,", "3000,x", "4999,grüße", "1011,oops"})
    void peerCloses_codeAndReasonAreReportedAndAnswered(int code, String reason) throws Exception {
        String words = reason == null ? "" : reason;
        try (RawWebSocket raw = RawWebSocket.open(port(), TARGET)) {
            RecordingReceiver end = door.takeEnd();
            raw.writeClose(code, words);
            assertThat(end.awaitClosed()).isEqualTo(new CloseReason(code, words));
            Frame answer = raw.read();
            assertThat(answer.opcode()).isEqualTo(CLOSE);
            assertThat(answer.closeCode()).isEqualTo(code);
            assertThat(raw.ended()).isTrue();
            assertThat(end.leg().send(Fragment.text("late")).toCompletableFuture())
                    .isCompletedExceptionally();
        }
    }

    @Test
    void peerClosesWithoutCode_isReportedWithoutCode() throws Exception {
        try (RawWebSocket raw = RawWebSocket.open(port(), TARGET)) {
            RecordingReceiver end = door.takeEnd();
            raw.write(CLOSE, true, new byte[0]);
            assertThat(end.awaitClosed().code()).isIn(CloseReason.NO_STATUS, CloseReason.NORMAL);
            assertThat(raw.read().opcode()).isEqualTo(CLOSE);
            assertThat(raw.ended()).isTrue();
        }
    }

    @ParameterizedTest
    @CsvSource({"1000,done", "1001,", "3000,x", "4403,7 nein danke ü"})
    void close_isSentAfterAllData(int code, String reason) throws Exception {
        String words = reason == null ? "" : reason;
        try (RawWebSocket raw = RawWebSocket.open(port(), TARGET)) {
            RecordingReceiver end = door.takeEnd();
            CompletionStage<Void> sent = end.leg().send(Fragment.binary(ByteBuffer.allocate(200_000)));
            end.leg().close(new CloseReason(code, words));
            end.leg().close(new CloseReason(4000, "a second one does not count"));
            int data = 0;
            Frame received = raw.read();
            while (received.opcode() != CLOSE) {
                data += received.payload().length;
                received = raw.read();
            }
            assertThat(data).isEqualTo(200_000);
            sent.toCompletableFuture().get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
            assertThat(received.closeCode()).isEqualTo(code);
            assertThat(received.text()).isEqualTo(words);
            raw.writeClose(code, words);
            assertThat(end.awaitClosed()).isEqualTo(new CloseReason(code, words));
            assertThat(raw.ended()).isTrue();
        }
    }

    @Test
    void close_peerDoesNotAnswer_connectionIsDropped() throws Exception {
        try (RawWebSocket raw = RawWebSocket.open(port(), TARGET)) {
            RecordingReceiver end = door.takeEnd();
            end.leg().close(new CloseReason(4000, "bye"));
            assertThat(raw.read().closeCode()).isEqualTo(4000);
            raw.timeout(Duration.ofMillis(closeDeadline()));
            assertThat(raw.ended()).isTrue();
            assertThat(end.awaitClosed()).isEqualTo(new CloseReason(4000, "bye"));
        }
    }

    @Test
    void close_whilePeerFloods_isAnswered() throws Exception {
        try (RawWebSocket raw = RawWebSocket.open(port(), TARGET)) {
            RecordingReceiver end = door.takeEnd();
            AtomicLong sent = new AtomicLong();
            CompletableFuture<Void> flooding = CompletableFuture.runAsync(() -> flood(raw, sent));
            await().pollDelay(Duration.ofMillis(200)).until(() -> stalled(sent));
            end.leg().close(new CloseReason(4000, "bye"));
            assertThat(raw.read().closeCode()).isEqualTo(4000);
            end.awaitClosed();
            raw.close();
            flooding.exceptionally(broken -> null).get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        }
    }

    @Test
    void peerVanishes_isReported() throws Exception {
        RawWebSocket raw = RawWebSocket.open(port(), TARGET);
        RecordingReceiver end = door.takeEnd();
        end.demand();
        raw.reset();
        assertThat(end.awaitClosed().code()).isEqualTo(CloseReason.VANISHED);
    }

    @Test
    void peerEndsWithoutClose_isReportedAfterItsData() throws Exception {
        try (RawWebSocket raw = RawWebSocket.open(port(), TARGET)) {
            RecordingReceiver end = door.takeEnd();
            raw.write(BINARY, true, new byte[] {1});
            raw.write(BINARY, true, new byte[] {2});
            raw.shutdownOutput();
            assertThat(end.nextBytes()).containsExactly(1);
            assertThat(end.nextBytes()).containsExactly(2);
            end.demand();
            assertThat(end.awaitClosed().code()).isEqualTo(CloseReason.VANISHED);
        }
    }

    @Test
    void abort_dropsTheConnection() throws Exception {
        try (RawWebSocket raw = RawWebSocket.open(port(), TARGET)) {
            RecordingReceiver end = door.takeEnd();
            end.leg().abort();
            assertThat(end.awaitClosed().code()).isEqualTo(CloseReason.VANISHED);
            assertThat(raw.broken()).isTrue();
        }
    }

    @Test
    void ping_isAnsweredOnThisHop() throws Exception {
        try (RawWebSocket raw = RawWebSocket.open(port(), TARGET)) {
            RecordingReceiver end = door.takeEnd();
            raw.write(PING, true, "you there?");
            Frame pong = raw.read();
            assertThat(pong.opcode()).isEqualTo(PONG);
            assertThat(pong.text()).isEqualTo("you there?");

            end.leg().ping();
            Frame ping = raw.read();
            assertThat(ping.opcode()).isEqualTo(PING);
            raw.write(PONG, true, ping.payload());
            end.awaitPongs(1, PATIENCE);
        }
    }

    @Test
    void endBeforeOpen_isReportedAtOpen() throws Exception {
        try (RawWebSocket raw = RawWebSocket.open(port(), TARGET)) {
            Leg leg = door.takeLeg();
            raw.writeClose(4001, "never mind");
            assertThat(raw.read().opcode()).isEqualTo(CLOSE);
            assertThat(listen(leg).awaitClosed()).isEqualTo(new CloseReason(4001, "never mind"));
        }
    }

    @Test
    void closeBeforeOpen_works() throws Exception {
        CompletableFuture<RecordingReceiver> opened = new CompletableFuture<>();
        door.answers(handshake -> CompletableFuture.completedFuture(new Admission.Granted("", leg -> {
            leg.close(new CloseReason(4503, "full"));
            opened.complete(listen(leg));
        })));
        try (RawWebSocket raw = RawWebSocket.open(port(), TARGET)) {
            assertThat(raw.read().closeCode()).isEqualTo(4503);
            raw.writeClose(4503, "full");
            assertThat(opened.get().awaitClosed()).isEqualTo(new CloseReason(4503, "full"));
        }
    }

    @Test
    void idleConnection_staysOpen() throws Exception {
        try (RawWebSocket raw = RawWebSocket.open(port(), TARGET)) {
            RecordingReceiver end = door.takeEnd();
            end.demand();
            await().during(Duration.ofSeconds(2)).atMost(Duration.ofSeconds(10)).until(() -> end.closed() == null);
            raw.write(TEXT, true, "awake");
            assertThat(end.awaitMessages(1, PATIENCE)).containsExactly(Fragment.text("awake"));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {PING, PONG})
    void floodOfControlFrames_isClosed1008(int opcode) throws Exception {
        try (RawWebSocket raw = RawWebSocket.open(port(), TARGET)) {
            RecordingReceiver end = door.takeEnd();
            end.demand();
            byte[] frame = RawWebSocket.frame(opcode, true, true, new byte[0]);
            byte[] flood = new byte[5_000 * frame.length];
            for (int at = 0; at < flood.length; at += frame.length) {
                System.arraycopy(frame, 0, flood, at, frame.length);
            }
            raw.writeRaw(flood);
            RawWebSocket.Frame answer = raw.read();
            while (answer.opcode() == PONG) {
                answer = raw.read();
            }
            assertThat(answer.closeCode()).isEqualTo(1008);
            assertThat(end.awaitClosed().code()).isEqualTo(CloseReason.VANISHED);
        }
    }

    @Test
    void manyPings_areAnswered() throws Exception {
        try (RawWebSocket raw = RawWebSocket.open(port(), TARGET)) {
            door.takeEnd();
            for (int i = 0; i < 900; i++) {
                raw.write(PING, true, "ping " + i);
            }
            RawWebSocket.Frame pong = raw.read();
            while (!pong.text().equals("ping 899")) {
                assertThat(pong.opcode()).isEqualTo(PONG);
                pong = raw.read();
            }
        }
    }
}
